"""What a planned fault does to a request and to its answer."""

from __future__ import annotations

import threading

from recoup.connector.standin.listener import Answer, Dropped
from recoup.connector.standin.switchboard import Planned
from recoup.plugins.xero.standin.answer import broken, offline, out_of_scope, over_limit
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.strikes import AFTER

DAY_STOP = 77_000  # seconds, as seen in the wild


class Struck(Exception):
    """A fault planned for this request answers in its place."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def strike_before(planned: Planned | None, options: Options, stopping: threading.Event) -> None:
    """Let the fault have its way before anything is read or written.

    Raises Struck with the answer to give, Dropped where the connection is to be cut.
    """
    if planned is None or planned.kind in AFTER:
        return
    kind, seconds = planned.kind, planned.settings.get("seconds")
    if kind in ("429_minute", "429_day", "429_app"):
        problem = {"429_minute": "minute", "429_day": "day"}.get(kind, "appminute")
        after = DAY_STOP if kind == "429_day" else 30
        raise Struck(over_limit(problem, int(after if seconds is None else seconds)))
    if kind == "429_concurrent":
        raise Struck(over_limit("concurrent", None))
    if kind == "503_retry_after":
        raise Struck(broken(503, int(seconds or 30)))
    if kind.isdecimal():
        raise Struck(broken(int(kind)))
    if kind == "offline":
        raise Struck(offline())
    if kind == "insufficient_scope":
        raise Struck(out_of_scope())
    if kind == "slow":
        stopping.wait(float(seconds or 1.0))
    if kind == "hang":
        stopping.wait(float(seconds or options.hang_seconds))
        raise Dropped
    if kind == "drop_before":
        raise Dropped


def strike_after(planned: Planned | None, answer: Answer) -> Answer:
    """The answer as the fault leaves it. Raises Dropped where it is lost."""
    if planned is None:
        return answer
    if planned.kind in ("drop_after", "token_lost"):
        raise Dropped
    if planned.kind == "error_after":
        return broken(500)
    if planned.kind == "truncate":
        answer.cut = int(planned.settings.get("bytes", len(answer.body) // 2))
    elif planned.kind == "cut_json":
        answer.body = answer.body[: int(planned.settings.get("bytes", len(answer.body) // 2))]
    return answer
