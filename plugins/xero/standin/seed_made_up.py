"""What the documents of a folder speak of and the folder lacks, made up from what they say.

A page of invoices shows its contacts, payments and credits only nested; the ledger has each as a
document of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from recoup.connector.standin.wire import Doc, cents
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.kinds import CREDITS, KINDS
from recoup.plugins.xero.standin.moments import instant_of, read_day, read_ms
from recoup.plugins.xero.standin.seed_documents import contact, contact_ref, credit, invoice_ref
from recoup.plugins.xero.standin.seed_folder import Folder, amount

RECEIVED = {"Overpayments": "OVERPAYMENT", "Prepayments": "PREPAYMENT"}


def missing_entries(folder: Folder, spare: Books) -> Iterator[tuple[str, Doc]]:
    """Yield what *spare*, a new organisation, has and the folder lacks: lists, a bank, debtors."""
    for kind in ("Accounts", "TaxRates", "Currencies", "BrandingThemes", "Users"):
        held = folder.documents.get(kind, {}).values()
        for entry in spare.rows(kind):
            role = entry.get("SystemAccount") or entry.get("Type")
            known = {one.get(name) for one in held for name in ("SystemAccount", "Type")}
            needed = kind == "Accounts" and role in ("BANK", "DEBTORS") and role not in known
            if not held or needed:
                yield kind, entry


def make_up(folder: Folder, bank: Doc, notes: list[str]) -> Iterator[tuple[str, Doc]]:
    """Yield (kind, document) of what is only spoken of, and note it; bank: an account."""
    counted: dict[str, int] = {}
    for kind, document in _missing(folder, bank):
        counted[kind] = counted.get(kind, 0) + 1
        yield kind, document
    for kind, count in sorted(counted.items()):
        notes.append(f"{count} {kind} are only spoken of: made up from what is said")


def _missing(folder: Folder, bank: Doc) -> Iterator[tuple[str, Doc]]:
    yield from _contacts(folder)
    invoices = folder.documents.get("Invoices", {})
    payments = folder.documents.get("Payments", {})
    for invoice in invoices.values():
        for shown in invoice.get("Payments", []):
            if shown.get("PaymentID") not in payments:
                yield "Payments", _payment(invoice, shown, bank)
    for kind in CREDITS:
        yield from _credits(folder, kind)


def _contacts(folder: Folder) -> Iterator[tuple[str, Doc]]:
    known = folder.documents.get("Contacts", {})
    made: dict[str, Doc] = {}
    for kind in ("Invoices", *CREDITS, "BankTransactions"):
        for payload in folder.documents.get(kind, {}).values():
            shown = payload.get("Contact") or {}
            ident = str(shown.get("ContactID", "")).lower()
            if not ident or ident in known:
                continue
            at = instant_of(read_ms(payload.get("UpdatedDateUTC")))
            stub = made.setdefault(ident, contact(ident, at, shown.get("Name", ident)))
            if kind == "Invoices":
                stub["IsCustomer" if payload["Type"] == "ACCREC" else "IsSupplier"] = True
    for stub in made.values():
        yield "Contacts", stub


def _payment(invoice: Doc, shown: Doc, bank: Doc) -> Doc:
    """The Payment behind what an invoice shows of it."""
    rate = amount(shown, "CurrencyRate") or Decimal(1)
    made: Doc = {name: shown[name] for name in ("PaymentID", "Date", "Amount")}
    made |= {"BankAmount": cents(amount(shown, "Amount") / rate)}
    made |= {"Reference": shown.get("Reference", ""), "CurrencyRate": shown.get("CurrencyRate", 0)}
    receivable = invoice.get("Type") == "ACCREC"
    made |= {"PaymentType": "ACCRECPAYMENT" if receivable else "ACCPAYPAYMENT"}
    made |= {"Status": "AUTHORISED", "UpdatedDateUTC": invoice.get("UpdatedDateUTC")}
    made |= {"HasAccount": True, "IsReconciled": False}
    made["Account"] = {name: bank[name] for name in ("AccountID", "Code") if name in bank}
    return {**made, "Invoice": invoice_ref(invoice), "HasValidationErrors": False}


def _credits(folder: Folder, kind: str) -> Iterator[tuple[str, Doc]]:
    """The credits that invoices show and no file holds, with their allocations."""
    known, made = folder.documents.get(kind, {}), dict[str, Doc]()
    for invoice in folder.documents.get("Invoices", {}).values():
        for shown in invoice.get(kind, []):
            ident = str(shown[KINDS[kind].id])
            if ident.lower() in known:
                continue
            held = made.setdefault(ident, _credit(kind, invoice, shown))
            applied = amount(shown, "AppliedAmount")
            told = {name: invoice[name] for name in ("InvoiceID", "InvoiceNumber")}
            held["Allocations"].append(
                {"Amount": applied, "Date": shown.get("Date"), "Invoice": told}
            )
            held["RemainingCredit"] -= applied
            held["Status"] = "AUTHORISED" if held["RemainingCredit"] else "PAID"
    for document in made.values():
        yield kind, document


def _credit(kind: str, invoice: Doc, shown: Doc) -> Doc:
    single, ident = KINDS[kind].singular, str(shown[KINDS[kind].id])
    receivable = invoice.get("Type") == "ACCREC"
    if kind == "CreditNotes":
        type_name = "ACCRECCREDIT" if receivable else "ACCPAYCREDIT"
        more = {"CreditNoteNumber": shown.get("CreditNoteNumber", ""), "Reference": ""}
    else:
        type_name, more = f"{'RECEIVE' if receivable else 'SPEND'}-{RECEIVED[kind]}", {}
    at = instant_of(read_ms(invoice.get("UpdatedDateUTC")))
    total = amount(shown, "Total")
    document = credit(
        single, ident, at, {"ContactID": "", "Name": ""}, [], type_name=type_name,
        issued_on=read_day(shown.get("Date") or invoice["Date"]),
        currency=str(invoice.get("CurrencyCode")),
        rate=amount(invoice, "CurrencyRate") or Decimal(1), **more,
    )  # fmt: skip
    shown_contact = invoice.get("Contact") or {}
    document["Contact"] = contact_ref({"ContactID": "", "Name": "", **shown_contact})
    return document | {"SubTotal": total, "Total": total, "RemainingCredit": total}
