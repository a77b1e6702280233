"""Makes the harness importable, and keeps the long runs for ``make soak``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if "soak" in (config.option.markexpr or ""):
        return
    long = [item for item in items if item.get_closest_marker("soak")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty workspace, migrated once and copied for each history."""
    from harness.child import ShiftedClock
    from harness.world import START

    from recoup.sync.store.engine import open_store

    folder = tmp_path_factory.mktemp("workspace")
    open_store(folder / "recoup.db", clock=ShiftedClock(START)).close()
    return folder


@pytest.fixture(scope="session")
def make_world(template: Path) -> Iterator[Callable[..., Any]]:
    """Makes worlds, one at a time, over a nursery per ledger that has synced once already."""
    from cryptography.fernet import Fernet
    from harness.nursery import Nursery
    from harness.platform import platform_of
    from harness.world import Tally, World

    key = Fernet.generate_key().decode()
    nurseries: dict[str, Nursery] = {}

    def make(ledger: str, tally: Any = None, bug: str | None = None) -> Any:
        platform = platform_of(ledger)
        if ledger not in nurseries:
            nurseries[ledger] = stack.enter_context(Nursery())
            first = make(ledger)
            first.warm_up()
            first.close()
        return World(platform, nurseries[ledger], template, key, tally or Tally(), bug)

    with ExitStack() as stack:
        yield make


@pytest.fixture(scope="session")
def machine(make_world: Callable[..., Any]) -> Callable[[str, Any, str | None], Any]:
    from harness.machine import History
    from harness.platform import platform_of

    def make(ledger: str, tally: Any, bug: str | None = None) -> Any:
        known = {
            "platform": platform_of(ledger),
            "make_world": staticmethod(lambda tally, bug: make_world(ledger, tally, bug)),
            "tally": tally,
            "bug": bug,
        }
        return type("Histories", (History,), known)

    return make
