"""The command-line words that every stand-in understands, read without any library of ours."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from decimal import Decimal, InvalidOperation

__all__ = ["note", "parser", "refuse", "say"]


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """The parser of ``recoup standin NAME``: seed, port, until, rate, state, throttle.

    A wrong word prints one line and raises SystemExit(2).
    """
    words = _Parser(prog=f"recoup standin {name}", description=description, allow_abbrev=False)
    words.add_argument(
        "--seed",
        required=True,
        metavar="PATH",
        help="a folder of JSON answers, a CSV history, or the word demo",
    )
    words.add_argument("--port", type=_port, default=0, metavar="N", help="default: a free one")
    words.add_argument(
        "--until", type=_day, metavar="DATE", help="leave out what happened after this day"
    )
    words.add_argument(
        "--rate",
        type=_rate,
        action="append",
        default=[],
        metavar="CUR=R",
        help="price of a second currency in home units, e.g. EUR=1.08; may be repeated",
    )
    words.add_argument(
        "--state", metavar="FILE", help="keep documents and consents in FILE over a restart"
    )
    words.add_argument(
        "--no-throttle",
        dest="throttle",
        action="store_false",
        help="answer as fast as it can instead of within the platform's limits",
    )
    return words


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override]
        sys.stderr.write(f"recoup: {self.prog.removeprefix('recoup ')}: {message}\n")
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


def say(line: str) -> None:
    """Print *line* at once."""
    print(line, flush=True)


def note(line: str) -> None:
    """Print *line* for the person, not for a pipe."""
    print(line, file=sys.stderr, flush=True)


def refuse(line: str) -> int:
    """Say what is wrong in one line; returns the exit code of wrong use."""
    print(f"recoup: {line}", file=sys.stderr)
    return 2
