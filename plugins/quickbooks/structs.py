"""The parts of QuickBooks Online objects that receivables read, exactly typed.

Source: QBO v3, minor version 75. Money is Decimal, read from the digits on the wire. Fields
without a value are left out by the platform; a null is read the same way. Unknown fields and
unknown words are let through.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

__all__ = [
    "AccountObject",
    "AccountingPrefs",
    "CashBack",
    "CompanyInfoObject",
    "CurrencyPrefs",
    "CustomerObject",
    "DebtorObject",
    "DepositDetail",
    "DepositEntity",
    "DepositLine",
    "DepositObject",
    "Email",
    "JournalDetail",
    "JournalEntity",
    "JournalEntryObject",
    "JournalLine",
    "LinkedTxn",
    "Memo",
    "MetaData",
    "PaymentLine",
    "PaymentObject",
    "Phone",
    "PlainObject",
    "PreferencesObject",
    "Ref",
    "ReportPrefs",
    "SalesFormObject",
    "TransactionObject",
]


class Ref(Struct, gc=False):
    """A reference. Its name is today's and is never read."""

    value: str | None = None
    type: str | None = None


class MetaData(Struct, rename="pascal", gc=False):
    create_time: datetime | None = None
    last_updated_time: datetime | None = None


class DebtorObject(Struct, rename="pascal", gc=False):
    """The one thing asked of an object that cannot be read otherwise."""

    customer_ref: Ref | None = None


class LinkedTxn(Struct, rename="pascal", gc=False):
    txn_id: str
    txn_type: str


class PlainObject(Struct, rename="pascal", kw_only=True):
    """What every object has."""

    id: str
    sync_token: str | None = None
    meta_data: MetaData | None = None


class Email(Struct, rename="pascal", gc=False):
    address: str | None = None


class Phone(Struct, rename="pascal", gc=False):
    free_form_number: str | None = None


class CustomerObject(PlainObject, kw_only=True, rename="pascal"):
    display_name: str | None = None
    fully_qualified_name: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    active: bool | None = None
    parent_ref: Ref | None = None
    bill_with_parent: bool | None = None
    primary_email_addr: Email | None = None
    primary_phone: Phone | None = None
    sales_term_ref: Ref | None = None
    currency_ref: Ref | None = None
    balance: Decimal | None = None


class TransactionObject(PlainObject, kw_only=True, rename="pascal"):
    txn_date: date
    currency_ref: Ref | None = None
    exchange_rate: Decimal | None = None
    private_note: str | None = None


class Memo(Struct, gc=False):
    value: str | None = None


class SalesFormObject(TransactionObject, kw_only=True, rename="pascal"):
    """Invoice and CreditMemo."""

    doc_number: str | None = None
    due_date: date | None = None
    customer_ref: Ref | None = None
    total_amt: Decimal
    deposit: Decimal | None = None
    balance: Decimal | None = None
    remaining_credit: Decimal | None = None
    sales_term_ref: Ref | None = None
    customer_memo: Memo | None = None


class PaymentLine(Struct, rename="pascal"):
    amount: Decimal | None = None
    linked_txn: list[LinkedTxn] | None = None


class PaymentObject(TransactionObject, kw_only=True, rename="pascal"):
    payment_ref_num: str | None = None
    customer_ref: Ref | None = None
    total_amt: Decimal
    unapplied_amt: Decimal | None = None
    line: list[PaymentLine] | None = None


class JournalEntity(Struct, rename="pascal"):
    type: str | None = None
    entity_ref: Ref | None = None


class JournalDetail(Struct, rename="pascal"):
    posting_type: str | None = None
    account_ref: Ref | None = None
    entity: JournalEntity | None = None


class JournalLine(Struct, rename="pascal"):
    id: str | None = None
    amount: Decimal | None = None
    journal_entry_line_detail: JournalDetail | None = None


class JournalEntryObject(TransactionObject, kw_only=True, rename="pascal"):
    doc_number: str | None = None
    line: list[JournalLine] | None = None


class DepositEntity(Struct, rename={"nested_type": "Type", "nested": "EntityRef"}):
    """Whom a deposit line names: a flat reference; nested as in a journal entry is read too."""

    value: str | None = None
    type: str | None = None
    nested_type: str | None = None
    nested: Ref | None = None


class DepositDetail(Struct, rename="pascal"):
    account_ref: Ref | None = None
    entity: DepositEntity | None = None


class DepositLine(Struct, rename="pascal"):
    id: str | None = None
    amount: Decimal | None = None
    linked_txn: list[LinkedTxn] | None = None
    deposit_line_detail: DepositDetail | None = None


class CashBack(Struct, rename="pascal"):
    account_ref: Ref | None = None
    amount: Decimal | None = None


class DepositObject(TransactionObject, kw_only=True, rename="pascal"):
    doc_number: str | None = None
    total_amt: Decimal | None = None
    line: list[DepositLine] | None = None
    cash_back: CashBack | None = None


class AccountObject(PlainObject, kw_only=True, rename="pascal"):
    name: str | None = None
    active: bool | None = None
    account_type: str | None = None
    current_balance: Decimal | None = None
    currency_ref: Ref | None = None


class CompanyInfoObject(PlainObject, kw_only=True, rename="pascal"):
    company_name: str | None = None
    country: str | None = None
    default_time_zone: str | None = None


class CurrencyPrefs(Struct, rename="pascal"):
    multi_currency_enabled: bool | None = None
    home_currency: Ref | None = None


class AccountingPrefs(Struct, rename="pascal"):
    book_close_date: date | None = None


class ReportPrefs(Struct, rename="pascal"):
    calc_aging_report_from_txn_date: bool | None = None


class PreferencesObject(Struct, rename="pascal"):
    currency_prefs: CurrencyPrefs | None = None
    accounting_info_prefs: AccountingPrefs | None = None
    report_prefs: ReportPrefs | None = None
