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
    assert told[1].count(": ties out") == 2


def test_the_aging_is_proven_in_each_currency(told: tuple[Path, str]) -> None:
    assert told[1].count("Proven to the cent.") == 3


def test_the_bookkeeper_applies_voids_and_deletes(told: tuple[Path, str]) -> None:
    for word in ("• Applied ", "• Voided ", "• Deleted "):
        assert word in told[1]


def test_the_second_sync_costs_at_most_three_calls(told: tuple[Path, str]) -> None:
    cost = re.search(r"All of it cost (\w+) calls?", told[1])
    assert cost is not None and cost[1] in ("one", "2", "3")


def test_the_three_commands_it_names_work_without_the_stand_in(told: tuple[Path, str]) -> None:
    named = re.findall(r"^  \S+ (--home .+)$", told[1], re.MULTILINE)
    assert len(named) == 3
    for words in named:
        result = CliRunner().invoke(recoup, shlex.split(words))
        assert result.exit_code == 0, result.output


def test_it_can_be_told_again_in_the_same_folder(told: tuple[Path, str]) -> None:
    result = CliRunner().invoke(recoup, ["demo", str(told[0])])
    assert result.exit_code == 0 and result.stdout.count(": ties out") == 2


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("ten years of work")
    result = CliRunner().invoke(recoup, ["demo", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not empty and holds no earlier demo" in result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["thesis.txt"]
