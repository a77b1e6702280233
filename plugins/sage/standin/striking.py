"""How a planned fault answers in place of the server, or spoils what it answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from recoup.connector.standin.listener import Answer, Dropped
from recoup.connector.standin.switchboard import Planned
from recoup.plugins.sage.standin.answer import answer_fault, broken, throttled
from recoup.plugins.sage.standin.fault import denied, no_subscription
from recoup.plugins.sage.standin.strikes import AFTER, LISTS

if TYPE_CHECKING:
    from recoup.plugins.sage.standin.server import StandIn


class Struck(Exception):
    """A fault planned for this request answers in its place."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def before(standin: StandIn, planned: Planned | None) -> None:
    """Strike before anything was done; raises Struck or Dropped."""
    if planned is None or planned.kind in (*AFTER, *LISTS, "wrong_business"):
        return
    kind = planned.kind
    if kind == "429":
        raise Struck(throttled(None))
    if kind == "429_retry":
        raise Struck(throttled(int(planned.settings.get("seconds", 5))))
    if kind == "no_subscription":
        raise Struck(answer_fault(no_subscription()))
    if kind == "denied":
        raise Struck(answer_fault(denied()))
    if kind == "hang":
        seconds = planned.settings.get("seconds", standin.options.hang_seconds)
        standin.stopping.wait(float(seconds))
        raise Dropped
    if kind == "drop_before":
        raise Dropped
    raise Struck(broken(int(kind)))


def after(planned: Planned | None, answer: Answer) -> Answer:
    """Spoil an answer whose work is done; raises Struck or Dropped."""
    kind = planned.kind if planned is not None else ""
    if kind == "500_after":
        raise Struck(broken(500))
    if kind == "drop_after":
        raise Dropped
    if planned is not None and kind in ("truncate", "cut_json"):
        size = int(planned.settings.get("bytes", len(answer.body) // 2))
        if kind == "truncate":
            answer.cut = size
        else:
            answer.body = answer.body[:size]
    return answer
