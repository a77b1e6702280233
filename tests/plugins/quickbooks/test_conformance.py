"""The conformance suite, played by the adapter against the stand-in over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from recoup.connector import ClientApp, DocumentKind, DocumentRef, Ledger, Money, TokenSet
from recoup.connector.testing import LedgerCase, LedgerConformance
from recoup.connector.testing.case import Truth
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, connection
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.standin.books import Books, Clock
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

KINDS = {
    "Invoice": (DocumentKind.INVOICE, "Balance"),
    "CreditMemo": (DocumentKind.CREDIT_NOTE, "Balance"),
    "Payment": (DocumentKind.PAYMENT, "UnappliedAmt"),
}


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


class QuickBooksCase(LedgerCase):
    many = 30  # three pages of eight, five of which overlap

    def __init__(self) -> None:
        self.books = Books(clock=Clock(NOON))
        self.clock = OneClock(self.books.clock)
        self.standin = StandIn(self.books, options=Options(rotate="always")).start()
        self.vault = FakeVault()
        granted = self.standin.issue_grant()
        ends_at = NOON + timedelta(seconds=granted["expires_in"])
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=ends_at,
        )
        self.vault.save("grant-1", fresh)

    def close(self) -> None:
        self.standin.stop()

    def open_ledger(self) -> Ledger:
        reached = connection(
            "quickbooks",
            self.books.realm,
            clock=self.clock,
            vault=self.vault,
            base_url=self.standin.url,
            app=ClientApp(client_id="conformance", client_secret="conformance"),
        )
        return Ledger(QuickBooksLedger(reached, page_rows=8))

    def truth(self) -> Truth:
        return {
            DocumentRef(kind, str(doc["Id"])): Money.of(doc[field], self.currency)
            for entity, (kind, field) in KINDS.items()
            for doc in self.books.table(entity).values()
            if not str(doc.get("PrivateNote", "")).startswith("Voided")
        }

    def add_customer(self, name: str) -> str:
        return str(self.books.create("Customer", {"DisplayName": name})["Id"])

    def add_invoice(self, customer_id: str, amount: str) -> str:
        body = {"CustomerRef": {"value": customer_id}, "Line": [_line(amount)]}
        return str(self.books.create("Invoice", body)["Id"])

    def pay(self, invoice_id: str, amount: str) -> str:
        customer = self.books.get("Invoice", invoice_id)["CustomerRef"]
        link = {"TxnId": invoice_id, "TxnType": "Invoice"}
        lines = [{"Amount": Decimal(amount), "LinkedTxn": [link]}]
        body = {"CustomerRef": customer, "TotalAmt": Decimal(amount), "Line": lines}
        return str(self.books.create("Payment", body)["Id"])

    def pay_on_account(self, invoice_id: str, amount: str) -> str:
        customer = self.books.get("Invoice", invoice_id)["CustomerRef"]
        body = {"CustomerRef": customer, "TotalAmt": Decimal(amount)}
        return str(self.books.create("Payment", body)["Id"])

    def item_id(self) -> str | None:
        found = list(self.books.table("Item"))
        return found[0] if found else str(self.books.create("Item", {"Name": "Services"})["Id"])

    def edit_invoice(self, invoice_id: str, amount: str) -> None:
        self.books.update("Invoice", {"Id": invoice_id, "Line": [_line(amount)]}, True)

    def void_invoice(self, invoice_id: str) -> None:
        self.books.void("Invoice", invoice_id)

    def delete_invoice(self, invoice_id: str) -> None:
        self.books.delete("Invoice", invoice_id)

    def delete_payment(self, payment_id: str) -> None:
        self.books.delete("Payment", payment_id)

    def write_raw(self, invoice_id: str, fields: Mapping[str, Any]) -> None:
        changed = {**self.books.get("Invoice", invoice_id), **fields}
        self.books.load("Invoice", self.books.touch(changed))

    def strange_fields(self) -> Mapping[str, Any]:
        return {"MoonPhase": {"Name": "waxing", "Days": [1, 2]}}

    def strange_values(self) -> Mapping[str, Any]:
        return {"EmailStatus": "SentByPigeon", "GlobalTaxCalculation": "TaxGuessed"}

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
    detail = {"DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}
    return {"Amount": Decimal(amount), **detail}


class TestQuickBooks(LedgerConformance):
    case_type = QuickBooksCase
