"""Many businesses under one consent: X-Business, the lead business, roles and editions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from recoup.plugins.sage.standin.books import Books, Clock

FIRST, SECOND, THIRD = "a" * 32, "b" * 32, "c" * 32


@pytest.fixture
def three(serving: Callable[..., Any]) -> Any:
    clock = Clock()
    businesses = [Books(id, name=f"Firm {id[0]}", clock=clock) for id in (FIRST, SECOND, THIRD)]
    for books in businesses:
        books.create_contact(f"Customer of {books.name}")
    return serving(*businesses)


def names(client: Any, **headers: str) -> list[str]:
    answer = client.raw("GET", "contacts", headers=headers or None)
    return [row["displayed_as"] for row in answer.json()["$items"]]


def test_every_answer_echoes_its_business_and_a_request_id(three: Any, client_of: Any) -> None:
    client = client_of(three, SECOND)
    answer = client.raw("GET", "contacts")
    assert answer.headers["X-Business"] == SECOND
    assert len(answer.headers["x_request_id"]) == 32
    assert names(client) == ["Customer of Firm b"]
    for path in ("businesses", "user"):
        assert "X-Business" not in client.raw("GET", path).headers


def test_without_the_header_it_is_the_lead_business_which_can_change(
    three: Any, client_of: Any
) -> None:
    client = client_of(three)
    client.http.headers.pop("X-Business")
    assert names(client) == ["Customer of Firm a"]
    three.lead = THIRD
    assert names(client) == ["Customer of Firm c"]
    assert client.get("businesses/lead")["id"] == THIRD
    assert three.wrong_business == 2


def test_the_lead_can_change_in_the_middle(three: Any, client_of: Any) -> None:
    client = client_of(three)
    client.http.headers.pop("X-Business")
    three.faults.next("lead_switch", match="contacts", after=1, business=SECOND)
    assert names(client) == ["Customer of Firm a"]
    assert names(client) == ["Customer of Firm b"]


def test_businesses_come_on_one_page_with_a_name_of_its_own(three: Any, client_of: Any) -> None:
    body = client_of(three).get("businesses")
    assert [row["id"] for row in body["$items"]] == [FIRST, SECOND, THIRD]
    assert body["$items_per_page"] == 2147483647 and "$itemsPerPage" not in body


def test_a_consent_reaches_only_its_businesses(three: Any, client_of: Any) -> None:
    client = client_of(three, SECOND)
    client.use(three.issue_grant([FIRST]))
    assert [row["id"] for row in client.rows("businesses")] == [FIRST]
    assert client.raw("GET", "contacts").status_code == 403
    assert client.raw("GET", f"businesses/{SECOND}").status_code == 404
    assert three.wrong_business == 1


def test_an_inactive_subscription_is_no_matter_of_tokens(three: Any, client_of: Any) -> None:
    three.books.subscription_active = False
    client = client_of(three)
    answer = client.raw("GET", "contacts")
    [error] = answer.json()
    assert (answer.status_code, error["$dataCode"]) == (401, "AuthorizationFailure")
    assert error["$message"] == "No active subscription. (MSE)"
    [told] = client.get(f"businesses/{FIRST}")["subscriptions"]
    assert (told["id"], told["active"]) == ("ACCOUNTING", False)
    assert client_of(three, SECOND).raw("GET", "contacts").status_code == 200


def test_allocations_need_full_access_in_three_areas(three: Any, client_of: Any) -> None:
    client = client_of(three)
    three.books.roles = {"Purchases": "Read Only"}
    answer = client.raw("GET", "contact_allocations")
    assert (answer.status_code, answer.json()[0]["$dataCode"]) == (403, "MultiUserAccessDenied")
    assert client.raw("GET", "contact_payments").status_code == 200
    three.books.roles = {"Bank": "No Access"}
    assert client.raw("GET", "contact_allocations").status_code == 200
    assert client.raw("GET", "contact_payments").status_code == 403


@pytest.mark.parametrize(
    ("area", "refused"),
    [
        ("Sales", {"sales_invoices", "sales_credit_notes", "sales_quick_entries",
                   "contact_opening_balances", "contact_allocations"}),
        ("Journals", {"transactions", "ledger_entries", "journals"}),
        ("Settings", {"financial_settings", "invoice_settings", "business_settings",
                      "contact_opening_balances"}),
    ],
)  # fmt: skip
def test_a_role_closes_its_resources(
    area: str, refused: set[str], three: Any, client_of: Any
) -> None:
    three.books.roles = {area: "No Access"}
    client = client_of(three)
    resources = ("contacts", "sales_invoices", "sales_credit_notes", "sales_quick_entries",
                 "contact_opening_balances", "contact_allocations", "contact_payments",
                 "transactions", "ledger_entries", "journals", "ledger_accounts",
                 "financial_settings", "invoice_settings", "business_settings")  # fmt: skip
    answers = {name: client.raw("GET", name).status_code for name in resources}
    assert {name for name, status in answers.items() if status == 403} == refused


def test_reading_is_not_writing(three: Any, client_of: Any) -> None:
    three.books.roles = {"Bank": "Read Only", "Sales": "Restricted Access"}
    client = client_of(three)
    customer = three.books.rows("contacts")[0]["id"]
    invoice = three.books.create_invoice(customer, "5")["id"]
    assert client.pay(customer, "1", {}).status_code == 403
    assert client.send("PUT", f"sales_invoices/{invoice}", "sales_invoice", notes="x").ok
    assert client.raw("DELETE", f"sales_invoices/{invoice}", void_reason="x").status_code == 403


def test_start_holds_nothing_on_account_and_allocates_nothing(three: Any, client_of: Any) -> None:
    three.books.edition = "START"
    client = client_of(three)
    customer = three.books.rows("contacts")[0]["id"]
    invoice = three.books.create_invoice(customer, "5")["id"]
    assert client.pay(customer, "6", {invoice: "5"}).status_code == 403
    assert client.pay(customer, "5", {invoice: "5"}).status_code == 201
    for path in ("contact_allocations", "sales_quick_entries", "contact_opening_balances"):
        assert client.raw("GET", path).status_code == 200
        assert client.raw("POST", path, {}).status_code == 403


def test_two_businesses_may_bear_one_name(serving: Any, client_of: Any) -> None:
    standin = serving(Books(FIRST, name="Cannon"), Books(SECOND, name="Cannon"))
    rows = client_of(standin).rows("businesses")
    assert [row["displayed_as"] for row in rows] == ["Cannon", "Cannon"]
