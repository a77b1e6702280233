"""Finding plugins: a broken one is listed and stops nobody."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from types import ModuleType

import pytest

from recoup.connector import LedgerPlatform, UsageError, hookimpl, plugins
from recoup.connector.plugins import find_platform, installed_plugins


@hookimpl
def ledger_platforms() -> list[LedgerPlatform]:
    made = LedgerPlatform(
        name="toy",
        title="Toy Ledger",
        extra="toy",
        capabilities=frozenset(),
        open_ledger=lambda _: object(),
        open_consent=lambda *_: object(),
    )
    return [made]


@pytest.fixture
def _two_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    toy = ModuleType("toy_plugin")
    toy.ledger_platforms = ledger_platforms  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "toy_plugin", toy)
    points = [
        EntryPoint("toy", "toy_plugin", plugins.GROUP),
        EntryPoint("torn", "no_such_module_anywhere", plugins.GROUP),
    ]
    monkeypatch.setattr(plugins, "entry_points", lambda group: points)


@pytest.mark.usefixtures("_two_plugins")
def test_a_plugin_that_cannot_be_imported_is_listed_and_the_others_load() -> None:
    everybody = installed_plugins()
    assert [found.name for found in everybody.ledger_platforms()] == ["toy"]
    [failure] = everybody.failures
    assert (failure.plugin, failure.hook) == ("torn", "load")


@pytest.mark.usefixtures("_two_plugins")
def test_a_platform_is_found_by_its_name() -> None:
    assert find_platform(installed_plugins(), "toy").title == "Toy Ledger"


@pytest.mark.usefixtures("_two_plugins")
def test_an_unknown_ledger_names_those_there_are_and_what_broke() -> None:
    with pytest.raises(UsageError, match=r"'tyo'; known: toy; plugin torn failed: No module"):
        find_platform(installed_plugins(), "tyo")


def test_the_installation_announces_quickbooks() -> None:
    everybody = installed_plugins()
    assert not everybody.failures
    assert find_platform(everybody, "quickbooks").extra == "quickbooks"
