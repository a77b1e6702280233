"""The SDK as a layer of addresses: one send a call, exact amounts, raw bytes, metered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import urllib3

from recoup.connector.errors import (
    BudgetSpent,
    Busy,
    Gone,
    NeedsConsent,
    NeedsReconnect,
    OutcomeUnknown,
    Retriable,
)
from recoup.connector.standin.listener import Answer, Request
from recoup.connector.testing.fakes import NOON
from recoup.plugins.xero import decode
from recoup.plugins.xero.entities import BY_TYPE
from recoup.plugins.xero.limits import day_budget, tenant_key
from recoup.plugins.xero.wire import Wire

INVOICES = BY_TYPE["Invoice"]
ROW = {"InvoiceID": "7a3d0f6e-2ad8-4f7a-8c0b-0a0ef7ee7b91", "Total": 1}
TOKENS = {"access_token": "access-2", "refresh_token": "refresh-2", "expires_in": 1800}


def test_a_page_asks_for_the_order_of_ids_and_a_fixed_window(server: Any) -> None:
    server.rows("Invoices", ROW, pagination={"pageCount": 3, "itemCount": 2001})
    since = datetime(2026, 6, 1, 8, 30, 15, 999, UTC)
    rows = server.client().page(INVOICES, page=2, since=since)
    query, sent = server.query(), server.requests[0]
    assert (query["order"], query["page"], query["pageSize"]) == ("InvoiceID ASC", "2", "1000")
    assert query["where"] == 'Type=="ACCREC"'
    assert sent.headers["if-modified-since"] == "2026-06-01T08:30:15"
    assert (sent.headers["accept"], sent.headers["accept-encoding"]) == ("application/json", "gzip")
    assert (rows.page_count, rows.item_count, rows.time) == (3, 2001, NOON)


def test_archived_contacts_are_asked_for(server: Any) -> None:
    server.rows("Contacts")
    server.client().page(BY_TYPE["Contact"])
    assert server.query()["includeArchived"].lower() == "true"


def test_amounts_are_written_digit_by_digit(server: Any) -> None:
    server.rows("Payments", {"PaymentID": "1"})
    body = {"Payments": [{"Amount": Decimal("12345678901234567.89")}]}
    server.client().write("create_payments", body=body, key="k-1", summarize_errors=False)
    sent = server.requests[0]
    assert sent.body == b'{"Payments":[{"Amount":12345678901234567.89}]}'
    assert (sent.method, sent.headers["idempotency-key"]) == ("PUT", "k-1")
    assert server.query()["summarizeErrors"].lower() == "false"


def test_a_create_without_an_answer_is_sent_once_and_unknown(server: Any) -> None:
    server.drop()
    with pytest.raises(OutcomeUnknown):
        server.client().write("create_payments", body={"Payments": [{}]}, key="k-1")
    assert len(server.requests) == 1


def test_a_create_that_breaks_is_unknown_and_not_repeated(server: Any) -> None:
    server.say(status=500)
    with pytest.raises(OutcomeUnknown):
        server.client().write("create_payments", body={"Payments": [{}]}, key="k-1")
    assert len(server.requests) == 1


def test_a_read_survives_two_passing_faults(server: Any) -> None:
    server.say(status=503)
    server.drop()
    server.rows("Invoices", ROW)
    assert len(server.client().page(INVOICES).payloads) == 1
    assert sum(server.clock.sleeps) < 5


def test_a_cut_answer_is_no_page(server: Any) -> None:
    answer = server.rows("Invoices", ROW)
    answer.cut = 40
    with pytest.raises(Retriable):
        server.client().page(INVOICES)


def test_a_minute_stop_is_raised_and_told_to_all_processes(server: Any) -> None:
    server.say(status=429, X_Rate_Limit_Problem="minute", Retry_After="17")
    with pytest.raises(Retriable) as refusal:
        server.client().page(INVOICES)
    assert refusal.value.retry_after == timedelta(seconds=17)
    paused = server.gate.pauses[tenant_key(server.connection)]
    assert paused == NOON + timedelta(seconds=17)
    assert (len(server.requests), server.clock.sleeps) == (1, [])


def test_a_day_stop_parks_the_organisation(server: Any) -> None:
    server.say(status=429, X_Rate_Limit_Problem="day", Retry_After="77000")
    with pytest.raises(BudgetSpent) as refusal:
        server.client().page(INVOICES)
    assert refusal.value.retry_after == timedelta(seconds=77000)
    assert server.gate.pauses[tenant_key(server.connection)] == NOON + timedelta(seconds=77000)
    assert server.clock.sleeps == []


def test_too_many_at_once_wait_a_moment(server: Any) -> None:
    server.say(status=429, X_Rate_Limit_Problem="concurrent")
    server.rows("Invoices", ROW)
    assert server.client().page(INVOICES).payloads
    assert server.gate.pauses == {}


def test_the_gate_hears_what_is_left(server: Any) -> None:
    left = {"X_DayLimit_Remaining": "990", "X_MinLimit_Remaining": "59"}
    server.say({"Invoices": [], "DateTimeUTC": "/Date(0)/"}, **left)
    server.client().page(INVOICES)
    day = day_budget(server.connection)
    assert (day.key, 990) in server.gate.corrections
    assert (tenant_key(server.connection) + ":minute", 59) in server.gate.corrections
    assert (day.paced, day.reserve) == (False, 500)


def test_a_smaller_tier_has_a_smaller_day(server: Any) -> None:
    starter = day_budget(replace(server.connection, settings={"daily_calls": 1000}))
    assert (starter.limit, starter.reserve) == (1000, 100)
    assert day_budget(server.connection).limit == 5000


def test_a_refused_token_is_renewed_once_under_the_vault(server: Any) -> None:
    server.say({"Detail": "TokenExpired"}, status=401)
    server.say(TOKENS)
    server.rows("Invoices", ROW)
    assert server.client().page(INVOICES).payloads
    assert server.vault.refresh_count == 1
    assert server.requests[-1].headers["authorization"] == "Bearer access-2"


def test_an_old_token_is_renewed_before_it_is_used(server: Any) -> None:
    server.clock.advance(timedelta(minutes=24))
    server.say(TOKENS)
    server.rows("Invoices", ROW)
    server.client().page(INVOICES)
    assert [r.target.split("?")[0] for r in server.requests] == [
        "/connect/token",
        "/api.xro/2.0/Invoices",
    ]


def test_a_token_refused_twice_asks_for_a_person(server: Any) -> None:
    server.say(status=401)
    server.say(TOKENS)
    server.say(status=401)
    with pytest.raises(NeedsReconnect):
        server.client().page(INVOICES)
    assert server.vault.refresh_count == 1


def test_a_missing_scope_is_never_answered_with_a_refresh(server: Any) -> None:
    server.say(status=401, WWW_Authenticate='Bearer error="insufficent_scope"')
    with pytest.raises(NeedsConsent):
        server.client().page(INVOICES)
    assert server.vault.refresh_count == 0


def test_a_disconnected_organisation_asks_for_a_person(server: Any) -> None:
    server.say({"Detail": "AuthenticationUnsuccessful"}, status=403)
    with pytest.raises(NeedsReconnect):
        server.client().page(INVOICES)
    assert (len(server.requests), server.vault.refresh_count) == (1, 0)


def test_each_connection_carries_its_own_token_and_tenant(server: Any) -> None:
    server.rows("Invoices")
    first = server.client()
    first.page(INVOICES)
    server.keep("access-9", "refresh-9")
    second = server.client()
    second.page(INVOICES)
    first.page(INVOICES)
    tokens = [request.headers["authorization"] for request in server.requests]
    assert tokens == ["Bearer access-1", "Bearer access-9", "Bearer access-1"]


def test_a_custom_connection_names_no_tenant(server: Any) -> None:
    server.keep("access-1", None)
    server.rows("Invoices")
    server.client().page(INVOICES)
    assert "xero-tenant-id" not in server.requests[0].headers


def test_no_redirect_is_followed_with_the_token(server: Any) -> None:
    server.say(status=302, Location=f"{server.url}/elsewhere")
    with pytest.raises(Retriable):
        server.client().page(INVOICES)
    assert not any("elsewhere" in request.target for request in server.requests)


def test_an_object_that_is_not_there_is_gone(server: Any) -> None:
    server.say(b"The resource cannot be found", status=404)
    with pytest.raises(Gone):
        server.client().single(BY_TYPE["Payment"], ROW["InvoiceID"])


def test_full_slots_are_waited_for_and_then_raised(server: Any) -> None:
    def full(*_: Any) -> Any:
        raise Busy("all 4 slots are taken")

    server.gate.slot = full
    with pytest.raises(Busy) as refusal:
        server.client().page(INVOICES)
    assert refusal.value.retry_after > timedelta(0)
    assert server.requests == []
    assert 0 < sum(server.clock.sleeps) < 10


def test_no_secret_gets_into_an_error(server: Any) -> None:
    def echo(request: Request) -> Answer:
        return Answer(418, request.headers["authorization"].encode())

    server.replies.append(echo)
    with pytest.raises(Exception) as raised:
        server.client().page(INVOICES)
    assert "access-1" not in repr(raised.value)
    assert raised.value.__cause__ is None


def test_calls_are_counted_with_their_repetitions(server: Any) -> None:
    server.say(status=503)
    server.rows("Invoices")
    client = server.client()
    client.page(INVOICES)
    assert client.calls == 2
    assert decode.read_time(b"no json") is None


def test_the_environments_proxy_serves_the_world_outside_only(monkeypatch: Any) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy.example:3128")
    outside = Wire("https://api.xero.com/api.xro/2.0")
    assert isinstance(outside._pool, urllib3.ProxyManager)
    assert not isinstance(Wire("http://127.0.0.1:9/api.xro/2.0")._pool, urllib3.ProxyManager)


def test_the_earliest_clock_at_hand_closes_a_window(server: Any) -> None:
    ahead = NOON + timedelta(minutes=5)
    server.say({"Invoices": [], "DateTimeUTC": f"/Date({int(ahead.timestamp() * 1000)})/"})
    assert server.client().page(INVOICES).time == NOON
    server.clock.advance(timedelta(minutes=-9))
    assert server.client().page(INVOICES).time == NOON - timedelta(minutes=9)
