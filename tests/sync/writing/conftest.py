"""Firms on every platform whose processes die when told to; long runs are for ``make soak``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

sys.path.insert(0, str(Path(__file__).parent))

KEY = Fernet.generate_key().decode()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "soak" in (config.option.markexpr or ""):
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def killer() -> Iterator[Any]:
    """Hears of every statement and call of this process while these tests run."""
    from drill.killing import KILLER

    KILLER.listen()
    yield KILLER
    KILLER.deaf()


@pytest.fixture(scope="session")
def firm_types() -> dict[str, Any]:
    from drill.quickbooks import QuickBooksFirm
    from drill.sage import SageFirm
    from drill.xero import XeroFirm

    return {firm.platform: firm for firm in (QuickBooksFirm, XeroFirm, SageFirm)}


@pytest.fixture
def make_firm(
    killer: Any,
    firm_types: dict[str, Any],
    migrated_workspace: Path,
    request: pytest.FixtureRequest,
) -> Iterator[Callable[..., Any]]:
    """Founds firms: ``make_firm("xero")``, or on another database ``"postgresql"``.

    A file lies in memory where there is such a place: a kill is not a power cut.
    """
    opened: list[Any] = []
    folders: list[Path] = []
    databases: list[str] = []

    def make(platform: str, database: str = "sqlite") -> Any:
        killer.kills.clear()
        if database == "postgresql":
            server = request.getfixturevalue("postgres")
            name = f"w{uuid.uuid4().hex[:12]}"
            server.create(name, "recoup_template")
            databases.append(name)
            address = server.address(name)
        else:
            fast = "/dev/shm" if os.path.isdir("/dev/shm") else None
            folder = Path(tempfile.mkdtemp(prefix="writes-", dir=fast))
            folders.append(folder)
            for file in ("recoup.db", "control.db"):
                shutil.copy(migrated_workspace / file, folder / file)
            address = str(folder / "recoup.db")
        opened.append(firm_types[platform](address, KEY))
        return opened[-1]

    yield make
    for firm in opened:
        firm.close()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
    for name in databases:
        request.getfixturevalue("postgres").drop(name)
