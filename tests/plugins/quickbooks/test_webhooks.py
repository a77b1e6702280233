"""Webhooks of both generations, and the signature before anything is read."""

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
from recoup.plugins.quickbooks import open_consent, webhooks

LEGACY = json.dumps(
    {
        "eventNotifications": [
            {
                "realmId": "46208163",
                "dataChangeEvent": {
                    "entities": [
                        {
                            "name": "Customer",
                            "id": "7",
                            "operation": "Merge",
                            "lastUpdated": "2026-06-30T12:00:00.000Z",
                            "deletedId": "9",
                        },
                        {"name": "Invoice", "id": "12", "operation": "Void"},
                    ]
                },
            }
        ]
    }
).encode()
CLOUD = json.dumps(
    [
        {
            "specversion": "1.0",
            "id": "e-1",
            "source": "intuit.example",
            "type": "qbo.creditmemo.updated.v1",
            "time": "2026-06-30T12:00:00Z",
            "intuitentityid": "15",
            "intuitaccountid": "46208163",
            "data": {},
        }
    ]
).encode()


def signed(body: bytes, secret: str = "verifier") -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return {"Intuit-Signature": base64.b64encode(digest).decode()}


def test_a_body_signed_with_the_verifier_token_is_trusted() -> None:
    assert webhooks.verify(signed(LEGACY), LEGACY, "verifier")


@pytest.mark.parametrize(
    "headers",
    [{}, {"intuit-signature": ""}, {"intuit-signature": "%%%"}, signed(LEGACY, "another")],
)
def test_any_other_signature_is_refused(headers: dict[str, str]) -> None:
    assert not webhooks.verify(headers, LEGACY, "verifier")


def test_one_changed_byte_is_refused() -> None:
    assert not webhooks.verify(signed(LEGACY), LEGACY + b" ", "verifier")


def test_an_empty_secret_trusts_nobody() -> None:
    assert not webhooks.verify(signed(LEGACY, ""), LEGACY, "")


def test_a_legacy_body_names_company_object_and_operation() -> None:
    merge, void = webhooks.parse(LEGACY)
    assert (merge.company_id, merge.source_type, merge.ledger_id) == ("46208163", "Customer", "7")
    assert (merge.operation, merge.merged_id) == ("merge", "9")
    assert merge.changed_at == datetime(2026, 6, 30, 12, tzinfo=UTC)
    assert (void.source_type, void.operation, void.changed_at) == ("Invoice", "void", None)


def test_a_cloud_event_names_the_same() -> None:
    [hint] = webhooks.parse(CLOUD)
    assert (hint.company_id, hint.source_type, hint.ledger_id) == ("46208163", "CreditMemo", "15")
    assert (hint.operation, hint.event_id) == ("update", "e-1")


def test_a_cloud_event_of_an_unknown_type_keeps_its_word() -> None:
    [hint] = webhooks.parse(CLOUD.replace(b"creditmemo.updated", b"moonphase.waxed"))
    assert (hint.source_type, hint.operation) == ("moonphase", "waxed")


@pytest.mark.parametrize("body", [b"", b"{", b"{}", b"7", b"[{}]", b'{"eventNotifications":[{}]}'])
def test_a_body_that_is_neither_is_set_aside(body: bytes) -> None:
    with pytest.raises(Skippable, match="the next pull makes up for it"):
        webhooks.parse(body)


def test_the_consent_hooks_hand_webhooks_on() -> None:
    app = ClientApp(client_id="client", client_secret="not-a-secret")
    consent = Consent(open_consent(app, None, FakeClock()))
    assert consent.verify_webhook(signed(CLOUD), CLOUD, "verifier")
    assert [hint.ledger_id for hint in consent.parse_webhook(CLOUD)] == ["15"]
