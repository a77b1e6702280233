"""``recoup standin quickbooks``: its words, read without any library of ours."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from recoup.plugins.quickbooks.standin.seed_errors import SeedError
from recoup.plugins.quickbooks.standin.seed_sources import open_seed
from recoup.plugins.quickbooks.standin.serve import serve

__all__ = ["run"]


def run(words: Sequence[str]) -> int:
    """Serve until Ctrl-C and return the exit code: 0 served, 2 wrong use in one line on stderr.

    The address is the first line on stdout, alone, once requests are answered.
    """
    try:
        asked = _parser().parse_args(list(words))
    except SystemExit as leaving:  # argparse has said what is wrong, or printed its help
        return leaving.code if isinstance(leaving.code, int) else 2
    rates = dict(asked.rate)
    try:
        books = open_seed(asked.seed, until=asked.until, rates=rates, say=_note)
    except SeedError as error:
        return _refuse(str(error))
    name = books.rows("CompanyInfo")[0]["CompanyName"]

    def ready(address: str) -> None:
        _say(address)
        _note(f"{name}, realm {books.realm}; Ctrl-C stops it")

    try:
        serve([books], asked.port, throttle=asked.throttle, state=asked.state, ready=ready)
    except OSError as error:
        return _refuse(f"--port {asked.port}: {error.strerror}; choose another one")
    except ValueError as error:
        return _refuse(f"--state: {error}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="recoup standin quickbooks",
        description="A local QuickBooks Online: the real endpoints, shapes, limits and faults.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--seed",
        required=True,
        metavar="PATH",
        help="a folder of JSON answers, a CSV history, or the word demo",
    )
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="default: a free one")
    parser.add_argument(
        "--until", type=_day, metavar="DATE", help="leave out what happened after this day"
    )
    parser.add_argument(
        "--rate",
        type=_rate,
        action="append",
        default=[],
        metavar="CUR=R",
        help="price of a second currency in home units, e.g. EUR=1.08; may be repeated",
    )
    parser.add_argument(
        "--state", metavar="FILE", help="keep documents and consents in FILE over a restart"
    )
    parser.add_argument(
        "--no-throttle",
        dest="throttle",
        action="store_false",
        help="answer as fast as it can instead of within the platform's limits",
    )
    return parser


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        sys.stderr.write(f"recoup: standin quickbooks: {message}\n")
        raise SystemExit(2)


def _port(word: str) -> int:
    if not word.isdecimal() or int(word) > 65535:
        raise argparse.ArgumentTypeError(f"{word!r} is no port; give 1 to 65535, or 0 for any")
    return int(word)


def _day(word: str) -> date:
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{word!r} is no date; write it as 2026-03-31") from None


def _rate(word: str) -> tuple[str, Decimal]:
    currency, equals, rate = word.partition("=")
    try:
        price = Decimal(rate)
    except InvalidOperation:
        price = Decimal(0)
    known = len(currency) == 3 and currency.isascii() and currency.isalpha()
    if not known or not equals or not price.is_finite() or price <= 0:
        raise argparse.ArgumentTypeError(f"{word!r} is no rate; write it as EUR=1.08")
    return currency.upper(), price


def _say(line: str) -> None:
    print(line, flush=True)


def _note(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _refuse(line: str) -> int:
    print(f"recoup: {line}", file=sys.stderr)
    return 2
