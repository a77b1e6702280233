"""The admin surface: a bookkeeper, a clock and faults, driven from another process."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from recoup.plugins.sage.standin.server import StandIn


@pytest.fixture
def admin(standin: StandIn) -> Any:
    def ask(path: str, **body: Any) -> Any:
        url = f"{standin.url}/admin/{path}"
        return requests.post(url, json=body, timeout=5).json()

    return ask


def test_a_bookkeeper_acts_by_name(admin: Any, standin: StandIn) -> None:
    contact = admin("books/create_contact", name="Acme")["id"]
    invoice = admin("books/create_invoice", contact=contact, amount="100")["id"]
    payment = admin("books/receive", contact=contact, amount="60", allocations={invoice: "60"})
    assert admin("books/contact", id=contact)["balance"] == "40.0"
    admin("books/delete_payment", id=payment["id"])
    assert admin("books/void", id=invoice, reason="Twice")["status"]["id"] == "VOID"
    stats = requests.get(f"{standin.url}/admin/stats", timeout=5).json()
    assert stats["violations"] == {standin.books.business_id: []}
    assert stats["client_requests"] == 0


def test_every_named_action_is_a_method_of_the_books(standin: StandIn) -> None:
    from recoup.plugins.sage.standin.admin import ACTIONS

    assert [name for name in ACTIONS if not callable(getattr(standin.books, name, None))] == []


def test_refusals_and_mistakes_are_told(admin: Any, standin: StandIn) -> None:
    assert admin("books/void", id="none")[0]["$dataCode"] == "RecordNotFound"
    assert "unknown or missing" in admin("books/burn")["error"]
    assert "unexpected keyword" in admin("books/void", paper="x")["error"]
    assert "unknown fault 'flood'" in admin("faults", kind="flood")["error"]
    assert "unknown or missing" in admin("options", colour="red")["error"]


def test_the_clock_faults_and_options_are_moved(admin: Any, standin: StandIn, sage: Any) -> None:
    assert admin("clock", freeze="2026-05-01T00:00:00+00:00")["now"] == "2026-05-01T00:00:00+00:00"
    assert admin("clock", advance=60)["now"] == "2026-05-01T00:01:00+00:00"
    assert admin("faults", kind="503", match="contacts")["waiting"] == 1
    assert sage.raw("GET", "contacts").status_code == 503
    assert admin("options", next_missing=0)["next_missing"] == 0
    admin("faults", poison=["contacts", "x"])
    assert standin.faults.poisoned == {("contacts", "x")}
    assert admin("faults", clear=True) == {"waiting": 0} and not standin.faults.poisoned


def test_the_business_is_switched(admin: Any, standin: StandIn, sage: Any) -> None:
    told = admin("business", roles={"Bank": "No Access"}, moves_on_allocation=True)
    assert told["moves_on_allocation"] is True
    assert sage.raw("GET", "contact_payments").status_code == 403
    admin("business", subscription_active=False)
    assert sage.raw("GET", "contacts").status_code == 401
    assert admin("lead", business="b" * 32) == {"lead": "b" * 32}


def test_grants_are_given_expired_and_withdrawn(admin: Any, standin: StandIn, sage: Any) -> None:
    sage.use(admin("grant"))
    assert sage.raw("GET", "contacts").status_code == 200
    admin("expire")
    assert sage.raw("GET", "contacts").status_code == 401
    sage.use(admin("grant", businesses=[]))
    assert sage.raw("GET", "contacts").status_code == 403
    admin("withdraw", grant=sage.grant["requested_by_id"])
    assert sage.raw("GET", "businesses").status_code == 401
