"""The firm on Sage Accounting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from drill.firm import Firm, State
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.protocols import Connection
from recoup.connector.standin.clock import Clock
from recoup.plugins.sage.adapter import SageLedger
from recoup.plugins.sage.limits import Limits
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.server import StandIn

__all__ = ["SageFirm"]

KINDS = {
    "sales_invoices": DocumentKind.INVOICE,
    "sales_credit_notes": DocumentKind.CREDIT_NOTE,
}
API = "?"  # in what is matched of every call but those for tokens
RECORDS = (*KINDS, "contact_payments", "contact_allocations")


class SageFirm(Firm):
    platform = "sage"
    currency = "GBP"
    faults: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "throttled": {"kind": "429"},
        "throttled_later": {"kind": "429_retry", "seconds": 20},
        "token_expires": {"kind": "expire_token", "match": API},
        "subscription_inactive": {"kind": "no_subscription", "match": API},
        "role_missing": {"kind": "denied", "match": API},
        "wrong_business": {"kind": "wrong_business", "match": API},
        "broken_500": {"kind": "500"},
        "bad_gateway_502": {"kind": "502"},
        "unavailable_503": {"kind": "503"},
        "late_504": {"kind": "504"},
        "handshake_525": {"kind": "525"},
        "dropped_before": {"kind": "drop_before"},
        "hangs": {"kind": "hang", "seconds": 0.01},
        "broken_500_after": {"kind": "500_after"},
        "dropped_after": {"kind": "drop_after"},
        "truncated": {"kind": "truncate"},
        "cut_json": {"kind": "cut_json"},
    }

    def start(self, clock: Clock) -> StandIn:
        self.books = Books(clock=clock)
        return StandIn(self.books).start()

    def adapter(self, connection: Connection) -> object:
        return SageLedger(connection, limits=Limits(minute_calls=1000))  # time stands still here

    @property
    def ledger_id(self) -> str:
        return self.books.business_id

    def state(self) -> State:
        books = self.books
        documents = {}
        for table, kind in KINDS.items():
            for id, doc in books.table(table).items():
                if doc["status"]["id"] not in ("VOID", "DRAFT"):
                    documents[DocumentRef(kind, str(id))] = _figures(doc)
        for id, doc in books.table("contact_payments").items():
            over = doc.get("payment_on_account") or {}
            left = Decimal(over.get("outstanding_amount", "0.0"))
            documents[DocumentRef(DocumentKind.PAYMENT, id)] = (Decimal(doc["total_amount"]), left)
        for id in books.table("contact_allocations"):
            documents[DocumentRef(DocumentKind.PAYMENT, id)] = (Decimal(0), Decimal(0))
        allocations: Counter[tuple[str, ...]] = Counter(
            (leg.source, artefact, str(leg.amount), str(leg.discount))
            for artefact, legs in books.legs_of.items()
            for leg in legs
        )
        owed = {id: amount for id, amount in books.balances.items() if amount}
        ever = Counter({table: len(books.table(table)) for table in RECORDS})
        return State(documents, allocations, books.debtors(), owed, ever=ever)

    def broken_rules(self) -> list[str]:
        return self.books.check()

    def add_customer(self, name: str) -> str:
        return str(self.books.create_contact(name)["id"])

    def add_invoice(self, customer: str, amount: Decimal) -> str:
        return str(self.books.create_invoice(customer, amount)["id"])

    def add_money(self, customer: str, amount: Decimal) -> DocumentRef:
        made = self.books.pay_on_account(customer, amount)
        return DocumentRef(DocumentKind.PAYMENT, str(made["id"]))

    def add_credit(self, customer: str, amount: Decimal) -> DocumentRef:
        made = self.books.create_credit_note(customer, amount)
        return DocumentRef(DocumentKind.CREDIT_NOTE, str(made["id"]))

    def item_id(self) -> str | None:
        return self.books.accounts["SALES"]

    def lock(self, until: str) -> None:
        self.books.lockdown(until)

    def match(self, document: DocumentRef) -> None:
        self.books.bank_match(document.ledger_id)


def _figures(doc: dict[str, Any]) -> tuple[Decimal, Decimal]:
    return Decimal(doc["total_amount"]), Decimal(doc["outstanding_amount"])
