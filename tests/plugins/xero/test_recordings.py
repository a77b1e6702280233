"""Real answers of the platform through the same adapter: recorded by the xero-python project."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from recoup.connector.facades import Consent
from recoup.connector.model import Invoice, Unmapped
from recoup.connector.protocols import TokenSet
from recoup.connector.standin.listener import Answer
from recoup.connector.testing.fakes import NOON
from recoup.plugins.xero import decode
from recoup.plugins.xero.company import describe
from recoup.plugins.xero.context import MappingContext
from recoup.plugins.xero.entities import BY_TYPE
from recoup.plugins.xero.mapping import map_payloads

NZD = MappingContext("NZD")


def bodies(recordings: Path, name: str) -> list[bytes]:
    tree = yaml.safe_load((recordings / f"{name}.yaml").read_text())
    found = (interaction["response"]["body"]["string"] for interaction in tree["interactions"])
    return [body if isinstance(body, bytes) else body.encode() for body in found]


@pytest.fixture
def invoices(recordings: Path) -> decode.Rows:
    body = bodies(recordings, "invoices_page_and_attachment")[0]
    return decode.read_rows(body, BY_TYPE["Invoice"])


def test_every_real_invoice_becomes_a_record(invoices: decode.Rows) -> None:
    records = map_payloads(invoices.payloads, NZD)
    kinds = Counter(type(record) for record in records)
    assert kinds == {Invoice: 38, Unmapped: 41}


def test_the_amounts_of_real_invoices_are_theirs_digit_by_digit(invoices: decode.Rows) -> None:
    for payload, record in zip(
        invoices.payloads, map_payloads(invoices.payloads, NZD), strict=True
    ):
        tree: Any = msgspec.json.Decoder(float_hook=Decimal).decode(payload.raw)
        if isinstance(record, Invoice):
            assert record.total.amount == tree["Total"]
            assert record.balance.amount == tree["AmountDue"]
            assert record.issued_on.isoformat() == tree["DateString"][:10]


def test_real_organisations_are_described(recordings: Path, server: Any) -> None:
    server.replies.append(Answer(200, bodies(recordings, "organisations")[0]))
    server.rows("Currencies", {"Code": "NZD"})
    found = describe(server.client())
    assert (found.name, found.home_currency, found.country) == ("Demo Company (NZ)", "NZD", "NZ")
    assert found.time_zone == "Pacific/Auckland"
    assert found.books_closed_on is not None and found.books_closed_on.isoformat() == "2009-09-30"
    assert not found.multicurrency


def test_real_connections_and_tokens_are_read(recordings: Path, server: Any) -> None:
    server.replies.append(Answer(200, bodies(recordings, "connections")[0]))
    server.replies.append(Answer(200, bodies(recordings, "token_refresh")[0]))
    consent = Consent(server.consent())
    tokens = TokenSet(access_token="a", refresh_token="r", access_expires_at=NOON)
    assert list(consent.list_companies(tokens, {})) == ["a46fcb6f-2773-40c4-a119-8aa08bca1e8e"]
    assert consent.refresh(tokens).refresh_token == "xero-refresh-token"
