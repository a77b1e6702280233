"""Invoices and credit notes, as a person enters them, and what they do to the ledger."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from recoup.connector.standin.wire import Doc, cents
from recoup.plugins.sage.standin import ledger
from recoup.plugins.sage.standin.amounts import ZERO, day, read, text
from recoup.plugins.sage.standin.contacts import Contacts
from recoup.plugins.sage.standin.fault import invalid
from recoup.plugins.sage.standin.settling import Day, collectable, sign_of, withheld_in_base
from recoup.plugins.sage.standin.vocabulary import ref, word

Money = Decimal | str | int

NUMBERED = {
    # kind: (series, prefix, number field, lines field, transaction type)
    "sales_invoices": ("SI", "SI-", "invoice_number", "invoice_lines", "SALES_INVOICE"),
    "sales_credit_notes": (
        "SCN", "SCN-", "credit_note_number", "credit_note_lines", "SALES_CREDIT_NOTE",
    ),
}  # fmt: skip


class Documents(Contacts):
    """What people do with sales documents. Methods that write return a copy; they raise Fault."""

    vat: bool  # a business outside VAT leaves net and tax of entries null
    country: str

    # -- invoices and credit notes ------------------------------------------------------------

    def create_invoice(
        self,
        contact: str,
        amount: Money,
        *,
        on: Day = None,
        due_on: Day = None,
        tax: Money = 0,
        rate: Decimal | None = None,
        reference: str = "",
        notes: str = "",
        number: str | None = None,
        status: str = "UNPAID",
        withheld: Money = 0,
        lines: Sequence[Doc] | None = None,
        **more: Any,
    ) -> Doc:
        """Enter an invoice of *amount* with tax included.

        status: UNPAID, DRAFT or PRO_FORMA. rate: home units per unit. withheld: CIS in the UK,
        withholding tax elsewhere; the customer pays so much less. more: attributes as they are.
        """
        with self.writing():
            party = self.customer(contact)
            issued = self.date_of(on)
            due = day(due_on, "") or self.due_date(party, issued)
            extra = {"due_date": due, **more}
            return self._enter(
                "sales_invoices", party, amount, tax, issued, rate, reference, notes, number,
                status, withheld, lines, extra,
            )  # fmt: skip

    def create_credit_note(
        self,
        contact: str,
        amount: Money,
        *,
        on: Day = None,
        tax: Money = 0,
        rate: Decimal | None = None,
        reference: str = "",
        notes: str = "",
        number: str | None = None,
        status: str = "UNPAID",
        withheld: Money = 0,
        lines: Sequence[Doc] | None = None,
        **more: Any,
    ) -> Doc:
        """Enter a credit note of *amount* with tax included; amounts are magnitudes."""
        with self.writing():
            party = self.customer(contact)
            return self._enter(
                "sales_credit_notes", party, amount, tax, self.date_of(on), rate, reference,
                notes, number, status, withheld, lines, more,
            )  # fmt: skip

    def _enter(
        self, kind: str, party: Doc, amount: Money, tax: Money, issued: str,
        rate: Decimal | None, reference: str, notes: str, number: str | None, status: str,
        withheld: Money, lines: Sequence[Doc] | None, extra: Doc,
    ) -> Doc:  # fmt: skip
        _, prefix, _, lines_field, type = NUMBERED[kind]
        total, tax, held = read(amount), read(tax), read(withheld)
        if status not in ("UNPAID", "DRAFT", "PRO_FORMA"):
            raise invalid("status_id", "The status is not allowed.")
        if total < 0 or tax < 0 or held > total:
            raise invalid("total_amount", "Total amount must be greater than or equal to 0.")
        id, at = self.new_id(kind), self.now()
        price = self.rate_of(party, rate)
        doc: Doc = {
            "id": id, "$path": f"/{kind}/{id}", "created_at": at, "updated_at": at,
            **self.party(party), "date": issued, "reference": reference, "notes": notes,
            "transaction_type": word("transaction_types", type),
            **self.worth(party, total, tax, price), **self.held(total - tax, total, held, price),
            "total_quantity": text(Decimal(len(lines or "1"))),
            lines_field: list(lines or [self.line(total - tax, tax, price)]), **extra,
        }  # fmt: skip
        doc |= {"status": word("artefact_statuses", status), "outstanding_amount": "0.0",
                "base_currency_outstanding_amount": "0.0"}  # fmt: skip
        if status == "UNPAID":
            doc = self.issue(kind, doc, number)
        else:
            doc |= self._numbered(kind, "", f"{prefix}DRAFT")
        self.kind_of[id] = kind
        self.put(kind, doc)
        return self.get(kind, id)

    def worth(self, party: Doc, total: Decimal, tax: Decimal, rate: Decimal) -> Doc:
        """The amounts of a document, tax included in *total*, in both currencies."""
        base, base_net = self.home(total, rate), self.home(total - tax, rate)
        return {
            "net_amount": text(total - tax), "tax_amount": text(tax), "total_amount": text(total),
            "currency": word("currencies", self.currency_of(party)),
            "exchange_rate": text(rate), "inverse_exchange_rate": text(_inverse(rate)),
            "base_currency_net_amount": text(base_net),
            "base_currency_tax_amount": text(base - base_net),
            "base_currency_total_amount": text(base),
        }  # fmt: skip

    def held(self, net: Decimal, total: Decimal, held: Decimal, rate: Decimal) -> Doc:
        """What is withheld of a document as tax; nothing where nothing is."""
        if not held:
            return {}
        fields: Doc = {
            "withholding_tax_rate": text((held * 100 / net).quantize(Decimal("0.01"))),
            "withholding_tax_amount": text(held),
            "base_currency_withholding_tax_amount": text(self.home(held, rate)),
        }
        if self.country == "GB":
            fields |= {
                "is_cis": True, "has_cis_labour": True, "cis_applicable_amount": text(net),
                "base_currency_cis_applicable_amount": text(self.home(net, rate)),
                "total_after_cis_deduction": text(total - held),
                "base_currency_total_after_cis_deduction": text(self.home(total - held, rate)),
            }  # fmt: skip
        return fields

    def held_again(self, before: Doc, net: Decimal, total: Decimal, rate: Decimal) -> Doc:
        """What is withheld of a document with new amounts: the same share of what is net."""
        held = read(before.get("total_amount")) - collectable(before)
        if not held:
            return {}
        old_net = read(before.get("net_amount"))
        share = net / old_net if old_net else Decimal(1)
        held = cents(held * share)
        fields: Doc = {
            "withholding_tax_amount": text(held),
            "base_currency_withholding_tax_amount": text(self.home(held, rate)),
        }
        if before.get("is_cis"):
            worked = cents(read(before.get("cis_applicable_amount")) * share)
            fields |= {
                "cis_applicable_amount": text(worked),
                "base_currency_cis_applicable_amount": text(self.home(worked, rate)),
                "total_after_cis_deduction": text(total - held),
                "base_currency_total_after_cis_deduction": text(self.home(total - held, rate)),
            }  # fmt: skip
        return fields

    def line(
        self, net: Decimal, tax: Decimal, rate: Decimal, description: str = "Services",
        tax_rate: str | None = None, quantity: Decimal = Decimal(1),
    ) -> Doc:  # fmt: skip
        """One line of an invoice or a credit note."""
        unit = "STANDARD" if tax else "NO_TAX"
        return {
            "id": self.new_id("lines"), "displayed_as": description,
            "analysis_type_categories": [], "description": description, "product": None,
            "service": None, "ledger_account": self.account_ref(self.accounts[ledger.SALES]),
            "trade_of_asset": False, "quantity": text(quantity), "unit_price": text(net / quantity),
            "net_amount": text(net), "tax_rate": word("tax_rates",
                                                      tax_rate or f"{self.country}_{unit}"),
            "tax_amount": text(tax), "tax_breakdown": [], "total_amount": text(net + tax),
            "base_currency_unit_price": text(self.home(net / quantity, rate)),
            "unit_price_includes_tax": False,
            "base_currency_net_amount": text(self.home(net, rate)),
            "base_currency_tax_amount": text(self.home(tax, rate)),
            "base_currency_tax_breakdown": [],
            "base_currency_total_amount": text(self.home(net + tax, rate)),
            "eu_goods_services_type": None, "discount_amount": "0.0",
            "base_currency_discount_amount": "0.0", "discount_percentage": "0.0",
            "eu_sales_description": None,
        }  # fmt: skip

    def _numbered(self, kind: str, number: str, shown: str) -> Doc:
        field = NUMBERED[kind][2]
        if shown.endswith("DRAFT"):
            return {f"{field}_prefix": "", field: shown, "displayed_as": shown}
        return {f"{field}_prefix": NUMBERED[kind][1], field: number, "displayed_as": shown}

    def issue(self, kind: str, doc: Doc, number: str | None) -> Doc:
        """Number a document, let it be owed and post it."""
        series, prefix, *_ = NUMBERED[kind]
        number = number or str(self.next_number(series))
        total = collectable(doc)
        base = read(doc["base_currency_total_amount"]) - withheld_in_base(doc)
        doc = {**doc, **self._numbered(kind, number, f"{prefix}{number}")}
        doc |= self.open_fields(kind, doc, total, base)
        return self.post_document(kind, doc)

    # -- posting ------------------------------------------------------------------------------

    def post_document(self, kind: str, doc: Doc) -> Doc:
        """Post a sales document and return it with its transaction; the contact owes it."""
        self.bump(str(doc["contact"]["id"]), sign_of(kind, doc) * collectable(doc))
        id = self.post_lines(kind, doc)
        return {**doc, "transaction": ref("transactions", id, str(doc["displayed_as"]))}

    def post_lines(self, kind: str, doc: Doc) -> str:
        """Write the ledger entries of a sales document; returns the transaction id."""
        sign = sign_of(kind, doc)
        total = read(doc.get("base_currency_total_amount", doc.get("total_amount")))
        tax = read(doc.get("base_currency_tax_amount"))
        held = withheld_in_base(doc)
        role = ledger.OPENING if kind == "contact_opening_balances" else ledger.SALES
        accounts = self.accounts
        lines = [
            (accounts[ledger.DEBTORS], sign * (total - held)),
            (accounts[ledger.WITHHELD], sign * held),
            (accounts[role], -sign * (total - tax)),
            (accounts[ledger.TAX], -sign * tax),
        ]
        return self.post(
            kind, str(doc["id"]), type=str((doc.get("transaction_type") or {}).get("id")),
            on=str(doc.get("date")), contact=str((doc.get("contact") or {}).get("id")),
            reference=str(doc.get("displayed_as")), lines=lines, total=total,
            foreign=read(doc.get("total_amount")),
            transaction_id=(doc.get("transaction") or {}).get("id"),
        )  # fmt: skip

    # -- terms --------------------------------------------------------------------------------

    def due_date(self, contact: Doc, issued: str) -> str:
        """The due date that the terms of a contact give an invoice of a day."""
        house = self.find("invoice_settings", "") or {}
        days, terms = contact.get("credit_days"), contact.get("credit_terms")
        days = int(days if days is not None else house.get("customer_credit_days") or 30)
        terms = terms or house.get("customer_credit_terms") or "date_from_invoice"
        start = date.fromisoformat(issued)
        if terms == "immediate_invoice":
            return issued
        if terms.startswith("month_end"):
            start = start.replace(day=calendar.monthrange(start.year, start.month)[1])
        return (start + timedelta(days=days)).isoformat()


def _inverse(rate: Decimal) -> Decimal:
    return (1 / rate).quantize(Decimal("0.000001")).normalize() if rate else ZERO
