"""The adapter over recorded answers; ``make cassettes`` records them anew from the stand-in."""

from __future__ import annotations

import base64
import hashlib
import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from recoup.connector.errors import NeedsReconnect, Retriable
from recoup.connector.intents import Intent, Operation
from recoup.connector.model import ControlPosting, CreditNote, Invoice, Payment
from recoup.connector.money import Money
from recoup.connector.pages import Tombstone

REDIRECT = "http://127.0.0.1:1/callback"
VERIFIER = "v" * 64
DIGEST = hashlib.sha256(VERIFIER.encode()).digest()
CHALLENGE = base64.urlsafe_b64encode(DIGEST).decode().rstrip("=")


def seed(world: Any) -> None:
    """A buyer with a job: an invoice partly paid, one open, money on account, one invoice void."""
    buyer = world.customer("Northgate Joinery")
    job = world.customer("Dock", ParentRef={"value": buyer}, Job=True)
    first = world.invoice(buyer, "362.10")
    world.invoice(job, "80.00")
    world.pay(buyer, "300.00", **{f"i{first}": "262.10"})
    world.books.void("Invoice", world.invoice(buyer, "15.00"))
    world.clock.advance(timedelta(hours=1))
    world.connect()


def started(tape: Any) -> None:
    """Begin two hours after the books were last touched, recording or not."""
    tape.act(seed)
    tape.clock.at = tape.clock.at.replace(hour=13)
    if tape.world is not None:
        tape.vault.save("grant-1", tape.world.vault.read("grant-1"))


def test_first_pull_maps_every_document(tape: Any) -> None:
    started(tape)
    pages = list(tape.ledger.pull(None))
    records = tape.ledger.map_payloads([row for page in pages for row in page.payloads])
    kinds = Counter(type(record).__name__ for record in records)
    assert kinds == {"Customer": 2, "Invoice": 3, "Payment": 1, "ControlAccount": 1, "Unmapped": 1}
    invoices = {r.ledger_id: r for r in records if isinstance(r, Invoice)}
    assert [str(r.state) for r in invoices.values()] == ["posted", "posted", "void"]
    assert invoices["1"].balance == Money.of("100.00", "USD")
    [paid] = [r for r in records if isinstance(r, Payment)]
    assert (paid.total.text, paid.balance.text) == ("300.00", "37.90")
    assert not [r for r in records if isinstance(r, CreditNote | ControlPosting | Exception)]


def test_delta_confirms_a_deletion(tape: Any) -> None:
    started(tape)
    *_, last = tape.ledger.pull(None)
    tape.clock.advance(timedelta(minutes=30))
    tape.act(lambda world: world.clock.advance(timedelta(minutes=30)))
    tape.act(lambda world: world.books.delete("Invoice", "2"))
    pages = list(tape.ledger.pull(last.cursor))
    assert [stone for page in pages for stone in page.tombstones] == [Tombstone("Invoice", "2")]
    assert sum(page.calls for page in pages) == 2


def test_payment_is_booked_and_taken_back(tape: Any) -> None:
    started(tape)
    request = {
        "customer_id": "1",
        "currency": "USD",
        "amount": "362.10",
        "issued_on": "2026-06-30",
        "reference": "CHQ 1",
        "allocations": [{"invoice_id": "1", "amount": "100.00"}],
    }
    intent = Intent(
        key="7f7d9a34-0001-5000-8000-000000000001",
        operation=Operation.CREATE_PAYMENT,
        natural_key="bank line 1",
        request=request,
    )
    outcome = tape.ledger.create_payment(intent)
    assert b'"TotalAmt":362.10' in outcome.raw
    undo = Intent(
        key="7f7d9a34-0001-5000-8000-000000000002",
        operation=Operation.REVERSE,
        natural_key="undo bank line 1",
        request=outcome.inverse,
    )
    assert b'"TotalAmt":0' in tape.ledger.reverse(undo).raw


def test_throttled_call_waits(tape: Any) -> None:
    started(tape)
    tape.act(lambda world: world.standin.faults.next("429_xml"))
    with pytest.raises(Retriable) as refusal:
        tape.ledger.describe_company()
    assert refusal.value.retry_after == timedelta(seconds=60)
    assert tape.ledger.describe_company().home_currency == "USD"


def test_consent_is_given_renewed_and_revoked(tape: Any) -> None:
    url = tape.consent.authorize_url(REDIRECT, "state-1", CHALLENGE)
    landed = requests.get(url, allow_redirects=False, timeout=5).headers["Location"]
    answer = dict(parse_qsl(urlsplit(landed).query))
    tokens = tape.consent.exchange_code(answer, REDIRECT, VERIFIER)
    assert tape.consent.list_companies(tokens, answer) == [tape.connection.company_id]
    assert tape.consent.refresh(tokens).hard_expires_at is not None
    assert tape.consent.revoke(tokens)
    with pytest.raises(NeedsReconnect):
        tape.consent.refresh(tokens)


def test_no_cassette_holds_anything_like_a_token() -> None:
    shapes = re.compile(r"eyJ[0-9a-f]{8}|RT1-|AB1[0-9a-f]{8}|Bearer |Basic |not-a-secret|v{64}")
    cassettes = sorted(Path(__file__).parent.glob("cassettes/*.yaml"))
    assert len(cassettes) == 5
    for cassette in cassettes:
        assert not shapes.search(cassette.read_text()), cassette.name
        assert cassette.stat().st_size < 100_000, cassette.name
