"""The README tells only what exists: its commands, their options, its targets and its links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from recoup.connector.plugins import find_platform, installed_plugins
from recoup.sync.cli.faults import DONE, FINDING, LATER, RECONNECT, STOPPED, WRONG_USE
from recoup.sync.cli.root import recoup

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")

BLOCKS = re.findall(r"^```(?:sh|console)\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
TYPED = [line.removeprefix("$ ") for block in BLOCKS for line in block.splitlines()]
NAMED = re.findall(r"`((?:recoup|make) [^`]+)`", README)


def command_lines(program: str) -> list[str]:
    """Every command line of the README that runs *program*, without its comment."""
    lines = [re.sub(r"\s+#.*", "", line).removeprefix(".venv/bin/") for line in TYPED]
    return sorted({line for line in [*lines, *NAMED] if line.startswith(f"{program} ")})


def find(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that *words* name, and the words that are left for it."""
    command: click.Command = recoup
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, f"there is no command {words[0]!r}"
        command, words = found, words[1:]
    return command, words


def test_the_readme_is_read_at_all() -> None:
    assert len(command_lines("recoup")) >= 12
    assert len(command_lines("make")) >= 4


@pytest.mark.parametrize("line", command_lines("recoup"))
def test_every_command_line_of_the_readme_is_understood(line: str) -> None:
    command, words = find(shlex.split(line.replace("table|json|csv", "json"))[1:])
    if command.name == "standin":
        return  # its words are the stand-in's own, see below
    if not words and line not in TYPED:
        return  # a command that a sentence speaks of
    command.make_context(command.name or "", words)


@pytest.mark.parametrize("ledger", ["quickbooks", "xero", "sage"])
def test_the_options_of_each_stand_in_exist(
    capsys: pytest.CaptureFixture[str], ledger: str
) -> None:
    standin = find_platform(installed_plugins(), ledger).standin
    assert standin is not None and standin(["--help"]) == 0
    known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
    lines = [line for line in command_lines("recoup") if f"standin {ledger} " in line]
    assert lines and {word for line in lines for word in line.split() if "--" in word} <= known


@pytest.mark.parametrize("line", command_lines("make"))
def test_every_target_of_the_readme_exists(line: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in line.split()[1:]:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\((?!http)([^)#]+)", README))))
def test_every_link_of_the_readme_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()


def test_the_exit_codes_of_the_readme_are_those_of_the_command_line() -> None:
    listed = [int(code) for code in re.findall(r"^\| (\d+) \|", README, re.MULTILINE)]
    assert listed == [DONE, FINDING, WRONG_USE, RECONNECT, LATER, STOPPED]


def test_every_command_has_a_place_in_the_readme() -> None:
    named = {line.split()[1] for line in command_lines("recoup")}
    assert named >= set(recoup.list_commands(click.Context(recoup)))
