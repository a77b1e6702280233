"""What people do in the web pages: apply, deposit, merge, rename, enter journals."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from decimal import Decimal

from recoup.connector.standin.wire import Doc, decimal
from recoup.plugins.quickbooks.standin.amounts import money
from recoup.plugins.quickbooks.standin.drafts import place_customer
from recoup.plugins.quickbooks.standin.entities import HIDDEN, name_field, named_kind
from recoup.plugins.quickbooks.standin.fault import business, not_found
from recoup.plugins.quickbooks.standin.ledger import Ledger
from recoup.plugins.quickbooks.standin.proof import payment_violations


class Bookkeeper(Ledger, ABC):
    """Actions on a ledger that has the four verbs; every one is a transaction."""

    merge_touches_documents = (
        False  # unproven: whether a merge moves LUT and SyncToken of documents
    )

    @abstractmethod
    def get(self, entity: str, id: str) -> Doc:
        """Return a copy of one document; raises Fault 610."""

    @abstractmethod
    def create(self, entity: str, body: Doc) -> Doc:
        """Create a document."""

    @abstractmethod
    def update(self, entity: str, body: Doc, sparse: bool) -> Doc:
        """Update a document."""

    @abstractmethod
    def preference(self, group: str, name: str) -> object:
        """Return one preference."""

    @property
    @abstractmethod
    def matched(self) -> set[str]:
        """The payments matched with the bank feed."""

    def apply(self, payment_id: str, amounts: Mapping[str, Decimal]) -> Doc:
        """Set unapplied money against invoices: invoice id → amount, added to what is applied."""
        lines = self.get("Payment", payment_id).get("Line", [])
        for id, amount in amounts.items():
            added = _line(id, "Invoice", amount)
            for line in lines:
                if line["LinkedTxn"][:1] == added["LinkedTxn"]:
                    line["Amount"] = money(decimal(line["Amount"]) + decimal(amount))
                    break
            else:
                lines.append(added)
        return self.update("Payment", {"Id": payment_id, "Line": lines}, True)

    def unapply(self, payment_id: str) -> Doc:
        """Take a payment off every document; its money is unapplied again."""
        return self.update("Payment", {"Id": payment_id, "Line": []}, True)

    def apply_credit(self, credit_memo_id: str, amounts: Mapping[str, Decimal]) -> Doc:
        """Set a credit memo against invoices: the zero-total payment the platform writes."""
        credit = self.get("CreditMemo", credit_memo_id)
        total = sum((decimal(amount) for amount in amounts.values()), Decimal(0))
        lines = [_line(id, "Invoice", amount) for id, amount in amounts.items()]
        lines.append(_line(credit_memo_id, "CreditMemo", total))
        body: Doc = {"CustomerRef": credit["CustomerRef"], "TotalAmt": 0, "Line": lines}
        if "ExchangeRate" in credit:
            body["ExchangeRate"] = credit["ExchangeRate"]
        return self.create("Payment", body)

    def deposit(self, payment_ids: Sequence[str], account_id: str | None = None) -> Doc:
        """Bring payments from Undeposited Funds to the bank; no payment is touched by it."""
        bank = account_id or self.account_named("Checking", "Bank", "Checking")
        lines = []
        for id in payment_ids:
            paid = self.get("Payment", id)
            link = {"TxnId": id, "TxnType": "Payment", "TxnLineId": "0"}
            lines.append({"Amount": paid["TotalAmt"], "LinkedTxn": [link]})
        return self.create("Deposit", {"DepositToAccountRef": {"value": bank}, "Line": lines})

    def journal(self, lines: Sequence[Mapping[str, object]], on: str | None = None) -> Doc:
        """Enter a journal. A line: account, amount, posting ("Debit" or "Credit"), customer."""
        written = []
        for line in lines:
            detail: Doc = {
                "PostingType": line["posting"],
                "AccountRef": {"value": str(line["account"])},
            }
            if line.get("customer"):
                ref = {"value": str(line["customer"])}
                detail["Entity"] = {"Type": "Customer", "EntityRef": ref}
            written.append(
                {
                    "Amount": line["amount"],
                    "DetailType": "JournalEntryLineDetail",
                    "JournalEntryLineDetail": detail,
                }
            )
        body: Doc = {"Line": written, **({"TxnDate": on} if on else {})}
        return self.create("JournalEntry", body)

    def statement_charge(self, customer_id: str, amount: Decimal, on: str | None = None) -> Doc:
        """Charge a customer without an invoice: it counts in every balance and no API shows it."""
        with self.writing():
            customer = self.find("Customer", customer_id)
            if customer is None:
                raise not_found()
            doc: Doc = {
                "Id": self.next_id(HIDDEN),
                "TxnDate": on or self.today(),
                "CustomerRef": {"value": customer_id},
                "CurrencyRef": self.currency_ref(self.currency_of(customer)),
                "Amount": money(decimal(amount)),
            }
            self.store(HIDDEN, doc)
        return copy.deepcopy(doc)

    def rename(self, entity: str, id: str, name: str) -> Doc:
        """Rename a list entry; documents show the new name without being touched."""
        return self.update(entity, {"Id": id, name_field(entity): name}, True)

    def deactivate(self, entity: str, id: str) -> Doc:
        """Make a list entry inactive: its name gains `` (deleted)``."""
        return self.update(entity, {"Id": id, "Active": False}, True)

    def merge_customers(self, keep_id: str, gone_id: str) -> Doc:
        """Merge two customers: one id disappears, its documents and jobs go to the other."""
        if keep_id == gone_id:
            raise business("A customer cannot be merged with itself")
        with self.writing():
            keep, gone = self.find("Customer", keep_id), self.find("Customer", gone_id)
            if keep is None or gone is None:
                raise not_found()
            if self.currency_of(keep) != self.currency_of(gone):
                raise business("Customers of different currencies cannot be merged")
            if keep_id in self.lineage(gone_id) or gone_id in self.lineage(keep_id):
                raise business("A customer cannot be merged with its own parent or job")
            before, untrue = self.totals(), set(payment_violations(self))
            for entity in self.entities():
                for id in list(self.table(entity)):
                    self._move_references(entity, id, gone_id, keep)
            if set(payment_violations(self)) - untrue:
                raise business("A payment ties the two customers together")
            self.queue_difference(before)
            self._post()  # the leaving customer's balance is zero from here on
            self.remove("Customer", gone_id)
            merged = self.touch(self.amend("Customer", keep_id))
            self.store("Customer", merged)
            self.announce("Customer", keep_id, "Merge", gone_id)
        return self.get("Customer", keep_id)

    def _move_references(self, entity: str, id: str, gone_id: str, keep: Doc) -> None:
        doc = self.amend(entity, id)
        keep_id, name = str(keep["Id"]), keep.get("FullyQualifiedName", "")
        refs = [doc.get(key) for key in ("CustomerRef", "ParentRef", "EntityRef")]
        if entity == "Customer":
            refs = [doc.get("ParentRef")]
        for line in doc.get("Line", []) if entity != "Customer" else []:
            for key in ("JournalEntryLineDetail", "DepositLineDetail"):
                named = (line.get(key) or {}).get("Entity") or {}
                refs.append(named.get("EntityRef") or named)
            refs.append((line.get("AccountBasedExpenseLineDetail") or {}).get("CustomerRef"))
        moved = False
        for ref in refs:
            if (
                ref
                and ref.get("value") == gone_id
                and named_kind(ref.get("type", "Customer")) == "Customer"
            ):
                ref["value"] = keep_id
                moved = True
                if "name" in ref:
                    ref["name"] = name
        if moved and entity == "Customer":
            self.store(entity, doc, post=False)
            self._shift(gone_id, keep_id, decimal(doc.get("BalanceWithJobs")))
            self.replace_children(keep_id, keep)
        elif moved:
            doc = self.touch(doc) if self.merge_touches_documents else doc
            self.store(entity, doc, post=False)

    def replace_children(self, parent_id: str, before: Doc) -> None:
        """After a customer moved or was renamed: the full names of its jobs, and the roll-ups."""
        after = self.table("Customer")[parent_id]
        for id, child in list(self.table("Customer").items()):
            if _parent_of(child) == parent_id:
                doc = copy.deepcopy(child)
                place_customer(self, doc)
                if doc != child:
                    self.store("Customer", doc, post=False)
                    self.replace_children(id, child)
        old, new = _parent_of(before), _parent_of(after)
        if old != new:
            self._shift(old, new, decimal(after.get("BalanceWithJobs")))

    def _shift(self, old_parent: str, new_parent: str, amount: Decimal) -> None:
        """Move a job's roll-up from one line of parents to another."""
        for parent, sign in ((old_parent, -1), (new_parent, 1)):
            for ancestor in self.lineage(parent) if amount else ():
                doc = self.touch(self.amend("Customer", ancestor), token=False)
                doc["BalanceWithJobs"] = money(decimal(doc.get("BalanceWithJobs")) + sign * amount)
                self.store("Customer", doc, post=False)

    def close_estimate(self, estimate_id: str, invoice_id: str) -> None:
        """Link an estimate with the invoice made of it and close it."""
        if self.find("Estimate", estimate_id) is None:
            raise not_found()
        estimate = self.touch(self.amend("Estimate", estimate_id))
        estimate["TxnStatus"] = "Closed"
        links = [*estimate.get("LinkedTxn", []), {"TxnId": invoice_id, "TxnType": "Invoice"}]
        estimate["LinkedTxn"] = links
        self.store("Estimate", estimate)

    def bank_match(self, payment_id: str) -> None:
        """Match a payment with the bank feed: from now on it cannot be changed (6480)."""
        self.get("Payment", payment_id)
        self.matched.add(payment_id)

    def apply_by_itself(self, entity: str, id: str) -> None:
        """Apply credits or payments without being asked, where the preferences say so."""
        wanted = "AutoApplyPayments" if entity == "Payment" else "AutoApplyCredit"
        if not self.preference("SalesFormsPrefs", wanted):
            return
        doc = self.table(entity)[id]
        customer = doc["CustomerRef"]["value"]
        if entity == "Payment":
            amounts = self._oldest_first("Invoice", customer, decimal(doc["UnappliedAmt"]))
            if amounts and not doc["Line"]:
                self.apply(id, amounts)
        elif entity == "CreditMemo":
            amounts = self._oldest_first("Invoice", customer, decimal(doc["Balance"]))
            if amounts:
                self.apply_credit(id, amounts)
        else:
            for credit, amount in self._oldest_first(
                "CreditMemo", customer, decimal(doc["Balance"])
            ).items():
                self.apply_credit(credit, {id: amount})

    def _oldest_first(self, entity: str, customer: str, left: Decimal) -> dict[str, Decimal]:
        amounts: dict[str, Decimal] = {}
        docs = self.table(entity).values()
        for doc in sorted(docs, key=lambda doc: (doc["TxnDate"], int(doc["Id"]))):
            balance = decimal(doc.get("Balance"))
            if doc["CustomerRef"]["value"] == customer and balance and left:
                amounts[str(doc["Id"])] = min(balance, left)
                left -= amounts[str(doc["Id"])]
        return amounts


def _line(id: str, kind: str, amount: Decimal) -> Doc:
    return {"Amount": money(decimal(amount)), "LinkedTxn": [{"TxnId": str(id), "TxnType": kind}]}


def _parent_of(customer: Doc) -> str:
    return str((customer.get("ParentRef") or {}).get("value") or "")
