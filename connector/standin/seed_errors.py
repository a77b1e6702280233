"""Why a seed could not be read."""

from __future__ import annotations

__all__ = ["SeedError"]


class SeedError(ValueError):
    """The seed is missing or not what it should be.

    The text is one line that names the file, the line where there is one, and what to do. The
    caller prints it and stops; nothing was started.
    """
