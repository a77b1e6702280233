"""The adapter against the conformance kit, over the stand-in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.money import Money
from recoup.connector.protocols import ClientApp, TokenSet
from recoup.connector.testing import LedgerConformance
from recoup.connector.testing.case import LedgerCase, Truth
from recoup.connector.testing.fakes import FakeClock, FakeVault, connection
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.clock import Clock
from recoup.plugins.quickbooks.standin.server import StandIn

KINDS = {
    "Invoice": (DocumentKind.INVOICE, "Balance"),
    "CreditMemo": (DocumentKind.CREDIT_NOTE, "Balance"),
    "Payment": (DocumentKind.PAYMENT, "UnappliedAmt"),
}


class BothClocks(FakeClock):
    """The adapter's clock; the stand-in's stands at the same instant."""

    def __init__(self) -> None:
        super().__init__()
        self.books = Clock(self.at)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self.books.freeze(self.at)

    def advance(self, span: timedelta) -> None:
        super().advance(span)
        self.books.freeze(self.at)


class QuickBooksCase(LedgerCase):
    """A company behind the stand-in; pages are short so that few invoices fill several."""

    many = 20

    def __init__(self) -> None:
        self.clock = clock = BothClocks()
        self.books = Books(clock=clock.books)
        self.standin = StandIn(self.books).start()
        granted = self.standin.issue_grant()
        self.vault = FakeVault()
        self.vault.save(
            "grant-1",
            TokenSet(
                access_token=granted["access_token"],
                refresh_token=granted["refresh_token"],
                access_expires_at=clock.now() + timedelta(hours=1),
            ),
        )

    def open_ledger(self) -> Ledger:
        reached = connection(
            "quickbooks",
            self.books.realm,
            clock=self.clock,
            vault=self.vault,
            base_url=self.standin.url,
            app=ClientApp(client_id="client", client_secret="not-a-secret"),
        )
        return Ledger(QuickBooksLedger(reached, page_rows=8))

    def close(self) -> None:
        self.standin.stop()

    def truth(self) -> Truth:
        return {
            DocumentRef(kind, str(doc["Id"])): Money.of(Decimal(doc[field]), self.currency)
            for entity, (kind, field) in KINDS.items()
            for doc in self.books.rows(entity)
            if not str(doc.get("PrivateNote", "")).startswith("Voided")
        }

    def add_customer(self, name: str) -> str:
        return str(self.books.create("Customer", {"DisplayName": name})["Id"])

    def add_invoice(self, customer_id: str, amount: str) -> str:
        self.clock.advance(timedelta(minutes=1))  # a pull looks back ten minutes
        body = {"CustomerRef": {"value": customer_id}, "Line": [_line(amount)]}
        return str(self.books.create("Invoice", body)["Id"])

    def pay(self, invoice_id: str, amount: str) -> str:
        link = {"TxnId": invoice_id, "TxnType": "Invoice"}
        return self._payment(invoice_id, amount, [{"Amount": Decimal(amount), "LinkedTxn": [link]}])

    def pay_on_account(self, invoice_id: str, amount: str) -> str:
        return self._payment(invoice_id, amount, [])

    def _payment(self, invoice_id: str, amount: str, lines: list[Any]) -> str:
        buyer = self.books.get("Invoice", invoice_id)["CustomerRef"]["value"]
        body = {"CustomerRef": {"value": buyer}, "TotalAmt": Decimal(amount), "Line": lines}
        return str(self.books.create("Payment", body)["Id"])

    def edit_invoice(self, invoice_id: str, amount: str) -> None:
        self.books.update("Invoice", {"Id": invoice_id, "Line": [_line(amount)]}, True)

    def void_invoice(self, invoice_id: str) -> None:
        self.books.void("Invoice", invoice_id)

    def delete_invoice(self, invoice_id: str) -> None:
        self.books.delete("Invoice", invoice_id)

    def delete_payment(self, payment_id: str) -> None:
        self.books.delete("Payment", payment_id)

    def write_raw(self, invoice_id: str, fields: Mapping[str, Any]) -> None:
        with self.books.writing():
            doc = {**self.books.amend("Invoice", invoice_id), **fields}
            self.books.load("Invoice", self.books.touch(doc))

    def strange_fields(self) -> Mapping[str, Any]:
        return {"MoonPhase": {"Name": "waxing", "Days": [1, 2, None]}}

    def strange_values(self) -> Mapping[str, Any]:
        return {"EmailStatus": "SentByPigeon", "LinkedTxn": None}

    def total_field(self, amount: str) -> Mapping[str, Any]:
        return {"TotalAmt": Decimal(amount), "Balance": Decimal(amount)}

    def throttle(self, calls: int) -> None:
        self.standin.faults.next("429_xml", times=calls)

    def expire_token(self) -> None:
        self.standin.consent.expire_access(self.books.realm)

    def revoke_grant(self) -> None:
        for grant in self.standin.consent.grants:
            grant.revoked = True

    def refresh_count(self) -> int:
        return self.vault.refresh_count


def _line(amount: str) -> dict[str, Any]:
    return {
        "Amount": Decimal(amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {},
    }


class TestQuickBooks(LedgerConformance):
    """Every scenario of the kit."""

    case_type = QuickBooksCase
