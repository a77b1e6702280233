"""A process that dies at a chosen point: before a statement, a commit, around a call.

Dying is an exception that no handler of ours catches. From then on every further statement and
call raises it too: what a ``finally`` would put right does not happen, as after SIGKILL.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from sqlalchemy import Engine, event
from urllib3.connectionpool import HTTPConnectionPool as _Pool

__all__ = ["KILLER", "Died", "Killer"]

Chosen = tuple[str, int]  # a label and which of its passings
_SEND = _Pool.urlopen


class Died(BaseException):
    """The process is gone."""


class Killer:
    """Counts what the process passes by, and ends it at the chosen point."""

    def __init__(self) -> None:
        self.passed: Counter[str] = Counter()  # since it was armed
        self.ever: Counter[str] = Counter()
        self.kills: Counter[str] = Counter()
        self.lives: deque[Counter[str]] = deque(maxlen=10)  # what each life passed by
        self._chosen: Chosen | None = None
        self._dead = False
        self._thread: int | None = None  # the one that is watched

    @contextmanager
    def watching(self, chosen: Chosen | None) -> Iterator[None]:
        """Let the life inside end at *chosen*; None lets it live."""
        self.passed.clear()
        self._chosen, self._dead, self._thread = chosen, False, get_ident()
        try:
            yield
        finally:
            self._thread = None
            self.lives.append(self.passed.copy())
            self.ever.update(self.passed)

    def pass_by(self, label: str) -> None:
        if self._thread != get_ident():
            return  # the stand-in's side
        if self._dead:
            raise Died
        self.passed[label] += 1
        if self._chosen is not None and self._chosen == (label, self.passed[label]):
            self._dead = True
            self.kills[label] += 1
            self.end()

    def end(self) -> None:
        """How this process dies."""
        raise Died

    def listen(self) -> None:
        """Hear of every statement, commit and call of this process."""
        event.listen(Engine, "before_cursor_execute", self._before_statement)
        event.listen(Engine, "commit", self._before_commit)
        _Pool.urlopen = self._urlopen  # type: ignore[method-assign]

    def deaf(self) -> None:
        """Hear nothing more."""
        event.remove(Engine, "before_cursor_execute", self._before_statement)
        event.remove(Engine, "commit", self._before_commit)
        _Pool.urlopen = _SEND  # type: ignore[method-assign]

    @property
    def _urlopen(self) -> Any:
        def urlopen(pool: Any, method: str, url: str, *args: Any, **more: Any) -> Any:
            kind = "token" if "token" in url else method
            self.pass_by(f"call before {kind}")
            answer = _SEND(pool, method, url, *args, **more)
            try:
                self.pass_by(f"call after {kind}")
            except Died:
                answer.close()
                raise
            return answer

        return urlopen

    def _before_statement(self, conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        words = statement.split(None, 1)
        found = re.search(r'\b(?:FROM|INTO|UPDATE)\s+"?([a-z_]+)', statement)
        self.pass_by(f"{_base(conn)} {words[0].upper()} {found[1] if found else ''}".strip())

    def _before_commit(self, conn: Any) -> None:
        self.pass_by(f"{_base(conn)} COMMIT")


def _base(conn: Any) -> str:
    return "control" if "control" in str(conn.engine.url) else "store"


KILLER = Killer()  # of this process
