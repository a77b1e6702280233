"""A firm whose ledger is written to: books behind a stand-in, a store, and processes that come.

Each platform says how its books are read and what its bookkeeper does; the rest is the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, TypeVar

from sqlalchemy import select

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Retriable
from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentRef
from recoup.connector.protocols import ClientApp, Connection, TokenSet
from recoup.connector.standin.clock import Clock as BooksClock
from recoup.connector.standin.listener import Answer, Request
from recoup.connector.testing.fakes import NOON, FakeClock
from recoup.sync.pull.run import pull_company
from recoup.sync.store.companies import CompanyRow, add_company
from recoup.sync.store.engine import open_store
from recoup.sync.store.schema import intents
from recoup.sync.tieout.outcome import TieOut
from recoup.sync.tieout.run import tie_out

__all__ = ["Firm", "SharedTime", "State"]

GRANT = "grant-1"
T = TypeVar("T")


class SharedTime(BooksClock):
    """The stand-in's clock, read off the one that the processes wait on."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__()
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()


@dataclass(frozen=True)
class Sent:
    """A changing request, and the intents that were recorded as sent when it arrived."""

    method: str
    target: str
    open_intents: Mapping[str, str]  # key → inverse as stored


@dataclass
class State:
    """All that writes can move, as the books stand."""

    documents: dict[DocumentRef, tuple[Decimal, Decimal]]  # live ones: total, open
    allocations: Counter[tuple[str, ...]]
    control: Decimal
    owed: dict[str, Decimal] = field(default_factory=dict)  # by customer, as the ledger says
    notes: Counter[tuple[str, str]] = field(default_factory=Counter)
    expected: dict[str, str] = field(default_factory=dict)
    ever: Counter[str] = field(default_factory=Counter)  # objects by type, dead ones too

    def same_as(self, other: State) -> bool:
        """Whether nothing moved; objects that came and went again do not count."""
        return self.differences(other) == []

    def differences(self, other: State) -> list[str]:
        found = []
        for name in ("documents", "allocations", "control", "owed", "notes", "expected"):
            ours, theirs = getattr(self, name), getattr(other, name)
            if ours != theirs:
                found.append(f"{name}: {_only(ours, theirs)} became {_only(theirs, ours)}")
        return found


def _only(ours: Any, theirs: Any) -> Any:
    if not isinstance(ours, dict):
        return ours
    return {key: value for key, value in ours.items() if theirs.get(key) != value}


