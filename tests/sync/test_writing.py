"""A write is planned before it is sent, sent once whatever dies, and taken back whole."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from recoup.connector.errors import Fatal, OutcomeUnknown, Skippable
from recoup.connector.facades import Ledger
from recoup.connector.hookspecs import hookimpl
from recoup.connector.intents import Intent, IntentState, Operation, Outcome, intent_key
from recoup.connector.model import DocumentRef
from recoup.connector.testing.fakes import FakeClock, FakeVault, connection, tokens
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.pull.run import pull_company
from recoup.sync.store import audit, intents, schema
from recoup.sync.store.companies import CompanyRow, add_company
from recoup.sync.store.engine import Store
from recoup.sync.writing import carry_out, undo

LINE = {
    "Amount": Decimal("100.00"),
    "DetailType": "SalesItemLineDetail",
    "SalesItemLineDetail": {"ItemRef": {"value": "1"}},
}


class Firm:
    """One customer with one invoice over 100, in the books and in the store."""

    def __init__(self, store: Store, standin: StandIn) -> None:
        self.store, self.standin, self.books = store, standin, standin.books
        self.clock = FakeClock(self.books.clock.now())
        buyer = self.books.create("Customer", {"DisplayName": "Alder & Co"})["Id"]
        ref = {"value": buyer}
        self.buyer = buyer
        self.invoice = self.books.create("Invoice", {"CustomerRef": ref, "Line": [LINE]})["Id"]
        vault = FakeVault()
        vault.save("grant-1", tokens(standin.issue_grant()["access_token"], at=self.clock.now()))
        base = connection(
            "quickbooks",
            self.books.realm,
            clock=self.clock,
            vault=vault,
            base_url=standin.url,
        )
        self.connection = base
        self.ledger = Ledger(QuickBooksLedger(base))
        self.company = self._company()
        pull_company(store, self.company, self.ledger, clock=self.clock)

    def _company(self) -> CompanyRow:
        described = self.ledger.describe_company()
        with self.store.write() as conn:
            return add_company(
                conn, described, base_url=self.standin.url, grant_id="g", at=self.clock.now()
            )

    def intent(self, amount: str = "60.00") -> Intent:
        request = {
            "customer_id": self.buyer,
            "currency": "USD",
            "amount": amount,
            "issued_on": "2026-03-02",
            "reference": "wire 77",
            "allocations": [{"invoice_id": self.invoice, "amount": amount}],
        }
        key = intent_key(self.company.slug, Operation.CREATE_PAYMENT, "wire 77", request)
        return Intent(
            key=key, operation=Operation.CREATE_PAYMENT, natural_key="wire 77", request=request
        )

    def carry_out(self, intent: Intent) -> Any:
        return carry_out(self.store, self.company, self.ledger, intent, clock=self.clock)

    def state(self, intent: Intent) -> IntentState:
        with self.store.read() as conn:
            found = intents.find_intent(conn, self.company.company_id, intent.key)
        assert found is not None
        return found.state

    def open_minor(self) -> int:
        documents = schema.documents.c
        with self.store.read() as conn:
            found = conn.scalar(
                select(documents.balance_minor).where(documents.ledger_id == self.invoice)
            )
        assert found is not None
        return int(found)


@pytest.fixture
def firm(store: Store) -> Iterator[Firm]:
    with StandIn(Books()) as standin:
        yield Firm(store, standin)


def test_a_write_reaches_the_books_and_comes_back_into_the_store(firm: Firm):
    firm.carry_out(firm.intent())

    assert firm.books.get("Invoice", firm.invoice)["Balance"] == 40
    assert firm.open_minor() == 4000
    assert firm.state(firm.intent()) is IntentState.DONE


def test_the_same_intent_twice_is_one_payment(firm: Firm):
    first = firm.carry_out(firm.intent())
    second = firm.carry_out(firm.intent())

    assert first.document == second.document
    assert len(firm.books.rows("Payment")) == 1


def test_an_answer_that_was_lost_is_fetched_by_the_same_key(firm: Firm):
    firm.standin.faults.next("drop_after", method="POST", match="payment")
    with pytest.raises(OutcomeUnknown):
        firm.carry_out(firm.intent())
    unknown = firm.state(firm.intent())
    firm.carry_out(firm.intent())

    assert (unknown, firm.state(firm.intent())) == (IntentState.UNKNOWN, IntentState.DONE)
    assert len(firm.books.rows("Payment")) == 1


def test_a_process_that_died_after_sending_leaves_an_open_intent(firm: Firm):
    intent = firm.intent()
    with firm.store.write(durable=True) as conn:
        intents.plan(conn, firm.company.company_id, intent, at=firm.clock.now())
        intents.mark_sent(conn, firm.company.company_id, intent.key, at=firm.clock.now())
    firm.ledger.create_payment(intent)  # it was sent; nobody stored the answer
    firm.carry_out(intent)

    assert len(firm.books.rows("Payment")) == 1
    assert firm.state(intent) is IntentState.DONE


def test_a_refusal_is_kept_and_nothing_happens(firm: Firm):
    with pytest.raises(Skippable):
        firm.carry_out(firm.intent("500.00"))
    with pytest.raises(Skippable, match="refused before"):
        firm.carry_out(firm.intent("500.00"))

    assert firm.books.rows("Payment") == []
    assert firm.state(firm.intent("500.00")) is IntentState.REFUSED


def test_an_undone_write_leaves_the_balance_as_it_was(firm: Firm):
    intent = firm.intent()
    firm.carry_out(intent)
    undo(firm.store, firm.company, firm.ledger, intent.key, clock=firm.clock)

    assert firm.books.get("Invoice", firm.invoice)["Balance"] == 100
    assert firm.open_minor() == 10000
    assert firm.state(intent) is IntentState.REVERSED


def test_undoing_twice_undoes_once(firm: Firm):
    intent = firm.intent()
    firm.carry_out(intent)
    for _ in range(2):
        undo(firm.store, firm.company, firm.ledger, intent.key, clock=firm.clock)

    assert firm.books.check() == []


def test_an_undo_that_was_refused_can_be_tried_again(firm: Firm):
    intent = firm.intent()
    paid = firm.carry_out(intent).document.ledger_id
    deposit = firm.books.deposit([paid])["Id"]
    with pytest.raises(Skippable):
        undo(firm.store, firm.company, firm.ledger, intent.key, clock=firm.clock)
    firm.books.delete("Deposit", deposit)
    undo(firm.store, firm.company, firm.ledger, intent.key, clock=firm.clock)

    assert firm.state(intent) is IntentState.REVERSED
    assert firm.open_minor() == 10000


def test_what_was_never_done_cannot_be_undone(firm: Firm):
    with pytest.raises(Fatal, match="never done"):
        undo(firm.store, firm.company, firm.ledger, "no such key", clock=firm.clock)


def test_what_a_write_builds_upon_is_stored_before_it_is_sent(firm: Firm):
    request = {"document": {"kind": "invoice", "ledger_id": firm.invoice}, "note": "promised"}
    key = intent_key(firm.company.slug, Operation.ADD_NOTE, "a promise", request)
    asked = Intent(key=key, operation=Operation.ADD_NOTE, natural_key="a promise", request=request)
    firm.standin.faults.next("drop_before", method="POST", match="invoice")
    with pytest.raises(OutcomeUnknown):
        firm.carry_out(asked)
    with firm.store.read() as conn:
        planned = intents.find_intent(conn, firm.company.company_id, key)
    assert planned is not None and planned.inverse["seen"]["PrivateNote"] == ""
    firm.carry_out(asked)
    undo(firm.store, firm.company, firm.ledger, key, clock=firm.clock)
    assert not firm.books.get("Invoice", firm.invoice).get("PrivateNote")


class ShowsTheFirst(QuickBooksLedger):
    """Looks for what was booked, and takes the first that looks like it."""

    first: DocumentRef

    @hookimpl
    def create_payment(self, intent: Intent) -> Outcome:
        return Outcome(document=self.first, inverse={})


def test_a_document_that_was_booked_for_another_intent_is_not_taken_for_this_one(firm: Firm):
    adapter = ShowsTheFirst(firm.connection)
    adapter.first = firm.carry_out(firm.intent("30.00")).document
    firm.ledger = Ledger(adapter)
    with pytest.raises(Fatal, match="booked for wire 77"):
        firm.carry_out(firm.intent("40.00"))

    assert firm.state(firm.intent("40.00")) is IntentState.SENT


def test_an_undo_keeps_its_key_whatever_becomes_of_a_namesakes(firm: Firm):
    one, two = firm.intent("30.00"), firm.intent("40.00")
    firm.carry_out(one)
    firm.books.deposit([firm.carry_out(two).document.ledger_id])
    firm.standin.faults.next("drop_after", method="POST", match="payment")
    for intent, error in ((one, OutcomeUnknown), (two, Skippable)):
        with pytest.raises(error):
            undo(firm.store, firm.company, firm.ledger, intent.key, clock=firm.clock)
    undo(firm.store, firm.company, firm.ledger, one.key, clock=firm.clock)
    with firm.store.read() as conn:
        undone = intents.namesakes(conn, firm.company.company_id, "undo wire 77")

    assert [tried.state for tried in undone].count(IntentState.DONE) == 1 and len(undone) == 2


def test_every_write_stands_in_the_audit_trail(firm: Firm):
    firm.carry_out(firm.intent())
    scope = audit.company_scope(firm.company.company_id)
    trail = schema.audit.c
    with firm.store.read() as conn:
        actions = list(conn.scalars(select(trail.action).where(trail.scope == scope)))
        assert audit.verify(conn, scope) is None

    assert "write_done" in actions
