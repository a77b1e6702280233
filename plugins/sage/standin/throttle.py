"""The limits: requests a minute per business, requests a day and at once per app."""

from __future__ import annotations

import threading
import time
from collections import deque

from recoup.connector.standin.clock import Clock
from recoup.plugins.sage.standin.options import Options


class Throttle:
    """Counts requests; refused ones are not counted. ``most_at_once`` is the record so far."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self.clock = clock
        self.options = options
        self.refused = 0
        self.most_at_once = 0
        self.most_a_minute = 0
        self._lock = threading.Lock()
        self._minute: dict[str, deque[float]] = {}
        self._day: dict[str, int] = {}
        self._running = 0

    def _now(self) -> float:
        if self.options.throttle_clock == "books":
            return self.clock.now().timestamp()
        return time.monotonic()

    def enter(self, business: str) -> bool:
        """Tell whether one more request is within the limits; then ``leave`` must follow.

        business: empty for a request outside every business, which only the app's limits meet.
        """
        with self._lock:
            today = self.clock.now().date().isoformat()
            calls = self._minute.setdefault(business, deque())
            now = self._now()
            while calls and calls[0] <= now - 60.0:
                calls.popleft()
            options = self.options
            if options.throttle and (
                (business and len(calls) >= options.per_minute)
                or self._day.get(today, 0) >= options.per_day
                or self._running >= options.concurrent
            ):
                self.refused += 1
                return False
            calls.append(now)
            self._day[today] = self._day.get(today, 0) + 1
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            if business:
                self.most_a_minute = max(self.most_a_minute, len(calls))
            return True

    def leave(self) -> None:
        """A request is answered."""
        with self._lock:
            self._running -= 1

    def today(self) -> int:
        """The requests of the present UTC day."""
        return self._day.get(self.clock.now().date().isoformat(), 0)
