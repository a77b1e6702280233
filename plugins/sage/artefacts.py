"""Which document a leg means. Sage's references carry an id and the path of what they name."""

from __future__ import annotations

from collections.abc import Mapping

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.sage.entities import (
    CREDIT_NOTES,
    INVOICES,
    OPENING_BALANCES,
    PAYMENTS,
    QUICK_ENTRIES,
)
from recoup.plugins.sage.structs import Ref

__all__ = ["path_of", "resource_of", "to_ref"]

_OF_EITHER_SIDE = frozenset({QUICK_ENTRIES, OPENING_BALANCES})
_DOCUMENTS = frozenset({INVOICES, CREDIT_NOTES, *_OF_EITHER_SIDE})


def path_of(ref: Ref | None) -> str:
    """The resource in a reference's $path: ``/sales_invoices/1f…`` names sales_invoices."""
    if ref is None or not ref.path:
        return ""
    return ref.path.strip("/").partition("/")[0]


def resource_of(ref: Ref) -> str | None:
    """The document resource that holds *ref*; None for money on account and what is unknown."""
    path = path_of(ref)
    return path if path in _DOCUMENTS else None


def to_ref(
    ref: Ref | None, *, is_debit: bool, owners: Mapping[str, tuple[str, str]]
) -> DocumentRef:
    """Name the document behind an artefact.

    Quick entries and opening balances are invoices or credits; the side tells. What is on
    account belongs to the payment, or refund, that *owners* names. Raises ValueError when
    nobody is known to own it.
    """
    if ref is None or not ref.id:
        raise ValueError("a leg names no document")
    path = path_of(ref)
    if ref.id in owners:
        kind, ledger_id = owners[ref.id]
        return DocumentRef(DocumentKind(kind), ledger_id)
    if path == INVOICES:
        return DocumentRef(DocumentKind.INVOICE, ref.id)
    if path == CREDIT_NOTES:
        return DocumentRef(DocumentKind.CREDIT_NOTE, ref.id)
    if path in _OF_EITHER_SIDE:
        kind = DocumentKind.INVOICE if is_debit else DocumentKind.CREDIT_NOTE
        return DocumentRef(kind, ref.id)
    if path == PAYMENTS:
        kind = DocumentKind.REFUND if is_debit else DocumentKind.PAYMENT
        return DocumentRef(kind, ref.id)
    raise ValueError(f"it settles {ref.id}, which is no document and on nobody's account")
