"""Between python-quickbooks and the platform: tokens, budgets, metering, raw answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from recoup.connector.errors import BudgetSpent, NeedsReconnect, OutcomeUnknown, Retriable
from recoup.connector.protocols import Budget
from recoup.connector.testing.fakes import OpenGate
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.session import budgets_for, kind_of, reads_budget

READS = "quickbooks:client:reads"


def test_a_token_about_to_die_is_renewed_before_it_is_used(world: Any) -> None:
    world.clock.advance(timedelta(minutes=51))
    world.ledger().describe_company()
    assert world.vault.refresh_count == 1
    assert 401 not in [served.status for served in world.standin.log]


def test_a_token_with_time_left_is_used_as_it_is(world: Any) -> None:
    world.clock.advance(timedelta(minutes=49))
    world.ledger().describe_company()
    assert world.vault.refresh_count == 0


def test_a_refused_token_is_renewed_once_and_the_call_repeated(world: Any) -> None:
    world.standin.consent.expire_access(world.books.realm)
    assert world.ledger().describe_company().home_currency == "USD"
    assert world.vault.refresh_count == 1


def test_a_token_refused_twice_asks_for_a_person(world: Any) -> None:
    world.standin.faults.next("expire_token", times=9)
    with pytest.raises(NeedsReconnect, match="run recoup connect quickbooks again"):
        world.ledger().describe_company()
    assert world.vault.refresh_count == 1


def test_a_consent_that_nobody_gave_is_asked_for(world: Any) -> None:
    world.vault.forget("grant-1")
    with pytest.raises(NeedsReconnect):
        world.ledger().describe_company()


def test_every_throttle_shape_pauses_the_company_for_all_processes(world: Any) -> None:
    shapes = ["429_xml", "429_json_lower", "429_json_upper", "429_html", "403_throttle"]
    for shape in shapes:
        world.gate.pauses.clear()
        world.standin.faults.next(shape)
        with pytest.raises(Retriable) as refusal:
            world.ledger().describe_company()
        assert refusal.value.retry_after == timedelta(seconds=60)
        assert list(world.gate.pauses.values()) == [world.clock.now() + timedelta(seconds=60)]


def test_a_month_blocked_by_the_platform_pauses_reads_until_the_next(world: Any) -> None:
    world.standin.faults.next("monthly_block")
    with pytest.raises(BudgetSpent, match="until next month"):
        world.ledger().describe_company()
    assert world.gate.pauses[READS].day == 1


def test_the_books_are_told_of_every_call_and_its_kind(world: Any) -> None:
    kinds: list[str] = []
    client = Client(replace(world.connection(), on_call=kinds.append))
    client.company_info()
    client.preferences()
    client.count("SELECT count(*) FROM Invoice")
    client.batch_queries(["SELECT count(*) FROM Item", "SELECT count(*) FROM Term"])
    assert kinds == ["read", "read", "query", "batch"]


def test_reads_are_counted_against_the_month_and_writes_are_not(world: Any) -> None:
    client = Client(world.connection())
    client.write("Customer", {"DisplayName": "New"}, request_id="r-1")
    assert READS not in world.gate.taken
    client.count("SELECT count(*) FROM Invoice")
    assert world.gate.taken[READS] == 1


def test_the_plans_own_allowance_replaces_the_usual_one(world: Any) -> None:
    assert reads_budget(world.connection()).limit == 500_000
    own = reads_budget(replace(world.connection(), settings={"monthly_reads": 1000}))
    assert (own.limit, own.reserve, own.per) == (1000, 20, None)


def test_no_window_of_our_budgets_reaches_the_platforms_limit(world: Any) -> None:
    limits = {"second": 10, "minute": 500, "batch": 40}
    budgets = {b.key.rpartition(":")[2]: b for b in budgets_for(world.connection(), "batch")}
    for name, most in limits.items():
        assert budgets[name].limit + budgets[name].burst <= most


def test_live_reads_and_writes_may_use_the_reserve(world: Any) -> None:
    class Watching(OpenGate):
        def __init__(self) -> None:
            super().__init__()
            self.urgent: list[bool] = []

        def take(self, budgets: Any, *, urgent: bool = False) -> timedelta:
            self.urgent.append(urgent)
            return super().take(budgets, urgent=urgent)

    world.gate = gate = Watching()
    ledger = world.ledger()
    ledger.describe_company()
    ledger.fetch([("Invoice", "1")])
    assert gate.urgent == [False, False, True]


def test_a_budget_that_is_spent_stops_the_call(world: Any) -> None:
    class Spent(OpenGate):
        def take(self, budgets: Any, *, urgent: bool = False) -> timedelta:
            if any(isinstance(b, Budget) and b.per is None for b in budgets):
                raise BudgetSpent("the month's reads are used up", retry_after=timedelta(days=3))
            return timedelta(0)

    world.gate = Spent()
    with pytest.raises(BudgetSpent):
        world.ledger().describe_company()
    assert world.standin.calls["companyinfo"] == 0


def test_the_library_never_sees_the_platforms_answer(world: Any) -> None:
    seen: list[Any] = []
    client = Client(world.connection())
    client._ask(lambda sdk: seen.append(sdk.query("SELECT * FROM Customer")))
    assert seen == [{}]


@pytest.mark.parametrize("fault", ["drop_after", "500", "502", "truncate"])
def test_a_write_without_an_answer_has_an_unknown_outcome(world: Any, fault: str) -> None:
    client = Client(world.connection())
    world.standin.faults.next(fault)
    with pytest.raises(OutcomeUnknown):
        client.write("Customer", {"DisplayName": "New"}, request_id="r-1")
    client.write("Customer", {"DisplayName": "New"}, request_id="r-1")
    assert len(world.books.rows("Customer")) == 1


@pytest.mark.parametrize(
    ("method", "path", "kind"),
    [
        ("POST", "/v3/company/1/query", "query"),
        ("POST", "/v3/company/1/batch", "batch"),
        ("POST", "/v3/company/1/invoice", "write"),
        ("POST", "/v3/company/1/invoice/7/send", "write"),
        ("GET", "/v3/company/1/cdc", "cdc"),
        ("GET", "/v3/company/1/invoice/7/pdf", "pdf"),
        ("GET", "/v3/company/1/reports/AgedReceivables", "report"),
        ("GET", "/v3/company/1/preferences", "read"),
    ],
)
def test_calls_are_told_apart_by_verb_and_address(method: str, path: str, kind: str) -> None:
    assert kind_of(method, f"http://127.0.0.1{path}") == kind
