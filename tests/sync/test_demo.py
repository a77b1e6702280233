"""The demo: the whole story ends well, can be told again, and leaves a workspace to play with."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from recoup.sync.cli.root import recoup


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a demo and what it printed."""
    folder = tmp_path_factory.mktemp("demo") / "stage"
    result = CliRunner().invoke(recoup, ["demo", str(folder)])
    assert result.exit_code == 0, result.output
    return folder, result.stdout


def test_the_books_tie_out_before_and_after_the_bookkeeper(told: tuple[Path, str]) -> None:
    assert told[1].count(": ties out") == 6


def test_the_aging_is_proven_in_each_currency(told: tuple[Path, str]) -> None:
    assert told[1].count("Proven to the cent.") == 3


def test_the_bookkeepers_apply_void_and_delete(told: tuple[Path, str]) -> None:
    for ledger, applied in (("quickbooks", "Applied"), ("xero", "Allocated"), ("sage", "Applied")):
        for word in (applied, "Voided", "Deleted"):
            assert f"• {ledger}: {word} " in told[1]


def test_the_second_sync_reads_little_more_than_what_changed(told: tuple[Path, str]) -> None:
    second = told[1].partition("Second sync")[2]
    calls = [int(count) for count in re.findall(r"documents in (\d+) calls", second)]
    assert len(calls) == 3
    assert calls[0] <= 3  # QuickBooks: one, and one that confirms the deletion


def test_all_three_companies_are_on_the_page_of_the_portfolio(told: tuple[Path, str]) -> None:
    page = told[1].partition("All companies on one page")[2]
    for ledger in ("quickbooks", "xero", "sage"):
        assert ledger in page
    assert "All tie out; no customer is held." in page


def test_the_three_commands_it_names_work_without_the_stand_in(told: tuple[Path, str]) -> None:
    named = re.findall(r"^  \S+ (--home .+)$", told[1], re.MULTILINE)
    assert len(named) == 3
    for words in named:
        result = CliRunner().invoke(recoup, shlex.split(words))
        assert result.exit_code == 0, result.output


def test_it_can_be_told_again_in_the_same_folder(told: tuple[Path, str]) -> None:
    result = CliRunner().invoke(recoup, ["demo", str(told[0])])
    assert result.exit_code == 0 and result.stdout.count(": ties out") == 6


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    result = CliRunner().invoke(recoup, ["demo", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty and holds no earlier demo" in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]
