"""A window that rolls: which calls are still in it, and when there is room for one more.

Instants are microseconds since 1970 UTC, oldest first. A call leaves the window when it is more
than the span ago, so that no span, both ends included, ever holds more than the limit.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

__all__ = ["due", "pack", "unpack", "within"]


def within(recent: Sequence[int], span: int, now: int) -> tuple[int, ...]:
    """The calls of the last *span* up to *now*; those of a clock set back stay."""
    return tuple(at for at in recent if at >= now - span)


def due(recent: Sequence[int], room: int, span: int, now: int) -> int:
    """When one more call finds fewer than *room* in the window; *now* where it does already."""
    kept = within(recent, span, now)
    if len(kept) < room:
        return now
    return kept[len(kept) - room] + span + 1


def pack(recent: Sequence[int]) -> bytes:
    return array("q", recent).tobytes()


def unpack(stored: bytes | None) -> tuple[int, ...]:
    if stored is None:
        return ()
    found = array("q")
    found.frombytes(stored)
    return tuple(found)
