"""The register in which an invented company is written, event by event.

It keeps what the ledger would keep by itself: ids in the order of entry, balances, links in both
directions, sync tokens counted by touches and the instants of the last change. It owes nothing to
the stand-in's own accounting, so that each can find the other wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from recoup.plugins.quickbooks.standin import seed_documents as shape
from recoup.plugins.quickbooks.standin.drafts import in_order
from recoup.plugins.quickbooks.standin.seed_documents import ZERO, Firm, Payload, cents, ref

RECEIVABLE = ("Asset", "Accounts Receivable", "AccountsReceivable")
BANK = ("Asset", "Bank", "Checking")
UNDEPOSITED = ("Asset", "Other Current Asset", "UndepositedFunds")
INCOME = ("Revenue", "Income", "SalesOfProductIncome")
DISCOUNTS = ("Revenue", "Income", "DiscountsRefundsGiven")
EXPENSE = ("Expense", "Expense", "BadDebts")
EXCHANGE = ("Expense", "Other Expense", "ExchangeGainOrLoss")

# Customers share one row of ids, transactions another, every list its own.
NAMES = frozenset({"Customer", "Vendor", "Employee"})
LISTS = frozenset({"Account", "Item", "Term", "PaymentMethod"})


@dataclass(frozen=True, slots=True)
class Applied:
    """So much of a payment set against one document."""

    kind: str  # Invoice, CreditMemo or JournalEntry
    document: Payload
    amount: Decimal  # positive, in the customer's currency
    line: str | None = None  # the journal line, for a JournalEntry


class Register:
    """Every document of a company that is being invented.

    price: home units for one unit of a currency on a day.
    """

    def __init__(
        self, firm: Firm, opened_at: datetime, price: Callable[[str, date], Decimal]
    ) -> None:
        self.firm = firm
        self.opened_at = opened_at
        self._price = price
        self._documents: dict[str, dict[str, Payload]] = {}
        self._last_ids: dict[str, int] = {}
        self._accounts: dict[str, Payload] = {}
        self._parents: dict[str, str] = {}

    # -- the chart and the lists ------------------------------------------------------------

    def documents(self) -> Iterator[tuple[str, Payload]]:
        """(entity, payload) of everything, masters before what refers to them."""
        order = ("Account", "Term", "PaymentMethod", "Item", "Customer")
        for entity in (*order, *sorted(set(self._documents) - set(order))):
            for payload in self._documents.get(entity, {}).values():
                yield entity, payload

    def all(self, entity: str) -> list[Payload]:
        return list(self._documents.get(entity, {}).values())

    def skip_ids(self, count: int) -> None:
        """Leave a gap, as deleted transactions do."""
        self._last_ids["transaction"] = self._last_ids.get("transaction", 0) + count

    def next_id(self, entity: str) -> str:
        row = "name" if entity in NAMES else entity if entity in LISTS else "transaction"
        self._last_ids[row] = self._last_ids.get(row, 0) + 1
        return str(self._last_ids[row])

    def keep(self, entity: str, payload: Payload) -> Payload:
        self._documents.setdefault(entity, {})[payload["Id"]] = payload
        return payload

    def account(self, name: str, kind: tuple[str, str, str], currency: str = "") -> Payload:
        """The account of that name, opened on first use; one per name."""
        if name not in self._accounts:
            payload = shape.account(
                self.firm,
                self.next_id("Account"),
                self.opened_at,
                name,
                kind,
                currency or self.firm.home,
            )
            self._accounts[name] = self.keep("Account", payload)
        return self._accounts[name]

    def account_ref(self, name: str, kind: tuple[str, str, str], currency: str = "") -> Payload:
        return ref(self.account(name, kind, currency)["Id"], name)

    def receivable(self, currency: str) -> Payload:
        """The A/R account of a currency: a company has one for each."""
        suffix = "" if currency == self.firm.home else f" - {currency}"
        return self.account_ref(f"Accounts Receivable (A/R){suffix}", RECEIVABLE, currency)

    def bank(self, currency: str) -> Payload:
        suffix = "" if currency == self.firm.home else f" {currency}"
        return self.account_ref(f"Checking{suffix}", BANK, currency)

    def item(self, name: str) -> Payload:
        """A reference to the service item of that name, listed on first use."""
        for payload in self._documents.get("Item", {}).values():
            if payload["Name"] == name:
                return ref(payload["Id"], name)
        income = self.account_ref("Sales of Product Income", INCOME)
        ident = self.next_id("Item")
        self.keep("Item", shape.item(self.firm, ident, self.opened_at, name, income))
        return ref(ident, name)

    def term(self, name: str, **fields: Any) -> str:
        """List payment terms by DueDays or by DayOfMonthDue, and answer their id."""
        driven = "DayOfMonthDue" in fields
        payload = {"Name": name, "Active": True, "Type": "DATE_DRIVEN" if driven else "STANDARD"}
        payload |= {"DiscountPercent": 0, **fields}
        payload |= shape.head(self.firm, self.next_id("Term"), self.opened_at)
        return str(self.keep("Term", payload)["Id"])

    def payment_method(self, name: str) -> Payload:
        for payload in self._documents.get("PaymentMethod", {}).values():
            if payload["Name"] == name:
                return ref(payload["Id"])
        kind = "CREDIT_CARD" if "Card" in name else "NON_CREDIT_CARD"
        payload = {"Name": name, "Active": True, "Type": kind}
        payload |= shape.head(self.firm, self.next_id("PaymentMethod"), self.opened_at)
        return ref(self.keep("PaymentMethod", payload)["Id"])

    def customer(self, at: datetime, name: str, currency: str, **fields: Any) -> Payload:
        """A customer; fields as in `seed_documents.customer`."""
        ident = self.next_id("Customer")
        payload = shape.customer(self.firm, ident, at, name, currency=currency, **fields)
        self.receivable(currency)
        if "ParentRef" in payload:
            self._parents[ident] = payload["ParentRef"]["value"]
        return self.keep("Customer", payload)

    # -- what happens -----------------------------------------------------------------------

    def touch(self, payload: Payload, at: datetime, *, version: bool = True) -> None:
        """Move LastUpdatedTime; a change of balance alone leaves the sync token."""
        payload["MetaData"]["LastUpdatedTime"] = self.firm.stamp(at)
        if version:
            payload["SyncToken"] = str(int(payload["SyncToken"]) + 1)

    def jobs(self, customer_id: str) -> list[str]:
        """The ids of every job below a customer, however deep."""
        children = [child for child, parent in self._parents.items() if parent == customer_id]
        return children + [ident for child in children for ident in self.jobs(child)]

    def balance_moved(self, customer_id: str, at: datetime) -> None:
        """Touch a customer whose balance a document has changed."""
        # A job's document also moves the parents, whose BalanceWithJobs changes.
        ident: str | None = customer_id
        while ident is not None:
            self.touch(self._documents["Customer"][ident], at, version=False)
            ident = self._parents.get(ident)

    def rate(self, currency: str, at: datetime) -> Decimal:
        """Home units for one unit of *currency* on the company-local day of an instant."""
        if currency == self.firm.home:
            return Decimal(1)
        return self._price(currency, at.astimezone(self.firm.zone).date())

    def sale(
        self,
        entity: str,
        at: datetime,
        customer: Payload | None,
        lines: Sequence[Payload],
        total: Decimal,
        *,
        number: str | None,
        issued_on: date | None = None,
        tax: Payload | None = None,
        **fields: Any,
    ) -> Payload:
        """Enter an Invoice, CreditMemo, SalesReceipt, RefundReceipt or Estimate.

        issued_on: the TxnDate, where it is not the day of entry. fields: put on the document as
        they are. Only invoices and credit memos open a balance.
        """
        currency = self.firm.home if customer is None else customer["CurrencyRef"]["value"]
        rate = self.rate(currency, at)
        document = shape.sale(
            self.firm,
            self.next_id(entity),
            at,
            lines=lines,
            total=total,
            currency=currency,
            rate=rate,
            issued_on=issued_on or at.astimezone(self.firm.zone).date(),
            number=number,
            customer=None if customer is None else ref(customer["Id"], customer["DisplayName"]),
            tax=tax,
            linked=[] if entity == "Invoice" else None,
        )
        if entity == "Invoice":
            document |= dict.fromkeys(("AllowIPNPayment", "AllowOnlinePayment"), False)
            document |= {"AllowOnlineCreditCardPayment": False, "AllowOnlineACHPayment": False}
        if entity != "Estimate":
            document["Balance"] = ZERO
        document |= fields
        if entity in ("Invoice", "CreditMemo") and customer is not None:
            self.set_balance(entity, document, total)
            self.balance_moved(customer["Id"], at)
        return self.keep(entity, in_order(document, entity))

    def set_balance(self, entity: str, document: Payload, balance: Decimal) -> None:
        """Put the open balance where an Invoice or CreditMemo shows it."""
        document["Balance"] = cents(balance)
        if entity == "CreditMemo":
            document["RemainingCredit"] = cents(balance)
        if self.firm.multicurrency:
            document["HomeBalance"] = cents(balance * Decimal(document["ExchangeRate"]))

    def pay(
        self,
        at: datetime,
        customer: Payload,
        total: Decimal,
        applied: Sequence[Applied],
        *,
        number: str | None = None,
        method: str | None = None,
    ) -> Payload:
        """Receive a payment (total 0: apply credits only) and set it against documents."""
        currency = customer["CurrencyRef"]["value"]
        payment: Payload = {"CustomerRef": ref(customer["Id"], customer["DisplayName"])}
        if total:
            undeposited = self.account_ref("Undeposited Funds", UNDEPOSITED)
            payment["DepositToAccountRef"] = ref(undeposited["value"])
        if method is not None:
            payment["PaymentMethodRef"] = self.payment_method(method)
        if number is not None:
            payment["PaymentRefNum"] = number
        credits = sum((part.amount for part in applied if part.kind == "CreditMemo"), ZERO)
        debits = sum((part.amount for part in applied if part.kind != "CreditMemo"), ZERO)
        payment["TotalAmt"] = cents(total)
        payment["UnappliedAmt"] = cents(total + credits - debits)
        payment["ProcessPayment"] = False
        payment |= shape.head(self.firm, self.next_id("Payment"), at)
        payment |= {"TxnDate": self.firm.day(at), "CurrencyRef": shape.currency_ref(currency)}
        payment |= shape.foreign(self.firm, currency, self.rate(currency, at), total)[0]
        payment["LinkedTxn"] = []
        payment["Line"] = [self._apply(payment, part, at) for part in applied]
        self.balance_moved(customer["Id"], at)
        return self.keep("Payment", payment)

    def _apply(self, payment: Payload, part: Applied, at: datetime) -> Payload:
        if part.kind != "JournalEntry":
            self.set_balance(part.kind, part.document, part.document["Balance"] - part.amount)
            self.touch(part.document, at)
            self.balance_moved(part.document["CustomerRef"]["value"], at)
        if part.kind == "Invoice":  # a credit memo never says what it paid
            part.document["LinkedTxn"].append({"TxnId": payment["Id"], "TxnType": "Payment"})
        return shape.applied_line(part.document, part.kind, part.amount, part.line)

    def deposit(
        self,
        at: datetime,
        received: Sequence[tuple[str, Payload]],
        *,
        currency: str,
        others: Sequence[Payload] = (),
        cash_back: Decimal = ZERO,
    ) -> Payload:
        """Bank payments and sales receipts, given as (entity, payload).

        others: DepositLineDetail lines. The payments gain a link and nothing else: depositing
        does not touch their sync token or LastUpdatedTime.
        """
        deposit: Payload = {"DepositToAccountRef": self.bank(currency)}
        lines = list(others)
        ident = self.next_id("Deposit")
        for kind, payload in received:
            payload["LinkedTxn"] = [{"TxnId": ident, "TxnType": "Deposit"}]
            link = {"TxnId": payload["Id"], "TxnType": kind, "TxnLineId": "0"}
            lines.append({"Amount": payload["TotalAmt"], "LinkedTxn": [link]})
        total = sum((line["Amount"] for line in lines), ZERO) - cash_back
        if cash_back:
            deposit["CashBack"] = {
                "AccountRef": self.account_ref("Petty Cash", BANK),
                "Amount": cents(cash_back),
                "Memo": "Till float",
            }
        beside_currency, beside_total = shape.foreign(
            self.firm, currency, self.rate(currency, at), total
        )
        deposit |= {"TotalAmt": cents(total), **beside_total}
        deposit |= shape.head(self.firm, ident, at)
        deposit |= {"TxnDate": self.firm.day(at), "CurrencyRef": shape.currency_ref(currency)}
        deposit |= beside_currency
        deposit["Line"] = lines
        return self.keep("Deposit", deposit)
