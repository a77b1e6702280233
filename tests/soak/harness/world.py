"""One history: a stand-in, a workspace, and syncs that suffer whatever is planned for them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness import small_world
from harness.bookkeeping import VERBS, act
from harness.nursery import Nursery
from harness.truth import differences
from recoup.connector.standin.listener import Answer, Request
from recoup.plugins.quickbooks.standin.books import Books, Clock
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

__all__ = ["FAULTS", "Finding", "Tally", "World"]

START = datetime(2026, 3, 2, 17, 0, 0, 300_000, tzinfo=UTC)
GRACE = timedelta(hours=24)  # for which a refresh token outlives its successor
UNUSED = timedelta(days=80)
PATIENCE = 60  # syncs after which a company that still refuses to come to rest is a finding

API = "minorversion"  # in the address of every call but those for tokens
# The platform's misbehaviour: name → fault of the stand-in and its settings.
FAULTS: dict[str, dict[str, Any]] = {
    "throttled_xml": {"kind": "429_xml"},
    "throttled_json": {"kind": "429_json_upper"},
    "throttled_403": {"kind": "403_throttle", "match": API},
    "token_expires": {"kind": "expire_token"},
    "broken_500": {"kind": "500", "times": 2},
    "unavailable_503": {"kind": "503"},
    "dropped_before": {"kind": "drop_before"},
    "dropped_after": {"kind": "drop_after"},
    "truncated": {"kind": "truncate"},
    "falsely_deleted": {"kind": "false_deleted", "match": "cdc"},
    "poisoned_capture": {"kind": "poison_4002", "match": "cdc"},
    "drops_the_refresh": {"kind": "drop_after", "match": "/oauth2/v1/tokens/bearer"},
}


class Finding(AssertionError):
    """The store and the books differ, or a sync ended as none should."""


@dataclass
class Tally:
    """What histories did and met, added up over all of them."""

    rules: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    passed: Counter[str] = field(default_factory=Counter)  # kill points that syncs went by
    outcomes: Counter[str] = field(default_factory=Counter)
    histories: int = 0

    def as_plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"histories": self.histories}
        for name in ("rules", "faults", "kills", "passed", "outcomes"):
            plain[name] = dict(sorted(getattr(self, name).items()))
        return plain

    def add(self, plain: dict[str, Any]) -> None:
        self.histories += plain["histories"]
        for name in ("rules", "faults", "kills", "passed", "outcomes"):
            getattr(self, name).update(plain[name])


class BusyStandIn(StandIn):
    """A stand-in whose bookkeeper goes on working between the requests of a sync."""

    meanwhile: Sequence[tuple[int, str, int, int]] = ()  # (after requests, verb, a, b)
    served = 0
    tally: Tally

    def handle(self, request: Request) -> Answer:
        try:
            return super().handle(request)
        finally:
            self.served += 1
            due = [item for item in self.meanwhile if item[0] == self.served]
            for _, verb, a, b in due:
                if act(self.books, verb, a, b):
                    self.tally.rules[f"meanwhile {verb}"] += 1


class World:
    """A company, its ledger and the workspace that follows it."""

    def __init__(
        self, nursery: Nursery, template: Path, key: str, tally: Tally, bug: str | None = None
    ) -> None:
        small_world.shrink_standin()
        self.nursery, self.tally, self.bug, self.key = nursery, tally, bug, key
        self.clock = Clock(START)
        self.books = Books(clock=self.clock)
        options = Options(rotate="always", reuse_grace_seconds=int(GRACE.total_seconds()))
        self.standin = BusyStandIn(self.books, options=options)
        self.standin.tally = tally
        self.standin.start()
        for file in nursery.folder.iterdir():
            file.unlink()
        for file in template.iterdir():
            shutil.copy(file, nursery.folder)
        self.database = nursery.folder / "recoup.db"
        self.skew = 0.0
        self.limping_since: datetime | None = None  # a kill may have cost the newest tokens
        self.synced_at = START
        self.last_error = ""

    def connect(self, skew: float) -> None:
        """skew: seconds by which our clock is ahead of the ledger's."""
        self.skew = skew
        granted = self.standin.issue_grant()
        kept = {name: granted[name] for name in ("access_token", "refresh_token", "expires_in")}
        ended = self._job("connect", realm=self.books.realm, url=self.standin.url, tokens=kept)
        if ended["outcome"] != "done":
            raise Finding(str(ended))

    def warm_up(self) -> None:
        """Sync and tie out within the nursery, on a little of everything."""
        self.connect(0.0)
        for number, verb in enumerate((*VERBS, *VERBS)):
            self.act(verb, number, number + 1)
        for do in ("sync", "sync", "tie_out"):
            self._job(do, warm=True)

    def close(self) -> None:
        self.standin.stop()
        small_world.grow_standin()

    def act(self, verb: str, a: int, b: int) -> None:
        """The first act after a sync shares its second; those that follow take their time."""
        if act(self.books, verb, a, b):
            self.tally.rules[verb] += 1
        self.clock.advance(timedelta(seconds=1.7))

    def let_pass(self, seconds: float) -> None:
        """Time passes; not so much that a token lost in a kill could not be had again, nor the
        hundred days after which an unused refresh token dies."""
        now = self.clock.now()
        seconds = min(seconds, (self.synced_at + UNUSED - now).total_seconds())
        if self.limping_since is not None:
            left = self.limping_since + GRACE / 2 - now
            seconds = min(seconds, max(left.total_seconds(), 0.0))
        self.clock.advance(timedelta(seconds=max(seconds, 0.0)))

    def sync(
        self,
        *,
        kill: Sequence[Any] | None = None,
        fault: tuple[str, int] | None = None,
        meanwhile: Sequence[tuple[int, str, int, int]] = (),
    ) -> str:
        """Sync once; returns how it ended. fault: its name, and the requests let through first."""
        struck = dict(self.standin.faults.struck)
        if fault is not None:
            name, after = fault
            plan = FAULTS[name]
            if plan["kind"] == "expire_token" or "bearer" in plan.get("match", ""):
                after = min(after, 2)
            self.standin.faults.next(**plan, after=after if plan.get("match", API) == API else 0)
            if name == "drops_the_refresh":
                self.standin.faults.next("expire_token")
        self.standin.served, self.standin.meanwhile = 0, list(meanwhile)
        ended = self._job("sync", bug=self.bug, kill=list(kill) if kill else None)
        self.standin.meanwhile = []
        if fault is not None and sum(self.standin.faults.struck.values()) > sum(struck.values()):
            self.tally.faults[fault[0]] += 1
        self.standin.faults.clear()
        return self._judge(ended)

    def _judge(self, ended: dict[str, Any]) -> str:
        outcome = str(ended["outcome"])
        self.tally.outcomes[outcome] += 1
        self.tally.passed.update(ended.get("census", {}))
        self.last_error = str(ended.get("error", ""))
        if outcome == "killed":
            self.tally.kills[ended.get("killed_at", "elsewhere")] += 1
        if outcome in ("killed", "later"):
            self.limping_since = self.limping_since or self.clock.now()
        if outcome == "later":
            self.clock.advance(timedelta(seconds=min(float(ended["wait"]), 3600.0)))
        if outcome == "done":
            self.limping_since, self.synced_at = None, self.clock.now()
        if outcome == "crashed":  # no finding: a planted bug must not be "found" by a typing error
            raise RuntimeError(f"a sync crashed: {ended.get('trace') or ended.get('error')}")
        if outcome in ("reconnect", "refused"):
            raise Finding(f"a sync ended as {outcome}: {ended.get('error')}")
        return outcome

    def come_to_rest(self) -> None:
        """No more faults: sync until nothing is left to do, then compare and tie out."""
        self.standin.faults.clear()
        for _ in range(PATIENCE):
            if self.sync() == "done":
                break
        else:
            raise Finding(f"no sync came to its end: {self.last_error}")
        broken = self.books.check()
        assert not broken, f"the stand-in's own books are wrong: {broken}"
        found = differences(self.books, self.database)
        if found:
            raise Finding("after quiescence:\n" + "\n".join(found[:20]))
        self._tie_out()

    def _tie_out(self) -> None:
        for _ in range(PATIENCE):
            ended = self._job("tie_out")
            if ended["outcome"] != "later":
                break
            self.clock.advance(timedelta(seconds=float(ended["wait"])))
        if ended["outcome"] != "done" or ended["proven"] is not True:
            raise Finding(f"does not tie out: {ended}")

    def _job(self, do: str, **more: Any) -> dict[str, Any]:
        common = {"database": str(self.database), "key": self.key, "skew": self.skew}
        return self.nursery.run({"do": do, "now": self.clock.now().isoformat(), **common, **more})
