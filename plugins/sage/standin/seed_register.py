"""The register in which an invented business is written, event by event.

It keeps what the ledger would keep by itself: numbers, open amounts, statuses, balances and the
instants of the last change. It owes nothing to the stand-in's own accounting, so that each can
find the other wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from recoup.plugins.sage.standin import seed_documents as shape
from recoup.plugins.sage.standin import seed_papers as papers
from recoup.plugins.sage.standin.amounts import ZERO, stamp, text
from recoup.plugins.sage.standin.seed_documents import Payload, Worth
from recoup.plugins.sage.standin.seed_filing import Filing, Item, Part
from recoup.plugins.sage.standin.vocabulary import WORDS, ref, word

LOCALES = {"CA": "en-CA", "GB": "en-GB", "IE": "en-IE"}


class Register(Filing):
    """Enters what people do in the business: they sell, are paid, pay back, allocate."""

    def contact(
        self, at: datetime, name: str, currency: str, *, reference: str, email: str | None = None,
        contact_type: str = "CUSTOMER", **fields: object,
    ) -> Payload:  # fmt: skip
        """A contact with its main person; fields are put on it as they are."""
        who = papers.person(self.next_id("contact_persons"), at, "Main Contact", email)
        self.keep("contact_persons", who)
        payload = papers.contact(
            self.next_id("contacts"), at, name, reference, currency=currency, person=who,
            contact_type=contact_type, email=email, locale=LOCALES[self.firm.country],
        )  # fmt: skip
        return self.keep("contacts", payload | fields)

    def rename(self, at: datetime, contact: Payload, name: str) -> None:
        """Give a contact a new name. What was issued keeps the old one in contact_name."""
        reference = contact["reference"]
        shown = f"{name} ({reference})" if reference else name
        contact |= {"name": name, "displayed_as": shown, "updated_at": stamp(at)}
        self.party(ref("contacts", contact["id"], shown))["displayed_as"] = shown

    def form(
        self,
        kind: str,
        at: datetime,
        contact: Payload,
        worth: Worth,
        *,
        number: str,
        issued_on: date,
        lines: Sequence[Payload],
        status: str = "UNPAID",
        prefix: str = "",
        **fields: object,
    ) -> Payload:
        """Enter a sales invoice or credit note; fields are put on it as they are.

        status: UNPAID, or DRAFT or PRO_FORMA, which owe nothing and are not posted.
        """
        ident = self.next_id(kind)
        posted = status == "UNPAID"
        document = shape.form(
            kind, ident, at, contact=contact, number=number, prefix=prefix,
            issued_on=issued_on, worth=worth, lines=lines, status=status,
            transaction=self.transaction(ident, prefix + number) if posted else None,
        )  # fmt: skip
        document |= fields
        self._items[ident] = Item(
            document, contact["id"], worth, kind == "sales_credit_notes", False,
            worth.total if posted else ZERO,
        )  # fmt: skip
        if posted:
            self.show(document)
        return self.keep(kind, document)

    def entry(
        self, at: datetime, kind: str, contact: Payload, worth: Worth, *, issued_on: date,
        reference: str, due_on: date | None = None, details: str = "", vat: bool = True,
    ) -> Payload:  # fmt: skip
        """Enter a sales quick entry of kind INVOICE or CREDIT_NOTE; papers say what vat is."""
        ident = self.next_id("sales_quick_entries")
        document = papers.quick_entry(
            ident, at, kind, contact, issued_on=issued_on, due_on=due_on, reference=reference,
            details=details, worth=worth, ledger=self.chart.sales if vat else None,
            transaction=self.transaction(ident, reference),
        )  # fmt: skip
        return self._enter("sales_quick_entries", document, contact, worth, kind)

    def opening_balance(
        self, at: datetime, kind: str, contact: Payload, worth: Worth, *, issued_on: date,
        reference: str,
    ) -> Payload:  # fmt: skip
        """Bring forward what a contact owed, or was owed, when the books were opened."""
        ident = self.next_id("contact_opening_balances")
        side = contact["contact_types"][0]["id"]
        document = papers.opening_balance(
            ident, at, kind, contact, transaction_type=f"{side}_OPENING_BALANCE",
            issued_on=issued_on, reference=reference, worth=worth,
            transaction=self.transaction(ident, reference),
        )  # fmt: skip
        return self._enter("contact_opening_balances", document, contact, worth, kind)

    def _enter(
        self, path: str, document: Payload, contact: Payload, worth: Worth, kind: str
    ) -> Payload:
        vendor = contact["contact_types"][0]["id"] == "VENDOR"
        self._items[document["id"]] = Item(
            document, contact["id"], worth, kind == "CREDIT_NOTE", vendor, worth.total
        )
        return self.keep(path, document)

    def pay(
        self,
        at: datetime,
        contact: Payload,
        total: Decimal,
        parts: Sequence[Part],
        *,
        transaction_type: str = "CUSTOMER_RECEIPT",
        paid_on: date | None = None,
        reference: str = "",
        method: str = "ELECTRONIC",
    ) -> Payload:
        """Enter a receipt, a refund or a vendor payment; what settles nothing goes on account."""
        day = paid_on or self.firm.day(at)
        currency = contact["currency"]["id"]
        ident = self.next_id("contact_payments")
        rows = []
        for index, one in enumerate(parts):
            row_id = shape.hex_id(ident, index)
            rows.append(papers.part(row_id, one.document, one.amount, one.discount))
            self.settle(one.document, one.amount, one.discount, at, day)
        left = total - sum((one.amount for one in parts), ZERO)
        shown = reference or WORDS["transaction_types"][transaction_type]
        rest = None
        if left:
            rest = self._on_account(at, contact, day, shown, left)
        document = papers.payment(
            ident, at, contact, shown=shown, transaction_type=transaction_type,
            bank=self.chart.bank(currency), method=method, issued_on=day, reference=reference,
            worth=self.worth(currency, day, total), parts=rows, rest=rest,
            transaction=self.transaction(ident, shown),
        )  # fmt: skip
        return self.keep("contact_payments", document)

    def _on_account(
        self, at: datetime, contact: Payload, day: date, shown: str, left: Decimal
    ) -> Payload:
        worth = self.worth(contact["currency"]["id"], day, left)
        ident = self.next_id("payments_on_account")
        rest = papers.on_account(ident, at, contact, day, shown, worth)
        rest["contact"] = self.party(rest["contact"])
        vendor = contact["contact_types"][0]["id"] == "VENDOR"
        self._items[ident] = Item(rest, contact["id"], worth, True, vendor, left)
        return rest

    def allocate(
        self, at: datetime, contact: Payload, debits: Sequence[Part], credits: Sequence[Part]
    ) -> Payload:
        """Set credits against debits; the two sides have one sum."""
        day = self.firm.day(at)
        ident = self.next_id("contact_allocations")
        vendor = contact["contact_types"][0]["id"] == "VENDOR"
        transaction_type = f"{contact['contact_types'][0]['id']}_ALLOCATION"
        shown = WORDS["transaction_types"][transaction_type]
        legs: list[Payload] = []
        for sign, side in ((1, debits), (-1, credits)):
            for one in side:
                leg_id = shape.hex_id(ident, len(legs))
                signed = one.amount * (-sign if vendor else sign)
                legs.append(papers.part(leg_id, one.document, signed, None))
                self.settle(one.document, one.amount, ZERO, at, day)
        document = papers.allocation(
            ident, at, contact, shown=shown, transaction_type=transaction_type, issued_on=day,
            legs=legs, transaction=self.transaction(ident, shown),
        )  # fmt: skip
        return self.keep("contact_allocations", document)

    def settle(
        self, document: Payload, amount: Decimal, discount: Decimal, at: datetime, on: date
    ) -> None:
        """Set *amount* and *discount* against a document; negative ones take it back."""
        item = self._items[document["id"]]
        item.cash += amount
        item.discount += discount
        if "total_paid" in document:
            document["last_paid"] = on.isoformat() if item.cash else ""
        self.show(document)
        if self.moves:
            document["updated_at"] = stamp(at)

    def show(self, document: Payload) -> None:
        """Write what is open where the document shows it."""
        item = self._items[document["id"]]
        if "total_paid" in document:
            document["payments_allocations_total_amount"] = text(item.cash)
            document["payments_allocations_total_discount"] = text(item.discount)
            document["total_paid"] = text(item.cash + item.discount)
        elif "status" not in document:
            return  # an opening balance says nothing
        document["outstanding_amount"] = text(item.open)
        document["base_currency_outstanding_amount"] = text(item.worth.home(item.open))
        part = item.cash or item.discount
        state = "PAID" if not item.open else "PART_PAID" if part else "UNPAID"
        document["status"] = word("artefact_statuses", state)
