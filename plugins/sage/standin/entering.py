"""From the body of a POST or PUT to what a bookkeeper would do."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

from recoup.connector.standin.wire import Doc, cents
from recoup.plugins.sage.standin import plain
from recoup.plugins.sage.standin.amounts import ZERO, read, text
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import invalid, settled, wrong_edition
from recoup.plugins.sage.standin.receipts import RECEIPT, REFUND
from recoup.plugins.sage.standin.settling import rate_in
from recoup.plugins.sage.standin.vocabulary import WORDS, word

LONGEST_REFERENCE = 25
REQUIRED: dict[str, tuple[str, ...]] = {
    "contacts": ("name", "contact_type_ids"),
    "sales_invoices": ("contact_id", "date", "invoice_lines"),
    "sales_credit_notes": ("contact_id", "date", "credit_note_lines"),
    "sales_quick_entries": (
        "quick_entry_type_id", "date", "contact_id", "reference", "ledger_account_id",
    ),
    "contact_opening_balances": (
        "contact_opening_balance_type_id", "date", "contact_id", "reference", "total_amount",
    ),
    "contact_payments": (
        "transaction_type_id", "contact_id", "bank_account_id", "date", "total_amount",
    ),
    "contact_allocations": ("transaction_type_id", "contact_id", "allocated_artefacts"),
}  # fmt: skip
ROOTS = {
    "contacts": "contact", "sales_invoices": "sales_invoice",
    "sales_credit_notes": "sales_credit_note", "sales_quick_entries": "sales_quick_entry",
    "contact_opening_balances": "contact_opening_balance", "contact_payments": "contact_payment",
    "contact_allocations": "contact_allocation", "attachments": "attachment",
    "contact_persons": "contact_person", "addresses": "address", "journals": "journal",
    "bank_accounts": "bank_account", "bank_deposits": "bank_deposit",
    "bank_transfers": "bank_transfer", "other_payments": "other_payment",
    "financial_settings": "financial_settings", "invoice_settings": "invoice_settings",
    "business_settings": "business_settings",
}  # fmt: skip


def check_required(kind: str, body: Doc) -> None:
    """Raise Fault 422 naming the first field that is missing."""
    for name in REQUIRED.get(kind, ()):
        if body.get(name) in (None, "", []):
            raise invalid(name, f"{name.replace('_', ' ').capitalize()} cannot be blank.")


def _rate(body: Doc) -> Decimal | None:
    given = body.get("exchange_rate")
    return None if given in (None, "") else read(given)


def _one_currency(books: Books, body: Doc) -> Doc:
    contact = books.customer(str(body["contact_id"]))
    currency = body.get("currency_id")
    if currency and currency != books.currency_of(contact):
        raise invalid("currency_id", "Currency must match the contact currency.")
    return contact


# -- documents --------------------------------------------------------------------------------


def create_form(books: Books, kind: str, body: Doc) -> Doc:
    """POST sales_invoices and sales_credit_notes."""
    _one_currency(books, body)
    rate = _rate(body)
    price = books.rate_of(books.customer(body["contact_id"]), rate)
    lines, net, tax = _lines(books, body.get("invoice_lines") or body["credit_note_lines"], price)
    more: dict[str, Any] = {}
    number = body.get("invoice_number") or body.get("credit_note_number")
    if "sent" in body:
        more["sent"] = bool(body["sent"])
    arguments: dict[str, Any] = {
        "on": body["date"], "tax": tax, "rate": rate, "reference": body.get("reference") or "",
        "notes": body.get("notes") or "", "number": number, "lines": lines,
        "status": body.get("status_id") or "UNPAID",
        "withheld": read(body.get("withholding_tax_amount")), **more,
    }  # fmt: skip
    if kind == "sales_invoices":
        due = body.get("due_date")
        return books.create_invoice(body["contact_id"], net + tax, due_on=due, **arguments)
    return books.create_credit_note(body["contact_id"], net + tax, **arguments)


def _lines(books: Books, given: list[Doc], price: Decimal) -> tuple[list[Doc], Decimal, Decimal]:
    lines, net, tax = [], ZERO, ZERO
    for line in given:
        if not line.get("description"):
            raise invalid("line_items.description", "Description cannot be blank.")
        if not line.get("ledger_account_id"):
            raise invalid("line_items.ledger_account_id", "Ledger account cannot be blank.")
        rate_id = line.get("tax_rate_id")
        if rate_id and rate_id not in WORDS["tax_rates"]:
            raise invalid("line_items.tax_rate_id", "The tax rate could not be found.")
        quantity = read(line.get("quantity")) or Decimal(1)
        part = cents(quantity * read(line.get("unit_price")) - read(line.get("discount_amount")))
        percent = WORDS["tax_rates"].get(rate_id or "", "0%").split(" ")[-1].rstrip("%")
        charged = line.get("tax_amount")
        due = cents(part * Decimal(percent) / 100) if charged is None else read(charged)
        lines.append(books.line(part, due, price, str(line["description"]), rate_id, quantity))
        net, tax = net + part, tax + due
    return lines, net, tax


def edit_form(books: Books, kind: str, id: str, body: Doc) -> Doc:
    """PUT sales_invoices, sales_credit_notes, quick entries and opening balances."""
    kept = ("date", "due_date", "reference", "notes", "details", "sent")
    changes: dict[str, Any] = {name: body[name] for name in kept if name in body}
    lines = body.get("invoice_lines") or body.get("credit_note_lines")
    if lines:
        price = rate_in(books.need(kind, id))
        _, net, tax = _lines(books, lines, price)
        changes |= {"amount": net + tax, "tax": tax}
    elif "total_amount" in body:
        changes["amount"] = read(body["total_amount"])
    return books.edit(kind, id, **changes)


def create_entry(books: Books, kind: str, body: Doc) -> Doc:
    """POST sales_quick_entries."""
    del kind
    _one_currency(books, body)
    total = body.get("total_amount")
    total = read(body.get("net_amount")) + read(body.get("tax_amount")) if total is None else total
    return books.create_quick_entry(
        body["contact_id"], read(total), entry_type=body["quick_entry_type_id"], on=body["date"],
        tax=read(body.get("tax_amount")), rate=_rate(body), reference=body["reference"],
        details=body.get("details") or "", ledger_account=body["ledger_account_id"],
    )  # fmt: skip


def create_opening(books: Books, kind: str, body: Doc) -> Doc:
    """POST contact_opening_balances."""
    del kind
    _one_currency(books, body)
    return books.opening_balance(
        body["contact_id"], read(body["total_amount"]), on=body["date"], rate=_rate(body),
        balance_type=body["contact_opening_balance_type_id"], reference=body["reference"],
        details=body.get("details") or "",
    )  # fmt: skip


# -- money ------------------------------------------------------------------------------------


def _allocations(body: Doc) -> tuple[dict[str, Decimal], dict[str, Decimal]]:
    amounts: dict[str, Decimal] = {}
    discounts: dict[str, Decimal] = {}
    for part in body.get("allocated_artefacts") or []:
        id = str(part.get("artefact_id") or "")
        if not id:
            raise invalid("allocated_artefacts.artefact_id", "Artefact cannot be blank.")
        amounts[id] = amounts.get(id, ZERO) + read(part.get("amount"))
        if read(part.get("discount")):
            discounts[id] = discounts.get(id, ZERO) + read(part["discount"])
    return amounts, discounts


def create_payment(books: Books, kind: str, body: Doc) -> Doc:
    """POST contact_payments; without exchange_rate a foreign one is worth one to one."""
    del kind
    _one_currency(books, body)
    type = body["transaction_type_id"]
    if type not in (RECEIPT, REFUND):
        raise invalid("transaction_type_id", "The transaction type is not allowed.")
    reference = str(body.get("reference") or "")
    if len(reference) > LONGEST_REFERENCE:
        raise invalid("reference", f"Reference is too long (maximum is {LONGEST_REFERENCE}).")
    amounts, discounts = _allocations(body)
    total = read(body["total_amount"])
    if books.edition == "START" and total != sum(amounts.values(), ZERO):
        raise wrong_edition()
    _refuse_paid(books, amounts)
    arguments: dict[str, Any] = {
        "on": body["date"], "rate": _rate(body) or Decimal(1), "reference": reference,
        "method": body.get("payment_method_id") or "ELECTRONIC", "bank": body["bank_account_id"],
    }  # fmt: skip
    if type == REFUND:
        return books.refund(body["contact_id"], total, amounts, **arguments)
    return books.receive(body["contact_id"], total, amounts, discounts=discounts, **arguments)


def _refuse_paid(books: Books, amounts: dict[str, Decimal]) -> None:
    for id in amounts:
        kind, doc = books.artefact(id)
        if books.open_of(kind, doc) == 0:
            raise settled()


def edit_payment(books: Books, kind: str, id: str, body: Doc) -> Doc:
    """PUT contact_payments; ``allocated_artefacts: []`` takes it off everything."""
    del kind
    changes: dict[str, Any] = {}
    for name in ("date", "reference"):
        if name in body:
            changes[name] = body[name]
    for name in ("total_amount", "exchange_rate"):
        if body.get(name) is not None:
            changes[name] = text(read(body[name]))
    if body.get("payment_method_id"):
        changes["payment_method"] = word("payment_methods", body["payment_method_id"])
    if "allocated_artefacts" not in body:
        return books.edit_payment(id, **changes)
    amounts, discounts = _allocations(body)
    return books.edit_payment(id, amounts, discounts, **changes)


def create_allocation(books: Books, kind: str, body: Doc) -> Doc:
    """POST contact_allocations."""
    del kind
    if body["transaction_type_id"] != "CUSTOMER_ALLOCATION":
        raise invalid("transaction_type_id", "The transaction type is not allowed.")
    amounts, _ = _allocations(body)
    _refuse_paid(books, amounts)
    return books.allocate(body["contact_id"], amounts, on=body.get("date"))


def edit_allocation(books: Books, kind: str, id: str, body: Doc) -> Doc:
    """PUT contact_allocations."""
    del kind
    changes = {"date": body["date"]} if body.get("date") else {}
    if "allocated_artefacts" not in body:
        raise invalid("allocated_artefacts", "Allocated artefacts cannot be blank.")
    amounts, _ = _allocations(body)
    return books.edit_allocation(id, amounts, **changes)


# -- contacts ---------------------------------------------------------------------------------


def create_contact(books: Books, kind: str, body: Doc) -> Doc:
    """POST contacts: one type only."""
    del kind
    types = body["contact_type_ids"]
    if len(types) != 1:
        raise invalid("contact_type_ids", "Only one contact type is allowed.")
    person = body.get("main_contact_person") or {}
    more = {
        name: body[name]
        for name in ("tax_number", "notes", "locale", "credit_limit", "source_guid")
        if name in body
    }
    return books.create_contact(
        body["name"], reference=body.get("reference"), currency=body.get("currency_id"),
        email=person.get("email"), credit_days=body.get("credit_days"),
        credit_terms=body.get("credit_terms"), contact_type=types[0], **more,
    )  # fmt: skip


def edit_contact(books: Books, kind: str, id: str, body: Doc) -> Doc:
    """PUT contacts."""
    del kind
    kept = ("name", "reference", "notes", "credit_days", "credit_terms", "credit_limit",
            "tax_number", "locale", "is_active")  # fmt: skip
    changes: dict[str, Any] = {name: body[name] for name in kept if name in body}
    if body.get("currency_id"):
        changes["currency"] = word("currencies", body["currency_id"])
    return books.edit_contact(id, **changes)


def edit_settings(books: Books, kind: str, id: str, body: Doc) -> Doc:
    """PUT the settings objects."""
    del id
    known = books.get(kind, "")
    return books.edit_settings(kind, **{k: v for k, v in body.items() if k in known})


CREATES: dict[str, Callable[[Books, str, Doc], Doc]] = {
    "sales_invoices": create_form, "sales_credit_notes": create_form,
    "sales_quick_entries": create_entry, "contact_opening_balances": create_opening,
    "contact_payments": create_payment, "contact_allocations": create_allocation,
    "contacts": create_contact, **dict.fromkeys(plain.REQUIRED, plain.create),
}  # fmt: skip
EDITS: dict[str, Callable[[Books, str, str, Doc], Doc]] = {
    "sales_invoices": edit_form, "sales_credit_notes": edit_form,
    "sales_quick_entries": edit_form, "contact_opening_balances": edit_form,
    "contact_payments": edit_payment, "contact_allocations": edit_allocation,
    "contacts": edit_contact, "financial_settings": edit_settings,
    "invoice_settings": edit_settings, "business_settings": edit_settings,
    **{kind: plain.edit for kind in plain.REQUIRED if kind not in plain.NOT_EDITED},
}  # fmt: skip


def _delete_plain(kind: str, books: Books, id: str) -> None:
    plain.delete(books, kind, id)


DELETES: dict[str, Callable[[Books, str], None]] = {
    "contacts": lambda books, id: books.delete_contact(id),
    "contact_payments": lambda books, id: books.delete_payment(id),
    "contact_allocations": lambda books, id: books.unallocate(id),
    "sales_quick_entries": lambda books, id: books.delete_entry("sales_quick_entries", id),
    "contact_opening_balances": lambda books, id: books.delete_entry(
        "contact_opening_balances", id
    ),
    **{kind: partial(_delete_plain, kind) for kind in plain.REQUIRED},
}  # fmt: skip
