"""The sweep of open documents finds what a pull by change stamps is blind to."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Fatal
from recoup.connector.pages import Swept, Window
from recoup.sync.pull.run import pull_company, sweep_open_documents
from recoup.sync.pull.sweeping import Healer
from recoup.sync.store import cursors, schema


def balances(store):
    with store.read() as conn:
        rows = conn.execute(select(schema.documents.c.ledger_id, schema.documents.c.balance_minor))
        return {row.ledger_id: row.balance_minor for row in rows}


@pytest.fixture
def blind(shelf, store, company, ledger, clock):
    """A ledger that needs the sweep, pulled once; invoice 1 is paid since, and nobody said so."""
    shelf.can.add(Capability.OPEN_SWEEP)
    for n in "123":
        shelf.put(n)
    shelf.pages = [shelf.page(*shelf.held)]
    pull_company(store, company, ledger, clock=clock)
    shelf.pages = []
    shelf.settle("1")
    return shelf


def test_a_pull_that_read_everything_needs_no_sweep_that_day(blind, store, company, ledger, clock):
    pull_company(store, company, ledger, clock=clock)
    assert blind.asked == []


def test_the_first_pull_of_a_day_sweeps_and_reads_live_what_is_not_shown(
    blind, store, company, ledger, clock
):
    clock.move(days=1)
    result = pull_company(store, company, ledger, clock=clock)

    assert blind.asked == ["open", "fetch 1"]
    assert (result.healed, result.calls) == (1, 2)
    assert balances(store) == {"1": 0, "2": 10000, "3": 10000}


def test_a_day_is_swept_once(blind, store, company, ledger, clock):
    clock.move(days=1)
    for _ in range(3):
        pull_company(store, company, ledger, clock=clock)
    assert blind.asked.count("open") == 1


def test_a_sweep_may_be_asked_for_at_any_time(blind, store, company, ledger, clock):
    swept = sweep_open_documents(store, company, ledger, clock)
    assert (swept.seen, swept.healed) == (2, 1)
    pull_company(store, company, ledger, clock=clock, open_sweep=True)
    assert blind.asked == ["open", "fetch 1", "open"]


def test_a_document_that_opened_without_a_word_is_stored(blind, store, company, ledger, clock):
    sweep_open_documents(store, company, ledger, clock)
    blind.held["Invoice", "1"]["open"] = 40
    assert sweep_open_documents(store, company, ledger, clock).healed == 1
    assert balances(store)["1"] == 4000


def test_what_the_ledger_no_longer_has_is_gone_by_its_own_word(
    blind, store, company, ledger, clock
):
    del blind.held["Invoice", "2"]
    sweep_open_documents(store, company, ledger, clock)
    with store.read() as conn:
        gone = schema.documents.c.state == "deleted"
        assert list(conn.scalars(select(schema.documents.c.ledger_id).where(gone))) == ["2"]


def test_a_sweep_leaves_the_cursor_alone(blind, store, company, ledger, clock):
    sweep_open_documents(store, company, ledger, clock)
    with store.read() as conn:
        assert cursors.read_cursor(conn, company.company_id) == {"at": 1}


def test_a_sweep_that_failed_counts_as_not_made(
    blind, store, company, ledger, clock, throttled, monkeypatch
):
    def fail(*_):
        raise throttled

    clock.move(days=1)
    with monkeypatch.context() as patched:
        patched.setattr(Healer, "settle", fail)
        with pytest.raises(type(throttled)):
            pull_company(store, company, ledger, clock=clock)
    pull_company(store, company, ledger, clock=clock)
    assert blind.asked.count("open") == 2 and balances(store)["1"] == 0


def test_a_ledger_without_a_blind_spot_is_not_asked(shelf, store, company, ledger, clock):
    assert sweep_open_documents(store, company, ledger, clock).calls == 0
    assert shelf.asked == []


def test_a_sweep_that_names_no_ids_is_refused(store, company, ledger, clock):
    swept = Swept(source_type="Invoice", window=Window(), count=3, open_only=True)
    with pytest.raises(Fatal, match="must name their ids"):
        Healer(store, company, ledger, clock).settle(swept)
