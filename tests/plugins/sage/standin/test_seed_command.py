"""``recoup standin sage`` serves what the seed describes and refuses wrong words in one line."""

from __future__ import annotations

import pytest

from recoup.plugins.sage.standin import command
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.options import Options


class Serving:
    """Stands in the place of a server that would listen until it is told to stop."""

    made: tuple[list[Books], int, Options] | None = None

    def __init__(self, every: list[Books], port: int, options: Options) -> None:
        Serving.made = (every, port, options)

    url = "http://127.0.0.1:1"


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> type[Serving]:
    """Let the command make its server and tell its address, but not wait."""
    monkeypatch.setattr(command, "StandIn", Serving)
    monkeypatch.setattr(command, "serve_until_told", lambda server, ready: ready(server().url))
    return Serving


def test_it_serves_so_many_demo_businesses_and_says_where(
    serving: type[Serving], capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--seed", "demo", "--companies", "3", "--no-throttle", "--quirks", "2022"]
    assert command.run([*words, "--allocation-moves"]) == 0
    assert serving.made is not None
    every, port, options = serving.made
    assert (len(every), port, options.throttle) == (3, 0, False)
    assert {(books.quirks, books.moves_on_allocation) for books in every} == {("2022", True)}
    out, err = capsys.readouterr()
    assert out == "http://127.0.0.1:1\n"
    assert err == f"{every[0].name}, business {every[0].business_id} and 2 more; Ctrl-C stops it\n"


def test_limits_are_on_unless_told_otherwise(serving: type[Serving]) -> None:
    assert command.run(["--seed", "demo"]) == 0
    assert serving.made is not None
    assert serving.made[2].throttle


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--seed", "nowhere"], "nowhere: no such file or folder; give demo"),
        (["--seed", "demo", "--until", "2999-01-01"], "--until 2999-01-01: lies after today"),
        (["--seed", "demo", "--companies", "0"], "'0' is no count of businesses"),
        (["--seed", "demo", "--quirks", "2030"], "invalid choice: '2030'"),
        ([], "required: --seed"),
    ],
)
def test_wrong_words_are_one_line_and_serve_nothing(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.run(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert complaint in err
    assert err.startswith("recoup: ")
    assert err.count("\n") == 1
