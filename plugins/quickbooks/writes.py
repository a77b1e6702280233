"""Writes: every one with its idempotency key, an inverse, and a check of what was booked.

The platform answers a repeated key with its first answer, so an intent may be sent again after
its outcome was lost. Where the body depends on the state of the document, what was seen before the
first try is sent again; an intent without that is looked at anew, so that what an earlier try has
done already is not done twice. The answer of the write itself
is the proof; reading again would cost metered calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from recoup.connector.errors import Fatal, NotSupported, OutcomeUnknown, Skippable
from recoup.connector.intents import Intent, IntentState, Outcome
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.quickbooks import decode
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.entities import to_source_type
from recoup.plugins.quickbooks.foreseeing import kept_lines, live, rate_of_invoice
from recoup.plugins.quickbooks.payment_lines import (
    applied,
    check_lines,
    exact_lines,
    plain_lines,
    settling_line,
    with_more,
    without,
)

__all__ = [
    "add_note",
    "allocate",
    "create_invoice",
    "create_payment",
    "email_invoice",
    "reverse",
]

REFERENCE_LENGTH = 21
NOTE_LENGTH = 4000
SPARSE = {"sparse": True}
VOID_PAYMENT = {"operation": "update", "include": "void"}

Object = dict[str, Any]


def create_payment(client: Client, intent: Intent, *, home: str | None) -> Outcome:
    """Book a payment. In a foreign currency it takes the first invoice's rate unless given.

    home: the home currency where it is known; then a payment in it costs no read, and one in
    another currency without any rate is refused.
    """
    asked = intent.request
    if any(Decimal(part.get("discount") or 0) for part in asked.get("allocations", ())):
        raise NotSupported("QuickBooks grants no discount on a payment: apply a credit note")
    allocations = _allocations(asked)
    body: Object = {
        "CustomerRef": {"value": asked["customer_id"]},
        "CurrencyRef": {"value": asked["currency"]},
        "TotalAmt": Decimal(asked["amount"]),
        "TxnDate": asked["issued_on"],
        "Line": [settling_line("Invoice", id, amount) for id, amount in allocations],
    }
    reference = asked.get("reference")
    if reference:
        body["PaymentRefNum"] = reference[:REFERENCE_LENGTH]
    notes = [asked.get("memo"), reference if len(reference or "") > REFERENCE_LENGTH else None]
    if any(notes):
        body["PrivateNote"] = "\n".join(filter(None, notes))[:NOTE_LENGTH]
    rate = asked.get("rate")
    seen = intent.inverse.get("seen")
    looked_up = rate is None and asked["currency"] != home and seen is None
    if rate is None and seen is not None:
        rate = seen["rate"]
    elif looked_up:
        rate = rate_of_invoice(client, [id for id, _ in allocations])
    if rate is None and home not in (None, asked["currency"]):
        # A payment without a rate is booked at 1, whatever its currency.
        raise Skippable(
            f"a payment in {asked['currency']} needs its exchange rate: no invoice that it pays "
            "carries one"
        )
    if rate is not None:
        body["ExchangeRate"] = Decimal(rate)
    booked = _book_payment(client, intent, body, looked_up=looked_up)
    return _booked_payment(booked, Decimal(asked["amount"]), allocations, "void")


def allocate(client: Client, intent: Intent) -> Outcome:
    """Apply a payment, or a credit note through a payment over nothing."""
    source = intent.request["source"]
    kind = DocumentKind(source["kind"])
    if kind is DocumentKind.PAYMENT:
        return _allocate_payment(client, intent, str(source["ledger_id"]))
    if kind is DocumentKind.CREDIT_NOTE:
        return _allocate_credit(client, intent, str(source["ledger_id"]))
    raise NotSupported(f"QuickBooks cannot apply a {kind}")


def create_invoice(client: Client, intent: Intent) -> Outcome:
    """Book an invoice; each line names an item, else the company's default item is taken."""
    asked = intent.request
    body: Object = {
        "CustomerRef": {"value": asked["customer_id"]},
        "CurrencyRef": {"value": asked["currency"]},
        "TxnDate": asked["issued_on"],
        "DueDate": asked["due_on"],
        "Line": [_item_line(line) for line in asked["lines"]],
    }
    if asked.get("number"):
        body["DocNumber"] = asked["number"]
    if asked.get("memo"):
        body["CustomerMemo"] = {"value": asked["memo"]}
    if asked.get("rate"):
        body["ExchangeRate"] = Decimal(asked["rate"])
    booked = client.write("Invoice", body, request_id=intent.key)
    tree = decode.read_tree(booked)
    net = sum((Decimal(line["amount"]) for line in asked["lines"]), Decimal(0))
    if Decimal(tree["TotalAmt"]) < net:
        raise Fatal(f"QuickBooks booked invoice {tree['Id']} over {tree['TotalAmt']}, not {net}")
    ref = DocumentRef(DocumentKind.INVOICE, tree["Id"])
    return Outcome(document=ref, inverse=_undo("void", "Invoice", tree), touched=(ref,), raw=booked)


