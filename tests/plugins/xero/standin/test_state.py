"""The state file: what was acknowledged is there after a restart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from recoup.plugins.xero.standin.books import Books, Clock
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

NOON = datetime(2026, 5, 1, tzinfo=UTC)
Start = Callable[[], StandIn]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    """Start the stand-in anew from the same empty seed and state file."""

    def begin() -> StandIn:
        options = Options(state=str(tmp_path / "xero.state"))
        return StandIn(Books(clock=Clock(NOON)), options=options)

    return begin


def test_documents_survive_and_win_over_the_seed(start: Start) -> None:
    with start() as first:
        acme = first.books.create_contact("Acme")["ContactID"]
        id = first.books.create_invoice(acme, "10.50")["InvoiceID"]
        first.books.pay(id, "4")
        before = first.books.rows("Invoices")
    with start() as second:
        assert second.books.rows("Invoices") == before
        assert second.books.control == Decimal("6.50")
        assert second.books.check() == []
        again = second.books.create_invoice(acme, "1")
        assert again["InvoiceNumber"] == "INV-0002"
        assert again["InvoiceID"] != id


def test_a_grant_survives(start: Start) -> None:
    with start() as first:
        held = first.issue_grant()["refresh_token"]
    with start() as second:
        form = {"grant_type": "refresh_token", "refresh_token": held}
        answer = requests.post(f"{second.url}/connect/token", data=form, auth=("a", "b"))
        headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
        assert len(requests.get(f"{second.url}/connections", headers=headers).json()) == 1


def test_an_answered_key_survives(start: Start, client_of: Any) -> None:
    key = {"headers": {"Idempotency-Key": "op-1"}}
    texts = []
    for _ in range(2):
        with start() as standin:
            client = client_of(standin)
            texts.append(client.raw("PUT", "Contacts", {"Name": "Acme"}, **key).text)
            assert len(standin.books.rows("Contacts")) == 1
    assert texts[0] == texts[1]


def test_a_reset_demo_keeps_its_new_tenant(start: Start) -> None:
    with start() as first:
        first.books.create_contact("Old")
        new = first.books.reset_demo()
    with start() as second:
        assert second.books.tenant_id == new
        assert second.books.rows("Contacts") == []


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("no state file at all, but text long enough to be no header")
    with pytest.raises(ValueError, match="not a state file"):
        StandIn(Books(), options=Options(state=str(path)))
