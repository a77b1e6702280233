"""The admin surface drives the stand-in from another process; serve runs it there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.serve import serve
from recoup.plugins.quickbooks.standin.server import StandIn


@pytest.fixture
def admin(standin: StandIn) -> Any:
    """Post to the admin surface: admin("clock", freeze=True) → the parsed answer."""

    def send(path: str, **body: Any) -> Any:
        answer = requests.post(f"{standin.url}/admin/{path}", json=body, timeout=5)
        return json.loads(answer.text, parse_float=Decimal)

    return send


def test_the_bookkeeper_works_over_http(admin: Any, books: Books) -> None:
    customer = admin("books/create", entity="Customer", body={"DisplayName": "A"})["Id"]
    line = {"Amount": 100, "DetailType": "SalesItemLineDetail"}
    ref = {"value": customer}
    body = {"CustomerRef": ref, "Line": [line]}
    invoice = admin("books/create", entity="Invoice", body=body)["Id"]
    body = {"CustomerRef": ref, "TotalAmt": 60}
    payment = admin("books/create", entity="Payment", body=body)["Id"]
    assert admin("books/apply", payment=payment, amounts={invoice: "60"})["UnappliedAmt"] == 0
    assert admin("books/unapply", payment=payment)["UnappliedAmt"] == 60
    assert admin("books/deposit", payments=[payment])["TotalAmt"] == 60
    assert admin("books/void", entity="Invoice", id=invoice)["Balance"] == 0
    assert admin("books/delete", entity="Invoice", id=invoice)["status"] == "Deleted"
    assert admin("books/rename", entity="Customer", id=customer, name="B")["DisplayName"] == "B"
    assert books.check() == []


def test_faults_of_the_books_are_answered_as_the_api_does(admin: Any) -> None:
    found = admin("books/void", entity="Invoice", id="404")
    assert found["Fault"]["Error"][0]["code"] == "610"


def test_the_clock_and_the_faults_are_moved_from_outside(
    admin: Any, qbo: Any, books: Books
) -> None:
    assert admin("clock", freeze="2027-01-01T00:00:00+00:00")["now"].startswith("2027-01-01T00:00")
    assert admin("clock", advance=60)["now"].startswith("2027-01-01T00:01")
    admin("clock", freeze="2026-05-01T19:00:00+00:00")
    assert admin("faults", kind="503", times=2)["waiting"] == 2
    assert qbo.raw("GET", "companyinfo/1").status_code == 503
    assert admin("faults", clear=True)["waiting"] == 0
    admin("expire")
    assert qbo.raw("GET", "companyinfo/1").status_code == 401
    qbo.use(admin("grant")["access_token"])
    assert qbo.raw("GET", "companyinfo/1").status_code == 200


def test_stats_count_calls_and_prove_the_books(
    admin: Any, standin: StandIn, qbo: Any, company: Any
) -> None:
    company.invoice(company.customer())
    qbo.query("select * from Invoice")
    qbo.post("customer", {"DisplayName": "B"})
    found = requests.get(f"{standin.url}/admin/stats", timeout=5).json()
    assert found["calls"] == {"query": 1, "write": 1}
    assert found["client_requests"] == 2
    assert found["reads_this_month"] == {standin.books.realm: 1}
    assert found["violations"] == {standin.books.realm: []}
    assert found["documents"][standin.books.realm]["Customer"] == 2


def test_options_are_switched_at_run_time_and_secrets_not_shown(
    admin: Any, standin: StandIn
) -> None:
    standin.options.client_secret = "hush"
    shown = admin("options", oldest_first=True)
    assert standin.options.oldest_first is True
    assert "client_secret" not in shown


def test_webhooks_are_subscribed_and_delivered_on_demand(admin: Any, company: Any) -> None:
    assert admin("webhooks", url="http://127.0.0.1:9/none", generation="legacy")["url"]
    company.customer()
    assert admin("webhooks", deliver=True) == {"taken": 0}
    assert "legacy or cloudevents" in admin("webhooks", url="x", generation="third")["error"]


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("nonsense", {}, "/admin/nonsense"),
        ("books/fly", {}, "fly"),
        ("books/get", {"entity": "Invoice"}, "id"),
        ("books/get", {"realm": "7"}, "7"),
        ("faults", {"kind": "flood"}, "unknown fault"),
        ("options", {"colour": 1}, "colour"),
        ("clock", {"freeze": "noon"}, "noon"),
        ("books/apply", {"payment": "1", "amounts": {"2": "much"}}, ""),
    ],
)
def test_a_wrong_request_is_told_what_is_wrong(
    admin: Any, path: str, body: dict[str, Any], said: str
) -> None:
    assert said in admin(path, **body)["error"]


def test_a_taken_port_is_an_error_that_leaves_nothing_open(
    standin: StandIn, tmp_path: Path
) -> None:
    port = int(standin.url.rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        serve([Books()], port, state=str(tmp_path / "state"))


def test_serve_says_where_it_is_and_stops_on_a_signal() -> None:
    program = (
        "from recoup.plugins.quickbooks.standin.books import Books\n"
        "from recoup.plugins.quickbooks.standin.serve import serve\n"
        "serve([Books('1001')], 0)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", url)
        companies = requests.get(f"{url}/admin/companies", timeout=5).json()
        assert companies == [{"realm": "1001", "name": "Sandbox Company"}]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
