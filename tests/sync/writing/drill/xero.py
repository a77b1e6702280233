"""The firm on Xero."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from drill.firm import Firm, State
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.protocols import Connection
from recoup.connector.standin.clock import Clock
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

__all__ = ["XeroFirm"]

KINDS = {
    "Invoices": (DocumentKind.INVOICE, "AmountDue"),
    "CreditNotes": (DocumentKind.CREDIT_NOTE, "RemainingCredit"),
    "Overpayments": (DocumentKind.OVERPAYMENT, "RemainingCredit"),
    "Prepayments": (DocumentKind.PREPAYMENT, "RemainingCredit"),
    "Payments": (DocumentKind.PAYMENT, None),
}
LIVE = ("AUTHORISED", "PAID")
API = "?"  # in the target of every call but those for tokens


class XeroFirm(Firm):
    platform = "xero"
    creates_with = "PUT"
    faults: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "throttled_minute": {"kind": "429_minute"},
        "throttled_day": {"kind": "429_day", "seconds": 40_000},
        "throttled_concurrent": {"kind": "429_concurrent"},
        "throttled_app": {"kind": "429_app"},
        "token_expires": {"kind": "expire_token"},
        "scope_missing": {"kind": "insufficient_scope"},
        "organisation_offline": {"kind": "offline"},
        "broken_500": {"kind": "500"},
        "unavailable_503": {"kind": "503"},
        "unavailable_503_later": {"kind": "503_retry_after"},
        "dropped_before": {"kind": "drop_before"},
        "hangs": {"kind": "hang", "seconds": 0.01},
        "slow": {"kind": "slow", "seconds": 0.01},
        "dropped_after": {"kind": "drop_after"},
        "broken_500_after": {"kind": "error_after"},
        "truncated": {"kind": "truncate"},
        "cut_json": {"kind": "cut_json"},
        "refresh_lost": {"kind": "token_lost", "method": "POST"},
    }

    def start(self, clock: Clock) -> StandIn:
        self.books = Books(base_currency=self.currency, country="US", clock=clock)
        return StandIn(self.books, options=Options(throttle_clock="books")).start()

    def adapter(self, connection: Connection) -> object:
        return XeroLedger(connection)

    @property
    def ledger_id(self) -> str:
        return self.books.tenant_id

    def state(self) -> State:
        books = self.books
        documents, allocations = {}, Counter[tuple[str, ...]]()
        for plural, (kind, field) in KINDS.items():
            for id, doc in books.table(plural).items():
                if doc["Status"] not in LIVE:
                    continue
                total = doc["Amount"] if plural == "Payments" else doc["Total"]
                left = doc[field] if field else 0
                documents[DocumentRef(kind, id)] = (Decimal(total), Decimal(left))
                for part in doc.get("Allocations", []):
                    if not part.get("IsDeleted"):
                        allocations[id, part["Invoice"]["InvoiceID"], _plain(part["Amount"])] += 1
                if plural == "Payments":
                    target = (doc.get("Invoice") or {}).get("InvoiceID", "")
                    allocations[id, target, _plain(doc["Amount"])] += 1
        expected = {
            id: self._day(doc)
            for id, doc in books.table("Invoices").items()
            if doc.get("ExpectedPaymentDate")
        }
        notes = Counter[tuple[str, str]]()
        for note in books.table("_Notes").values():
            notes[str(note["Of"]), note["Details"]] += 1
        ever = Counter({plural: len(books.table(plural)) for plural in KINDS})
        return State(
            documents,
            allocations,
            Decimal(books.control),
            notes=notes,
            expected=expected,
            ever=ever,
        )

    def _day(self, doc: dict[str, object]) -> str:
        from recoup.plugins.xero.standin.moments import read_day

        return read_day(str(doc["ExpectedPaymentDate"])).isoformat()

    def broken_rules(self) -> list[str]:
        wrong = [f"{self.standin.wrong_tenant} calls for another tenant"]
        return self.books.check() + (wrong if self.standin.wrong_tenant else [])

    def add_customer(self, name: str) -> str:
        return str(self.books.create_contact(name)["ContactID"])

    def add_invoice(self, customer: str, amount: Decimal) -> str:
        return str(self.books.create_invoice(customer, amount)["InvoiceID"])

    def add_money(self, customer: str, amount: Decimal) -> DocumentRef:
        made = self.books.create_overpayment(customer, amount)
        return DocumentRef(DocumentKind.OVERPAYMENT, str(made["OverpaymentID"]))

    def add_credit(self, customer: str, amount: Decimal) -> DocumentRef:
        made = self.books.create_credit_note(customer, amount)
        return DocumentRef(DocumentKind.CREDIT_NOTE, str(made["CreditNoteID"]))

    def lock(self, until: str) -> None:
        self.books.lock_books(until)

    def match(self, document: DocumentRef) -> None:
        self.books.reconcile(document.ledger_id)


def _plain(amount: object) -> str:
    return str(Decimal(str(amount)).normalize())
