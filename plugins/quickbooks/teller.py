"""The story of the conformance kit, enacted in QuickBooks by its bookkeeper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.protocols import ClientApp, TokenSet
from recoup.connector.standin.clock import Clock
from recoup.connector.testing.acts import (
    Act,
    Applies,
    Bills,
    Credits,
    Deletes,
    Edits,
    Merges,
    Opens,
    Receives,
    Refunds,
    Renames,
    Voids,
)
from recoup.connector.testing.fakes import FakeClock, FakeVault, connection
from recoup.connector.testing.story import HOME
from recoup.connector.testing.teller import Known, Teller
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

__all__ = ["QuickBooksTeller"]

Made = Mapping[str, Sequence[DocumentRef]]
START = datetime(2026, 1, 5, 12, tzinfo=UTC)


class QuickBooksTeller(Teller):
    """A British company of the stand-in with several currencies."""

    differences: ClassVar[Mapping[str, str]] = {
        "R4": "a payment grants no discount; a credit memo over the discount stands for it",
        "R3": "what is applied later has no date of its own, the later document's is taken",
        "F1": "money given back is a cheque posted to the receivables account, no document",
    }

    def __init__(self) -> None:
        self.books = Books(
            company_name="The Story",
            home_currency=HOME,
            multicurrency=True,
            country="GB",
            utc_offset="Europe/London",
            clock=Clock(START),
        )
        self.clock = FakeClock(START)
        self.standin = StandIn(self.books, options=Options(rotate="always")).start()
        self.vault = FakeVault()
        granted = self.standin.issue_grant()
        fresh = TokenSet(
            access_token=granted["access_token"],
            refresh_token=granted["refresh_token"],
            access_expires_at=START + timedelta(seconds=granted["expires_in"]),
        )
        self.vault.save("grant-1", fresh)

    def close(self) -> None:
        self.standin.stop()

    @property
    def url(self) -> str:
        """Where the stand-in listens."""
        return self.standin.url

    def open_ledger(self) -> Ledger:
        reached = connection(
            "quickbooks",
            self.books.realm,
            clock=self.clock,
            vault=self.vault,
            base_url=self.standin.url,
            app=ClientApp(client_id="story", client_secret="story"),
        )
        return Ledger(QuickBooksLedger(reached))

    def turn_to(self, day: date) -> None:
        noon = datetime.combine(day, time(12), tzinfo=UTC)
        if noon > self.clock.at:
            self.clock.at = noon
        else:
            self.clock.advance(timedelta(minutes=1))
        self.books.clock.freeze(self.clock.at)

    def open_customer(self, act: Opens, known: Known) -> str:
        body: dict[str, Any] = {"DisplayName": act.customer}
        if act.currency is not None:
            body["CurrencyRef"] = {"value": act.currency}
        if act.parent is not None:
            body |= {"Job": True, "ParentRef": {"value": known.customers[act.parent]}}
        return str(self.books.create("Customer", body)["Id"])

    def tell(self, act: Act, known: Known) -> Made:
        match act:
            case Bills():
                body = self._form(act.customer, act.amount, act.rate, known)
                body |= {"DocNumber": act.invoice, "DueDate": act.due_on.isoformat()}
                return {act.invoice: [self._create("Invoice", body)]}
            case Credits():
                body = self._form(act.customer, act.amount, act.rate, known)
                return {act.credit_note: [self._create("CreditMemo", body)]}
            case Receives():
                return self._receive(act, known)
            case Applies():
                self._apply(act, known)
            case Refunds():
                return self._refund(act, known)
            case Edits():
                id = known.only(act.invoice)
                self.books.update("Invoice", {"Id": id, "Line": [_line(act.amount)]}, True)
            case Voids():
                self.books.void("Invoice", known.only(act.invoice))
            case Deletes():
                [ref] = known.documents[act.document]
                entity = "Invoice" if ref.kind is DocumentKind.INVOICE else "Payment"
                self.books.delete(entity, ref.ledger_id)
            case Renames():
                self.books.rename("Customer", known.customers[act.customer], act.name)
            case Merges():
                self.books.merge_customers(known.customers[act.kept], known.customers[act.gone])
            case Opens():
                raise AssertionError("customers are opened by open_customer")
        return {}

    def _form(self, customer: str, amount: str, rate: str, known: Known) -> dict[str, Any]:
        body: dict[str, Any] = {
            "CustomerRef": {"value": known.customers[customer]},
            "Line": [_line(amount)],
        }
        return body | ({"ExchangeRate": Decimal(rate)} if rate != "1" else {})

    def _create(self, entity: str, body: dict[str, Any]) -> DocumentRef:
        kind = {
            "Invoice": DocumentKind.INVOICE,
            "CreditMemo": DocumentKind.CREDIT_NOTE,
            "Payment": DocumentKind.PAYMENT,
            "Purchase": DocumentKind.EXPENSE,
        }[entity]
        return DocumentRef(kind, str(self.books.create(entity, body)["Id"]))

    def _receive(self, act: Receives, known: Known) -> Made:
        made: dict[str, Sequence[DocumentRef]] = {}
        lines = [_settles("Invoice", known.only(i), a) for i, a in act.against.items()]
        for invoice, amount in act.discount.items():
            memo = self._create("CreditMemo", self._form(act.customer, amount, act.rate, known))
            self.books.apply_credit(memo.ledger_id, {known.only(invoice): Decimal(amount)})
            made[f"{act.receipt} discount"] = [memo]
        body: dict[str, Any] = {
            "CustomerRef": {"value": known.customers[act.customer]},
            "TotalAmt": Decimal(act.amount),
            "Line": lines,
        }
        if act.rate != "1":
            body["ExchangeRate"] = Decimal(act.rate)
        made[act.receipt] = [self._create("Payment", body)]
        return made

    def _apply(self, act: Applies, known: Known) -> None:
        [source] = known.documents[act.source]
        amounts = {known.only(act.invoice): Decimal(act.amount)}
        if source.kind is DocumentKind.CREDIT_NOTE:
            self.books.apply_credit(source.ledger_id, amounts)
        else:
            self.books.apply(source.ledger_id, amounts)

    def _refund(self, act: Refunds, known: Known) -> Made:
        """A cheque posted to receivables, and a payment over nothing that joins it to the note."""
        note = known.only(act.credit_note)
        customer = self.books.get("CreditMemo", note)["CustomerRef"]
        line = {
            "Amount": Decimal(act.amount),
            "DetailType": "AccountBasedExpenseLineDetail",
            "AccountBasedExpenseLineDetail": {
                "AccountRef": {"value": self.books.receivable_account(HOME)},
                "CustomerRef": customer,
            },
        }
        cheque = self._create("Purchase", {"PaymentType": "Check", "Line": [line]})
        lines = [_settles("Check", cheque.ledger_id, act.amount)]
        lines.append(_settles("CreditMemo", note, act.amount))
        self.books.create("Payment", {"CustomerRef": customer, "TotalAmt": 0, "Line": lines})
        return {act.refund: [DocumentRef(DocumentKind.EXPENSE, f"Check-{cheque.ledger_id}")]}


def _line(amount: str) -> dict[str, Any]:
    return {
        "Amount": Decimal(amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"Qty": 1, "UnitPrice": Decimal(amount)},
    }


def _settles(kind: str, id: str, amount: str) -> dict[str, Any]:
    return {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": id, "TxnType": kind}]}