def email_invoice(client: Client, intent: Intent) -> Outcome:
    """Have the platform mail an invoice. It cannot be taken back."""
    invoice_id = str(intent.request["invoice_id"])
    sent = client.send("Invoice", invoice_id, intent.request.get("to"), request_id=intent.key)
    status = decode.read_tree(sent).get("EmailStatus")
    if status != "EmailSent":
        raise Skippable(f"QuickBooks did not mail invoice {invoice_id}: its status is {status}")
    ref = DocumentRef(DocumentKind.INVOICE, invoice_id)
    return Outcome(document=ref, inverse={}, touched=(ref,), raw=sent)


def add_note(client: Client, intent: Intent) -> Outcome:
    """Add a line to a document's private note; a line that stands there already is left."""
    asked = intent.request["document"]
    ref = DocumentRef(DocumentKind(asked["kind"]), str(asked["ledger_id"]))
    entity, _ = to_source_type(ref)
    seen = intent.inverse.get("seen")
    raw = b"" if seen else live(client, entity, ref.ledger_id)
    tree = seen or decode.read_tree(raw)
    before = str(tree.get("PrivateNote") or "")
    note = str(intent.request["note"]).strip()
    if note in before.split("\n"):
        # Seen before anything was sent, it is somebody else's, and undoing leaves it there.
        ours = seen is None and intent.state is not IntentState.PLANNED
        kept = [line for line in before.split("\n") if not ours or line != note]
        restored = "\n".join(kept)
        return Outcome(document=ref, inverse=_note_undo(entity, tree, restored), raw=raw)
    after = f"{before}\n{note}" if before else note
    if len(after) > NOTE_LENGTH:
        raise Skippable(f"the private note of {ref} is full: {NOTE_LENGTH} characters at most")
    body = {"Id": ref.ledger_id, "SyncToken": tree["SyncToken"], "PrivateNote": after, **SPARSE}
    if entity == "Payment":
        body["Line"] = plain_lines(tree)  # payment lines are written all or none
    booked = client.write(entity, body, request_id=intent.key)
    now = decode.read_tree(booked)
    return Outcome(
        document=ref, inverse=_note_undo(entity, now, before), touched=(ref,), raw=booked
    )


def reverse(client: Client, intent: Intent) -> Outcome:
    """Take back a write. Raises Stale when the document changed since: decide again."""
    undo = intent.request
    what, entity = undo.get("undo"), undo.get("entity")
    if not what or not entity:
        raise NotSupported("this write cannot be taken back")
    body: Object = {"Id": undo["id"], "SyncToken": undo["sync_token"]}
    params: Mapping[str, str] = {}
    if what == "void":
        params = VOID_PAYMENT if entity == "Payment" else {"operation": "void"}
        body |= SPARSE if entity == "Payment" else {}
    elif what == "delete":
        params = {"operation": "delete"}
    elif what == "lines":
        body |= {**SPARSE, "Line": exact_lines(undo["lines"])}
    elif what == "note":
        body |= {**SPARSE, "PrivateNote": undo["note"]}
        if "lines" in undo:
            body["Line"] = exact_lines(undo["lines"])
    else:
        raise NotSupported(f"unknown way to take a write back: {what}")
    done = client.write(str(entity), body, request_id=intent.key, params=params)
    touched = tuple(DocumentRef(DocumentKind(k), i) for k, i in undo.get("touched", ()))
    return Outcome(document=None, inverse={}, touched=touched, raw=done)


def _allocate_payment(client: Client, intent: Intent, payment_id: str) -> Outcome:
    if seen := intent.inverse.get("seen"):
        lines, wanted = exact_lines(seen["Line"]), _allocations(intent.request)
        body = {**seen, **SPARSE, "TotalAmt": Decimal(seen["TotalAmt"])}
        body["Line"] = with_more(lines, wanted)
        booked = client.write("Payment", body, request_id=intent.key)
        now = decode.read_tree(booked)
        check_lines(now, wanted)
        return _allocated(booked, now, lines, wanted)
    raw = live(client, "Payment", payment_id)
    tree = decode.read_tree(raw)
    before = plain_lines(tree)
    wanted = _allocations(intent.request)
    missing = [(id, amount) for id, amount in wanted if applied(before, id) != amount]
    if intent.state is IntentState.PLANNED:
        missing = wanted  # nothing was sent: a line over the same amount is somebody else's
    if not missing:  # an earlier try did it
        return _allocated(raw, tree, without(before, wanted), wanted)
    body = {
        "Id": payment_id,
        "SyncToken": tree["SyncToken"],
        **SPARSE,
        "CustomerRef": tree["CustomerRef"],
        "TotalAmt": tree["TotalAmt"],
        "Line": with_more(before, missing),
    }
    try:
        booked = client.write("Payment", body, request_id=intent.key)
    except Skippable:
        if intent.state not in (IntentState.SENT, IntentState.UNKNOWN):
            raise
        # An earlier try may have added to a line that was there; its key fits no other body.
        if any(applied(before, id) < amount for id, amount in wanted):
            raise
        return _allocated(raw, tree, without(before, wanted), wanted)
    now = decode.read_tree(booked)
    check_lines(now, wanted)
    return _allocated(booked, now, before, wanted)


