"""The protocols in memory, and records whose arguments are only what matters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

from recoup.connector.errors import NeedsReconnect
from recoup.connector.model import (
    Allocation,
    AllocationKind,
    CreditNote,
    Customer,
    DocumentKind,
    DocumentRef,
    DocumentState,
    Invoice,
    Payment,
)
from recoup.connector.money import Money
from recoup.connector.protocols import Budget, ClientApp, Connection, RateGate, TokenSet, Vault

__all__ = [
    "AS_OF",
    "NOON",
    "FakeClock",
    "FakeVault",
    "OpenGate",
    "allocation",
    "connection",
    "credit_note",
    "customer",
    "invoice",
    "payment",
    "tokens",
]

AS_OF = date(2026, 6, 30)  # the day that the builders count from
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


class FakeClock:
    """A clock that moves only when told to; sleeping moves it at once."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at
        self.sleeps: list[float] = []

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.at += timedelta(seconds=seconds)

    def advance(self, span: timedelta) -> None:
        self.at += span


class FakeVault:
    """Tokens in memory, with the generations of the real vault and none of its locks."""

    def __init__(self) -> None:
        self._rows: dict[str, TokenSet] = {}
        self.refresh_count = 0

    def read(self, grant_id: str) -> TokenSet:
        if grant_id not in self._rows:
            raise NeedsReconnect(f"no tokens for grant {grant_id}: connect again")
        return self._rows[grant_id]

    def save(self, grant_id: str, tokens: TokenSet) -> TokenSet:
        before = self._rows.get(grant_id)
        saved = tokens.renumbered(1 if before is None else before.generation + 1)
        self._rows[grant_id] = saved
        return saved

    def refresh(
        self, grant_id: str, seen: TokenSet, renew: Callable[[TokenSet], TokenSet]
    ) -> TokenSet:
        newest = self.read(grant_id)
        if newest.generation != seen.generation:
            return newest
        self.refresh_count += 1
        return self.save(grant_id, renew(newest))

    def forget(self, grant_id: str) -> None:
        self._rows.pop(grant_id, None)


class OpenGate:
    """A gate that grants everything and remembers what it was asked."""

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}
        self.pauses: dict[str, datetime] = {}
        self.corrections: list[tuple[str, int]] = []

    def take(self, budgets: Sequence[Budget], *, urgent: bool = False) -> timedelta:
        for budget in budgets:
            self.taken[budget.key] = self.taken.get(budget.key, 0) + 1
        return timedelta(0)

    def spent(self, budget: Budget) -> int:
        return self.taken.get(budget.key, 0)

    def correct(self, budget: Budget, remaining: int) -> None:
        self.corrections.append((budget.key, remaining))

    def pause(self, key: str, until: datetime) -> None:
        self.pauses[key] = until

    @contextmanager
    def slot(self, key: str, limit: int, lease: timedelta) -> Iterator[None]:
        yield


def tokens(
    access_token: str = "access-1", *, at: datetime = NOON, lives: timedelta = timedelta(hours=1)
) -> TokenSet:
    """Tokens issued *at*, with a refresh token named after the access token."""
    return TokenSet(
        access_token=access_token,
        refresh_token=f"refresh-for-{access_token}",
        access_expires_at=at + lives,
    )


def connection(
    ledger: str = "memory",
    company_id: str = "1",
    *,
    clock: FakeClock,
    vault: Vault | None = None,
    gate: RateGate | None = None,
    base_url: str | None = None,
    app: ClientApp | None = None,
) -> Connection:
    """A connection over fakes; grant ``grant-1``, which has no tokens until a test saves some."""
    return Connection(
        ledger=ledger,
        company_id=company_id,
        grant_id="grant-1",
        base_url=base_url,
        app=app or ClientApp(client_id="client", client_secret="not-a-secret"),
        vault=vault or FakeVault(),
        gate=gate or OpenGate(),
        clock=clock,
    )


def customer(
    ledger_id: str = "1",
    *,
    name: str | None = None,
    currency: str = "USD",
    parent_id: str | None = None,
    balance: str | None = None,
) -> Customer:
    return Customer(
        ledger_id=ledger_id,
        name=name or f"Customer {ledger_id}",
        currency=currency,
        parent_id=parent_id,
        balance=None if balance is None else Money.of(balance, currency),
    )


def invoice(
    ledger_id: str = "1",
    *,
    total: str = "100.00",
    balance: str | None = None,
    days_past_due: int = 0,
    terms_days: int = 30,
    customer_id: str = "1",
    currency: str = "USD",
    as_of: date = AS_OF,
    state: DocumentState = DocumentState.POSTED,
) -> Invoice:
    """An invoice due *days_past_due* before *as_of*, issued *terms_days* before that; all open."""
    due_on = as_of - timedelta(days=days_past_due)
    return Invoice(
        ledger_id=ledger_id,
        customer_id=customer_id,
        number=f"INV-{ledger_id}",
        issued_on=due_on - timedelta(days=terms_days),
        due_on=due_on,
        total=Money.of(total, currency),
        balance=Money.of(total if balance is None else balance, currency),
        state=state,
    )


def credit_note(
    ledger_id: str = "1",
    *,
    total: str = "100.00",
    balance: str | None = None,
    customer_id: str = "1",
    currency: str = "USD",
    issued_on: date = AS_OF,
) -> CreditNote:
    return CreditNote(
        ledger_id=ledger_id,
        customer_id=customer_id,
        issued_on=issued_on,
        total=Money.of(total, currency),
        balance=Money.of(total if balance is None else balance, currency),
    )


def payment(
    ledger_id: str = "1",
    *,
    total: str = "100.00",
    pays: Sequence[tuple[str, str]] = (),
    customer_id: str = "1",
    currency: str = "USD",
    issued_on: date = AS_OF,
) -> Payment:
    """A payment; *pays* lists (invoice id, amount). What is left of it is unapplied."""
    allocations = tuple(
        allocation(invoice_id, amount, payment_id=ledger_id, part=str(part), currency=currency)
        for part, (invoice_id, amount) in enumerate(pays)
    )
    left = Money.of(total, currency)
    for item in allocations:
        left -= item.amount
    return Payment(
        ledger_id=ledger_id,
        customer_id=customer_id,
        issued_on=issued_on,
        total=Money.of(total, currency),
        balance=left,
        allocations=allocations,
    )


def allocation(
    invoice_id: str,
    amount: str,
    *,
    payment_id: str = "1",
    part: str = "0",
    currency: str = "USD",
    made_on: date | None = None,
) -> Allocation:
    return Allocation(
        part=part,
        source=DocumentRef(DocumentKind.PAYMENT, payment_id),
        target=DocumentRef(DocumentKind.INVOICE, invoice_id),
        amount=Money.of(amount, currency),
        kind=AllocationKind.CASH,
        made_on=made_on,
    )
