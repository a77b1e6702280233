"""Taking writes back: a receipt and an allocation are deleted, an invoice is voided.

Sage has no version tokens, so the inverse remembers what was booked; what looks different by now
was worked on by somebody else, and is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from recoup.connector.errors import Gone, NotSupported, OutcomeUnknown, Skippable, Stale
from recoup.connector.intents import Intent, Outcome
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.company import read_books
from recoup.plugins.sage.confirm import read_live
from recoup.plugins.sage.decode import Row, read_tree
from recoup.plugins.sage.entities import ALLOCATIONS, INVOICES, PAYMENTS
from recoup.plugins.sage.faults import SystemFault
from recoup.plugins.sage.write_checks import Object, check_open_period

__all__ = ["reverse", "undo_allocation", "undo_invoice", "undo_payment"]

VOID_REASON = "Taken back by recoup"


def undo_payment(tree: Object, touched: Sequence[DocumentRef]) -> Object:
    """The inverse of a receipt: delete it while it is as it was booked.

    With ``undo`` set to ``unallocate`` the receipt stays, with all of it on account.
    """
    return {
        "undo": "delete",
        "resource": PAYMENTS,
        "id": tree["id"],
        "as_booked": _figures(tree),
        "touched": [list(ref) for ref in touched],
    }


def undo_allocation(ledger_id: str, touched: Sequence[DocumentRef]) -> Object:
    return {
        "undo": "delete",
        "resource": ALLOCATIONS,
        "id": ledger_id,
        "touched": [list(ref) for ref in touched],
    }


def undo_invoice(ledger_id: str, ref: DocumentRef) -> Object:
    return {"undo": "void", "resource": INVOICES, "id": ledger_id, "touched": [list(ref)]}


def reverse(client: Client, intent: Intent) -> Outcome:
    """Take back an earlier write; one that is taken back already is left so.

    Raises Stale when the document was worked on since, Skippable where Sage has locked it.
    """
    undo = intent.request
    what, path, ledger_id = undo.get("undo"), undo.get("resource"), undo.get("id")
    if what not in ("delete", "void", "unallocate") or not path or not ledger_id:
        raise NotSupported("this write cannot be taken back")
    touched = tuple(DocumentRef(DocumentKind(k), i) for k, i in undo.get("touched", ()))
    with client.writing():
        row = read_live(client, str(path), str(ledger_id))
        if row is not None and not _has_happened(str(what), row):
            tree = read_tree(row.raw)
            _check_untouched(tree, undo.get("as_booked"))
            check_open_period(read_books(client), str(tree.get("date") or "9999-12-31"))
            _carry_out(client, str(what), str(path), str(ledger_id), tree)
    return Outcome(document=None, inverse={}, touched=touched)


def _carry_out(client: Client, what: str, path: str, ledger_id: str, tree: Object) -> None:
    """Send the deletion; deleting again what is gone already is no fault."""
    for attempt in (1, 2):
        try:
            if what == "void":
                # The guide wants the reason in the body, the description as a parameter.
                reason = {"void_reason": VOID_REASON}
                client.write("DELETE", f"{path}/{ledger_id}", {"sales_invoice": reason}, reason)
            elif what == "unallocate":
                kept = {"contact_payment": {**_required(tree), "allocated_artefacts": []}}
                client.write("PUT", f"{path}/{ledger_id}", kept)
            else:
                client.write("DELETE", f"{path}/{ledger_id}")
        except Gone:
            pass
        except (OutcomeUnknown, SystemFault) as fault:
            if _is_done(client, what, path, ledger_id):
                return
            if attempt == 2:
                raise OutcomeUnknown(fault.message, retry_after=fault.retry_after) from None
            continue
        if not _is_done(client, what, path, ledger_id):
            raise Skippable(f"Sage kept {path} {ledger_id} although it was told to {what} it")
        return


def _is_done(client: Client, what: str, path: str, ledger_id: str) -> bool:
    """Read back whether the write is taken back."""
    row = read_live(client, path, ledger_id)
    return what != "unallocate" if row is None else _has_happened(what, row)


def _has_happened(what: str, row: Row) -> bool:
    if what == "unallocate":
        return not read_tree(row.raw).get("allocated_artefacts")
    return row.status == "VOID"


def _required(tree: Object) -> Object:
    """What a receipt keeps when its allocations are taken off."""
    kept: Object = {
        "transaction_type_id": tree["transaction_type"]["id"],
        "contact_id": tree["contact"]["id"],
        "bank_account_id": tree["bank_account"]["id"],
        "date": tree["date"],
        "total_amount": str(tree["total_amount"]),
    }
    if tree.get("exchange_rate"):
        kept["exchange_rate"] = str(tree["exchange_rate"])
    return kept


def _check_untouched(tree: Object, as_booked: Mapping[str, Any] | None) -> None:
    if as_booked is not None and _figures(tree) != dict(as_booked):
        raise Stale(f"receipt {tree['id']} was worked on since it was booked: look at it in Sage")


def _figures(tree: Object) -> Object:
    """What of a receipt would be lost with it: amounts as plain text, legs by document."""
    legs: dict[str, Decimal] = {}
    for leg in tree.get("allocated_artefacts") or ():
        artefact = (leg.get("artefact") or {}).get("id") or ""
        legs[artefact] = legs.get(artefact, Decimal(0)) + Decimal(leg.get("amount") or 0)
    over = tree.get("payment_on_account") or {}
    return {
        "total": _plain(tree.get("total_amount")),
        "left": _plain(over.get("outstanding_amount")),
        "legs": {artefact: _plain(amount) for artefact, amount in sorted(legs.items())},
    }


def _plain(amount: object) -> str:
    return format(Decimal(str(amount or 0)).normalize(), "f")
