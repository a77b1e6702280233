"""Every attribute of each resource, in order, with what stands there when nothing was entered.

The names are those of the published contract of 2025; ABSENT_2022 is what the one of 2022 lacks.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.vocabulary import ref

NIL = "0.0"
SHORT = 24  # characters of a text that many documents may have in common
HEAD: Doc = {"id": "", "displayed_as": "", "$path": "", "created_at": None, "updated_at": None}
TRANSACTED: Doc = {"transaction": None, "transaction_type": None, "deleted_at": None}

_TAXED: Doc = {
    "vat_reverse_charge": False, "tax_calculation_method": None, "destination_consignment": False,
    "destination_vat_rates_in_use": False, **TRANSACTED, "is_cis": False,
    "cis_applicable_amount": None, "base_currency_cis_applicable_amount": None,
    "total_after_cis_deduction": None, "base_currency_total_after_cis_deduction": None,
    "has_cis_labour": False, "has_cis_materials": False, "contact": None,
}  # fmt: skip
_ADDRESSED: Doc = {
    "reference": "", "main_address_free_form": "", "main_address": None,
    "delivery_address_free_form": "", "delivery_address": None, "notes": "",
    "terms_and_conditions": "", "shipping_net_amount": NIL, "shipping_tax_rate": None,
    "shipping_tax_amount": NIL, "shipping_tax_breakdown": [], "shipping_total_amount": NIL,
    "net_amount": NIL, "tax_amount": NIL, "total_amount": NIL,
    "payments_allocations_total_amount": NIL, "payments_allocations_total_discount": NIL,
    "total_paid": NIL, "outstanding_amount": NIL, "currency": None, "exchange_rate": "1.0",
    "inverse_exchange_rate": "1.0", "base_currency_shipping_net_amount": NIL,
    "base_currency_shipping_tax_amount": NIL, "base_currency_shipping_tax_breakdown": [],
    "base_currency_shipping_total_amount": NIL, "total_quantity": "1.0",
    "total_discount_amount": NIL, "base_currency_total_discount_amount": NIL,
    "base_currency_net_amount": NIL, "base_currency_tax_amount": NIL,
    "base_currency_total_amount": NIL, "base_currency_outstanding_amount": NIL, "status": None,
    "sent": False, "sent_by_email": False, "void_reason": None,
}  # fmt: skip
_HELD_BACK: Doc = {
    "withholding_tax_rate": None, "withholding_tax_amount": None,
    "base_currency_withholding_tax_amount": None,
}  # fmt: skip
_DATED_PARTY: Doc = {"contact_name": "", "contact_reference": "", "date": None}

SALES_INVOICE: Doc = {
    **HEAD, "links": [], "editable": True, **_TAXED, "recurring_invoice": None,
    "invoice_number_prefix": "SI-", "invoice_number": "", **_DATED_PARTY, "due_date": None,
    **_ADDRESSED, "invoice_lines": [], "tax_analysis": [], "detailed_tax_analysis": None,
    "payments_allocations": [], "last_paid": "", "original_quote_estimate": None,
    "tax_address_region": None, "delivery_performance_date": "", **_HELD_BACK, "corrections": [],
    "tax_reconciled": False, "migrated": False,
}  # fmt: skip
SALES_CREDIT_NOTE: Doc = {
    **HEAD, "links": [], "editable": True, **_TAXED, "credit_note_number_prefix": "SCN-",
    "credit_note_number": "", **_DATED_PARTY, "original_invoice_date": "", **_ADDRESSED,
    "credit_note_lines": [], "tax_analysis": [], "detailed_tax_analysis": None,
    "payments_allocations": [], "last_paid": "", "tax_address_region": None,
    "tax_reconciled": False, "migrated": False, **_HELD_BACK,
}  # fmt: skip
QUICK_ENTRY: Doc = {
    **HEAD, **TRANSACTED, "analysis_type_categories": [], "quick_entry_type": None,
    "contact_name": "", "contact_reference": "", "contact": None, "date": None, "due_date": None,
    "reference": "", "ledger_account": None, "details": "", "net_amount": None, "tax_rate": None,
    "tax_amount": None, "tax_breakdown": [], "total_amount": NIL, "outstanding_amount": NIL,
    "currency": None, "exchange_rate": "1.0", "inverse_exchange_rate": "1.0",
    "base_currency_net_amount": None, "base_currency_tax_amount": None,
    "base_currency_tax_breakdown": [], "base_currency_total_amount": NIL,
    "base_currency_outstanding_amount": NIL, "status": None, "payments_allocations": [],
    "tax_address_region": None, "migrated": False, "trade_of_asset": False,
}  # fmt: skip
OPENING_BALANCE: Doc = {
    **HEAD, **TRANSACTED, "contact_opening_balance_type": None, "contact": None, "date": None,
    "reference": "", "details": "", "net_amount": None, "tax_rate": None, "tax_amount": None,
    "tax_breakdown": [], "total_amount": NIL, "currency": None, "exchange_rate": "1.0",
    "base_currency_net_amount": None, "base_currency_tax_amount": None,
    "base_currency_tax_breakdown": [], "base_currency_total_amount": NIL,
}  # fmt: skip
CONTACT_PAYMENT: Doc = {
    **HEAD, "links": [], **TRANSACTED, "payment_method": None, "contact": None,
    "bank_account": None, "date": None, "net_amount": None, "tax_amount": None,
    "total_amount": NIL, "currency": None, "exchange_rate": "1.0",
    "base_currency_net_amount": None, "base_currency_tax_amount": None,
    "base_currency_total_amount": NIL, "base_currency_currency_charge": NIL, "reference": "",
    "allocated_artefacts": [], "tax_rate": None, "payment_on_account": None, "editable": True,
}  # fmt: skip
CONTACT_ALLOCATION: Doc = {
    **HEAD, "links": [], **TRANSACTED, "date": None, "contact": None, "allocated_artefacts": [],
}  # fmt: skip
CONTACT: Doc = {
    **HEAD, "links": [], "deleted_at": None, "balance": None, "contact_types": [], "name": "",
    "reference": "", "default_sales_ledger_account": None, "default_sales_tax_rate": None,
    "default_purchase_ledger_account": None, "tax_number": None, "notes": None, "locale": "en-GB",
    "main_address": None, "delivery_address": None, "main_contact_person": None,
    "bank_account_details": None, "credit_limit": None, "credit_days": None, "credit_terms": None,
    "credit_terms_and_conditions": None, "product_sales_price_type": None, "source_guid": None,
    "currency": None, "aux_reference": None, "registered_number": None, "deletable": True,
    "tax_treatment": None, "email": None, "tax_calculation": None, "auxiliary_account": None,
    "gdpr_obfuscated": False, "system": False, "has_unfinished_recurring_invoices": None,
    "cis_registered": False, "ni_based": False, "is_active": True, "gb_based": None,
    "cis_settings": None, "destination_vat_blocking": None,
}  # fmt: skip
CONTACT_PERSON: Doc = {
    **HEAD, "deleted_at": None, "contact_person_types": [], "name": "", "job_title": None,
    "telephone": None, "mobile": None, "email": None, "fax": None, "is_main_contact": False,
    "address": None, "is_preferred_contact": False,
}  # fmt: skip
ADDRESS: Doc = {
    "id": "", "displayed_as": "", "$path": "", "address_line_1": None, "address_line_2": None,
    "city": None, "postal_code": None, "country": None, "deleted_at": None, "created_at": None,
    "updated_at": None, "bank_account": None, "contact": None, "address_type": None, "name": None,
    "region": None, "country_group": None, "is_main_address": False,
}  # fmt: skip
BANK_ACCOUNT: Doc = {
    **HEAD, "deleted_at": None, "bank_account_details": None, "ledger_account": None,
    "bank_account_type": None, "balance": NIL, "main_address": None, "main_contact_person": None,
    "nominal_code": None, "editable": True, "deletable": False, "journal_code": None,
    "default_payment_method": None, "gifi_code": None, "is_active": True, "currency": None,
}  # fmt: skip
BANK_DEPOSIT: Doc = {
    **HEAD, **TRANSACTED, "from_bank_account": None, "to_bank_account": None, "date": None,
    "reference": None, "cash_amount": NIL, "cheque_amount": NIL, "total_amount": NIL,
}  # fmt: skip
BANK_TRANSFER: Doc = {
    **HEAD, **TRANSACTED, "from_bank_account": None, "to_bank_account": None, "date": None,
    "reference": None, "amount": NIL, "description": None,
}  # fmt: skip
OTHER_PAYMENT: Doc = {
    **HEAD, **TRANSACTED, "part_recoverable": False, "payment_method": None, "contact": None,
    "bank_account": None, "tax_address_region": None, "date": None, "net_amount": NIL,
    "tax_amount": NIL, "total_amount": NIL, "reference": None, "payment_lines": [],
    "editable": True, "deletable": True, "withholding_tax_rate": None,
    "withholding_tax_amount": None,
}  # fmt: skip
JOURNAL: Doc = {
    **HEAD, **TRANSACTED, "date": None, "reference": None, "description": None, "total": NIL,
    "journal_code": None, "journal_lines": [], "migrated": False,
}  # fmt: skip
LEDGER_ACCOUNT: Doc = {
    **HEAD, "ledger_account_group": None, "name": "", "display_name": "", "visible_scopes": [],
    "included_in_chart": True, "nominal_code": None, "ledger_account_type": None,
    "ledger_account_classification": None, "tax_rate": None, "fixed_tax_rate": False,
    "visible_in_banking": False, "visible_in_expenses": False, "visible_in_journals": True,
    "visible_in_other_payments": False, "visible_in_other_receipts": False,
    "visible_in_reporting": True, "visible_in_sales": False, "balance_details": None,
    "is_control_account": False, "control_name": None, "display_formatted": None,
    "tax_recoverable": False, "recoverable_percentage": None,
    "non_recoverable_ledger_account": None, "cis_materials": False, "tax_instalment": False,
    "cis_labour": False, "gifi_code": None,
}  # fmt: skip
ATTACHMENT: Doc = {
    "id": "", "displayed_as": "", "$path": "", "deleted_at": None, "file": None, "mime_type": "",
    "description": None, "file_extension": "", "transaction": None, "file_size": 0,
    "file_name": "", "$file_path": "", "attachment_context_type": None,
    "attachment_context": None, "is_public": False, "created_at": None, "updated_at": None,
}  # fmt: skip
PAYMENT_ON_ACCOUNT: Doc = {
    **HEAD, "contact_name": "", "contact_reference": "", "contact": None, "date": None,
    "reference": "", "net_amount": None, "tax_amount": None, "total_amount": NIL,
    "outstanding_amount": NIL, "currency": None, "exchange_rate": "1.0",
    "base_currency_net_amount": None, "base_currency_tax_amount": None,
    "base_currency_total_amount": NIL, "base_currency_outstanding_amount": NIL, "status": None,
}  # fmt: skip

SHAPES: dict[str, Doc] = {
    "sales_invoices": SALES_INVOICE,
    "sales_credit_notes": SALES_CREDIT_NOTE,
    "sales_quick_entries": QUICK_ENTRY,
    "contact_opening_balances": OPENING_BALANCE,
    "contact_payments": CONTACT_PAYMENT,
    "contact_allocations": CONTACT_ALLOCATION,
    "contacts": CONTACT,
    "contact_persons": CONTACT_PERSON,
    "addresses": ADDRESS,
    "bank_accounts": BANK_ACCOUNT,
    "bank_deposits": BANK_DEPOSIT,
    "bank_transfers": BANK_TRANSFER,
    "other_payments": OTHER_PAYMENT,
    "journals": JOURNAL,
    "ledger_accounts": LEDGER_ACCOUNT,
    "attachments": ATTACHMENT,
}

ABSENT_2022: dict[str, frozenset[str]] = {
    "sales_invoices": frozenset(
        {"vat_reverse_charge", "destination_consignment", "destination_vat_rates_in_use"}
    ),
    "sales_credit_notes": frozenset(
        {"vat_reverse_charge", "destination_consignment", "destination_vat_rates_in_use"}
    ),
    "sales_quick_entries": frozenset({"due_date", "analysis_type_categories"}),
    "contacts": frozenset({"credit_terms", "is_active", "gb_based", "destination_vat_blocking"}),
    "bank_accounts": frozenset({"currency", "is_active"}),
    "financial_settings": frozenset({"postponed_accounting", "destination_vat"}),
    "invoice_settings": frozenset(
        {
            "customer_credit_terms",
            "vendor_credit_terms",
            "default_note_on_estimate",
            "default_note_on_quote",
        }
    ),
    "business_settings": frozenset({"wizard_complete"}),
}
LINES_2025 = ("analysis_type_categories", "journal_line_foreign_currency")  # on lines since 2025


def full(kind: str, doc: Doc, names: Sequence[str] | None, *, quirks: str) -> Doc:
    """Show a document with every attribute; names: those that a loaded one came with.

    A new dict around parts that are still the stored ones.
    """
    shape = SHAPES.get(kind, {})
    if names is None:
        whole = {**shape, **doc}
    else:
        whole = {name: doc[name] if name in doc else shape[name] for name in names}
        whole.update(doc)
    if quirks == "2022":
        for name in ABSENT_2022.get(kind, ()):
            whole.pop(name, None)
        for lines in ("invoice_lines", "credit_note_lines", "journal_lines", "payment_lines"):
            if whole.get(lines):
                whole[lines] = [
                    {name: value for name, value in line.items() if name not in LINES_2025}
                    for line in whole[lines]
                ]
    return whole


def compact(kind: str, doc: Doc) -> Doc:
    """A document without what SHAPES has anyway, its words and references shared."""
    shape = SHAPES.get(kind, {})
    return {
        name: _shared(value)
        for name, value in doc.items()
        if name not in shape or value != shape[name] or type(value) is not type(shape[name])
    }


def _shared(value: Any) -> Any:
    if type(value) is str:
        return sys.intern(value) if len(value) <= SHORT else value
    if type(value) is dict:
        if len(value) == 3 and "$path" in value:
            id, shown, path = value.get("id"), value.get("displayed_as"), value["$path"]
            kind = str(path).strip("/").rpartition("/")[0]
            if type(id) is str and type(shown) is str and path == f"/{kind}/{id}":
                return ref(kind, id, shown)
        return {name: _shared(part) for name, part in value.items()}
    return [_shared(part) for part in value] if type(value) is list else value
