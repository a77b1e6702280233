"""One address for all organisations; the signature is checked before anything is read."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime

import pytest

from recoup.connector.errors import Skippable
from recoup.connector.facades import Consent
from recoup.connector.protocols import ClientApp
from recoup.connector.testing.fakes import FakeClock
from recoup.plugins.xero import open_consent, webhooks

EVENT = {
    "resourceUrl": "https://api.xero.com/api.xro/2.0/Invoices/i-1",
    "resourceId": "i-1",
    "tenantId": "t-1",
    "tenantType": "ORGANISATION",
    "eventCategory": "INVOICE",
    "eventType": "UPDATE",
    "eventDateUtc": "2026-06-30T12:00:00.123",
}


def signed(body: bytes, key: str = "key") -> dict[str, str]:
    digest = hmac.new(key.encode(), body, hashlib.sha256).digest()
    return {"X-Xero-Signature": base64.b64encode(digest).decode()}


def body(*events: object, first: int = 7) -> bytes:
    last = first + len(events) - 1
    sequence = {"firstEventSequence": first, "lastEventSequence": last, "entropy": "XY"}
    return json.dumps({"events": list(events), **sequence}).encode()


def test_only_what_xero_signed_is_genuine() -> None:
    text = body(EVENT)
    consent = Consent(open_consent(ClientApp(client_id="c", client_secret="s"), None, FakeClock()))
    assert consent.verify_webhook(signed(text), text, "key")
    assert not consent.verify_webhook(signed(text, "other"), text, "key")
    assert not consent.verify_webhook(signed(text), text + b" ", "key")
    assert not consent.verify_webhook({}, text, "key")
    assert not consent.verify_webhook(signed(text, ""), text, "")
    assert not consent.verify_webhook({"x-xero-signature": "é"}, text, "key")


def test_the_question_whether_anybody_listens_holds_no_hints() -> None:
    assert webhooks.parse(b'{"events":[],"firstEventSequence":0,"lastEventSequence":0}') == []


def test_an_event_says_where_to_look() -> None:
    [hint] = webhooks.parse(body(EVENT))
    assert (hint.company_id, hint.source_type, hint.ledger_id) == ("t-1", "Invoice", "i-1")
    assert (hint.operation, hint.event_id) == ("update", "7")
    assert hint.changed_at == datetime(2026, 6, 30, 12, 0, 0, 123000, UTC)


@pytest.mark.parametrize(
    ("category", "wanted"),
    [("CREDITNOTE", "CreditNote"), ("PAYMENT", "Payment"), ("MOONPHASE", "Moonphase")],
)
def test_newer_categories_are_read_and_unknown_ones_kept(category: str, wanted: str) -> None:
    event = {**EVENT, "eventCategory": category, "data": {"Type": "X"}, "eventDateUtc": "soon"}
    [hint] = webhooks.parse(body(event))
    assert (hint.source_type, hint.changed_at) == (wanted, None)


def test_sequence_numbers_show_a_gap() -> None:
    hints = webhooks.parse(body(EVENT, EVENT, first=40))
    assert [hint.event_id for hint in hints] == ["40", "41"]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"events":7}', b"[" * 5000])
def test_a_body_that_is_none_of_xeros_is_skipped(text: bytes) -> None:
    with pytest.raises(Skippable):
        webhooks.parse(text)


def test_an_event_without_ids_is_left_out() -> None:
    assert webhooks.parse(body({"eventType": "UPDATE"}, "no event", None)) == []
