"""The kinds of documents, and how each stands on the wire."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One collection of the API."""

    plural: str  # the key of its list, and its path, except Organisation
    singular: str
    id: str  # the field of its id
    number: str | None = None  # another field by which one is fetched
    paged: bool = False
    touched: str | None = "UpdatedDateUTC"  # the field of its last change; None has none
    since: bool = False  # answers If-Modified-Since
    history: bool = False
    files: bool = False  # takes attachments


_ALL = (
    Kind("Invoices", "Invoice", "InvoiceID", "InvoiceNumber", True, since=True, history=True,
         files=True),
    Kind("CreditNotes", "CreditNote", "CreditNoteID", "CreditNoteNumber", True, since=True,
         history=True, files=True),
    Kind("Overpayments", "Overpayment", "OverpaymentID", None, True, since=True, history=True),
    Kind("Prepayments", "Prepayment", "PrepaymentID", None, True, since=True, history=True),
    Kind("Payments", "Payment", "PaymentID", None, True, since=True, history=True),
    Kind("BatchPayments", "BatchPayment", "BatchPaymentID", since=True, history=True),
    Kind("BankTransactions", "BankTransaction", "BankTransactionID", None, True, since=True,
         history=True, files=True),
    Kind("BankTransfers", "BankTransfer", "BankTransferID", touched="CreatedDateUTC", since=True,
         history=True, files=True),
    Kind("Contacts", "Contact", "ContactID", "ContactNumber", True, since=True, history=True,
         files=True),
    Kind("ContactGroups", "ContactGroup", "ContactGroupID", touched=None),
    Kind("Accounts", "Account", "AccountID", since=True, files=True),
    Kind("TaxRates", "TaxRate", "TaxType", touched=None),
    Kind("Currencies", "Currency", "Code", touched=None),
    Kind("BrandingThemes", "BrandingTheme", "BrandingThemeID", touched="CreatedDateUTC"),
    Kind("PaymentServices", "PaymentService", "PaymentServiceID", touched=None),
    Kind("RepeatingInvoices", "RepeatingInvoice", "RepeatingInvoiceID", touched=None,
         history=True, files=True),
    Kind("Quotes", "Quote", "QuoteID", "QuoteNumber", True, since=True, history=True, files=True),
    Kind("Users", "User", "UserID", since=True),
    Kind("Items", "Item", "ItemID", "Code", since=True, history=True),
    Kind("TrackingCategories", "TrackingCategory", "TrackingCategoryID", touched=None),
    Kind("Organisations", "Organisation", "OrganisationID", touched=None),
    # Ours, behind History and Attachments; ``Of`` is the plural and id of what they belong to.
    Kind("_Notes", "_Note", "NoteID", "Of", touched=None),
    Kind("_Files", "_File", "AttachmentID", "Of", touched=None),
)  # fmt: skip

KINDS = {kind.plural: kind for kind in _ALL}
_NAMES = {name.lower(): kind.plural for kind in _ALL for name in (kind.plural, kind.singular)}
CREDITS = ("CreditNotes", "Overpayments", "Prepayments")
RECEIVABLE_CREDITS = frozenset(
    {
        "ACCRECCREDIT",
        "AROVERPAYMENT",
        "RECEIVE-OVERPAYMENT",
        "ARPREPAYMENT",
        "RECEIVE-PREPAYMENT",
    }
)
LIVE = frozenset({"AUTHORISED", "PAID"})


def named(name: str) -> str | None:
    """The plural of a kind given by its plural or singular, whatever the case; None if unknown."""
    return _NAMES.get(name.lower())


def kind_of(name: str) -> Kind:
    """The kind of that plural or singular name. Raises ValueError when there is none."""
    plural = named(name)
    if plural is None:
        raise ValueError(f"no kind is named {name!r}; choose from {', '.join(sorted(KINDS))}")
    return KINDS[plural]
