"""The platform's limits per company: calls a second and a minute, batches, reads a month."""

from __future__ import annotations

import threading
import time
from collections import deque

from recoup.connector.standin.clock import Clock
from recoup.plugins.quickbooks.standin.options import Options


class Throttle:
    """Counts calls in sliding windows; refused calls are not counted."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self.clock = clock
        self.options = options
        self._lock = threading.Lock()
        self._calls: dict[str, deque[float]] = {}
        self._reads: dict[tuple[str, str], int] = {}  # (realm, YYYY-MM) → reads

    def _now(self) -> float:
        if self.options.throttle_clock == "books":
            return self.clock.now().timestamp()
        return time.monotonic()

    def admits(self, realm: str, *, batch: bool) -> bool:
        """Tell whether one more call is within the limits, and count it if so."""
        if not self.options.throttle:
            return True
        with self._lock:
            now = self._now()
            windows = [
                (realm, 60.0, self.options.per_minute),
                (realm, 1.0, self.options.per_second),
            ]
            if batch:
                windows.append((f"batch {realm}", 60.0, self.options.batch_per_minute))
            for name, span, most in windows:
                calls = self._calls.setdefault(name, deque())
                while calls and calls[0] <= now - 60.0:
                    calls.popleft()
                if sum(1 for at in reversed(calls) if at > now - span) >= most:
                    return False
            for name in {name for name, _, _ in windows}:
                self._calls[name].append(now)
            return True

    def read(self, realm: str) -> bool:
        """Count one metered read; False when the month's budget is spent."""
        month = self.clock.now().strftime("%Y-%m")
        with self._lock:
            spent = self._reads.get((realm, month), 0)
            if self.options.monthly_reads is not None and spent >= self.options.monthly_reads:
                return False
            self._reads[realm, month] = spent + 1
            return True

    def reads(self, realm: str) -> int:
        """Return the metered reads of the present month."""
        return self._reads.get((realm, self.clock.now().strftime("%Y-%m")), 0)
