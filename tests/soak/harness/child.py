"""One sync or tie-out in a process of its own, which may be killed before any statement."""

from __future__ import annotations

import json
import os
import re
import signal
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from harness import planted
from harness.platform import Platform, platform_of
from recoup.connector.errors import NeedsReconnect, RecoupError, Retriable
from recoup.connector.facades import Ledger
from recoup.connector.model import Company
from recoup.connector.protocols import ClientApp, Connection, TokenSet
from recoup.sync.connections import book
from recoup.sync.pull import sweeping
from recoup.sync.pull.run import pull_company
from recoup.sync.store.companies import CompanyRow, find_company
from recoup.sync.store.engine import Store, open_store
from recoup.sync.tieout.run import tie_out

__all__ = ["Killer", "ShiftedClock", "run_job"]

Job = dict[str, Any]
Report = dict[str, Any]
LISTABLE = 6  # objects of a window that is listed rather than halved
GRANT = "grant-1"


class ShiftedClock:
    """The sync's own clock: the ledger's plus an error, moved by nothing but its own waits."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.slept = 0.0

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self.slept += seconds


class Killer:
    """Counts the statements and commits of a process, and kills it before the chosen one.

    kill: ["nth", n] is the n-th of all; ["at", label, n] the n-th of one label;
    ["first_of", labels] the first of several; None is never.
    """

    def __init__(self, pipe: int, kill: list[Any] | None) -> None:
        self._pipe = pipe
        self._kill = kill
        self.census: Counter[str] = Counter()

    def listen(self) -> None:
        event.listen(Engine, "before_cursor_execute", self._before_statement)
        event.listen(Engine, "commit", self._before_commit)

    def pass_by(self, label: str) -> None:
        self.census[label] += 1
        if self._kill is None:
            return
        mode, *where = self._kill
        if mode == "nth" and self.census.total() == where[0]:
            self._die(label)
        if mode == "at" and label == where[0] and self.census[label] == where[1]:
            self._die(label)
        if mode == "first_of" and label in where[0]:
            self._die(label)

    def _die(self, label: str) -> None:
        last_words = {"killed_at": label, "census": self.census}
        os.write(self._pipe, json.dumps(last_words).encode())
        os.kill(os.getpid(), signal.SIGKILL)

    def _before_statement(self, conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        self.pass_by(_label(conn, statement))

    def _before_commit(self, conn: Any) -> None:
        self.pass_by(f"{_base(conn)} COMMIT")


def _label(conn: Any, statement: str) -> str:
    words = statement.split(None, 1)
    verb = words[0].upper()
    found = re.search(r'\b(?:FROM|INTO|UPDATE)\s+"?([a-z_]+)', statement)
    return f"{_base(conn)} {verb} {found[1] if found else ''}".strip()


def _base(conn: Any) -> str:
    return "control" if "control" in str(conn.engine.url) else "store"


# One store for all histories, at one path: SQLAlchemy's compiled statements survive the fork, and
# compiling them would take most of a child's life. Connections are the child's own.
_stores: dict[str, Store] = {}


def run_job(job: Job, killer: Killer | None) -> Report:
    """Do what ``job["do"]`` says: connect, consent, sync or tie_out. killer None only warms up."""
    platform = platform_of(job["platform"])
    platform.shrink_adapter()
    sweeping.LISTABLE = LISTABLE
    clock = ShiftedClock(datetime.fromisoformat(job["now"]) + timedelta(seconds=job["skew"]))
    store = _stores.get(job["database"]) or open_store(Path(job["database"]), clock=clock)
    _stores[job["database"]] = store
    store.clock = clock
    if job["do"] in ("connect", "consent"):
        return _connect(platform, job, store, clock)
    with store.read() as conn:
        company = find_company(conn, None)
    ledger = _open_ledger(platform, job, store, company, clock)
    planted.plant(platform, job.get("bug"))
    if killer is not None:
        killer.listen()
    return {**_do(job, store, company, ledger, clock), "slept": clock.slept}


def _do(job: Job, store: Store, company: CompanyRow, ledger: Ledger, clock: ShiftedClock) -> Report:
    try:
        if job["do"] == "tie_out":
            outcome = tie_out(store, company, ledger, as_of=None, clock=clock)
            return {"outcome": "done", "proven": outcome.proven, "tied": outcome.as_json()}
        result = pull_company(
            store,
            company,
            ledger,
            clock=clock,
            wait=timedelta(minutes=10),
            open_sweep=bool(job.get("open_sweep")),
        )
    except Retriable as error:
        wait = max(error.retry_after.total_seconds(), 1.0)
        return {"outcome": "later", "wait": wait, "error": str(error)}
    except NeedsReconnect as error:
        return {"outcome": "reconnect", "error": str(error)}
    except RecoupError as error:
        return {"outcome": "refused", "error": f"{type(error).__name__}: {error}"}
    return {"outcome": "done", "calls": result.calls}


def _connect(platform: Platform, job: Job, store: Store, clock: ShiftedClock) -> Report:
    found = Company(
        ledger=platform.name,
        ledger_id=job["company"],
        name="Soak Ltd",
        home_currency=platform.home,
    )
    if job["do"] == "connect":
        book(store, [found], base_url=job["url"], grant_id=GRANT, at=clock.now())
    granted = job["tokens"]
    fresh = TokenSet(
        access_token=granted["access_token"],
        refresh_token=granted["refresh_token"],
        access_expires_at=clock.now() + timedelta(seconds=granted["expires_in"]),
    )
    store.vault(job["key"]).save(GRANT, fresh)
    return {"outcome": "done"}


def _open_ledger(
    platform: Platform, job: Job, store: Store, company: CompanyRow, clock: ShiftedClock
) -> Ledger:
    connection = Connection(
        ledger=platform.name,
        company_id=company.ledger_id,
        grant_id=company.grant_id,
        base_url=company.base_url,
        app=ClientApp(client_id="soak", client_secret="soak"),
        vault=store.vault(job["key"]),
        gate=store.gate(),
        clock=clock,
        home_currency=platform.home,
    )
    return Ledger(platform.open_ledger(connection))
