"""Consent, tokens, connections and scopes."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

BACK = "http://127.0.0.1:9/callback"


def token(standin: StandIn, **form: str) -> requests.Response:
    return requests.post(f"{standin.url}/connect/token", data=form, auth=("app", "secret"))


def consent(standin: StandIn, **more: str) -> dict[str, str]:
    query = {
        "client_id": "app",
        "redirect_uri": BACK,
        "state": "s1",
        "response_type": "code",
        **more,
    }
    place = f"{standin.url}/identity/connect/authorize"
    answer = requests.get(place, params=query, allow_redirects=False)
    assert answer.status_code == 302
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def refresh(standin: StandIn, refresh_token: str) -> requests.Response:
    return token(standin, grant_type="refresh_token", refresh_token=refresh_token)


def test_consent_ends_in_tokens_for_thirty_minutes(standin: StandIn) -> None:
    code = consent(standin, scope="openid offline_access accounting.contacts")
    assert code["state"] == "s1"
    form = {"grant_type": "authorization_code", "code": code["code"], "redirect_uri": BACK}
    granted = token(standin, **form).json()
    assert (granted["expires_in"], granted["token_type"]) == (1800, "Bearer")
    assert granted["scope"] == "openid offline_access accounting.contacts"
    assert token(standin, **form).json() == {"error": "invalid_grant"}  # a code works once


def test_a_code_is_bound_to_its_verifier(standin: StandIn) -> None:
    verifier = "v" * 43
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    for given, status in (("w" * 43, 400), (verifier, 200)):
        code = consent(standin, code_challenge=challenge, code_challenge_method="S256")["code"]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
        form |= {"client_id": "app", "code_verifier": given}
        answer = requests.post(f"{standin.url}/connect/token", data=form)
        assert answer.status_code == status


def test_without_offline_access_there_is_no_refresh_token(standin: StandIn) -> None:
    assert "refresh_token" not in standin.issue_grant(scopes="accounting.contacts")


def test_an_old_access_token_is_refused(standin: StandIn, books: Books, xero: Any) -> None:
    assert xero.raw("GET", "Organisation").status_code == 200
    books.clock.advance(timedelta(minutes=30))
    answer = xero.raw("GET", "Organisation", unchecked=True)
    assert (answer.status_code, answer.json()["Title"]) == (401, "Unauthorized")
    assert answer.json()["Detail"].startswith("TokenExpired")
    assert "WWW-Authenticate" not in answer.headers
    xero.use(refresh(standin, xero.grant["refresh_token"]).json()["access_token"])
    assert xero.raw("GET", "Organisation").status_code == 200


def test_a_refresh_token_rotates_and_the_one_before_works_thirty_minutes_more(
    standin: StandIn, books: Books
) -> None:
    first = standin.issue_grant()["refresh_token"]
    second = refresh(standin, first).json()["refresh_token"]
    assert second != first
    books.clock.advance(timedelta(minutes=29))
    assert refresh(standin, first).status_code == 200  # its answer was lost
    books.clock.advance(timedelta(minutes=2))
    assert refresh(standin, first).json() == {"error": "invalid_grant"}


def test_a_refresh_token_unused_for_sixty_days_is_dead(standin: StandIn, books: Books) -> None:
    early, late = standin.issue_grant(), standin.issue_grant()
    books.clock.advance(timedelta(days=59))
    assert refresh(standin, early["refresh_token"]).status_code == 200
    books.clock.advance(timedelta(days=1))
    assert refresh(standin, late["refresh_token"]).status_code == 400


def test_a_lost_answer_to_a_refresh_can_be_asked_for_again(standin: StandIn) -> None:
    held = standin.issue_grant()["refresh_token"]
    standin.faults.next("token_lost")
    with pytest.raises(requests.ConnectionError):
        refresh(standin, held)
    assert refresh(standin, held).status_code == 200


def test_wrong_credentials_and_grants_are_refused(standin: StandIn, options: Options) -> None:
    options.client_id, options.client_secret = "app", "other"
    held = standin.issue_grant()["refresh_token"]
    assert refresh(standin, held).json() == {"error": "invalid_client"}
    options.client_secret = "secret"
    assert token(standin, grant_type="password").json() == {"error": "unsupported_grant_type"}


def test_one_token_reaches_all_organisations_of_its_person(books: Books, client_of: Any) -> None:
    second = Books("0d81fb35-6a55-4af6-8f07-6e6b2bd1b0f2", name="Second", clock=books.clock)
    with StandIn([books, second]) as standin:
        granted = standin.issue_grant()
        headers = {"Authorization": f"Bearer {granted['access_token']}"}
        shown = requests.get(f"{standin.url}/connections", headers=headers).json()
        assert {link["tenantName"] for link in shown} == {"Demo Company", "Second"}
        assert {link["authEventId"] for link in shown} == {shown[0]["authEventId"]}
        for tenant in (books.tenant_id, second.tenant_id):
            client = client_of(standin, tenant)
            client.use(granted["access_token"])
            assert client.get("Organisation")["Organisations"][0]["OrganisationID"] == tenant
        assert standin.wrong_tenant == 0


def test_a_connection_is_deleted_by_its_own_id(standin: StandIn, xero: Any) -> None:
    [link] = xero.http.get(f"{standin.url}/Connections").json()
    by_tenant = xero.http.delete(f"{standin.url}/connections/{link['tenantId']}")
    assert by_tenant.status_code == 404
    assert xero.http.delete(f"{standin.url}/connections/{link['id']}").status_code == 204
    assert xero.http.get(f"{standin.url}/connections").json() == []
    answer = xero.raw("GET", "Organisation", unchecked=True)
    assert (answer.status_code, answer.json()["Detail"]) == (403, "AuthenticationUnsuccessful")
    assert standin.wrong_tenant == 0  # it was disconnected, not mixed up


def test_a_tenant_of_somebody_else_is_forbidden_and_counted(books: Books, client_of: Any) -> None:
    second = Books("0d81fb35-6a55-4af6-8f07-6e6b2bd1b0f2", name="Second", clock=books.clock)
    with StandIn([books, second]) as standin:
        client = client_of(standin, books.tenant_id)
        client.http.headers["xero-tenant-id"] = second.tenant_id
        assert client.raw("GET", "Invoices", unchecked=True).status_code == 403
        assert standin.wrong_tenant == 1


def test_a_request_without_a_tenant_is_forbidden(xero: Any) -> None:
    del xero.http.headers["xero-tenant-id"]
    assert xero.raw("GET", "Invoices", unchecked=True).status_code == 403


def test_a_missing_scope_is_401_with_a_header_that_says_so(
    standin: StandIn, client_of: Any
) -> None:
    client = client_of(standin, scopes="offline_access accounting.contacts.read")
    assert client.raw("GET", "Contacts").status_code == 200
    for method, path in (("PUT", "Contacts"), ("GET", "Invoices"), ("GET", "Reports/TrialBalance")):
        answer = client.raw(method, path, {}, unchecked=True)
        assert answer.status_code == 401
        assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    ("scope", "opens"),
    [
        ("accounting.invoices.read", {"Invoices", "CreditNotes"}),
        ("accounting.payments.read", {"Payments", "BatchPayments", "Overpayments", "Prepayments"}),
        ("accounting.transactions", {"Invoices", "CreditNotes", "Payments", "BatchPayments",
                                     "Overpayments", "Prepayments", "BankTransactions"}),
        ("accounting.reports.balancesheet.read", {"Reports/BalanceSheet"}),
        ("accounting.reports.read", {"Reports/BalanceSheet", "Reports/TrialBalance"}),
        ("accounting.settings.read", {"Organisation", "Accounts"}),
    ],
)  # fmt: skip
def test_scopes_open_what_they_name(
    standin: StandIn, client_of: Any, scope: str, opens: set[str]
) -> None:
    client = client_of(standin, scopes=scope)
    paths = ("Invoices", "CreditNotes", "Payments", "BatchPayments", "Overpayments", "Prepayments",
             "BankTransactions", "Contacts", "Organisation", "Accounts", "Reports/BalanceSheet",
             "Reports/TrialBalance")  # fmt: skip
    opened = {p for p in paths if client.raw("GET", p, unchecked=True).status_code == 200}
    assert opened == opens


def test_a_custom_connection_needs_neither_tenant_nor_connections(standin: StandIn) -> None:
    granted = token(standin, grant_type="client_credentials", scope="accounting.settings").json()
    assert "refresh_token" not in granted
    headers = {"Authorization": f"Bearer {granted['access_token']}", "Accept": "application/json"}
    answer = requests.get(f"{standin.url}/api.xro/2.0/Organisation", headers=headers)
    assert answer.json()["Organisations"][0]["Name"] == "Demo Company"
    assert requests.get(f"{standin.url}/connections", headers=headers).status_code == 403


def test_a_revoked_grant_is_dead_at_once(standin: StandIn, xero: Any) -> None:
    form = {"token": xero.grant["refresh_token"]}
    place = f"{standin.url}/connect/revocation"
    assert requests.post(place, data=form, auth=("app", "secret")).status_code == 200
    assert xero.raw("GET", "Invoices", unchecked=True).status_code == 401
    assert refresh(standin, xero.grant["refresh_token"]).json() == {"error": "invalid_grant"}


def test_a_reset_demo_company_is_unknown_to_the_old_grant(
    standin: StandIn, books: Books, xero: Any, invoice: Callable[..., str], client_of: Any
) -> None:
    invoice()
    new = books.reset_demo()
    assert xero.raw("GET", "Invoices", unchecked=True).status_code == 403
    assert xero.http.get(f"{standin.url}/connections").json() == []
    assert client_of(standin, new).rows("Invoices") == []


def test_the_token_names_the_consent_it_came_from(standin: StandIn, xero: Any) -> None:
    part = xero.grant["access_token"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    shown = xero.http.get(
        f"{standin.url}/connections", params={"authEventId": claims["authentication_event_id"]}
    ).json()
    assert [link["tenantId"] for link in shown] == [xero.tenant]
