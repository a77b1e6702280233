"""What all bookkeepers share: documents, amounts and days chosen by small numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, TypeVar

__all__ = ["amount", "day", "minor", "pick", "rotated", "rows"]

T = TypeVar("T")
Doc = dict[str, Any]


def pick(found: Sequence[T], n: int) -> T | None:
    return found[n % len(found)] if found else None


def rotated(found: list[T], n: int) -> list[T]:
    start = n % len(found) if found else 0
    return found[start:] + found[:start]


def amount(n: int) -> Decimal:
    return Decimal(100 + 37 * (n % 997)) / 100


def day(books: Any, n: int) -> str:
    return str((books.clock.now().date() - timedelta(days=n % 120)).isoformat())


def rows(books: Any, kind: str, wanted: Callable[[Doc], object] = bool) -> list[Doc]:
    """The documents of one kind that are *wanted*, in the order they were entered."""
    with books.lock:
        held: Iterable[Doc] = list(books.table(kind).values())
    return [doc for doc in held if wanted(doc)]


def minor(stated: object) -> int:
    return int(Decimal(str(stated or 0)) * 100)
