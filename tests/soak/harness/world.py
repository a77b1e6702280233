"""One history: a stand-in, a workspace, and syncs that suffer whatever is planned for them."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from harness.nursery import Nursery
from harness.platform import Platform
from harness.truth import differences
from recoup.connector.standin.clock import Clock

__all__ = ["START", "Finding", "Tally", "World"]

START = datetime(2026, 3, 2, 17, 0, 0, 300_000, tzinfo=UTC)
PATIENCE = 60  # syncs after which a company that still refuses to come to rest is a finding
LONGEST_WAIT = 3600.0  # seconds until somebody tries again, whatever a ledger asks for

Meanwhile = Sequence[tuple[int, str, int, int]]
_COUNTS = ("rules", "faults", "kills", "passed", "outcomes", "switches")


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
    switches: Counter[str] = field(default_factory=Counter)  # histories with a switch on or off
    histories: int = 0

    def as_plain(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"histories": self.histories}
        for name in _COUNTS:
            plain[name] = dict(sorted(getattr(self, name).items()))
        return plain

    def add(self, plain: dict[str, Any]) -> None:
        self.histories += plain["histories"]
        for name in _COUNTS:
            getattr(self, name).update(plain[name])


class World:
    """A company, its ledger and the workspace that follows it."""

    def __init__(
        self,
        platform: Platform,
        nursery: Nursery,
        template: Path,
        key: str,
        tally: Tally,
        bug: str | None = None,
    ) -> None:
        self._grow = platform.shrink_standin()
        self.platform, self.nursery, self.tally = platform, nursery, tally
        self.bug, self.key = bug, key
        self.clock = Clock(START)
        self.books = platform.open_books(self.clock)
        self.standin = platform.open_standin(self.books)
        self.standin.at_work = self._work_meanwhile
        self.standin.start()
        for file in nursery.folder.iterdir():
            file.unlink()
        for file in template.iterdir():
            shutil.copy(file, nursery.folder)
        self.database = nursery.folder / "recoup.db"
        self.skew = 0.0
        self.limping_since: datetime | None = None  # the newest tokens may have been lost
        self.excused: frozenset[str] = frozenset()  # how a sync may end because of a fault
        self.synced_at = START
        self.last_error = ""

    # -- people -------------------------------------------------------------------------------

    def connect(
        self, skew: float, *, pace: float = 0.0, switches: Mapping[str, bool] | None = None
    ) -> None:
        """skew: seconds by which our clock is ahead of the ledger's. pace: of each request."""
        self.skew = skew
        self.standin.pace = timedelta(seconds=pace)
        for name, on in (switches or {}).items():
            self.platform.throw(self.standin, name, on)
            self.tally.switches[f"{name} {'on' if on else 'off'}"] += 1
        self._consent("connect")

    def _consent(self, do: str) -> None:
        granted = self.standin.issue_grant()
        kept = {name: granted[name] for name in ("access_token", "refresh_token", "expires_in")}
        company = self.platform.company_id(self.books)
        ended = self._job(do, company=company, url=self.standin.url, tokens=kept)
        if ended["outcome"] != "done":
            raise Finding(str(ended))

    def warm_up(self) -> None:
        """Sync and tie out within the nursery, on a little of everything."""
        self.connect(0.0)
        for number, verb in enumerate((*self.platform.verbs, *self.platform.verbs)):
            self.act(verb, number, number + 1)
        for do in ("sync", "sync", "tie_out"):
            self._job(do, warm=True)

    def close(self) -> None:
        self.standin.stop()
        self._grow()  # other tests run in this process

    def act(self, verb: str, a: int, b: int) -> bool:
        """The first act after a sync shares its second; those that follow take their time."""
        done = self._does(verb, a, b)
        if done:
            self.tally.rules[verb] += 1
        self.clock.advance(timedelta(seconds=1.7))
        return done

    def _work_meanwhile(self, verb: str, a: int, b: int) -> None:
        if self._does(verb, a, b):
            self.tally.rules[f"meanwhile {verb}"] += 1

    def _does(self, verb: str, a: int, b: int) -> bool:
        """False when there is nothing to do it to, or the ledger's screens refuse it."""
        try:
            return self.platform.verbs[verb](self.books, a, b)
        except self.platform.refusal:
            return False

    def let_pass(self, seconds: float) -> None:
        """Time passes; not so much that a token lost in a kill could not be had again, nor that
        an unused refresh token dies."""
        now = self.clock.now()
        seconds = min(seconds, (self.synced_at + self.platform.unused - now).total_seconds())
        if self.limping_since is not None and self.platform.grace:
            left = self.limping_since + self.platform.grace / 2 - now
            seconds = min(seconds, max(left.total_seconds(), 0.0))
        self.clock.advance(timedelta(seconds=max(seconds, 0.0)))

    # -- syncs --------------------------------------------------------------------------------

    def sync(
        self,
        *,
        kill: Sequence[Any] | None = None,
        fault: tuple[str, int] | None = None,
        meanwhile: Meanwhile = (),
        open_sweep: bool = False,
    ) -> str:
        """Sync once; returns how it ended. fault: its name, and the requests let through first."""
        struck = sum(self.standin.faults.struck.values())
        self._plan(fault)
        self.standin.served, self.standin.meanwhile = 0, list(meanwhile)
        self.standin.renewals = 0
        kill = list(kill) if kill else None
        ended = self._job("sync", bug=self.bug, kill=kill, open_sweep=open_sweep)
        self.standin.meanwhile = []
        if fault is not None and sum(self.standin.faults.struck.values()) > struck:
            self.tally.faults[fault[0]] += 1
            self.excused |= self.platform.faults[fault[0]].ends
        self.standin.faults.clear()
        return self._judge(ended)

    def _plan(self, fault: tuple[str, int] | None) -> None:
        if fault is None:
            return
        plan, faults = self.platform.faults[fault[0]], self.standin.faults
        after = min(fault[1], plan.most_after)
        faults.next(plan.kind, plan.times, plan.match, after=after, **plan.settings)
        if plan.expires:
            faults.next("expire_token")

    def _judge(self, ended: dict[str, Any]) -> str:
        outcome = str(ended["outcome"])
        self.tally.outcomes[outcome] += 1
        self.tally.passed.update(ended.get("census", {}))
        self.last_error = str(ended.get("error", ""))
        self.clock.advance(timedelta(seconds=float(ended.get("slept", 0.0))))
        if outcome == "killed":
            self.tally.kills[ended.get("killed_at", "elsewhere")] += 1
        if outcome in ("killed", "later") and self.standin.renewals:
            self.limping_since = self.limping_since or self.clock.now()
        if outcome == "later":
            self.clock.advance(timedelta(seconds=min(float(ended["wait"]), LONGEST_WAIT)))
        if outcome == "done":
            self._is_well()
        if outcome == "crashed":  # no finding: a planted bug must not be "found" by a typing error
            raise RuntimeError(f"a sync crashed: {ended.get('trace') or ended.get('error')}")
        if outcome == "reconnect" and self._has_lost_its_tokens():
            self._consent("consent")
            self._is_well()
        elif outcome in ("reconnect", "refused") and outcome not in self.excused:
            raise Finding(f"a sync ended as {outcome}: {ended.get('error')}")
        elif outcome == "reconnect":
            self._consent("consent")
            self._is_well()
        return outcome

    def _is_well(self) -> None:
        self.limping_since, self.synced_at = None, self.clock.now()
        self.excused = frozenset()

    def _has_lost_its_tokens(self) -> bool:
        """Whether an answer with tokens was lost, and the ones before it are worth nothing."""
        if self.limping_since is None:
            return False
        return self.clock.now() - self.limping_since >= self.platform.grace

    # -- rest ---------------------------------------------------------------------------------

    def come_to_rest(self) -> None:
        """No more faults: sync until nothing is left to do, then compare and tie out."""
        self.standin.faults.clear()
        for _ in range(PATIENCE):
            if self.sync(open_sweep=True) == "done":
                break
        else:
            raise Finding(f"no sync came to its end: {self.last_error}")
        broken = self.books.check()
        assert not broken, f"the stand-in's own books are wrong: {broken}"
        found = differences(self.platform, self.books, self.database)
        if found:
            raise Finding("after quiescence:\n" + "\n".join(found[:20]))
        self.tie_out()

    def tie_out(self) -> None:
        for _ in range(PATIENCE):
            ended = self._job("tie_out")
            if ended["outcome"] != "later":
                break
            self.clock.advance(timedelta(seconds=float(ended["wait"])))
        self.clock.advance(timedelta(seconds=float(ended.get("slept", 0.0))))
        if ended["outcome"] != "done":
            raise Finding(f"a tie-out ended so: {ended}")
        if ended["proven"] is True:
            return
        if not self.platform.accounts_for(self.books, ended["tied"]):
            raise Finding(f"does not tie out: {ended}")

    def _job(self, do: str, **more: Any) -> dict[str, Any]:
        common = {
            "platform": self.platform.name,
            "database": str(self.database),
            "key": self.key,
            "skew": self.skew,
        }
        return self.nursery.run({"do": do, "now": self.clock.now().isoformat(), **common, **more})
