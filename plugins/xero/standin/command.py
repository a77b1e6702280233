"""``recoup standin xero``: its words, read without any library of ours."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from recoup.connector.standin.seed_errors import SeedError
from recoup.connector.standin.words import note, parser, refuse, say
from recoup.plugins.xero.standin.seed_sources import open_seeds
from recoup.plugins.xero.standin.serve import serve

__all__ = ["run"]

NAME = "xero"
DESCRIPTION = "A local Xero: the real endpoints, shapes, limits and faults."


def run(words: Sequence[str]) -> int:
    """Serve until Ctrl-C and return the exit code: 0 served, 2 wrong use in one line on stderr.

    The address is the first line on stdout, alone, once requests are answered.
    """
    try:
        asked = _parser().parse_args(list(words))
    except SystemExit as leaving:  # argparse has said what is wrong, or printed its help
        return leaving.code if isinstance(leaving.code, int) else 2
    try:
        books = open_seeds(
            asked.seed, asked.companies, until=asked.until, rates=dict(asked.rate), say=note
        )
    except SeedError as error:
        return refuse(str(error))

    def ready(address: str) -> None:
        say(address)
        first = books[0]
        more = f" and {len(books) - 1} more" if len(books) > 1 else ""
        note(f"{first.name}, tenant {first.tenant_id}{more}; Ctrl-C stops it")

    try:
        serve(books, asked.port, throttle=asked.throttle, state=asked.state, ready=ready)
    except OSError as error:
        return refuse(f"--port {asked.port}: {error.strerror}; choose another one")
    except ValueError as error:
        return refuse(f"--state: {error}")
    return 0


def _parser() -> argparse.ArgumentParser:
    known = parser(NAME, DESCRIPTION)
    known.add_argument(
        "--companies",
        type=_companies,
        default=1,
        metavar="N",
        help="so many organisations under one consent; default: one",
    )
    return known


def _companies(word: str) -> int:
    if not word.isdecimal() or not 1 <= int(word) <= 1000:
        raise argparse.ArgumentTypeError(f"{word!r} is no number of companies; give 1 to 1000")
    return int(word)
