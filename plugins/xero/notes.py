"""Words on documents: history notes, the expected payment date, mails in Xero's own template."""

from __future__ import annotations

from recoup.connector.errors import Fatal, NotSupported, Skippable
from recoup.connector.intents import Intent, IntentState, Outcome
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.xero import decode
from recoup.plugins.xero.answers import looks_back, read_one
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.entities import to_source_type
from recoup.plugins.xero.faults import judge_element
from recoup.plugins.xero.foreseeing import seen_of
from recoup.plugins.xero.undoing import expect, expected_on

__all__ = ["add_note", "email_invoice", "set_expected_payment"]

# source type → (the SDK's write of history, its read)
_HISTORY = {
    "Invoice": ("create_invoice_history", "get_invoice_history"),
    "CreditNote": ("create_credit_note_history", "get_credit_note_history"),
    "Overpayment": ("create_overpayment_history", "get_overpayment_history"),
    "Prepayment": ("create_prepayment_history", "get_prepayment_history"),
    "Payment": ("create_payment_history", "get_payment_history"),
}


def add_note(client: Client, intent: Intent) -> Outcome:
    """Add a note to a document's history. It cannot be taken back: Xero keeps its history."""
    asked = intent.request["document"]
    ref = DocumentRef(DocumentKind(asked["kind"]), str(asked["ledger_id"]))
    source_type, id = to_source_type(ref)
    write, read = _HISTORY[source_type]
    note = str(intent.request["note"]).strip()
    if looks_back(intent, client.now) and _has_note(client, read, id, note):
        return Outcome(document=ref, inverse={}, touched=())
    body = {"HistoryRecords": [{"Details": note}]}
    answer = client.write(write, id, body=body, key=intent.key)
    for element in decode.read_elements(answer.body, "HistoryRecords"):
        refusal = judge_element(element, f"the note on {ref}")
        if refusal is not None:
            raise refusal
    if not _has_note(client, read, id, note):
        raise Fatal(f"Xero took a note and does not show it on {ref}")
    return Outcome(document=ref, inverse={}, touched=(), raw=answer.body)


def set_expected_payment(client: Client, intent: Intent) -> Outcome:
    """Store the day on which payment of an invoice is expected; the same day twice is one write."""
    id, wanted = str(intent.request["invoice_id"]), intent.request.get("expected_on")
    now, seen = expected_on(client, id), seen_of(intent)
    if now != wanted:
        expect(client, id, wanted, intent.key)
    ref = DocumentRef(DocumentKind.INVOICE, id)
    if now == wanted and "before" not in seen and intent.state is not IntentState.PLANNED:
        # An earlier try may have set it: what stood there before that nobody has kept.
        return Outcome(document=ref, inverse={}, touched=(ref,))
    step = {"what": "expected", "id": id, "before": seen.get("before", now), "set": wanted}
    return Outcome(document=ref, inverse={"undo": [step], "touched": [list(ref)]}, touched=(ref,))


def email_invoice(client: Client, intent: Intent) -> Outcome:
    """Have Xero mail an invoice. It cannot be taken back, and takes no address of ours."""
    if intent.request.get("to"):
        raise NotSupported("Xero mails an invoice to the contact's own addresses only")
    id = str(intent.request["invoice_id"])
    ref = DocumentRef(DocumentKind.INVOICE, id)
    if looks_back(intent, client.now):
        held = read_one(client, "get_invoice", "Invoices", id)
        if held.get("SentToContact") is True:
            return Outcome(document=ref, inverse={}, touched=(ref,))
    client.write("email_invoice", id, body={}, key=intent.key)
    if read_one(client, "get_invoice", "Invoices", id).get("SentToContact") is not True:
        raise Skippable(f"Xero did not mark invoice {id} as sent: look at the contact's addresses")
    return Outcome(document=ref, inverse={}, touched=(ref,))


def _has_note(client: Client, read: str, id: str, note: str) -> bool:
    with client.urgently():
        found = decode.read_elements(client.get(read, id).body, "HistoryRecords")
    return any(str(record.get("Details") or "").strip() == note for record in found)
