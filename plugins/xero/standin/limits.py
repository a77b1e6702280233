"""Xero's limits: a minute and a day per organisation, calls at once, a minute per app."""

from __future__ import annotations

import threading
import time
import zlib

from recoup.connector.standin.clock import Clock
from recoup.plugins.xero.standin.options import Options

DAY = 86_400.0


class Limits:
    """Counts calls in fixed windows that begin at another moment for each organisation.

    Refused calls are not counted.
    """

    def __init__(self, clock: Clock, options: Options) -> None:
        self.clock = clock
        self.options = options
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, float], tuple[int, int]] = {}  # window → (its number, calls)
        self._flying: dict[str, int] = {}
        self.most_at_once: dict[str, int] = {}
        self.refused: dict[str, int] = {}  # problem → how often

    def _now(self) -> float:
        if self.options.throttle_clock == "books":
            return self.clock.now().timestamp()
        return time.time()

    def _window(self, name: str, span: float) -> tuple[int, int, float]:
        """The number of the present window, the calls in it and the seconds that it lasts yet."""
        shifted = self._now() + zlib.crc32(name.encode()) % int(span)
        number = int(shifted // span)
        held = self._calls.get((name, span))
        calls = held[1] if held is not None and held[0] == number else 0
        return number, calls, span - shifted % span

    def enter(self, tenant: str) -> tuple[str, int | None] | None:
        """Count a call; or return the problem and the Retry-After of its refusal.

        Whoever entered must ``leave``; whoever was refused must not.
        """
        options = self.options
        windows = (
            ("day", tenant, DAY, options.per_day),
            ("minute", tenant, 60.0, options.per_minute),
            ("appminute", "app", 60.0, options.app_per_minute),
        )
        with self._lock:
            flying = self._flying.get(tenant, 0)
            if options.throttle:
                for problem, name, span, most in windows:
                    _, calls, left = self._window(name, span)
                    if calls >= most:
                        self.refused[problem] = self.refused.get(problem, 0) + 1
                        return problem, int(left) + 1
                if flying >= options.concurrent:
                    self.refused["concurrent"] = self.refused.get("concurrent", 0) + 1
                    return "concurrent", None
            for _, name, span, _ in windows:
                number, calls, _ = self._window(name, span)
                self._calls[name, span] = (number, calls + 1)
            self._flying[tenant] = flying + 1
            self.most_at_once[tenant] = max(self.most_at_once.get(tenant, 0), flying + 1)
        return None

    def leave(self, tenant: str) -> None:
        """End a call that entered."""
        with self._lock:
            self._flying[tenant] -= 1

    def spend(self, tenant: str, *, day: int = 0) -> None:
        """Use up part of an organisation's day, as another app of the same kind would."""
        with self._lock:
            number, calls, _ = self._window(tenant, DAY)
            self._calls[tenant, DAY] = (number, calls + day)

    def headers(self, tenant: str) -> dict[str, str]:
        """What is left, as every answer says it."""
        options = self.options
        with self._lock:
            day = options.per_day - self._window(tenant, DAY)[1]
            minute = options.per_minute - self._window(tenant, 60.0)[1]
            app = options.app_per_minute - self._window("app", 60.0)[1]
        return {
            "X-DayLimit-Remaining": str(max(day, 0)),
            "X-MinLimit-Remaining": str(max(minute, 0)),
            "X-AppMinLimit-Remaining": str(max(app, 0)),
        }

    def used(self, tenant: str) -> dict[str, int]:
        """Calls of an organisation in the present day and minute."""
        with self._lock:
            return {
                "day": self._window(tenant, DAY)[1],
                "minute": self._window(tenant, 60.0)[1],
                "most_at_once": self.most_at_once.get(tenant, 0),
            }
