"""The accounting of receivables: what each document adds to customers and control accounts."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal

from recoup.connector.standin.wire import Doc, cents, decimal
from recoup.plugins.quickbooks.standin.amounts import money
from recoup.plugins.quickbooks.standin.chart import Chart
from recoup.plugins.quickbooks.standin.entities import HIDDEN, named_kind
from recoup.plugins.quickbooks.standin.fault import business

# How Payment.Line.LinkedTxn.TxnType names the entities it settles.
LINKED_ENTITY = {
    "Invoice": "Invoice",
    "CreditMemo": "CreditMemo",
    "JournalEntry": "JournalEntry",
    "Deposit": "Deposit",
    "Expense": "Purchase",
    "Check": "Purchase",
    "CreditCardCredit": "Purchase",
}
# Documents without an open balance of their own: their lines post straight to A/R.
DIRECT = ("JournalEntry", "Deposit", "Purchase")


Amounts = dict[str, Decimal]
Target = tuple[str, str]


def settled_entity(txn_type: object) -> str:
    """Return the entity that a TxnType of a payment line names."""
    return LINKED_ENTITY.get(str(txn_type), str(txn_type))


def links_of(payment: Doc | None) -> dict[Target, Decimal]:
    """Return what a payment sets against each document: (entity, id) → amount, all positive."""
    links: dict[Target, Decimal] = defaultdict(Decimal)
    for line in (payment or {}).get("Line", []):
        for link in line.get("LinkedTxn", [])[:1]:
            target = (settled_entity(link.get("TxnType")), str(link.get("TxnId")))
            links[target] += decimal(line.get("Amount"))
    return dict(links)


class Ledger(Chart):
    """A chart that keeps balances true: every store posts the difference it makes.

    A transaction (``writing``) is all or nothing; postings reach customers and accounts at its end.
    """

    def _open(self) -> None:
        self.commit: Callable[[], None] | None = None
        self._payers: dict[Target, dict[str, Decimal]] = {}
        self._payers_of_payment: dict[str, list[dict[str, Decimal]]] = {}
        self._depth = 0
        self._undo: list[tuple[str, str, Doc | None, datetime | None]] = []
        self._customers: Amounts = defaultdict(Decimal)
        self._accounts: Amounts = defaultdict(Decimal)
        self._news: list[tuple[str, str, str, str | None]] = []

    # -- transactions -------------------------------------------------------------------------

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the lock and make the block one transaction; an exception undoes it."""
        with self.lock:
            self._depth += 1
            if self._depth == 1:
                self._undo.clear()  # accounts opened outside a transaction stay
            try:
                yield
                if self._depth == 1:
                    self._post()
            except BaseException:
                if self._depth == 1:
                    self._roll_back()
                raise
            finally:
                self._depth -= 1
            if self._depth == 0:
                self._undo.clear()
                if self.commit is not None:
                    self.commit()
                news, self._news = self._news, []
                for entity, id, operation, deleted_id in news:
                    self.tell(entity, id, operation, deleted_id)

    @contextmanager
    def item(self) -> Iterator[None]:
        """A transaction within one: an exception undoes the block and leaves the rest alone."""
        with self.writing():
            self._post()
            mark, news = len(self._undo), len(self._news)
            try:
                yield
                self._post()
            except BaseException:
                self._roll_back(mark, news)
                raise

    def announce(self, entity: str, id: str, operation: str, deleted_id: str | None = None) -> None:
        """Queue a change for the webhooks; it is told once the transaction stands."""
        self._news.append((entity, id, operation, deleted_id))

    def _roll_back(self, mark: int = 0, news: int = 0) -> None:
        for entity, id, before, gone in reversed(self._undo[mark:]):
            if before is not None:
                self.put(entity, before)
            else:
                self._rows.get(entity, {}).pop(id, None)
                self.forget_name(entity, id)
                self._index_payment(entity, id, None)
                if gone is not None:
                    self._gone.setdefault(entity, {})[id] = gone
                self.changed(entity, id)
        del self._undo[mark:]
        del self._news[news:]
        self._customers.clear()
        self._accounts.clear()

    def forget(self) -> None:
        """Empty the ledger."""
        super().forget()
        self._payers.clear()
        self._payers_of_payment.clear()

    def put(self, entity: str, doc: Doc) -> None:
        """Store a document as it stands and remember what its lines settle."""
        super().put(entity, doc)
        if entity == "Payment":
            self._index_payment(entity, str(doc["Id"]), doc)

    def _index_payment(self, entity: str, id: str, doc: Doc | None) -> None:
        if entity != "Payment":
            return
        for payers in self._payers_of_payment.pop(id, []):
            payers.pop(id, None)
        kept = []
        for target, amount in links_of(doc).items():
            payers = self._payers.setdefault(target, {})
            payers[id] = amount
            kept.append(payers)
        if kept:
            self._payers_of_payment[id] = kept

    def store(self, entity: str, doc: Doc, *, post: bool = True) -> None:
        """Put a new version of a document and queue what it changes in the balances."""
        id = str(doc["Id"])
        before = self.find(entity, id)
        self._undo.append((entity, id, before, self._gone.get(entity, {}).get(id)))
        # What a payment does to a journal's customer depends on the journal itself.
        payers = self.paid(entity, id) if entity in DIRECT and post else {}
        for payer in payers:
            self._queue("Payment", self.find("Payment", payer), -1)
        if post:
            self._queue(entity, before, -1)
            self._queue(entity, doc, 1)
        self.put(entity, doc)
        for payer in payers:
            self._queue("Payment", self.find("Payment", payer), 1)

    def remove(self, entity: str, id: str) -> None:
        """Bury a document and queue what its absence changes."""
        before = self._rows[entity][id]
        self._undo.append((entity, id, before, None))
        self._queue(entity, before, -1)
        self.bury(entity, id)
        self._index_payment(entity, id, None)

    def touch(self, doc: Doc, *, token: bool = True) -> Doc:
        """Move LastUpdatedTime to now and, with *token*, SyncToken one up."""
        doc.setdefault("MetaData", {})["LastUpdatedTime"] = self.local()
        if token:
            doc["SyncToken"] = str(int(doc.get("SyncToken") or 0) + 1)
        return doc

    def amend(self, entity: str, id: str) -> Doc:
        """Return a private copy of a live document, to be altered and stored."""
        return copy.deepcopy(self._rows[entity][id])

    def open_account(self, name: str, kind: str, sub_kind: str, currency: str) -> str:
        """Add an account to the chart; undone with the transaction it was needed in."""
        id = super().open_account(name, kind, sub_kind, currency)
        self._undo.append(("Account", id, None, None))
        return id

    # -- what a document contributes ----------------------------------------------------------

    def contributions(self, entity: str, doc: Doc) -> Iterator[tuple[str, str, Decimal]]:
        """Yield (customer id, A/R account id, amount in the customer's currency)."""
        customer = str((doc.get("CustomerRef") or {}).get("value") or "")
        if entity in ("Invoice", "CreditMemo", "Payment"):
            account = str((doc.get("ARAccountRef") or {}).get("value") or "")
            account = account or self.receivable_account(self.currency_of(doc))
            if entity == "Invoice":
                yield customer, account, decimal(doc.get("Balance"))
            elif entity == "CreditMemo":
                yield customer, account, -decimal(doc.get("Balance"))
            else:
                yield customer, account, -decimal(doc.get("UnappliedAmt"))
                for (kind, id), amount in links_of(doc).items():
                    if kind not in ("Invoice", "CreditMemo"):
                        owner, sign = self.side_of(kind, id, customer)
                        yield owner, account, -sign * amount
        elif entity == HIDDEN:
            account = self.receivable_account(self.currency_of(doc))
            yield customer, account, decimal(doc.get("Amount"))
        elif entity in DIRECT:
            yield from self.direct_lines(entity, doc)

    def direct_lines(self, entity: str, doc: Doc) -> Iterator[tuple[str, str, Decimal]]:
        """Yield the lines of a document that post straight to A/R, debits positive."""
        for line in doc.get("Line", []):
            amount = decimal(line.get("Amount"))
            if entity == "JournalEntry":
                detail = line.get("JournalEntryLineDetail") or {}
                named = (detail.get("Entity") or {}).get("EntityRef") or {}
                sign = 1 if detail.get("PostingType") == "Debit" else -1
            elif entity == "Deposit":
                detail = line.get("DepositLineDetail") or {}
                entity_ref = detail.get("Entity") or {}
                named, sign = entity_ref.get("EntityRef") or entity_ref, -1
            else:
                detail = line.get("AccountBasedExpenseLineDetail") or {}
                payee = doc.get("EntityRef") or {}
                if named_kind(payee.get("type")) != "Customer":
                    payee = {}
                named, sign = detail.get("CustomerRef") or payee, 1
            account = str((detail.get("AccountRef") or {}).get("value") or "")
            if named.get("value") and self.is_receivable(account):
                yield str(named["value"]), account, sign * amount

    def side_of(self, entity: str, id: str, customer: str) -> tuple[str, int]:
        """Return whose item a settled document is, and +1 for a debit or −1 for a credit."""
        if entity == "Invoice":
            return customer, 1
        if entity == "CreditMemo":
            return customer, -1
        lines = list(self.direct_lines(entity, self.find(entity, id) or {}))
        own = [line for line in lines if line[0] == customer] or lines
        owner = own[0][0] if own else customer
        return owner, 1 if sum((line[2] for line in own), Decimal(0)) >= 0 else -1

    def queue_difference(self, before: tuple[Amounts, Amounts]) -> None:
        """Queue whatever the documents now add up to beyond *before* (as ``totals`` returned)."""
        pairs = zip((self._customers, self._accounts), before, self.totals(), strict=True)
        for queued, old, new in pairs:
            for id in old.keys() | new.keys():
                queued[id] += new.get(id, Decimal(0)) - old.get(id, Decimal(0))

    def totals(self) -> tuple[Amounts, Amounts]:
        """Return what all documents add up to: by customer, by A/R account."""
        customers: Amounts = defaultdict(Decimal)
        accounts: Amounts = defaultdict(Decimal)
        for entity in ("Invoice", "CreditMemo", "Payment", HIDDEN, *DIRECT):
            for doc in self.table(entity).values():
                for customer, account, amount in self.contributions(entity, doc):
                    customers[customer] += amount
                    accounts[account] += amount
        return customers, accounts

    def paid(self, entity: str, id: str) -> Amounts:
        """Return what each payment sets against a document: payment id → amount."""
        return dict(self._payers.get((entity, id), {}))

    # -- postings -----------------------------------------------------------------------------

    def _queue(self, entity: str, doc: Doc | None, sign: int) -> None:
        if doc is None:
            return
        for customer, account, amount in self.contributions(entity, doc):
            self._customers[customer] += sign * amount
            self._accounts[account] += sign * amount
        if entity == "Payment" and self.multicurrency:
            gain = self._exchange_gain(doc)
            if gain:
                kind = ("Exchange Gain or Loss", "Other Expense", "ExchangeGainOrLoss")
                self._accounts[self.account_named(*kind)] += sign * gain

    def _exchange_gain(self, payment: Doc) -> Decimal:
        """A/R is cleared at the invoice's rate; the difference to the payment's is the gain."""
        gain = Decimal(0)
        for (entity, id), amount in links_of(payment).items():
            settled = self.find(entity, id)
            if settled is not None and self.currency_of(payment) != self.home_currency:
                _, side = self.side_of(entity, id, "")
                gain += side * cents(amount * (self.rate_of(payment) - self.rate_of(settled)))
        return gain

    def _post(self) -> None:
        """Bring queued differences to customers, their parents and accounts: LUT, no SyncToken."""
        rolled: Amounts = defaultdict(Decimal)
        own = {id: amount for id, amount in self._customers.items() if amount}
        for id, amount in own.items():
            for ancestor in self.lineage(id):
                rolled[ancestor] += amount
        for id, amount in rolled.items():
            customer = self.touch(self.amend("Customer", id), token=False)
            if id in own:
                customer["Balance"] = money(decimal(customer.get("Balance")) + own[id])
            customer["BalanceWithJobs"] = money(decimal(customer.get("BalanceWithJobs")) + amount)
            self.store("Customer", customer, post=False)
        for id, amount in self._accounts.items():
            if amount and self.find("Account", id) is not None:
                account = self.touch(self.amend("Account", id), token=False)
                for field in ("CurrentBalance", "CurrentBalanceWithSubAccounts"):
                    account[field] = money(decimal(account.get(field)) + amount)
                self.store("Account", account, post=False)
        self._customers.clear()
        self._accounts.clear()

    def lineage(self, customer_id: str) -> list[str]:
        """Return a customer and its ancestors, nearest first; unknown ids are left out."""
        chain: list[str] = []
        while customer_id and customer_id not in chain:
            customer = self.find("Customer", customer_id)
            if customer is None:
                break
            chain.append(customer_id)
            customer_id = str((customer.get("ParentRef") or {}).get("value") or "")
        return chain

    def set_balance(self, doc: Doc, balance: Decimal) -> None:
        """Write the open balance of an invoice or credit memo and what repeats it."""
        if balance < 0:
            raise business("The amount applied is more than the open balance of the transaction")
        doc["Balance"] = money(balance)
        if "RemainingCredit" in doc:
            doc["RemainingCredit"] = doc["Balance"]
        self.set_home(doc)

    def set_home(self, doc: Doc) -> None:
        """Write the home-currency figures of a document in a multicurrency company."""
        if self.multicurrency:
            doc.setdefault("ExchangeRate", 1)
            for field, home in (("TotalAmt", "HomeTotalAmt"), ("Balance", "HomeBalance")):
                if field in doc:
                    doc[home] = money(decimal(doc[field]) * self.rate_of(doc))
