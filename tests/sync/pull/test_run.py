"""A pull stores page by page and starts again where it was cut off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from recoup.connector.errors import Busy, Retriable
from recoup.connector.pages import Page, Swept, Tombstone, Window
from recoup.sync.pull.run import pull_company
from recoup.sync.store import cursors, schema
from recoup.sync.store.pulls import last_pulls


def invoices(store):
    with store.read() as conn:
        rows = conn.execute(select(schema.documents.c.ledger_id, schema.documents.c.state))
        return {row.ledger_id: row.state for row in rows}


def test_a_pull_stores_every_page_with_its_cursor(store, company, ledger, shelf, clock):
    for n in "12":
        shelf.put(n)
    first, second = shelf.page(("Invoice", "1")), shelf.page(("Invoice", "2"), cursor=2)
    shelf.pages = [first, second]
    result = pull_company(store, company, ledger, clock=clock)

    assert (result.stored.seen, result.stored.changed) == (2, 2)
    with store.read() as conn:
        assert cursors.read_cursor(conn, company.company_id) == {"at": 2}


def test_a_pull_that_failed_starts_again_after_its_last_stored_page(
    store, company, ledger, shelf, clock, throttled
):
    shelf.put("1")
    shelf.pages = [shelf.page(("Invoice", "1")), throttled]
    with pytest.raises(Retriable):
        pull_company(store, company, ledger, clock=clock)
    shelf.pages = []
    pull_company(store, company, ledger, clock=clock)

    assert shelf.cursors == [None, {"at": 1}]
    assert invoices(store) == {"1": "posted"}


def test_every_pull_is_logged_with_its_outcome(store, company, ledger, shelf, clock, throttled):
    shelf.pages = [throttled]
    with pytest.raises(Retriable):
        pull_company(store, company, ledger, clock=clock)
    shelf.pages = []
    pull_company(store, company, ledger, clock=clock)

    with store.read() as conn:
        newest, older = last_pulls(conn, company.company_id, count=2)
    assert (newest.outcome, older.outcome) == ("done", "the shelf is busy")


def test_a_second_pull_of_one_company_says_that_the_first_is_at_work(store, company, ledger, clock):
    held = store.lease(f"pull:{company.company_id}", ttl=timedelta(minutes=5), wait=timedelta(0))
    with held, pytest.raises(Busy):
        pull_company(store, company, ledger, clock=clock)


def test_a_tombstone_of_the_ledger_marks_the_document_deleted(store, company, ledger, shelf, clock):
    shelf.put("1")
    shelf.pages = [
        shelf.page(("Invoice", "1")),
        Page(tombstones=[Tombstone("Invoice", "1")], cursor={"at": 2}),
    ]
    assert pull_company(store, company, ledger, clock=clock).gone == 1
    assert invoices(store) == {"1": "deleted"}


def test_what_a_sweep_does_not_list_is_read_live_before_it_counts_as_deleted(
    store, company, ledger, shelf, clock
):
    for n in "12":
        shelf.put(n)
    shelf.pages = [shelf.page(("Invoice", "1"), ("Invoice", "2"))]
    pull_company(store, company, ledger, clock=clock)
    del shelf.held["Invoice", "2"]
    swept = Swept(source_type="Invoice", window=Window(), count=0, ids=frozenset())
    shelf.pages = [Page(swept=[swept], cursor={"at": 2})]
    result = pull_company(store, company, ledger, clock=clock)

    assert (result.healed, shelf.asked) == (1, ["fetch 2"])
    assert invoices(store) == {"1": "posted", "2": "deleted"}


def test_documents_of_a_customer_who_vanished_are_read_again(store, company, ledger, shelf, clock):
    shelf.put_customer("1")
    shelf.put("7", customer="1")
    shelf.pages = [shelf.page(("Customer", "1"), ("Invoice", "7"))]
    pull_company(store, company, ledger, clock=clock)
    shelf.put("7", customer="2")  # merged: the document moved, and nobody said so
    shelf.pages = [Page(tombstones=[Tombstone("Customer", "1", "2")], cursor={"at": 2})]
    pull_company(store, company, ledger, clock=clock)

    with store.read() as conn:
        assert conn.scalar(select(schema.documents.c.customer_id)) == "2"