def _allocate_credit(client: Client, intent: Intent, memo_id: str) -> Outcome:
    seen = intent.inverse.get("seen")
    memo = seen or decode.read_tree(live(client, "CreditMemo", memo_id))
    allocations = _allocations(intent.request)
    total = sum((amount for _, amount in allocations), Decimal(0))
    body: Object = {
        "CustomerRef": {"value": memo["CustomerRef"]["value"]},
        "TotalAmt": 0,
        "Line": [
            *(settling_line("Invoice", id, amount) for id, amount in allocations),
            settling_line("CreditMemo", memo_id, total),
        ],
    }
    if "CurrencyRef" in memo:
        body["CurrencyRef"] = memo["CurrencyRef"]
    if "ExchangeRate" in memo:
        body["ExchangeRate"] = Decimal(memo["ExchangeRate"])
    booked = _book_payment(client, intent, body, looked_up=seen is None)
    outcome = _booked_payment(booked, Decimal(0), allocations, "delete")
    note = DocumentRef(DocumentKind.CREDIT_NOTE, memo_id)
    inverse = {**outcome.inverse, "touched": [*outcome.inverse["touched"], list(note)]}
    touched = (*outcome.touched, note)
    return Outcome(document=outcome.document, inverse=inverse, touched=touched, raw=booked)


def _book_payment(client: Client, intent: Intent, body: Object, *, looked_up: bool) -> bytes:
    """Create a payment. looked_up: the body holds what the ledger said a moment ago.

    Such a body may differ from that of an earlier try, and then a refusal says nothing about
    what that try did.
    """
    try:
        return client.write("Payment", body, request_id=intent.key)
    except Skippable as error:
        if not looked_up or intent.state not in (IntentState.SENT, IntentState.UNKNOWN):
            raise
        raise OutcomeUnknown(
            f"an earlier try may have booked this payment, look for it in QuickBooks: "
            f"{error.message}",
            request_id=error.request_id,
        ) from None


def _booked_payment(
    booked: bytes, total: Decimal, allocations: Sequence[tuple[str, Decimal]], undo: str
) -> Outcome:
    tree = decode.read_tree(booked)
    if Decimal(tree["TotalAmt"]) != total:
        raise Fatal(f"QuickBooks booked payment {tree['Id']} over {tree['TotalAmt']}, not {total}")
    check_lines(tree, allocations)
    ref = DocumentRef(DocumentKind.PAYMENT, tree["Id"])
    touched = (ref, *_invoices(allocations))
    inverse = {**_undo(undo, "Payment", tree), "touched": [list(item) for item in touched]}
    return Outcome(document=ref, inverse=inverse, touched=touched, raw=booked)


def _allocated(
    raw: bytes, tree: Object, before: list[Object], wanted: Sequence[tuple[str, Decimal]]
) -> Outcome:
    ref = DocumentRef(DocumentKind.PAYMENT, tree["Id"])
    touched = (ref, *_invoices(wanted))
    inverse = {
        **_undo("lines", "Payment", tree),
        "lines": kept_lines(before),
        "touched": [list(item) for item in touched],
    }
    return Outcome(document=ref, inverse=inverse, touched=touched, raw=raw)


def _allocations(asked: Mapping[str, Any]) -> list[tuple[str, Decimal]]:
    return [
        (str(part["invoice_id"]), Decimal(part["amount"])) for part in asked.get("allocations", ())
    ]


def _invoices(allocations: Sequence[tuple[str, Decimal]]) -> tuple[DocumentRef, ...]:
    return tuple(DocumentRef(DocumentKind.INVOICE, id) for id, _ in allocations)


def _item_line(line: Mapping[str, Any]) -> Object:
    detail = {"ItemRef": {"value": line["item_id"]}} if line.get("item_id") else {}
    return {
        "Amount": Decimal(line["amount"]),
        "Description": line.get("description") or "",
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }


def _undo(what: str, entity: str, tree: Object) -> Object:
    return {"undo": what, "entity": entity, "id": tree["Id"], "sync_token": tree["SyncToken"]}


def _note_undo(entity: str, tree: Object, note: str) -> Object:
    undo = {**_undo("note", entity, tree), "note": note}
    if entity == "Payment":
        undo["lines"] = kept_lines(plain_lines(tree))
    return undo
