"""Screens on a terminal of 80 cells and in a pipe: whole words, whole numbers, no colours there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result
from rich.cells import cell_len

from recoup.connector.platforms import LedgerPlatform

Run = Callable[..., Result]


@pytest.mark.parametrize("width", [80, 100])
@pytest.mark.parametrize(
    "words",
    [
        ("report", "aging"),
        ("report", "open-items"),
        ("report", "statement", "Ada Ltd"),
        ("tieout", "--offline"),
        ("companies",),
        ("plugins",),
    ],
    ids=" ".join,
)
def test_every_screen_fits_its_terminal(
    synced: Path, run: Run, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = run(*words).stdout.splitlines()
    assert shown and max(map(cell_len, shown)) <= width


def test_a_pipe_gets_no_colours(synced: Path, run: Run) -> None:
    for words in (("report", "aging"), ("tieout", "--offline"), ("doctor", "--offline")):
        assert "\x1b" not in run(*words).stdout


def test_companies_keeps_the_name_to_type_and_the_next_step_where_nothing_else_fits(
    synced: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    shown = run("companies").stdout
    assert shown.splitlines()[1].startswith("acme-books") and "→ recoup tieout" in shown


def test_a_platform_that_meters_no_reads_has_no_line_about_them(synced: Path) -> None:
    from dataclasses import replace

    from recoup.sync.budget import read_budget
    from recoup.sync.store.companies import find_company
    from recoup.sync.workspace import Workspace

    class Unmetered(Workspace):
        def platform(self, name: str) -> LedgerPlatform:
            return replace(super().platform(name), reads_budget=None)

    with Unmetered.open(synced, environment={}) as workspace:
        with workspace.store.read() as conn:
            company = find_company(conn, None)
        assert read_budget(workspace, company) is None


def test_what_a_plugin_lists_as_settings_is_what_its_table_takes() -> None:
    from recoup.config.settings import Settings
    from recoup.connector.plugins import installed_plugins

    for platform in installed_plugins().ledger_platforms():
        table = getattr(Settings(), platform.name)
        assert set(platform.settings) == set(type(table).model_fields)
