"""The conformance suite, played by the adapter against the stand-in over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from recoup.connector import (
    ClientApp,
    DocumentKind,
    DocumentRef,
    Ledger,
    Money,
    TokenSet,
)
from recoup.connector.testing import LedgerCase, LedgerConformance
from recoup.connector.testing.case import Truth, Unplayable
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, connection
from recoup.plugins.sage.adapter import SageLedger
from recoup.plugins.sage.standin.books import Books, Clock
from recoup.plugins.sage.standin.server import StandIn
from recoup.plugins.sage.teller import SageTeller


class OneClock(FakeClock):
    """The sync's clock and the stand-in's move together."""

    def __init__(self, books: Clock) -> None:
        super().__init__(NOON)
        self.books = books

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.books.advance(timedelta(seconds=seconds))

    def advance(self, span: timedelta) -> None:
        super().advance(span)
        self.books.advance(span)


class SageCase(LedgerCase):
    """A business whose invoices do not move in time when something is allocated to them."""

    adapter: type[SageLedger] = SageLedger
    moves_on_allocation = False
    currency = "GBP"
    invoice_type = "sales_invoices"
    many = 30  # four pages of eight

    def __init__(self) -> None:
        self.books = Books(clock=Clock(NOON), moves_on_allocation=self.moves_on_allocation)
        self.clock = OneClock(self.books.clock)
        self.standin = StandIn(self.books).start()
        self.vault = FakeVault()
        granted = self.standin.issue_grant()
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=NOON + timedelta(seconds=granted["expires_in"]),
        )
        self.vault.save("grant-1", fresh)

    def close(self) -> None:
        self.standin.stop()

    def open_ledger(self) -> Ledger:
        reached = connection(
            "sage",
            self.books.business_id,
            clock=self.clock,
            vault=self.vault,
            base_url=self.standin.url,
            app=ClientApp(client_id="conformance", client_secret="conformance"),
        )
        return Ledger(self.adapter(reached, page_rows=8))

    def truth(self) -> Truth:
        documents = {
            DocumentRef(kind, str(doc["id"])): self._money(doc["outstanding_amount"])
            for table, kind in (
                ("sales_invoices", DocumentKind.INVOICE),
                ("sales_credit_notes", DocumentKind.CREDIT_NOTE),
            )
            for doc in self.books.table(table).values()
            if doc["status"]["id"] not in ("VOID", "DRAFT")
        }
        for doc in self.books.table("contact_payments").values():
            over = doc.get("payment_on_account") or {}
            ref = DocumentRef(DocumentKind.PAYMENT, str(doc["id"]))
            documents[ref] = self._money(over.get("outstanding_amount", "0.0"))
        for ledger_id in self.books.table("contact_allocations"):
            documents[DocumentRef(DocumentKind.PAYMENT, ledger_id)] = Money.zero(self.currency)
        return documents

    def add_customer(self, name: str) -> str:
        return str(self.books.create_contact(name)["id"])

    def add_invoice(self, customer_id: str, amount: str) -> str:
        return str(self.books.create_invoice(customer_id, amount)["id"])

    def pay(self, invoice_id: str, amount: str) -> str:
        return str(self.books.receive(self._debtor(invoice_id), amount, {invoice_id: amount})["id"])

    def pay_on_account(self, invoice_id: str, amount: str) -> DocumentRef:
        made = self.books.pay_on_account(self._debtor(invoice_id), amount)
        return DocumentRef(DocumentKind.PAYMENT, str(made["id"]))

    def item_id(self) -> str | None:
        return self.books.accounts["SALES"]

    def edit_invoice(self, invoice_id: str, amount: str) -> None:
        self.books.edit_invoice(invoice_id, amount=amount)

    def void_invoice(self, invoice_id: str) -> None:
        self.books.void(invoice_id, "conformance")

    def delete_invoice(self, invoice_id: str) -> None:
        raise Unplayable("Sage voids an invoice that was issued; only drafts can be deleted")

    def change_silently(self, invoice_id: str) -> None:
        if self.moves_on_allocation:
            raise Unplayable("with the switch on, every change of an invoice moves its stamp")
        self.pay(invoice_id, "1.00")

    def delete_payment(self, payment_id: str) -> None:
        self.books.delete_payment(payment_id)

    def write_raw(self, invoice_id: str, fields: Mapping[str, Any]) -> None:
        changed = {**self.books.get("sales_invoices", invoice_id), **fields}
        self.books.load("sales_invoices", {**changed, "updated_at": self.books.now()})

    def strange_fields(self) -> Mapping[str, Any]:
        return {"moon_phase": {"name": "waxing", "days": [1, 2]}}

    def strange_values(self) -> Mapping[str, Any]:
        return {"tax_calculation_method": "guessed", "status": _word("PAID_BY_PIGEON")}

    def total_field(self, amount: str) -> Mapping[str, Any]:
        return {"total_amount": amount, "outstanding_amount": amount}

    def lock_books(self, until: date) -> None:
        self.books.lockdown(until.isoformat())

    def match_with_bank(self, document: DocumentRef) -> None:
        self.books.bank_match(document.ledger_id)

    def throttle(self, calls: int) -> None:
        self.standin.faults.next("429", times=calls)

    def expire_token(self) -> None:
        self.standin.consent.expire_access()

    def revoke_grant(self) -> None:
        for grant in self.standin.consent.grants:
            grant.revoked = True
        self.standin.consent.expire_access()  # what is out lives its five minutes

    def refresh_count(self) -> int:
        return self.vault.refresh_count

    def _debtor(self, invoice_id: str) -> str:
        return str(self.books.get("sales_invoices", invoice_id)["contact"]["id"])

    def _money(self, amount: str) -> Money:
        return Money.of(amount, self.currency)


def _word(id: str) -> Mapping[str, str]:
    return {"id": id, "displayed_as": id, "$path": f"/artefact_statuses/{id}"}


class MovingCase(SageCase):
    """The same, where an allocation moves the time of change of all that it touches."""

    moves_on_allocation = True


class MovingTeller(SageTeller):
    moves_on_allocation = True


class TestSage(LedgerConformance):
    case_type = SageCase
    teller_type = SageTeller


class TestSageWhereAllocationsMoveInvoices(LedgerConformance):
    case_type = MovingCase
    teller_type = MovingTeller
