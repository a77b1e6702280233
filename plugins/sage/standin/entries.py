"""Quick entries and opening balances, and what becomes of any sales document."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin import ledger
from recoup.plugins.sage.standin.amounts import ZERO, day, read
from recoup.plugins.sage.standin.documents import NUMBERED, Documents, Money
from recoup.plugins.sage.standin.fault import invalid
from recoup.plugins.sage.standin.settling import (
    ASLEEP,
    Day,
    collectable,
    rate_in,
    sign_of,
    status_of,
    withheld_in_base,
)
from recoup.plugins.sage.standin.shapes import SHAPES
from recoup.plugins.sage.standin.vocabulary import word


class Entries(Documents):
    """What people do with sales documents. Methods that write return a copy; they raise Fault."""

    # -- quick entries and opening balances ---------------------------------------------------

    def create_quick_entry(
        self,
        contact: str,
        amount: Money,
        *,
        entry_type: str = "INVOICE",
        on: Day = None,
        due_on: Day = None,
        tax: Money = 0,
        rate: Decimal | None = None,
        reference: str | None = None,
        details: str = "",
        ledger_account: str | None = "",
        **more: Any,
    ) -> Doc:
        """Enter a quick entry; entry_type: INVOICE or CREDIT_NOTE.

        due_on: left null when not given, as in old entries. ledger_account: an id; None leaves
        it null.
        """
        if entry_type not in ("INVOICE", "CREDIT_NOTE"):
            raise invalid("quick_entry_type_id", "The type is not allowed.")
        with self.writing():
            party = self.customer(contact)
            total, paid_tax, price = read(amount), read(tax), self.rate_of(party, rate)
            id, at = self.new_id("sales_quick_entries"), self.now()
            shown = reference or f"QE-{self.next_number('QE')}"
            account = self.accounts[ledger.SALES] if ledger_account == "" else ledger_account
            doc: Doc = {
                "id": id, "displayed_as": shown, "$path": f"/sales_quick_entries/{id}",
                "created_at": at, "updated_at": at, **self.party(party),
                "quick_entry_type": word("quick_entry_types", entry_type),
                "transaction_type": word("transaction_types", "SALES_QUICK_ENTRY"),
                "date": self.date_of(on), "due_date": day(due_on, "") or None,
                "reference": shown, "details": details,
                "ledger_account": self.account_ref(account) if account else None,
                **self.worth(party, total, paid_tax, price), **self.no_vat(), **more,
            }  # fmt: skip
            base = read(doc["base_currency_total_amount"])
            doc |= self.open_fields("sales_quick_entries", doc, total, base)
            self.kind_of[id] = "sales_quick_entries"
            self.put("sales_quick_entries", self.post_document("sales_quick_entries", doc))
        return self.get("sales_quick_entries", id)

    def no_vat(self) -> Doc:
        """The amounts that a business outside VAT leaves null."""
        names = ("net_amount", "tax_amount", "base_currency_net_amount",
                 "base_currency_tax_amount")  # fmt: skip
        return {} if self.vat else dict.fromkeys(names)

    def opening_balance(
        self,
        contact: str,
        amount: Money,
        *,
        balance_type: str = "INVOICE",
        on: Day = None,
        rate: Decimal | None = None,
        reference: str = "Opening",
        details: str = "",
        **more: Any,
    ) -> Doc:
        """Enter what a customer owed (INVOICE) or was owed (CREDIT_NOTE) at the start.

        The API never says what of it is open.
        """
        if balance_type not in ("INVOICE", "CREDIT_NOTE"):
            raise invalid("contact_opening_balance_type_id", "The type is not allowed.")
        kind = "contact_opening_balances"
        with self.writing():
            party = self.customer(contact)
            total, price = read(amount), self.rate_of(party, rate)
            id, at = self.new_id(kind), self.now()
            worth = self.worth(party, total, ZERO, price)
            worth.pop("inverse_exchange_rate")
            doc: Doc = {
                "id": id, "displayed_as": reference, "$path": f"/{kind}/{id}", "created_at": at,
                "updated_at": at, "contact": self.party(party)["contact"],
                "contact_opening_balance_type": word("contact_opening_balance_types", balance_type),
                "transaction_type": word("transaction_types", "CUSTOMER_OPENING_BALANCE"),
                "date": self.date_of(on), "reference": reference, "details": details, **worth,
                **self.no_vat(), **more,
            }  # fmt: skip
            self.kind_of[id], self.unsaid[id] = kind, total
            self.put(kind, self.post_document(kind, doc))
        return self.get(kind, id)

    # -- what becomes of them -----------------------------------------------------------------

    def release(self, kind: str, id: str) -> Doc:
        """Turn a draft or pro-forma into an invoice or a credit note that is owed."""
        with self.writing():
            doc = self.need(kind, id)
            if status_of(doc) not in ("DRAFT", "PRO_FORMA"):
                raise invalid("status", "Only drafts can be released.")
            self.refuse_locked(doc.get("date"))
            self.put(kind, {**self.issue(kind, doc, None), "updated_at": self.now()})
        return self.get(kind, id)

    def edit(
        self, kind: str, id: str, *, amount: Money | None = None, tax: Money | None = None,
        **changes: Any,
    ) -> Doc:  # fmt: skip
        """Change a sales document; a new amount must not be less than what was paid of it."""
        with self.writing():
            before = self.need(kind, id)
            if status_of(before) == "VOID":
                raise invalid("base", "A void document cannot be edited.")
            self.refuse_locked(before.get("date"), changes.get("date"))
            doc = {**before, **changes, "updated_at": self.now()}
            if amount is not None or tax is not None or "date" in changes:
                doc = self._reworth(kind, before, doc, amount, tax)
            self.put(kind, doc)
        return self.get(kind, id)

    def _reworth(
        self, kind: str, before: Doc, doc: Doc, amount: Money | None, tax: Money | None
    ) -> Doc:
        total = read(before.get("total_amount")) if amount is None else read(amount)
        kept = read(before.get("tax_amount")) if tax is None else read(tax)
        price = rate_in(before)
        party = self.customer(str(before["contact"]["id"]))
        net = total - min(kept, total)
        worth = self.worth(party, total, min(kept, total), price)
        worth |= self.held_again(before, net, total, price)
        if kind not in NUMBERED:
            worth |= self.no_vat()
        doc |= {name: value for name, value in worth.items() if name in SHAPES[kind]}
        if kind in NUMBERED and amount is not None:
            doc[NUMBERED[kind][3]] = [self.line(net, kept, price)]
        if status_of(before) in ASLEEP:
            return doc
        left = self.open_of(kind, before) + collectable(doc) - collectable(before)
        if left < 0:
            raise invalid("total_amount", "The total cannot be less than the amount paid.")
        grown = _base_due(doc) - _base_due(before)
        if kind == "contact_opening_balances":
            self.unsaid[str(doc["id"])] = left
        else:
            doc |= self.open_fields(kind, doc, left, self.base_open_of(kind, before) + grown)
        delta = sign_of(kind, doc) * (collectable(doc) - collectable(before))
        self.bump(str(before["contact"]["id"]), delta)
        self.post_lines(kind, doc)
        return doc

    def edit_invoice(self, id: str, **changes: Any) -> Doc:
        """Change an invoice: ``amount``, ``tax``, ``due_date``, ``reference``, ``notes`` …"""
        return self.edit("sales_invoices", id, **changes)

    def void(self, id: str, reason: str = "Entered in error") -> Doc:
        """Void an invoice or credit note; one that is paid in part refuses. Raises Fault 422."""
        kind = self.kind_of.get(id, "sales_invoices")
        with self.writing():
            doc = self.need(kind, id)
            if status_of(doc) in ASLEEP:
                raise invalid("status", "The document cannot be voided.")
            if not reason:
                raise invalid("void_reason", "Void reason cannot be blank.")
            self._refuse_settled(id)
            self.refuse_locked(doc.get("date"))
            self.bump(str(doc["contact"]["id"]), -sign_of(kind, doc) * self.open_of(kind, doc))
            self.unpost(kind, id)
            void = {
                **doc, "status": word("artefact_statuses", "VOID"), "void_reason": reason,
                "outstanding_amount": "0.0", "base_currency_outstanding_amount": "0.0",
                "editable": False, "updated_at": self.now(),
            }  # fmt: skip
            self.put(kind, void)
        return self.get(kind, id)

    def _refuse_settled(self, id: str) -> None:
        if self.legs_of.get(id):
            raise invalid("base", "The payments and allocations must be removed first.")

    def delete_draft(self, kind: str, id: str) -> None:
        """Delete a draft or pro-forma: it vanishes."""
        with self.writing():
            if status_of(self.need(kind, id)) not in ("DRAFT", "PRO_FORMA"):
                raise invalid("status", "Only drafts can be deleted.")
            self.bury(kind, id)

    def delete_entry(self, kind: str, id: str) -> None:
        """Delete a quick entry or an opening balance; one that is paid in part refuses."""
        with self.writing():
            doc = self.need(kind, id)
            self._refuse_settled(id)
            self.refuse_locked(doc.get("date"))
            self.bump(str(doc["contact"]["id"]), -sign_of(kind, doc) * collectable(doc))
            self.unpost(kind, id)
            self.bury(kind, id)


def _base_due(doc: Doc) -> Decimal:
    return read(doc.get("base_currency_total_amount")) - withheld_in_base(doc)
