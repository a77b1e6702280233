"""The chart of accounts and the currencies of one company."""

from __future__ import annotations

from decimal import Decimal

from recoup.connector.standin.wire import Doc, decimal
from recoup.plugins.quickbooks.standin.shelf import Shelf

RECEIVABLE = "Accounts Receivable"
_CURRENCY_NAMES = {
    "USD": "United States Dollar",
    "EUR": "Euro",
    "GBP": "British Pound Sterling",
    "CAD": "Canadian Dollar",
}


class Chart(Shelf):
    """A shelf that knows its control accounts, one per currency, and opens what is missing."""

    home_currency = "USD"
    multicurrency = False

    def currency_ref(self, code: str) -> Doc:
        """Return a CurrencyRef with its name."""
        return {"value": code, "name": _CURRENCY_NAMES.get(code, code)}

    def currency_of(self, doc: Doc) -> str:
        """Return the ISO code of a document, customer or account."""
        return str((doc.get("CurrencyRef") or {}).get("value") or self.home_currency)

    def is_receivable(self, account_id: str) -> bool:
        """Tell whether an account is a receivables control account."""
        account = self.find("Account", account_id)
        return account is not None and account.get("AccountType") == RECEIVABLE

    def receivable_account(self, currency: str) -> str:
        """Return the id of the A/R account of a currency, opened when there is none."""
        for id, account in self.table("Account").items():
            if account.get("AccountType") == RECEIVABLE and self.currency_of(account) == currency:
                return id
        home = currency == self.home_currency
        name = "Accounts Receivable (A/R)" + ("" if home else f" - {currency}")
        return self.open_account(name, RECEIVABLE, "AccountsReceivable", currency)

    def account_named(self, name: str, kind: str, sub_kind: str) -> str:
        """Return the id of the account of that sub-type, opened when there is none."""
        for id, account in self.table("Account").items():
            if account.get("AccountSubType") == sub_kind or account.get("Name") == name:
                return id
        return self.open_account(name, kind, sub_kind, self.home_currency)

    def open_account(self, name: str, kind: str, sub_kind: str, currency: str) -> str:
        """Add an account to the chart and return its id."""
        id = self.next_id("Account")
        group = {"Income": "Revenue", "Other Income": "Revenue", "Expense": "Expense"}
        now = self.local()
        account: Doc = {
            "Name": name, "SubAccount": False, "FullyQualifiedName": name, "Active": True,
            "Classification": group.get(kind, "Asset"), "AccountType": kind,
            "AccountSubType": sub_kind, "CurrentBalance": 0, "CurrentBalanceWithSubAccounts": 0,
            "CurrencyRef": self.currency_ref(currency), "domain": "QBO", "sparse": False,
            "Id": id, "SyncToken": "0", "MetaData": {"CreateTime": now, "LastUpdatedTime": now},
        }  # fmt: skip
        self.put("Account", account)
        return id

    def rate_of(self, doc: Doc) -> Decimal:
        """Return home units per unit of the document's currency."""
        return decimal(doc.get("ExchangeRate", 1)) or Decimal(1)
