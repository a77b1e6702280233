"""What the store keeps of a payload, and when it looks at one again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from recoup.connector.errors import Unreadable
from recoup.connector.model import (
    Allocation,
    ControlAccount,
    CreditNote,
    DocumentKind,
    DocumentRef,
    DocumentState,
    Invoice,
    Payment,
    Record,
    Unmapped,
)
from recoup.connector.money import Money
from recoup.connector.pages import Payload, Tombstone
from recoup.sync.store import schema
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.store.ingest import Stored, store_payloads, store_tombstones

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TYPES = {
    Invoice: "Invoice",
    Payment: "Payment",
    CreditNote: "CreditMemo",
    ControlAccount: "Account",
    Unmapped: "Account",
}
COMPANY = CompanyRow(
    company_id=1,
    ledger="quickbooks",
    base_url=None,
    ledger_id="4620",
    slug="alder",
    grant_id="g",
    name="Alder",
    home_currency="USD",
    country=None,
    time_zone=None,
    multicurrency=False,
    books_closed_on=None,
    ages_from_issue=False,
    connected_at=NOON,
)


def usd(text: str) -> Money:
    return Money(Decimal(text), "USD")


INVOICE = Invoice(
    ledger_id="7",
    version="0",
    created_at=NOON,
    changed_at=NOON,
    customer_id="1",
    issued_on=date(2026, 2, 1),
    due_on=date(2026, 3, 1),
    total=usd("100.00"),
    balance=usd("100.00"),
)


def pays(amount: str, *, on: date, invoice: str = "7", at: datetime = NOON) -> Payment:
    ref = DocumentRef(DocumentKind.PAYMENT, "9")
    to = DocumentRef(DocumentKind.INVOICE, invoice)
    part = Allocation(part="0", source=ref, target=to, amount=usd(amount))
    return Payment(
        ledger_id="9",
        created_at=at,
        changed_at=at,
        customer_id="1",
        issued_on=on,
        total=usd("100.00"),
        balance=usd("100.00") - usd(amount),
        allocations=(part,),
    )


class Desk:
    """Stores records of one company and looks at what came of it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.mapped = 0

    def keep(self, *records: Record | Exception, raw: bytes | None = None) -> Stored:
        def mapper(payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
            self.mapped += len(payloads)
            return [records[int(p.raw.split(b"|", 1)[0])] for p in payloads]

        payloads = [
            Payload(
                TYPES.get(type(record), "Invoice"),
                getattr(record, "ledger_id", "7"),
                b"%d|%s" % (n, raw if raw is not None else repr(record).encode()),
            )
            for n, record in enumerate(records)
        ]
        with self.store.write(1) as conn:
            return store_payloads(conn, COMPANY, payloads, mapper, NOON)

    def bury(self, source_type: str, ledger_id: str) -> int:
        with self.store.write(1) as conn:
            return store_tombstones(conn, 1, [Tombstone(source_type, ledger_id)], NOON)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.store.read(1) as conn:
            return [dict(row) for row in conn.execute(select(table)).mappings()]

    def one(self, table: Any) -> dict[str, Any]:
        [row] = self.rows(table)
        return row


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def test_bytes_that_were_seen_are_not_mapped_again(desk: Desk):
    desk.keep(INVOICE)
    again = desk.keep(INVOICE)

    assert (desk.mapped, again.changed) == (1, 0)


def test_other_bytes_with_the_same_facts_are_no_observation(desk: Desk):
    desk.keep(INVOICE, raw=b"named Ann")
    renamed = desk.keep(INVOICE, raw=b"named Anne")

    assert renamed.changed == 0
    assert len(desk.rows(schema.observations)) == 1


def test_every_distinct_version_is_kept(desk: Desk):
    desk.keep(INVOICE)
    desk.keep(replace(INVOICE, balance=usd("40.00"), version="1"))

    assert len(desk.rows(schema.observations)) == 2
    assert desk.one(schema.documents)["balance_minor"] == 4000


def test_an_edited_total_leaves_the_old_one_in_the_past(desk: Desk):
    later = NOON + timedelta(hours=1)
    desk.keep(INVOICE)
    desk.keep(replace(INVOICE, total=usd("90.00"), changed_at=later))
    past = desk.one(schema.past_documents)

    assert (past["total_minor"], past["known_from"], past["known_until"]) == (10000, NOON, later)
    assert desk.one(schema.documents)["known_from"] == later


def test_a_void_keeps_the_amount_last_seen(desk: Desk):
    desk.keep(INVOICE)
    nothing = usd("0.00")
    desk.keep(replace(INVOICE, total=nothing, balance=nothing, state=DocumentState.VOID))
    row = desk.one(schema.documents)

    assert (row["state"], row["total_minor"], row["balance_minor"]) == ("void", 10000, 0)


def test_an_older_version_does_not_replace_a_newer_one(desk: Desk):
    desk.keep(replace(INVOICE, balance=usd("40.00"), changed_at=NOON + timedelta(hours=1)))
    late = desk.keep(INVOICE)

    assert late.changed == 0
    assert desk.one(schema.documents)["balance_minor"] == 4000


def test_a_confirmed_deletion_keeps_what_was_known(desk: Desk):
    desk.keep(INVOICE)

    assert desk.bury("Invoice", "7") == 1
    assert desk.bury("Invoice", "7") == 0
    row = desk.one(schema.documents)
    assert (row["state"], row["total_minor"], row["balance_minor"]) == ("deleted", 10000, 0)
    assert desk.one(schema.past_documents)["state"] == "posted"


def test_a_deletion_by_a_clock_that_is_behind_ends_no_version_before_it_began(desk: Desk):
    ahead = NOON + timedelta(hours=26)  # the ledger's clock, ours stands at noon
    desk.keep(replace(INVOICE, created_at=ahead, changed_at=ahead))
    desk.bury("Invoice", "7")
    past, now = desk.one(schema.past_documents), desk.one(schema.documents)

    assert (past["known_from"], past["known_until"]) == (ahead, ahead)
    assert (now["state"], now["known_from"]) == ("deleted", ahead)


def test_a_document_that_comes_back_is_live_again(desk: Desk):
    desk.keep(INVOICE)
    desk.bury("Invoice", "7")
    desk.keep(INVOICE)

    assert desk.one(schema.documents)["state"] == "posted"
    assert desk.one(schema.objects)["gone_at"] is None


def test_an_allocation_counts_from_the_later_of_its_documents(desk: Desk):
    desk.keep(pays("60.00", on=date(2026, 1, 20)))
    before = desk.one(schema.allocations)["effective_on"]
    desk.keep(INVOICE)

    assert before == date(2026, 1, 20)
    assert desk.one(schema.allocations)["effective_on"] == date(2026, 2, 1)


def test_a_moved_invoice_moves_its_allocations(desk: Desk):
    desk.keep(INVOICE)
    desk.keep(pays("60.00", on=date(2026, 2, 10)))
    desk.keep(replace(INVOICE, issued_on=date(2026, 2, 20)))

    assert desk.one(schema.allocations)["effective_on"] == date(2026, 2, 20)


def test_a_changed_allocation_goes_to_the_past(desk: Desk):
    later = NOON + timedelta(hours=1)
    desk.keep(pays("60.00", on=date(2026, 2, 10)))
    desk.keep(pays("70.00", on=date(2026, 2, 10), at=later))
    past = desk.one(schema.past_allocations)

    assert desk.one(schema.allocations)["amount_minor"] == 7000
    assert (past["amount_minor"], past["known_until"]) == (6000, later)


def test_a_deleted_payment_takes_its_allocations_with_it(desk: Desk):
    desk.keep(INVOICE)
    desk.keep(pays("60.00", on=date(2026, 2, 10)))
    desk.bury("Payment", "9")

    assert desk.rows(schema.allocations) == []
    assert desk.one(schema.past_allocations)["amount_minor"] == 6000


def test_an_amount_too_precise_parks_the_document_with_its_customer(desk: Desk):
    stored = desk.keep(replace(INVOICE, total=usd("100.005")))
    row = desk.one(schema.objects)

    assert stored.parked == 1
    assert "more decimals" in row["parked_because"]
    assert row["parked_customer"] == "1"
    assert desk.rows(schema.documents) == []


def test_an_amount_too_large_for_a_row_parks_the_document(desk: Desk):
    desk.keep(replace(INVOICE, total=usd("1e20")))

    assert "larger than can be stored" in desk.one(schema.objects)["parked_because"]


def test_a_payload_that_cannot_be_read_is_parked_and_the_rest_goes_on(desk: Desk):
    other = replace(INVOICE, ledger_id="8")
    stored = desk.keep(Unreadable("invoice 7: no date", customer_id="1"), other)

    assert (stored.parked, desk.one(schema.documents)["ledger_id"]) == (1, "8")


def test_an_account_that_is_no_control_account_any_more_counts_no_longer(desk: Desk):
    desk.keep(ControlAccount(ledger_id="7", name="Receivable", balance=usd("5.00")))
    desk.keep(Unmapped(ledger_id="7", source_type="Account", raw=b"now a bank account"))

    assert desk.one(schema.control_accounts)["state"] == "deleted"


def test_a_parked_document_that_is_mended_becomes_a_record(desk: Desk):
    desk.keep(replace(INVOICE, total=usd("100.005")))
    desk.keep(INVOICE)

    assert desk.one(schema.objects)["parked_because"] is None
    assert desk.one(schema.documents)["total_minor"] == 10000
