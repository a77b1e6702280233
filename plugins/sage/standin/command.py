"""``recoup standin sage``: its words, read without any library of ours."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from recoup.connector.standin.seed_errors import SeedError
from recoup.connector.standin.serving import serve_until_told
from recoup.connector.standin.words import note, parser, refuse, say
from recoup.plugins.sage.standin.options import Options
from recoup.plugins.sage.standin.seed_sources import open_seed
from recoup.plugins.sage.standin.server import StandIn

__all__ = ["run"]

NAME = "sage"
DESCRIPTION = "A local Sage Accounting v3.1: the real endpoints, shapes, limits and faults."
MOST = 1000  # businesses


def run(words: Sequence[str]) -> int:
    """Serve until Ctrl-C and return the exit code: 0 served, 2 wrong use in one line on stderr.

    The address is the first line on stdout, alone, once requests are answered.
    """
    try:
        asked = _parser().parse_args(list(words))
    except SystemExit as leaving:  # argparse has said what is wrong, or printed its help
        return leaving.code if isinstance(leaving.code, int) else 2
    try:
        every = open_seed(
            asked.seed,
            until=asked.until,
            rates=dict(asked.rate),
            say=note,
            companies=asked.companies,
            quirks=asked.quirks,
            moves_on_allocation=asked.moves,
        )
    except SeedError as error:
        return refuse(str(error))

    def ready(address: str) -> None:
        say(address)
        first = f"{every[0].name}, business {every[0].business_id}"
        more = f" and {len(every) - 1} more" if len(every) > 1 else ""
        note(f"{first}{more}; Ctrl-C stops it")

    options = Options(throttle=asked.throttle, state=asked.state)
    try:
        serve_until_told(lambda: StandIn(every, asked.port, options), ready)
    except OSError as error:
        return refuse(f"--port {asked.port}: {error.strerror}; choose another one")
    except ValueError as error:
        return refuse(f"--state: {error}")
    return 0


def _parser() -> argparse.ArgumentParser:
    words = parser(NAME, DESCRIPTION)
    words.add_argument(
        "--companies",
        type=_count,
        default=1,
        metavar="N",
        help="so many demo businesses under one consent; default: 1",
    )
    words.add_argument(
        "--quirks",
        choices=("2022", "2025"),
        default="2025",
        help="the year of the API description whose attributes are shown; default: 2025",
    )
    words.add_argument(
        "--allocation-moves",
        dest="moves",
        action="store_true",
        help="let updated_at of a document move when something is set against it",
    )
    return words


def _count(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= MOST:
        raise argparse.ArgumentTypeError(f"{word!r} is no count of businesses; give 1 to {MOST}")
    return int(word)
