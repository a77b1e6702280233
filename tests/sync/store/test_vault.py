"""The vault: tokens are sealed, committed before use and renewed once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select, update

from recoup.connector.errors import Busy, NeedsReconnect, Retriable, UsageError
from recoup.connector.protocols import TokenSet, Vault
from recoup.sync.store.control_schema import leases
from recoup.sync.store.control_schema import tokens as table
from recoup.sync.store.engine import Store

KEY = Fernet.generate_key().decode()


@pytest.fixture
def vault(store: Store) -> Vault:
    return store.vault(KEY)


def tokens(store: Store, text: str = "one") -> TokenSet:
    return TokenSet(
        access_token=f"access {text}",
        refresh_token=f"refresh {text}",
        access_expires_at=store.clock.now() + timedelta(hours=1),
        hard_expires_at=store.clock.now() + timedelta(days=1000),
    )


def never(_: TokenSet) -> TokenSet:
    raise AssertionError("renewed though nothing was to be renewed")


def refuse(_: TokenSet) -> TokenSet:
    raise NeedsReconnect("invalid_grant")


def test_tokens_come_back_as_they_were_saved(store: Store, vault: Vault) -> None:
    saved = vault.save("g", tokens(store))
    assert saved == tokens(store).renumbered(1) == vault.read("g")
    assert vault.save("g", tokens(store, "two")).generation == 2


def test_a_grant_without_tokens_needs_a_person(vault: Vault, store: Store) -> None:
    vault.save("g", tokens(store))
    vault.forget("g")
    with pytest.raises(NeedsReconnect, match="run recoup connect"):
        vault.read("g")


def test_no_token_is_at_rest_in_the_clear(store: Store, vault: Vault) -> None:
    vault.save("g", tokens(store))
    with store.read_control() as conn:
        sealed = conn.execute(select(table.c.sealed)).scalar_one()
    assert b"refresh" not in sealed and b"access" not in sealed


def test_a_wrong_key_names_its_setting(store: Store, vault: Vault) -> None:
    vault.save("g", tokens(store))
    with pytest.raises(UsageError, match="RECOUP_VAULT_KEY does not open"):
        store.vault(Fernet.generate_key().decode()).read("g")


def test_a_row_moved_to_another_grant_is_refused(store: Store, vault: Vault) -> None:
    vault.save("g", tokens(store))
    with store.control_database.write() as conn:
        conn.execute(update(table).values(grant_id="h"))
    with pytest.raises(UsageError, match="belong to another grant"):
        vault.read("h")


def test_the_key_file_of_the_workspace_is_made_on_the_first_save(store: Store) -> None:
    store.vault().save("g", tokens(store))
    assert store.home is not None and (store.home / "vault.key").exists()
    assert store.vault().read("g").generation == 1


def test_renewed_tokens_are_committed_before_they_are_returned(store: Store, vault: Vault) -> None:
    seen = vault.save("g", tokens(store))
    fresh = vault.refresh("g", seen, lambda old: tokens(store, "two"))
    assert fresh.generation == 2 and store.vault(KEY).read("g") == fresh


def test_what_another_renewed_meanwhile_is_returned_as_it_is(store: Store, vault: Vault) -> None:
    seen = vault.save("g", tokens(store))
    newer = vault.refresh("g", seen, lambda old: tokens(store, "two"))
    assert vault.refresh("g", seen, never) == newer


def test_the_database_is_free_while_the_platform_is_asked(store: Store, vault: Vault) -> None:
    def renew(old: TokenSet) -> TokenSet:
        with store.control_database.write(), store.read():
            return tokens(store, "two")

    assert vault.refresh("g", vault.save("g", tokens(store)), renew).generation == 2


def test_a_refusal_is_checked_against_the_newest_row(store: Store, vault: Vault) -> None:
    def lose_a_race(old: TokenSet) -> TokenSet:
        vault.save("g", tokens(store, "newer"))
        return refuse(old)

    won = vault.refresh("g", vault.save("g", tokens(store)), lose_a_race)
    assert won.access_token == "access newer"


def test_a_refusal_of_the_newest_tokens_needs_a_person(store: Store, vault: Vault) -> None:
    seen = vault.save("g", tokens(store))
    with pytest.raises(NeedsReconnect, match="invalid_grant"):
        vault.refresh("g", seen, refuse)
    assert vault.read("g") == seen


def test_tokens_of_a_new_consent_are_not_overwritten_by_an_old_renewal(
    store: Store, vault: Vault
) -> None:
    def slow(old: TokenSet) -> TokenSet:
        vault.save("g", tokens(store, "consent"))
        return tokens(store, "late")

    vault.refresh("g", vault.save("g", tokens(store)), slow)
    assert vault.read("g").access_token == "access consent"


@pytest.mark.parametrize("error", [Retriable("timeout"), KeyboardInterrupt()])
def test_a_renewal_that_fails_leaves_the_tokens_and_no_lease(
    store: Store, vault: Vault, error: BaseException
) -> None:
    def fail(old: TokenSet) -> TokenSet:
        raise error

    seen = vault.save("g", tokens(store))
    with pytest.raises(type(error)):
        vault.refresh("g", seen, fail)
    with store.read_control() as conn:
        assert conn.execute(select(leases)).all() == []
    assert vault.refresh("g", seen, lambda old: tokens(store, "two")).generation == 2


def test_a_refresh_under_way_elsewhere_is_waited_for_and_then_busy(
    store: Store, vault: Vault, clock: Any
) -> None:
    seen, started = vault.save("g", tokens(store)), clock.now()

    def inner(old: TokenSet) -> TokenSet:
        with pytest.raises(Busy, match="is refreshing"):
            store.vault(KEY).refresh("g", seen, never)
        return tokens(store, "two")

    assert vault.refresh("g", seen, inner).generation == 2
    assert clock.now() - started >= timedelta(seconds=60)


def test_tokens_are_in_no_repr(store: Store, vault: Vault) -> None:
    saved = vault.save("g", tokens(store))
    assert "access one" not in repr(saved) and KEY not in repr(vault)
