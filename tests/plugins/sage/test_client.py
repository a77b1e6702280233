"""Calls name their business, are answered for it, and keep to tokens and budgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from recoup.connector.errors import (
    Fatal,
    NeedsConsent,
    NeedsReconnect,
    OutcomeUnknown,
    Retriable,
    WrongCompany,
)
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.faults import SubscriptionInactive
from recoup.plugins.sage.limits import Limits, day_budget, minute_budget


@pytest.fixture
def client(world: Any) -> Client:
    return Client(world.connection())


def test_every_call_names_its_business(
    world: Any, record: Callable[..., Any], make_intent: Any
) -> None:
    adapter = world.adapter()
    sent = record(adapter)
    world.customer()
    list(adapter.pull(cursor=None))
    outside = [headers for headers in sent.headers if "X-Business" not in headers]
    assert len(outside) == 1, "only /businesses answers for nobody"
    named = {headers.get("X-Business") for headers in sent.headers} - {None}
    assert named == {world.books.business_id}


def test_an_answer_for_another_business_is_not_kept(make_world: Callable[..., Any]) -> None:
    world = make_world(more=1)
    world.invoice(world.customer())
    world.standin.faults.next("wrong_business", match="sales_invoices", times=99)
    with pytest.raises(WrongCompany, match="nothing of it is kept"):
        world.pull()
    assert not [key for key in world.mirror.records if key[0] == "sales_invoices"]


def test_an_answer_for_nobody_is_not_kept(client: Client, world: Any) -> None:
    world.standin.faults.next("wrong_business", business=" ")
    with pytest.raises(WrongCompany, match=r"\(none named\)"):
        client.page("contacts", {}, rows=1)


def test_a_business_out_of_the_grant_asks_for_a_person(make_world: Callable[..., Any]) -> None:
    world = make_world(more=1)
    world.connect([f"{1:032x}"])
    with pytest.raises(NeedsReconnect, match="does not reach business"):
        world.pull()
    assert world.standin.wrong_business == 0


def test_an_inactive_subscription_renews_no_token(world: Any) -> None:
    world.books.subscription_active = False
    with pytest.raises(SubscriptionInactive):
        world.pull()
    world.standin.faults.next("no_subscription")
    with pytest.raises(Fatal, match="no active Sage subscription"):
        Client(world.connection()).page("contacts", {}, rows=1)
    assert world.vault.refresh_count == 0


def test_a_role_that_does_not_reach_is_no_matter_of_tokens(client: Client, world: Any) -> None:
    world.books.roles = {"Bank": "No Access"}
    with pytest.raises(NeedsConsent, match="may not do this"):
        client.page("contact_payments", {}, rows=1)
    assert world.vault.refresh_count == 0


def test_a_token_in_its_last_minute_is_renewed_before_it_is_used(
    client: Client, world: Any
) -> None:
    world.clock.advance(timedelta(seconds=239))
    client.page("contacts", {}, rows=1)
    assert world.vault.refresh_count == 0
    world.clock.advance(timedelta(seconds=2))
    client.page("contacts", {}, rows=1)
    assert world.vault.refresh_count == 1


def test_a_token_refused_in_spite_of_its_time_is_renewed_once(client: Client, world: Any) -> None:
    world.standin.consent.expire_access()
    client.page("contacts", {}, rows=1)
    assert world.vault.refresh_count == 1


def test_the_tokens_of_another_process_are_taken_over(client: Client, world: Any) -> None:
    other = Client(world.connection())
    client.page("contacts", {}, rows=1)
    world.clock.advance(timedelta(minutes=5))
    other.page("contacts", {}, rows=1)
    client.page("contacts", {}, rows=1)
    assert world.vault.refresh_count == 1
    assert world.standin.consent.reused == 0


def test_throttling_pauses_the_business_for_as_long_as_sage_says(
    client: Client, world: Any
) -> None:
    world.standin.faults.next("429_retry", seconds=17)
    with pytest.raises(Retriable) as refusal:
        client.page("contacts", {}, rows=1)
    assert refusal.value.retry_after == timedelta(seconds=17)
    [(key, until)] = world.gate.pauses.items()
    assert key == f"sage:client:business:{world.books.business_id}:"
    assert until == world.clock.now() + timedelta(seconds=17)


def test_a_call_draws_on_the_minute_and_the_day(client: Client, world: Any) -> None:
    client.page("contacts", {}, rows=1)
    assert world.gate.taken == {
        f"sage:client:business:{world.books.business_id}:minute": 1,
        "sage:client:day": 1,
    }


def test_the_minute_never_sees_more_than_its_limit(world: Any) -> None:
    budget = minute_budget(world.connection(), Limits(minute_calls=60))
    assert budget.limit <= 60 and budget.per == timedelta(minutes=1)
    day = day_budget(world.connection())
    assert (day.limit, day.per, day.paced) == (1_296_000, timedelta(days=1), False)


def test_the_settings_of_the_firm_stand_above_the_usual_limits(world: Any) -> None:
    usual, own = world.connection(), {"minute_calls": 50, "at_once": 3}
    assert Limits.of(usual) == Limits()
    firm = Limits.of(replace(usual, settings=own))
    assert (firm.minute_calls, firm.at_once) == (50, 3)
    held: list[int] = []
    slot = world.gate.slot
    world.gate.slot = lambda key, limit, lease: held.append(limit) or slot(key, limit, lease)
    Client(replace(usual, settings=own)).page("contacts", {}, rows=1)
    assert held == [3]


def test_a_fault_of_seconds_is_slept_over(client: Client, world: Any) -> None:
    world.standin.faults.next("503", times=2)
    assert client.page("contacts", {}, rows=1).total == 0
    assert sum(world.clock.sleeps) < 5


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate", "500_after"])
def test_a_write_is_never_repeated_by_the_way(client: Client, world: Any, kind: str) -> None:
    world.standin.faults.next(kind)
    with pytest.raises(Retriable) as fault:
        client.write("POST", "contacts", {"contact": {"name": "Once"}})
    assert kind == "500_after" or isinstance(fault.value, OutcomeUnknown)
    assert world.standin.calls["write"] == 1


def test_a_pdf_does_not_mark_its_invoice_as_sent(client: Client, world: Any) -> None:
    invoice = world.invoice(world.customer())
    assert client.pdf(invoice).startswith(b"%PDF")
    assert world.books.get("sales_invoices", invoice)["sent"] is False


def test_reading_an_invoice_does_not_mark_it_as_sent(client: Client, world: Any) -> None:
    invoice = world.invoice(world.customer())
    client.read("sales_invoices", invoice)
    assert world.books.get("sales_invoices", invoice)["sent"] is False


def test_the_clock_is_the_servers(make_world: Callable[..., Any]) -> None:
    from recoup.plugins.sage.standin.options import Options

    world = make_world(options=Options(date_skew_seconds=300))
    client = Client(world.connection())
    client.page("contacts", {}, rows=1)
    assert client.server_time == world.clock.now() + timedelta(minutes=5)
