"""A ledger on paper: records whose balances always agree, behind the ordinary hooks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Unreadable
from recoup.connector.facades import Ledger
from recoup.connector.hookspecs import hookimpl
from recoup.connector.model import (
    Allocation,
    Company,
    ControlAccount,
    ControlLine,
    ControlPosting,
    ControlTotals,
    CreditNote,
    Customer,
    DocumentKind,
    DocumentRef,
    DocumentState,
    Invoice,
    OpenEntry,
    Payment,
    Record,
    Refund,
)
from recoup.connector.money import Money
from recoup.connector.pages import Fetched, Payload, Swept, Tombstone, Window
from recoup.connector.protocols import Clock
from recoup.sync.pull.run import store_fetched
from recoup.sync.store.companies import CompanyRow, add_company
from recoup.sync.store.cursors import finish
from recoup.sync.store.engine import Store

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
KINDS = {
    "Invoice": DocumentKind.INVOICE,
    "CreditMemo": DocumentKind.CREDIT_NOTE,
    "Payment": DocumentKind.PAYMENT,
    "Refund": DocumentKind.REFUND,
    "JournalEntry": DocumentKind.JOURNAL,
    "Deposit": DocumentKind.DEPOSIT,
}
TYPES = {kind: source_type for source_type, kind in KINDS.items()}
Key = tuple[str, str]


class PaperLedger:
    """Books whose every change rebalances documents, customers and control accounts.

    Lines of payments and credit notes are (kind, id, amount); kind None is an invoice.
    """

    def __init__(self, clock: Clock, home: str = "USD") -> None:
        self.clock, self.home = clock, home
        self.at_home = False  # one control account, one balance per customer, in home currency
        self.records: dict[Key, Record] = {}
        self.unreadable: dict[Key, str] = {}
        self.foreign: list[OpenEntry] = []  # on the control account, but nothing we read
        self.dated: dict[date, tuple[Money, ...]] = {}
        self.can = frozenset(Capability)
        self.asked: list[str] = []
        self.buried: list[Tombstone] = []
        self._bytes: dict[bytes, Record | Exception] = {}

    # --- the bookkeeper ---------------------------------------------------------------

    def customer(self, ledger_id: str, name: str | None = None, **facts: Any) -> None:
        facts.setdefault("currency", self.home)
        self._put("Customer", Customer(ledger_id=ledger_id, name=name or f"C{ledger_id}", **facts))

    def invoice(self, ledger_id: str, customer: str, total: str, on: date, **facts: Any) -> None:
        self._put(
            "Invoice",
            Invoice(
                ledger_id=ledger_id,
                customer_id=customer,
                issued_on=on,
                due_on=facts.pop("due", on + timedelta(days=30)),
                **self._amounts(customer, total),
                **facts,
            ),
        )

    def credit_note(self, ledger_id: str, customer: str, total: str, on: date, **f: Any) -> None:
        amounts = self._amounts(customer, total)
        note = CreditNote(ledger_id=ledger_id, customer_id=customer, issued_on=on, **amounts, **f)
        self._put("CreditMemo", note)

    def payment(
        self,
        ledger_id: str,
        customer: str,
        total: str,
        on: date,
        lines: Sequence[tuple[str, str, str]] = (),
        **facts: Any,
    ) -> None:
        """A line of kind credit_note is money in, one of any other kind is money out."""
        own = DocumentRef(DocumentKind.PAYMENT, ledger_id)
        amounts = self._amounts(customer, total)
        parts = []
        for part, (kind, other, amount) in enumerate(lines):
            ref = DocumentRef(DocumentKind(kind), other)
            source, target = (ref, own) if kind == "credit_note" else (own, ref)
            money = Money(Decimal(amount), amounts["total"].currency)
            parts.append(Allocation(part=str(part), source=source, target=target, amount=money))
        self._put(
            "Payment",
            Payment(
                ledger_id=ledger_id,
                customer_id=customer,
                issued_on=on,
                allocations=tuple(parts),
                **amounts,
                **facts,
            ),
        )

    def refund(
        self,
        ledger_id: str,
        customer: str,
        total: str,
        on: date,
        lines: Sequence[tuple[str, str, str]] = (),
        **facts: Any,
    ) -> None:
        """Lines are the credits that are given back."""
        amounts = self._amounts(customer, total)
        own, currency = DocumentRef(DocumentKind.REFUND, ledger_id), amounts["total"].currency
        parts = tuple(
            Allocation(
                part=str(part),
                source=DocumentRef(DocumentKind(kind), other),
                target=own,
                amount=Money(Decimal(amount), currency),
            )
            for part, (kind, other, amount) in enumerate(lines)
        )
        who = {"customer_id": customer, "issued_on": on}
        self._put(
            "Refund", Refund(ledger_id=ledger_id, allocations=parts, **who, **amounts, **facts)
        )

    def journal(
        self, ledger_id: str, on: date, lines: Sequence[tuple[str, str]], kind: str = "journal"
    ) -> None:
        """(customer, amount) lines on the control account of the customer's currency."""
        parts = []
        for part, (customer, amount) in enumerate(lines):
            currency = self._currency(customer)
            parts.append(
                ControlLine(
                    part=str(part),
                    account_id=f"AR-{currency}",
                    customer_id=customer,
                    amount=Money(Decimal(amount), currency),
                )
            )
        posting = ControlPosting(
            kind=DocumentKind(kind), ledger_id=ledger_id, issued_on=on, lines=tuple(parts)
        )
        self._put(TYPES[posting.kind], posting)

    def charge(self, customer: str, amount: str) -> None:
        """A statement charge: on the control account and the customer, but no document of ours."""
        money = Money(Decimal(amount), self._currency(customer))
        self.foreign.append(
            OpenEntry(document="SC-9", customer_id=customer, amount=money, why="Statement Charge")
        )
        self._rebalance()

    def change(self, source_type: str, ledger_id: str, **facts: Any) -> None:
        before: Any = self.records[source_type, ledger_id]
        self._put(source_type, replace(before, **facts))

    def void(self, source_type: str, ledger_id: str) -> None:
        before: Any = self.records[source_type, ledger_id]
        zero = Money.zero(before.total.currency)
        self.change(source_type, ledger_id, state=DocumentState.VOID, total=zero, balance=zero)

    def delete(self, source_type: str, ledger_id: str, merged_into: str | None = None) -> None:
        del self.records[source_type, ledger_id]
        self.buried.append(Tombstone(source_type, ledger_id, merged_into))
        self._rebalance()

    def corrupt(self, source_type: str, ledger_id: str, **facts: Any) -> None:
        """Change a record without rebalancing the others: what a lost update looks like."""
        before: Any = self.records[source_type, ledger_id]
        self.records[source_type, ledger_id] = replace(before, **facts)

    def _put(self, source_type: str, record: Record) -> None:
        now = self.clock.now()
        before = self.records.get((source_type, record.ledger_id))
        created = record.created_at or (before.created_at if before else None) or now
        self.records[source_type, record.ledger_id] = replace(
            record, created_at=created, changed_at=now
        )
        self._rebalance()

    def _currency(self, customer: str) -> str:
        record = self.records["Customer", customer]
        assert isinstance(record, Customer)
        return record.currency

    def _amounts(self, customer: str, total: str) -> dict[str, Any]:
        money = Money(Decimal(total), self._currency(customer))
        return {"total": money, "balance": money}

    def _rebalance(self) -> None:
        moved: dict[DocumentRef, Decimal] = {}
        for record in self.records.values():
            if isinstance(record, Payment | Refund) and record.state is DocumentState.POSTED:
                for part in record.allocations:
                    amount = part.amount.amount
                    moved[part.source] = moved.get(part.source, Decimal(0)) + amount
                    moved[part.target] = moved.get(part.target, Decimal(0)) - amount
        owed: dict[str, Decimal] = {}
        for key, record in list(self.records.items()):
            if isinstance(record, Invoice | CreditNote | Payment | Refund):
                sign = 1 if isinstance(record, Invoice | Refund) else -1
                left = sign * record.total.amount + moved.get(record.ref, Decimal(0))
                if record.state is not DocumentState.POSTED:
                    left = Decimal(0)
                balance = Money(sign * left, record.total.currency)
                self.records[key] = replace(record, balance=balance)
                if self.at_home and record.rate is not None:
                    left = (left * record.rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
                owed[record.customer_id] = owed.get(record.customer_id, Decimal(0)) + left
            elif isinstance(record, ControlPosting):
                settled = moved.get(record.ref, Decimal(0))
                for line in record.lines:
                    customer = line.customer_id or ""
                    owed[customer] = owed.get(customer, Decimal(0)) + line.amount.amount + settled
                    settled = Decimal(0)
        for entry in self.foreign:
            customer = entry.customer_id or ""
            owed[customer] = owed.get(customer, Decimal(0)) + entry.amount.amount
        self._spread(owed)

    def _spread(self, owed: dict[str, Decimal]) -> None:
        control = {self.home: Decimal(0)}
        for key, record in list(self.records.items()):
            if isinstance(record, Customer):
                amount = owed.get(record.ledger_id, Decimal(0))
                currency = self.home if self.at_home else record.currency
                control[currency] = control.get(currency, Decimal(0)) + amount
                self.records[key] = replace(
                    record, balance=Money(amount, currency), balance_in_home=self.at_home
                )
        for currency, amount in control.items():
            account = ControlAccount(
                ledger_id=f"AR-{currency}",
                name=f"Receivables {currency}",
                balance=Money(amount, currency),
                created_at=CREATED,
            )
            self.records["Account", account.ledger_id] = account

    # --- the hooks --------------------------------------------------------------------

    def everything(self) -> Fetched:
        payloads = [self._payload(key) for key in self.records]
        return Fetched(payloads=payloads, tombstones=self.buried)

    def _payload(self, key: Key) -> Payload:
        record: Record | Exception = self.records[key]
        if key in self.unreadable:
            record = Unreadable(
                self.unreadable[key], customer_id=getattr(record, "customer_id", None)
            )
        raw = f"{key}{record!r}".encode()
        self._bytes[raw] = record
        return Payload(*key, raw)

    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        return self.can

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        return [self._bytes[payload.raw] for payload in payloads]

    @hookimpl
    def fetch(self, wanted: Sequence[Key]) -> Fetched:
        self.asked.append(f"fetch {len(wanted)}")
        return Fetched(
            payloads=[self._payload(key) for key in wanted if key in self.records],
            tombstones=[Tombstone(*key) for key in wanted if key not in self.records],
        )

    @hookimpl
    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[Key]:
        return [(TYPES[ref.kind], ref.ledger_id) for ref in refs]

    @hookimpl
    def sweep(self, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
        self.asked.append(f"sweep {source_type}")
        keys = [
            key
            for key, record in self.records.items()
            if key[0] == source_type and _within(record.created_at or CREATED, window)
        ]
        ids = frozenset(key[1] for key in keys) if listed else None
        payloads = [self._payload(key) for key in keys] if listed else []
        swept = Swept(source_type=source_type, window=window, count=len(keys), ids=ids)
        return swept, Fetched(payloads=payloads)

    @hookimpl
    def count_objects(self) -> Sequence[Swept]:
        self.asked.append("count")
        types = sorted({key[0] for key in self.records})
        return [
            Swept(source_type=t, window=Window(), count=sum(key[0] == t for key in self.records))
            for t in types
        ]

    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        self.asked.append("control")
        if as_of is None:
            accounts = [r for r in self.records.values() if isinstance(r, ControlAccount)]
            totals = tuple(account.balance for account in accounts)
        else:
            totals = self.dated[as_of]
        entries = tuple(self._open_list()) if detail else ()
        return ControlTotals(
            as_of=as_of, read_at=self.clock.now(), totals=totals, open_entries=entries
        )

    def _open_list(self) -> list[OpenEntry]:
        entries = list(self.foreign)
        for record in self.records.values():
            if isinstance(record, Invoice | CreditNote | Payment | Refund) and record.balance:
                sign = 1 if isinstance(record, Invoice | Refund) else -1
                amount = record.balance if sign > 0 else -record.balance
                entries.append(
                    OpenEntry(
                        document=record.ledger_id,
                        customer_id=record.customer_id,
                        amount=amount,
                        why=type(record).__name__,
                        ref=record.ref,
                    )
                )
        return entries


def _within(at: datetime, window: Window) -> bool:
    return (window.start is None or at >= window.start) and (window.end is None or at < window.end)


@pytest.fixture
def paper(clock: Clock) -> PaperLedger:
    """An empty ledger on paper that can do everything."""
    return PaperLedger(clock)


@pytest.fixture
def company(store: Store) -> CompanyRow:
    """A company connected to the store; its home currency is USD."""
    described = Company(
        ledger="paper",
        ledger_id="1",
        name="Alder & Co",
        home_currency="USD",
        time_zone="UTC",
        multicurrency=True,
    )
    with store.write() as conn:
        return add_company(conn, described, base_url=None, grant_id="g", at=CREATED)


@pytest.fixture
def sync(store: Store, company: CompanyRow, clock: Clock) -> Callable[[PaperLedger], Ledger]:
    """Bring everything of a paper ledger into the store; returns its facade."""

    def run(paper: PaperLedger) -> Ledger:
        ledger = Ledger(paper)
        store_fetched(store, company, ledger, paper.everything(), clock)
        with store.write(company.company_id) as conn:
            finish(conn, company.company_id, clock.now())
        return ledger

    return run
