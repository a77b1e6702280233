"""Makes the harness importable, and keeps the long runs for ``make soak``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
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
def nursery() -> Iterator[Any]:
    from harness.nursery import Nursery

    opened = Nursery()
    yield opened
    opened.close()


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
def make_world(nursery: Any, template: Path) -> Callable[..., Any]:
    """Makes worlds, one at a time, over a nursery that has synced once already."""
    from cryptography.fernet import Fernet
    from harness.world import Tally, World

    key = Fernet.generate_key().decode()

    def make(tally: Any = None, bug: str | None = None) -> Any:
        return World(nursery, template, key, tally or Tally(), bug)

    first = make()
    first.warm_up()
    first.close()
    return make


@pytest.fixture(scope="session")
def machine(make_world: Callable[..., Any]) -> Callable[[Any, str | None], Any]:
    from harness.machine import History

    def make(tally: Any, bug: str | None) -> Any:
        known = {"make_world": staticmethod(make_world), "tally": tally, "bug": bug}
        return type("Histories", (History,), known)

    return make
