"""``recoup standin quickbooks``: its words, read without any library of ours."""

from __future__ import annotations

from collections.abc import Sequence

from recoup.connector.standin.seed_errors import SeedError
from recoup.connector.standin.words import note, parser, refuse, say
from recoup.plugins.quickbooks.standin.seed_sources import open_seed
from recoup.plugins.quickbooks.standin.serve import serve

__all__ = ["run"]

NAME = "quickbooks"
DESCRIPTION = "A local QuickBooks Online: the real endpoints, shapes, limits and faults."


def run(words: Sequence[str]) -> int:
    """Serve until Ctrl-C and return the exit code: 0 served, 2 wrong use in one line on stderr.

    The address is the first line on stdout, alone, once requests are answered.
    """
    try:
        asked = parser(NAME, DESCRIPTION).parse_args(list(words))
    except SystemExit as leaving:  # argparse has said what is wrong, or printed its help
        return leaving.code if isinstance(leaving.code, int) else 2
    rates = dict(asked.rate)
    try:
        books = open_seed(asked.seed, until=asked.until, rates=rates, say=note)
    except SeedError as error:
        return refuse(str(error))
    name = books.rows("CompanyInfo")[0]["CompanyName"]

    def ready(address: str) -> None:
        say(address)
        note(f"{name}, realm {books.realm}; Ctrl-C stops it")

    try:
        serve([books], asked.port, throttle=asked.throttle, state=asked.state, ready=ready)
    except OSError as error:
        return refuse(f"--port {asked.port}: {error.strerror}; choose another one")
    except ValueError as error:
        return refuse(f"--state: {error}")
    return 0
