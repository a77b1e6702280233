"""``recoup standin``: a seed, a port, and one line for each way of getting it wrong."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import IO

import pytest
from click.testing import Result

from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.cli.root import recoup

Run = Callable[..., Result]
OneLine = Callable[[Result, int], str]
Spawn = Callable[..., Popen[str]]
FirstUrl = Callable[[IO[str] | None], str]


def refused(capfd: pytest.CaptureFixture[str], *words: str) -> str:
    """Run it with the real stderr: the stand-in has a command line of its own."""
    with pytest.raises(SystemExit) as left:
        recoup.main(args=["standin", "quickbooks", *words], prog_name="recoup")
    said = capfd.readouterr().err.strip()
    assert left.value.code == 2
    assert said.startswith("recoup: ") and "\n" not in said
    return said


def test_it_prints_its_address_alone_and_stops_on_ctrl_c(spawn: Spawn, first_url: FirstUrl) -> None:
    process = spawn("standin", "quickbooks", "--seed", "demo")
    assert first_url(process.stdout).startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "") and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ([], "--seed"),
        (["--seed", "nowhere"], "nowhere: no such file or folder"),
        (["--seed", "demo", "--until", "soon"], "'soon' is no date; write it as 2026-03-31"),
        (["--seed", "demo", "--until", "2999-01-01"], "lies after today"),
        (["--seed", "demo", "--rate", "EUR"], "'EUR' is no rate; write it as EUR=1.08"),
        (["--seed", "demo", "--rate", "EUR=0"], "'EUR=0' is no rate"),
        (["--seed", "demo", "--port", "99999"], "is no port"),
    ],
)
def test_wrong_words_are_one_line(
    capfd: pytest.CaptureFixture[str], words: list[str], what: str
) -> None:
    assert what in refused(capfd, *words)


def test_a_seed_that_is_broken_names_the_file(
    capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text("{")
    assert "a.json" in refused(capfd, "--seed", str(tmp_path))
    (tmp_path / "h.csv").write_text("nothing,useful\n1,2\n")
    assert "h.csv" in refused(capfd, "--seed", str(tmp_path / "h.csv"))


def test_a_taken_port_is_named(capfd: pytest.CaptureFixture[str], standin: StandIn) -> None:
    port = standin.url.rpartition(":")[2]
    with pytest.raises(SystemExit):
        recoup.main(args=["standin", "quickbooks", "--seed", "demo", "--port", port])
    assert f"recoup: --port {port}:" in capfd.readouterr().err


def test_without_a_ledger_it_says_which_there_are(run: Run, one_line: OneLine) -> None:
    assert "There are: quickbooks" in run("standin").stdout
    assert "known: quickbooks, sage, xero" in one_line(run("standin", "freeagent"), 2)
