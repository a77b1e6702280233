"""A count that differs is narrowed down by creation time; nothing is deleted on absence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from recoup.connector.pages import Window
from recoup.sync.pull import sweeping
from recoup.sync.pull.run import pull_company
from recoup.sync.pull.sweeping import Healer, halves
from recoup.sync.store import holdings

DAY = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def healer(store, company, ledger, shelf, clock, monkeypatch):
    """Eight invoices, an hour apart, in the ledger and in the store; lists hold two at most."""
    monkeypatch.setattr(sweeping, "LISTABLE", 2)
    for n in range(8):
        shelf.put(str(n), hour=n)
    shelf.pages = [shelf.page(*shelf.held)]
    pull_company(store, company, ledger, clock=clock)
    return Healer(store, company, ledger, clock)


def live(store, company):
    with store.read() as conn:
        return holdings.live_ids(conn, company.company_id, "Invoice", Window())


def test_equal_counts_cost_one_call(healer, shelf):
    assert healer.check_counts() == 0
    assert shelf.asked == ["count all"]


def test_a_missing_document_is_found_by_halving(healer, shelf, store, company):
    shelf.put("new", hour=3)

    assert healer.check_counts() == 1
    assert "new" in live(store, company)
    assert shelf.asked.count("list") == 1


def test_a_deletion_that_nobody_reported_is_confirmed_live(healer, shelf, store, company):
    del shelf.held["Invoice", "5"]

    assert healer.check_counts() == 1
    assert "5" not in live(store, company)
    assert "fetch 1" in shelf.asked


def test_a_document_beyond_all_that_we_know_is_found_too(healer, shelf, store, company):
    shelf.put("later", hour=500)
    shelf.put("earlier", hour=-500)
    healer.check_counts()

    assert {"later", "earlier"} <= live(store, company)


def test_a_window_is_halved_at_a_whole_second():
    first, second = halves(Window(), DAY, DAY + timedelta(seconds=5))

    assert first.end == second.start == DAY + timedelta(seconds=3)


def test_a_window_of_one_second_cannot_be_halved():
    assert halves(Window(DAY, DAY + timedelta(seconds=1)), DAY, DAY) is None
