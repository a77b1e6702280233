"""Taking writes back, step by step, the last first; a step that is done already is left.

A step is a JSON object: ``what`` and ids. Nobody else's work is undone: what has changed since
raises Stale, what the bank has confirmed raises Reconciled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from recoup.connector.errors import Fatal, Gone, NotSupported, Skippable, Stale
from recoup.plugins.xero import decode
from recoup.plugins.xero.answers import Object, read_one
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.dates import read_date
from recoup.plugins.xero.faults import Reconciled, judge_element

__all__ = ["SOURCES", "expect", "expected_on", "take_back"]

EXPECTED = "ExpectedPaymentDate"

# source type → (the SDK's read, the list's name, its write of allocations, its removal)
SOURCES = {
    "CreditNote": (
        "get_credit_note",
        "CreditNotes",
        "create_credit_note_allocation",
        "delete_credit_note_allocations",
    ),
    "Overpayment": (
        "get_overpayment",
        "Overpayments",
        "create_overpayment_allocations",
        "delete_overpayment_allocations",
    ),
    "Prepayment": (
        "get_prepayment",
        "Prepayments",
        "create_prepayment_allocations",
        "delete_prepayment_allocations",
    ),
}
_OVER = frozenset({"DELETED", "VOIDED"})


def take_back(client: Client, steps: Sequence[Mapping[str, Any]], key: str) -> None:
    """Undo *steps*, last first. Each is verified by reading; sent again it changes nothing."""
    for at, step in reversed(list(enumerate(steps))):
        act = _ACTS.get(str(step.get("what")))
        if act is None:
            raise NotSupported(f"unknown way to take a write back: {step.get('what')}")
        act(client, step, f"{key}-{at}")


def _payment(client: Client, step: Mapping[str, Any], key: str) -> None:
    id = str(step["id"])

    def read() -> Object:
        return read_one(client, "get_payment", "Payments", id)

    before = read()
    if before.get("Status") in _OVER:
        return
    _not_matched(before, f"payment {id}")
    client.write("delete_payment", id, body={"Status": "DELETED"}, key=key)
    _expect(read(), "DELETED", f"payment {id}")


def _bank_transaction(client: Client, step: Mapping[str, Any], key: str) -> None:
    """Delete the receipt behind an overpayment, unless that has been used since."""
    id, over = str(step["id"]), step.get("overpayment")

    def read() -> Object:
        return read_one(client, "get_bank_transaction", "BankTransactions", id)

    before = read()
    if before.get("Status") in _OVER:
        return
    _not_matched(before, f"receipt {id}")
    if over:
        held = read_one(client, "get_overpayment", "Overpayments", str(over))
        if held.get("Allocations") or held.get("Payments"):
            raise Stale(f"overpayment {over} has been used since: take that back first")
    body = {"BankTransactionID": id, "Status": "DELETED"}
    _change(client, "update_bank_transaction", "BankTransactions", id, body, key)
    _expect(read(), "DELETED", f"receipt {id}")


def _credit_note(client: Client, step: Mapping[str, Any], key: str) -> None:
    id = str(step["id"])
    before = read_one(client, "get_credit_note", "CreditNotes", id)
    if before.get("Status") in _OVER:
        return
    if before.get("Allocations") or before.get("Payments"):
        raise Stale(f"credit note {id} has been used since: take that back first")
    body = {"CreditNoteID": id, "Status": "VOIDED"}
    _change(client, "update_credit_note", "CreditNotes", id, body, key)
    _expect(read_one(client, "get_credit_note", "CreditNotes", id), "VOIDED", f"credit note {id}")


def _invoice(client: Client, step: Mapping[str, Any], key: str) -> None:
    id = str(step["id"])
    before = read_one(client, "get_invoice", "Invoices", id)
    if before.get("Status") in _OVER:
        return
    if Decimal(before.get("AmountPaid") or 0) or Decimal(before.get("AmountCredited") or 0):
        raise Stale(f"invoice {id} has been paid or credited since: take that back first")
    body = {"InvoiceID": id, "Status": "VOIDED"}
    _change(client, "update_invoice", "Invoices", id, body, key)
    _expect(read_one(client, "get_invoice", "Invoices", id), "VOIDED", f"invoice {id}")


def _allocation(client: Client, step: Mapping[str, Any], key: str) -> None:
    """Remove an allocation. A DELETE takes no key: what is gone already counts as removed."""
    del key
    read, plural, _, remove = SOURCES[str(step["source"])]
    id, allocation = str(step["id"]), str(step["allocation"])

    def stands() -> bool:
        parts = read_one(client, read, plural, id).get("Allocations") or []
        return any(p.get("AllocationID") == allocation and not p.get("IsDeleted") for p in parts)

    if not stands():
        return
    try:
        client.remove(remove, id, allocation)
    except Gone:
        return
    if stands():
        raise Fatal(f"Xero did not remove allocation {allocation}")


def _expected(client: Client, step: Mapping[str, Any], key: str) -> None:
    id, now = str(step["id"]), expected_on(client, str(step["id"]))
    if now == step.get("before"):
        return
    if now != step.get("set"):
        raise Stale(f"the expected date of invoice {id} was changed since")
    expect(client, id, step.get("before"), key)


def expected_on(client: Client, invoice_id: str) -> str | None:
    """Read the day on which payment is expected, as ISO text."""
    day = read_date(read_one(client, "get_invoice", "Invoices", invoice_id).get(EXPECTED))
    return None if day is None else day.isoformat()


def expect(client: Client, invoice_id: str, day: str | None, key: str) -> None:
    """Write the day on which payment is expected; verified.

    Only the text twin of the field clears it: an empty date or a null changes nothing
    (XeroAPI/xero-node issue 476).
    """
    fields = {EXPECTED: day} if day else {f"{EXPECTED}String": ""}
    body = {"InvoiceID": invoice_id, **fields}
    _change(client, "update_invoice", "Invoices", invoice_id, body, key)
    kept = expected_on(client, invoice_id)
    if kept != day:
        raise Skippable(f"Xero keeps {kept} as the expected date of invoice {invoice_id}")


_ACTS: Mapping[str, Callable[[Client, Mapping[str, Any], str], None]] = {
    "payment": _payment,
    "bank_transaction": _bank_transaction,
    "credit_note": _credit_note,
    "invoice": _invoice,
    "allocation": _allocation,
    "expected": _expected,
}


def _change(client: Client, method: str, plural: str, id: str, body: Object, key: str) -> None:
    answer = client.write(method, id, body={plural: [body]}, key=key)
    for element in decode.read_elements(answer.body, plural):
        refusal = judge_element(element, f"the change of {plural} {id}")
        if refusal is not None:
            raise refusal


def _not_matched(found: Object, what: str) -> None:
    if found.get("IsReconciled") in (True, "true"):
        raise Reconciled(
            f"{what} is reconciled with a bank statement line: undo that in Xero first"
        )


def _expect(found: Object, status: str, what: str) -> None:
    if found.get("Status") != status:
        raise Fatal(f"Xero left {what} as {found.get('Status')}, not {status}")
