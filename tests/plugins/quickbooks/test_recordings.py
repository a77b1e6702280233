"""Real answers of the platform through the same adapter: recorded by the qbo_api project (MIT)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from requests.structures import CaseInsensitiveDict

from recoup.connector.errors import Skippable
from recoup.connector.http import Answer
from recoup.connector.model import Customer, Invoice, Unmapped
from recoup.connector.pages import Payload
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, connection, tokens
from recoup.plugins.quickbooks import decode
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.context import MappingContext
from recoup.plugins.quickbooks.faults import (
    RequestRefused,
    TokenRefused,
    judge,
)
from recoup.plugins.quickbooks.mapping import map_payload, map_payloads


def answers(recordings: Path, name: str) -> list[Answer]:
    """Read a cassette's responses as the caller hands them over."""
    tree = yaml.safe_load((recordings / f"{name}.yml").read_text())
    found = []
    for interaction in tree["http_interactions"]:
        response = interaction["response"]
        headers = CaseInsensitiveDict({k: v[0] for k, v in response["headers"].items()})
        body = response["body"]["string"]
        body = body if isinstance(body, bytes) else str(body).encode()
        tid = headers.get("Intuit-Tid")
        found.append(Answer(response["status"]["code"], headers, body, tid))
    return found


def test_real_answers_are_taken_for_successes(recordings: Path) -> None:
    names = [path for path in recordings.rglob("*.yml") if path.parent.name != "error"]
    judged = {
        path.stem: judge(answer, NOON)
        for path in names
        for answer in answers(recordings, f"{path.parent.name}/{path.stem}")
    }
    assert len(names) >= 25
    refused = {name: error for name, error in judged.items() if error is not None}
    assert set(refused) == {"error_estimate"}, "the one with a Fault inside HTTP 200"
    assert isinstance(refused["error_estimate"], Skippable)


@pytest.mark.parametrize(
    ("name", "at", "wanted"),
    [
        ("error/401", 0, TokenRefused),
        ("error/400", 1, RequestRefused),
        ("error/400_json", 0, Skippable),
        ("error/validation", 0, Skippable),
        ("error/500", 1, Skippable),
    ],
)
def test_real_faults_have_their_consequence(
    recordings: Path, name: str, at: int, wanted: type[Exception]
) -> None:
    answer = answers(recordings, name)[at]
    error = judge(answer, NOON)
    assert type(error) is wanted
    assert error is not None and error.request_id == answer.request_id is not None
    assert "AB01601390262" not in str(error)


def test_real_customers_are_mapped(recordings: Path) -> None:
    page = answers(recordings, "all/customers")[1]
    rows = decode.read_query(page.body, "Customer").payloads
    records = map_payloads(rows, MappingContext())
    customers = [record for record in records if isinstance(record, Customer)]
    assert len(customers) == len(rows) >= 40
    jobs = [customer for customer in customers if customer.parent_id]
    assert jobs and any(customer.bills_with_parent for customer in jobs)
    assert sum((c.balance.amount for c in customers if c.balance), Decimal(0)) > 0


def test_a_real_void_is_recognised_and_its_invoice_before_it(recordings: Path) -> None:
    bodies = [answer.body for answer in answers(recordings, "void/invoice")]
    states = []
    for body in bodies:
        raw = decode.read_object(body, "Invoice")
        record = map_payload(Payload("Invoice", "264", raw), MappingContext())
        assert isinstance(record, Invoice)
        states.append((str(record.state), record.total.text, record.version))
    assert states == [("posted", "100.00", "0"), ("void", "0.00", "1")]


def test_real_changes_are_split(recordings: Path) -> None:
    [answer] = answers(recordings, "cdc/basic")
    changes = decode.read_changes(answer.body)
    assert [p.ledger_id for p in changes.payloads] == ["48", "46", "41", "100"]
    records = map_payloads(changes.payloads, MappingContext())
    assert all(isinstance(record, Unmapped) for record in records)


def test_a_real_batch_keeps_its_faults_apart(recordings: Path) -> None:
    [answer] = answers(recordings, "batch/basic")
    items = decode.read_batch(answer.body)
    assert any(item.fault for item in items) and any(item.query for item in items)


def test_a_real_count_and_an_empty_page_are_read(recordings: Path) -> None:
    found = answers(recordings, "all/alt_select")
    assert decode.read_count(found[0].body) == 6
    assert decode.read_query(found[-1].body, "Customer").payloads == []


@contextmanager
def replayed(found: list[Answer]) -> Iterator[str]:
    """Serve the answers in their order."""
    left = list(found)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = left.pop(0)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.body)))
            self.send_header("intuit_tid", answer.request_id or "")
            self.end_headers()
            self.wfile.write(answer.body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("name", "ask"),
    [
        ("all/customers", lambda client: client.query("SELECT * FROM Customer", "Customer")),
        ("get/id", lambda client: client.read("Customer", "5")),
        ("create/invoice", lambda client: client.write("Invoice", {}, request_id="r")),
    ],
)
def test_real_answers_pass_through_the_library_unharmed(
    recordings: Path, name: str, ask: Callable[[Client], Any]
) -> None:
    answer = answers(recordings, name)[-1]
    vault = FakeVault()
    vault.save("grant-1", tokens())
    with replayed([answer]) as url:
        reached = connection("quickbooks", "1", clock=FakeClock(), vault=vault, base_url=url)
        found = ask(Client(reached))
    rows = found if isinstance(found, bytes) else b",".join(row.raw for row in found.payloads)
    assert rows in answer.body, "byte for byte"
    assert json.loads(answer.body)
