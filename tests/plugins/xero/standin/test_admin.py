"""The admin surface: a person's acts, the clock, faults and grants from another process."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.server import StandIn


@pytest.fixture
def admin(standin: StandIn) -> Any:
    """Post to the admin surface and return the JSON."""

    def send(path: str, **body: Any) -> Any:
        return requests.post(f"{standin.url}/admin/{path}", json=body).json()

    return send


def test_a_person_acts_over_http(admin: Any, books: Books) -> None:
    acme = admin("books/create_contact", name="Acme")["result"]["ContactID"]
    id = admin("books/create_invoice", contact=acme, amount="100.00", on="2026-04-01")["result"][
        "InvoiceID"
    ]
    admin("books/pay", invoice_id=id, amount="30.00", on="2026-04-10")
    admin("books/edit_due_date", id=id, due="2026-06-01")
    other = admin("books/create_invoice", contact=acme, amount="50")["result"]["InvoiceID"]
    admin("books/batch_pay", amounts=[[id, "10"], [other, "50"]])
    assert books.control == 60
    assert admin("books/check")["result"] == []


def test_a_refused_act_says_why(admin: Any) -> None:
    answer = admin("books/create_invoice", contact="nobody", amount="1")
    assert answer["Elements"][0]["ValidationErrors"][0]["Message"].startswith("A contact must")
    assert admin("books/explode") == {"error": "LookupError: explode"}
    assert "error" in admin("books/pay")


def test_the_clock_is_moved(admin: Any, books: Books) -> None:
    assert admin("clock", freeze="2026-07-01T00:00:00+00:00")["now"].startswith("2026-07-01")
    assert admin("clock", advance=60)["now"].startswith("2026-07-01T00:01")
    assert books.clock.now().month == 7


def test_faults_are_planned_and_cleared(admin: Any, xero: Any) -> None:
    assert admin("faults", kind="500", times=2) == {"waiting": 2}
    assert xero.raw("GET", "Invoices", unchecked=True).status_code == 500
    assert admin("faults", clear=True) == {"waiting": 0}
    assert xero.raw("GET", "Invoices").status_code == 200


def test_a_grant_and_options_are_given(admin: Any, standin: StandIn) -> None:
    assert admin("grant", scopes="accounting.contacts")["scope"] == "accounting.contacts"
    assert admin("options", per_day=1000)["per_day"] == 1000
    assert standin.options.per_day == 1000
    assert "client_secret" not in admin("options")
    assert "error" in admin("options", speed=9)


def test_the_server_says_what_it_served(standin: StandIn, xero: Any) -> None:
    xero.get("Invoices", page="1")
    xero.get("Contacts")
    stats = requests.get(f"{standin.url}/admin/stats").json()
    assert stats["calls"] == {"GET Invoices": 1, "GET Contacts": 1}
    assert stats["limits"][xero.tenant]["day"] == 2
    assert stats["egress"][xero.tenant] == sum(served.size for served in standin.log[:2])
    assert (stats["wrong_tenant"], stats["violations"]) == (0, {xero.tenant: []})
    companies = requests.get(f"{standin.url}/admin/companies").json()["companies"]
    assert companies == [{"tenant": xero.tenant, "name": "Demo Company", "currency": "NZD"}]


def test_requests_are_logged_with_their_tenant(standin: StandIn, xero: Any) -> None:
    since = {"If-Modified-Since": "2026-05-01T00:00:00"}
    xero.get("Invoices", page="1", headers=since)
    served = standin.log[-1]
    assert (served.method, served.path, served.query) == ("GET", "/api.xro/2.0/Invoices", "page=1")
    assert (served.status, served.tenant, served.number) == (200, xero.tenant, 1)
    assert served.since == "2026-05-01T00:00:00"
