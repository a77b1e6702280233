"""The platform's limits scaled down, so that a few documents reach what takes thousands.

Only sizes change, on both sides alike: rows of a page and of its fence, objects of one
change-data answer, and the window that is listed rather than halved. Every rule that the sizes
feed stays as it is.
"""

from __future__ import annotations

from recoup.plugins.quickbooks import delta, scan
from recoup.plugins.quickbooks.standin import changes
from recoup.sync.pull import sweeping

__all__ = ["CAPTURE_ROWS", "PAGE_ROWS", "grow_standin", "shrink_adapter", "shrink_standin"]

PAGE_ROWS = 12
CAPTURE_ROWS = 30
LISTABLE = 6
FULL_SIZE = changes.MOST_OBJECTS
FENCE_ROWS = 2


def shrink_adapter() -> None:
    """In the child that syncs, which opens its adapter with PAGE_ROWS."""
    delta.CAPTURE_ROWS = CAPTURE_ROWS
    scan.FENCE_ROWS = FENCE_ROWS
    sweeping.LISTABLE = LISTABLE


def shrink_standin() -> None:
    """In the process of the stand-in."""
    changes.MOST_OBJECTS = CAPTURE_ROWS


def grow_standin() -> None:
    """Give the process of the stand-in its limits back: other tests run in it."""
    changes.MOST_OBJECTS = FULL_SIZE
