"""The clock that a stand-in lives by: real time shifted, or frozen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["Clock"]


class Clock:
    """Tells the time to one or more companies; tests and the admin surface move it."""

    def __init__(self, start: datetime | None = None) -> None:
        """start: an aware instant at which the clock stands still; None runs in real time."""
        self._offset = timedelta(0)
        self._frozen: datetime | None = None
        if start is not None:
            self.freeze(start)

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return self._frozen if self._frozen is not None else datetime.now(UTC) + self._offset

    def advance(self, by: timedelta) -> None:
        """Move the clock; a frozen clock stays frozen at the new instant."""
        if self._frozen is not None:
            self._frozen += by
        else:
            self._offset += by

    def freeze(self, instant: datetime | None = None) -> None:
        """Stop the clock at *instant* (aware), or at the present one."""
        instant = self.now() if instant is None else instant
        if instant.tzinfo is None:
            raise ValueError(f"an aware instant is needed, not {instant.isoformat()}")
        self._frozen = instant.astimezone(UTC)

    def unfreeze(self) -> None:
        """Run again from the instant at which the clock stands."""
        if self._frozen is not None:
            self._offset = self._frozen - datetime.now(UTC)
            self._frozen = None