class Firm(ABC):
    """One company, its books and its workspace. Processes open both anew."""

    platform: ClassVar[str]
    faults: ClassVar[Mapping[str, Mapping[str, Any]]]  # name → a strike of the stand-in
    currency = "USD"
    creates_with: ClassVar[str] = "POST"  # the method of the writes that make something
    discounts: ClassVar[bool] = True  # whether a payment may grant one

    def __init__(self, address: str, key: str) -> None:
        self.address, self.key = address, key
        self.clock = FakeClock(NOON)
        self.standin = self.start(SharedTime(self.clock))
        self._witness = open_store(address, clock=self.clock)
        self._struck: Counter[str] = Counter()
        self._stand_by()
        self.store = open_store(address, clock=self.clock)
        self.reconnect()
        self.company = self._register()
        self.sync()

    @abstractmethod
    def start(self, clock: BooksClock) -> Any:
        """Open the books and serve them."""

    @abstractmethod
    def adapter(self, connection: Connection) -> object: ...

    @property
    @abstractmethod
    def ledger_id(self) -> str: ...

    @abstractmethod
    def state(self) -> State: ...

    @abstractmethod
    def broken_rules(self) -> list[str]:
        """What of the books does not hold together, in words."""

    @abstractmethod
    def add_customer(self, name: str) -> str: ...

    @abstractmethod
    def add_invoice(self, customer: str, amount: Decimal) -> str: ...

    @abstractmethod
    def add_money(self, customer: str, amount: Decimal) -> DocumentRef:
        """Money on account, entered by hand."""

    @abstractmethod
    def add_credit(self, customer: str, amount: Decimal) -> DocumentRef: ...

    def item_id(self) -> str | None:
        """What a line of a fee names; None where none need be named."""
        return None

    @abstractmethod
    def lock(self, until: str) -> None:
        """Lock the books up to a day, inclusive."""

    @abstractmethod
    def match(self, document: DocumentRef) -> None:
        """Match booked money with a line of the bank statement."""

    def strike(self, name: str, *, after: int = 0, method: str | None = None) -> None:
        """Plan a fault of the platform for a coming request."""
        settings = dict(self.faults[name])
        kind = settings.pop("kind")
        method = settings.pop("method", method)
        self.standin.faults.next(kind, after=after, method=method, **settings)

    def calm(self) -> None:
        """Forget the faults that wait."""
        self.standin.faults.clear()

    def struck(self) -> Counter[str]:
        """The faults that struck since this was asked last."""
        now = Counter(self.standin.faults.struck)
        news, self._struck = now - self._struck, now
        by_kind: dict[str, str] = {}
        for name, settings in self.faults.items():
            by_kind.setdefault(str(settings["kind"]), name)
        return Counter({by_kind[kind]: count for kind, count in news.items()})

    # -- the witness --------------------------------------------------------------------------

    def _stand_by(self) -> None:
        """Note, for each request that changes something, which intents the store says are sent."""
        self.sent: list[Sent] = []
        listener = self.standin._listener
        inner = listener.handle

        def handle(request: Request) -> Answer:
            if self.changes(request):
                with self._witness.read() as conn:
                    rows = conn.execute(
                        select(intents.c.key, intents.c.inverse).where(intents.c.state == "sent")
                    )
                    open_now = {row.key: row.inverse for row in rows}
                self.sent.append(Sent(request.method, request.target, open_now))
            answer: Answer = inner(request)
            return answer

        listener.handle = handle

    def changes(self, request: Request) -> bool:
        """Whether a request is one that changes the books."""
        return request.method != "GET" and "token" not in request.target

    def can(self, capability: Capability) -> bool:
        return capability in self.ledger().capabilities()

    # -- processes ----------------------------------------------------------------------------

    def die(self) -> None:
        """What the dead process held open is gone; another opens the workspace.

        Mostly the statements that were compiled are kept, which would take most of its life.
        """
        self.store.close()
        self.deaths += 1
        if self.deaths % 8 == 0:
            self.store = open_store(self.address, clock=self.clock)

    deaths = 0

    def ledger(self) -> Ledger:
        """Open the company as a process that has just started does."""
        reached = Connection(
            ledger=self.platform,
            company_id=self.ledger_id,
            grant_id=GRANT,
            base_url=self.standin.url,
            app=ClientApp(client_id="drill", client_secret="drill"),
            vault=self.store.vault(self.key),
            gate=self.store.gate(),
            clock=self.clock,
            home_currency=self.currency,
        )
        return Ledger(self.adapter(reached))

    def reconnect(self) -> None:
        """A person consents again."""
        granted = self.standin.issue_grant(**self.consents())
        ends = self.clock.now() + timedelta(seconds=granted["expires_in"])
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=ends,
        )
        self.store.vault(self.key).save(GRANT, fresh)

    def consents(self) -> dict[str, Any]:
        return {}

    def sync(self) -> None:
        self.patiently(
            lambda: pull_company(
                self.store, self.company, self.ledger(), clock=self.clock, open_sweep=True
            )
        )

    def tie_out(self) -> TieOut:
        return self.patiently(
            lambda: tie_out(self.store, self.company, self.ledger(), clock=self.clock)
        )

    def patiently(self, act: Callable[[], T]) -> T:
        """Do what a platform may put off, waiting as long as it says."""
        for _ in range(30):
            try:
                return act()
            except Retriable as later:
                self.clock.advance(max(later.retry_after, timedelta(seconds=1)))
        return act()

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            self.store.close()
            self._witness.close()
            self.standin.stop()

    closed = False

    def _register(self) -> CompanyRow:
        described = self.ledger().describe_company()
        with self.store.write() as conn:
            return add_company(
                conn,
                described,
                base_url=self.standin.url,
                grant_id=GRANT,
                at=self.clock.now(),
            )
