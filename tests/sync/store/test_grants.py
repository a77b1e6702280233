"""Grants: what became of each consent, and which companies it reaches."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography.fernet import Fernet

from recoup.connector.errors import UsageError
from recoup.connector.model import Company
from recoup.connector.protocols import TokenSet
from recoup.sync.store.companies import add_company
from recoup.sync.store.engine import Store
from recoup.sync.store.grants import (
    Expiry,
    GrantState,
    add_grant,
    find_grant,
    grants_of_companies,
    list_expiries,
    list_grants,
    mark_grant,
)


def add(store: Store, grant_id: str) -> None:
    with store.write() as conn:
        add_grant(conn, grant_id, ledger="quickbooks", base_url=None, at=store.clock.now())


def test_a_lost_consent_says_why_until_it_is_given_again(store: Store) -> None:
    add(store, "g")
    with store.write() as conn:
        mark_grant(conn, "g", state="needs_reconnect", reason="revoked in the app centre")
        assert find_grant(conn, "g").reason == "revoked in the app centre"
    add(store, "g")
    with store.read() as conn:
        [grant] = list_grants(conn)
    assert (grant.state, grant.reason) == (GrantState.CONNECTED, None)


def test_an_unknown_grant_is_named(store: Store) -> None:
    with store.read() as conn, pytest.raises(UsageError, match="there is no grant g"):
        find_grant(conn, "g")


def test_an_unknown_state_is_refused(store: Store) -> None:
    add(store, "g")
    with store.write() as conn, pytest.raises(ValueError, match="asleep"):
        mark_grant(conn, "g", state="asleep")


def test_the_grants_behind_companies_are_told(store: Store) -> None:
    at = store.clock.now()
    with store.write() as conn:
        for ledger_id in ("1", "2"):
            books = Company(ledger="quickbooks", ledger_id=ledger_id, name="n", home_currency="USD")
            add_company(conn, books, base_url=None, grant_id=f"g{ledger_id}", at=at)
        assert grants_of_companies(conn, "quickbooks", None, ["1", "3"]) == {"g1"}
        assert grants_of_companies(conn, "quickbooks", "http://127.0.0.1:1", ["1"]) == set()


def test_the_end_of_each_consent_is_known_without_its_key(store: Store) -> None:
    ends = store.clock.now() + timedelta(days=100)
    tokens = TokenSet(access_token="a", access_expires_at=ends, hard_expires_at=ends)
    store.vault(Fernet.generate_key().decode()).save("g", tokens)
    with store.read_control() as conn:
        assert list_expiries(conn) == {"g": Expiry(None, ends)}
