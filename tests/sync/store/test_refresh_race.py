"""One grant, several processes and kills at every point: no refresh token is ever lost."""

from __future__ import annotations

import random
import signal
import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.protocols import TokenSet
from recoup.sync.store.engine import Store

Actor = Callable[..., subprocess.Popen[str]]
REFRESHES = 1000


def consent(store: Store) -> TokenSet:
    ends = store.clock.now() + timedelta(hours=1)
    first = TokenSet(access_token="a", refresh_token="refresh-0", access_expires_at=ends)
    return store.vault().save("grant", first)


def refresh_here(store: Store, server: Any) -> TokenSet:
    """Refresh in this process; fails when the platform refuses what is stored."""
    vault = store.vault()

    def renew(old: TokenSet) -> TokenSet:
        fresh = server.exchange(old.refresh_token)
        assert fresh is not None, "the platform no longer knows the stored token"
        return TokenSet(
            access_token="a", refresh_token=fresh, access_expires_at=old.access_expires_at
        )

    return vault.refresh("grant", vault.read("grant"), renew)


def line(actor: subprocess.Popen[str]) -> str:
    assert actor.stdout is not None
    return actor.stdout.readline().strip()


def kill(actor: subprocess.Popen[str]) -> None:
    actor.send_signal(signal.SIGKILL)
    actor.wait()


def test_two_processes_refreshing_one_grant_a_thousand_times_lose_no_token(
    store: Store, store_address: str, tmp_path: Path, start_actor: Actor, strict_server: Any
) -> None:
    consent(store)
    told = (store_address, str(tmp_path), strict_server.url, str(REFRESHES + 1))
    actors = [start_actor("refresh_until", *told) for _ in range(2)]
    assert [line(actor) for actor in actors] == ["ready"] * 2
    assert [line(actor) for actor in actors] == ["done"] * 2
    stored = store.vault().read("grant")
    assert (strict_server.refused, stored.refresh_token) == (0, strict_server.current)
    assert strict_server.issued == stored.generation - 1 >= REFRESHES


def test_a_kill_between_refresh_and_use_loses_nothing_even_under_strict_rotation(
    store: Store, store_address: str, tmp_path: Path, start_actor: Actor, strict_server: Any
) -> None:
    consent(store)
    told = (store_address, str(tmp_path), strict_server.url, "returned")
    for _ in range(3):
        actor = start_actor("refresh_and_stop", *told)
        assert line(actor) == "stopped"
        kill(actor)
        refresh_here(store, strict_server)
    assert strict_server.refused == 0 and store.vault().read("grant").generation == 7


@pytest.mark.parametrize("point", ["answered", "storing"])
def test_a_kill_before_the_commit_leaves_the_old_token_which_is_tried_again(
    point: str,
    store: Store,
    store_address: str,
    tmp_path: Path,
    start_actor: Actor,
    gracious_server: Any,
) -> None:
    consent(store)
    actor = start_actor(
        "refresh_and_stop", store_address, str(tmp_path), gracious_server.url, point
    )
    assert line(actor) == "stopped"
    kill(actor)
    assert store.vault().read("grant").refresh_token == "refresh-0"
    assert refresh_here(store, gracious_server).refresh_token == "refresh-2"


def test_kills_at_random_moments_lose_no_token(
    store: Store, store_address: str, tmp_path: Path, start_actor: Actor, gracious_server: Any
) -> None:
    consent(store)
    chance = random.Random(20260302)
    told = (store_address, str(tmp_path), gracious_server.url, "1000000")
    for _ in range(8):
        actor = start_actor("refresh_until", *told)
        gracious_server.after_answer = countdown(actor, chance)
        actor.wait()
        gracious_server.after_answer = lambda: None
        refresh_here(store, gracious_server)
    assert gracious_server.refused == 0
    assert store.vault().read("grant").refresh_token == gracious_server.current


def countdown(actor: subprocess.Popen[str], chance: random.Random) -> Callable[[], None]:
    """Kill the actor after some answers, a varying while after the last of them went out."""
    answers, steps = chance.randrange(1, 12), chance.randrange(60_000)

    def after_answer() -> None:
        nonlocal answers
        answers -= 1
        if answers == 0:
            sum(range(steps))
            actor.send_signal(signal.SIGKILL)

    return after_answer
