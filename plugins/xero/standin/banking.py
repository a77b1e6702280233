"""The bank's side of money: what comes with money on account, and money coded straight away."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin.contacts import Contacts
from recoup.plugins.xero.standin.drafts import dated, new_line, shown_contact, sums
from recoup.plugins.xero.standin.ledger import Amount, Day

Lines = Sequence[Mapping[str, Any]]


class Banking(Contacts, ABC):
    """Bank transactions; none of them stands in Accounts Receivable by itself."""

    def lines(
        self, amount: Amount | None, lines: Lines | None, types: str | None
    ) -> tuple[list[Doc], str]:
        """Drawn-up lines and how their amounts are meant; an amount alone is one line."""
        if lines is None:
            lines, types = [{"Description": "Services", "UnitAmount": amount or 0}], "NoTax"
        types = types or "Exclusive"
        return [new_line(line, types, self.tax_percent, self.new_id()) for line in lines], types

    def bank_side(self, collection: str, credit: Doc, account: str | None) -> Doc:
        """Enter the bank transaction by which an overpayment or prepayment came in."""
        field = "OverpaymentID" if collection == "Overpayments" else "PrepaymentID"
        kept = ("Contact", "DateString", "Date", "Status", "LineAmountTypes", "LineItems",
                "SubTotal", "TotalTax", "Total", "CurrencyCode")  # fmt: skip
        more = {part: credit[part] for part in kept} | {field: credit["ID"]}
        if credit["CurrencyCode"] != self.base_currency:
            more["CurrencyRate"] = credit["CurrencyRate"]
        return self._enter(credit["Type"], credit["Reference"], account, more)

    def receive_money(
        self,
        contact: str,
        amount: Amount | None = None,
        *,
        on: Day = None,
        account: str | None = None,
        reference: str = "",
        lines: Lines | None = None,
        types: str | None = None,
        kind: str = "RECEIVE",
    ) -> Doc:
        """Enter money that is coded straight to accounts, without an invoice; or spend it."""
        with self.writing():
            day = self.day(on)
            self.unlocked(day)
            drawn, types = self.lines(amount, lines, types)
            more = {"Contact": shown_contact(self.contact(contact)), **dated("Date", day)}
            more |= {"Status": "AUTHORISED", "LineAmountTypes": types, "LineItems": drawn}
            more |= {**sums(drawn, types), "CurrencyCode": self.base_currency}
            made = self._enter(kind, reference, account, more)
            return self.get("BankTransactions", made["BankTransactionID"])

    def _enter(self, kind: str, reference: str, account: str | None, more: Doc) -> Doc:
        bank = self.account(account)
        shown = {"AccountID": bank["AccountID"], "Name": bank.get("Name", "")}
        if bank.get("Code"):
            shown["Code"] = bank["Code"]
        doc: Doc = {"BankTransactionID": self.new_id(), "BankAccount": shown, "Type": kind}
        doc |= {"Reference": reference, "IsReconciled": False, "HasAttachments": False, **more}
        return self.store("BankTransactions", doc, new=True)
