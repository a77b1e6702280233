"""Faults on demand: what the next matching requests suffer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Planned", "Switchboard"]


@dataclass
class Planned:
    """One fault waiting: how often it strikes, where, and its own settings."""

    kind: str
    times: int
    match: str
    method: str | None
    after: int  # matching requests let through first
    settings: dict[str, Any]


class Switchboard:
    """Plans faults and tells the server which one a request meets."""

    def __init__(self, kinds: Collection[str], only: Mapping[str, str] | None = None) -> None:
        """kinds: the faults that the platform can suffer. only: kind → how a target must begin."""
        self.kinds = frozenset(kinds)
        self._only = dict(only or {})
        self._lock = threading.Lock()
        self._planned: list[Planned] = []
        self._between: list[tuple[Callable[[], object], str, int]] = []
        self.struck: dict[str, int] = {}  # kind → how often it struck
        self.poisoned: set[tuple[str, str]] = set()  # (type, id): spoils what shows it

    def next(
        self,
        kind: str,
        times: int = 1,
        match: str = "",
        *,
        method: str | None = None,
        after: int = 0,
        **settings: Any,
    ) -> None:
        """Let the next *times* API requests whose path and query hold *match* suffer *kind*.

        after: matching requests to let through first. settings: what the kind needs, e.g.
        ``seconds`` to hang or ``bytes`` that arrive. Raises ValueError on a bad kind.
        """
        if kind not in self.kinds:
            raise ValueError(f"unknown fault {kind!r}; choose from {', '.join(sorted(self.kinds))}")
        with self._lock:
            self._planned.append(Planned(kind, times, match, method, after, settings))

    def between_pages(
        self, action: Callable[[], object], *, match: str = "", times: int = 1
    ) -> None:
        """Run *action* after the next pages whose request holds *match*, once per page."""
        with self._lock:
            self._between.append((action, match, times))

    def clear(self) -> None:
        """Forget every fault that still waits."""
        with self._lock:
            self._planned.clear()
            self._between.clear()
            self.poisoned.clear()

    @property
    def waiting(self) -> int:
        """How many strikes are still planned."""
        with self._lock:
            return sum(plan.times for plan in self._planned)

    def strike(self, method: str, target: str, kinds: Collection[str]) -> Planned | None:
        """Return the fault this request meets, and count it as spent."""
        with self._lock:
            for plan in self._planned:
                if not target.startswith(self._only.get(plan.kind, "")):
                    continue
                if plan.kind not in kinds or plan.match not in target:
                    continue
                if plan.method is not None and plan.method != method:
                    continue
                if plan.after > 0:
                    plan.after -= 1
                    continue
                plan.times -= 1
                if plan.times <= 0:
                    self._planned.remove(plan)
                self.struck[plan.kind] = self.struck.get(plan.kind, 0) + 1
                return plan
        return None

    def page_served(self, asked: str) -> None:
        """Run what was planned between pages; called outside every lock."""
        due: list[Callable[[], object]] = []
        with self._lock:
            kept = []
            for action, match, times in self._between:
                if match in asked:
                    due.append(action)
                    times -= 1
                if times > 0:
                    kept.append((action, match, times))
            self._between = kept
        for action in due:
            action()
