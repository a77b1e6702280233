"""Grants over real HTTP: consent, many organisations, threads, lost answers, custom connections."""

from __future__ import annotations

import base64
import hashlib
import http.client
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from recoup.connector.errors import NeedsReconnect, Retriable, WrongCompany
from recoup.connector.facades import Consent, Ledger
from recoup.connector.protocols import ClientApp, TokenSet
from recoup.connector.standin.clock import Clock
from recoup.connector.testing import Mirror
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, connection
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.consent import XeroConsent
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.server import StandIn

APP = ClientApp(client_id="client", client_secret="not-a-secret")


@contextmanager
def standin(many: int = 1) -> Iterator[StandIn]:
    """A server of several organisations with an invoice each over its number."""
    clock = Clock(NOON)
    companies = []
    for number in range(many):
        tenant = f"c2cc9b6e-9458-4c7d-93cc-{number:012x}"
        books = Books(tenant, name=f"Organisation {number}", clock=clock)
        books.create_invoice(books.create_contact("Buyer")["ContactID"], f"{number + 1}.00")
        companies.append(books)
    with StandIn(companies) as server:
        yield server


def kept(granted: dict[str, Any]) -> TokenSet:
    return TokenSet(
        access_token=granted["access_token"],
        refresh_token=granted.get("refresh_token"),
        access_expires_at=NOON + timedelta(seconds=granted["expires_in"]),
    )


def reach(server: StandIn, vault: FakeVault, grant: str, tenant: str) -> XeroLedger:
    reached = connection(
        "xero", tenant, clock=FakeClock(NOON), vault=vault, base_url=server.url, app=APP
    )
    return XeroLedger(replace(reached, grant_id=grant, home_currency="NZD"))


def consent_by_browser(server: StandIn, consent: Consent) -> TokenSet:
    """Follow the address that a person opens, and trade the code that comes back."""
    verifier = "v" * 64
    digest = hashlib.sha256(verifier.encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    address = urlsplit(consent.authorize_url("http://127.0.0.1:9/back", "state-1", challenge))
    link = http.client.HTTPConnection(str(address.hostname), address.port)
    link.request("GET", f"{address.path}?{address.query}")
    answer = dict(parse_qsl(urlsplit(link.getresponse().getheader("Location", "")).query))
    link.close()
    assert answer["state"] == "state-1"
    return consent.exchange_code(answer, "http://127.0.0.1:9/back", verifier)


def test_one_consent_registers_every_organisation() -> None:
    with standin(3) as server:
        consent = Consent(XeroConsent(APP, server.url, FakeClock(NOON)))
        tokens = consent_by_browser(server, consent)
        found = list(consent.list_companies(tokens, {}))
        assert found == list(server.companies)
        assert consent.revoke(tokens) and consent.revoke(tokens)
        with pytest.raises(NeedsReconnect):
            consent.refresh(tokens)


def test_eight_organisations_on_eight_threads_never_mix_their_tokens() -> None:
    with standin(8) as server:
        vault = FakeVault()
        for tenant in server.companies:
            vault.save(tenant, kept(server.issue_grant([tenant])))

        def totals(tenant: str) -> list[str]:
            seen = []
            for _ in range(5):
                mirror = Mirror()
                mirror.pull(Ledger(reach(server, vault, tenant, tenant)))
                seen += [amount.text for amount in mirror.open_amounts().values()]
            return seen

        with ThreadPoolExecutor(8) as threads:
            found = list(threads.map(totals, server.companies))
        assert found == [[f"{number + 1}.00"] * 5 for number in range(8)]
        assert server.wrong_tenant == 0


def test_a_lost_answer_to_a_refresh_costs_nobody_the_grant() -> None:
    with standin() as server:
        vault = FakeVault()
        vault.save("g", kept(server.issue_grant()))
        [tenant] = server.companies
        server.consent.expire_access()
        server.faults.next("token_lost", times=3)
        with pytest.raises(Retriable):
            reach(server, vault, "g", tenant).describe_company()
        server.clock.advance(timedelta(minutes=25))
        assert reach(server, vault, "g", tenant).describe_company().ledger_id == tenant
        assert vault.read("g").generation == 2


def test_a_custom_connection_works_without_tenant_or_refresh_token() -> None:
    with standin() as server:
        consent = Consent(XeroConsent(APP, server.url, FakeClock(NOON)))
        tokens = consent.exchange_code({"grant_type": "client_credentials"}, "", "")
        [tenant] = consent.list_companies(tokens, {})
        vault = FakeVault()
        vault.save("g", replace(tokens, refresh_token=None))
        server.consent.expire_access()
        mirror = Mirror()
        mirror.pull(Ledger(reach(server, vault, "g", tenant)))
        assert [amount.text for amount in mirror.open_amounts().values()] == ["1.00"]
        assert all(entry.tenant == "" for entry in server.log if entry.tenant is not None)
        with pytest.raises(WrongCompany):
            reach(server, vault, "g", "0f0e0d0c-0b0a-4908-8706-050403020100").describe_company()


def test_a_consent_that_was_withdrawn_between_pages_asks_for_a_person() -> None:
    with standin() as server:
        vault = FakeVault()
        vault.save("g", kept(server.issue_grant()))
        [tenant] = server.companies
        pages = reach(server, vault, "g", tenant).pull(None)
        next(pages)
        for grant in server.consent.grants:
            grant.revoked = True
        with pytest.raises(NeedsReconnect):
            list(pages)
        assert vault.refresh_count == 1


@pytest.mark.parametrize("kind", ["429_app", "429_day"])
def test_a_stop_is_told_to_whom_it_concerns(kind: str) -> None:
    with standin() as server:
        vault = FakeVault()
        vault.save("g", kept(server.issue_grant()))
        [tenant] = server.companies
        ledger = reach(server, vault, "g", tenant)
        server.faults.next(kind)
        with pytest.raises(Retriable) as refusal:
            ledger.describe_company()
        gate: Any = ledger._client.session.connection.gate
        [key] = gate.pauses
        assert key == ("xero:client" if kind == "429_app" else f"xero:client:tenant:{tenant}")
        assert gate.pauses[key] == NOON + refusal.value.retry_after
