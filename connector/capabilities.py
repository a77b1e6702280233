"""What an adapter can do; the conformance kit skips by it and asserts the opposite too."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Capability"]


class Capability(StrEnum):
    """One member per promise. An operation whose member is not declared raises NotSupported."""

    INCREMENTAL_PULL = "incremental_pull"  # pull(cursor) returns only what changed
    DELETIONS = "deletions"  # pull reports deleted documents by itself
    COUNT_SWEEP = "count_sweep"  # count_objects(), and sweep() by creation window
    OPEN_SWEEP = "open_sweep"  # sweep_open() shows what pull(cursor) is blind to
    LIVE_FETCH = "live_fetch"  # fetch() reads named documents as they are now
    CONTROL_NOW = "control_now"  # control_totals(None)
    CONTROL_DATED = "control_dated"  # control_totals(a past date)
    OPEN_ENTRIES = "open_entries"  # control_totals(detail=True) lists what is open
    MULTICURRENCY = "multicurrency"
    SUB_CUSTOMERS = "sub_customers"
    WEBHOOKS = "webhooks"
    CREATE_PAYMENT = "create_payment"
    ALLOCATE = "allocate"  # apply an existing payment or credit to invoices
    REVERSE = "reverse"  # undo a write through its recorded inverse
    CREATE_INVOICE = "create_invoice"  # late fees
    EMAIL_INVOICE = "email_invoice"
    INVOICE_PDF = "invoice_pdf"
    INVOICE_LINK = "invoice_link"
    ADD_NOTE = "add_note"
    EXPECTED_PAYMENT = "expected_payment"
    NATIVE_REMINDERS = "native_reminders"  # the platform can say whether its own reminders are on
