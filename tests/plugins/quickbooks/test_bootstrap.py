"""The first pass: fenced pages, counts that must agree, and a cut that resumes."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from recoup.connector.errors import Fatal, Retriable
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.cursor import State
from recoup.plugins.quickbooks.entities import ENTITIES
from recoup.plugins.quickbooks.scan import scan


def brought(pages: Any, entity: str = "Invoice") -> Counter[str]:
    return Counter(p.ledger_id for page in pages for p in page.payloads if p.source_type == entity)


def crowd(world: Any, many: int = 30) -> list[str]:
    buyer = world.customer()
    ids = [world.invoice(buyer) for _ in range(many)]
    world.clock.advance(timedelta(hours=1))
    return ids


def test_every_object_comes_once_though_pages_overlap(world: Any) -> None:
    ids = crowd(world)
    pages = world.pull(world.ledger(page_rows=10))
    assert brought(pages) == Counter(ids)


def test_the_mark_is_the_servers_clock_before_the_first_page(world: Any) -> None:
    crowd(world)
    before = world.clock.now()
    pages = iter(world.ledger().pull(None))
    first = next(pages)
    world.clock.advance(timedelta(minutes=5))
    assert State.load(first.cursor).high_water == before


def test_deletions_between_pages_hide_nobody(world: Any) -> None:
    ids = crowd(world)
    doomed = iter(ids[:9])

    def delete_three() -> None:
        for _ in range(3):
            world.books.delete("Invoice", next(doomed))

    world.standin.faults.between_pages(delete_three, match="FROM Invoice", times=3)
    found = brought(world.pull(world.ledger(page_rows=10)))
    assert set(ids[9:]) <= set(found)


def test_a_fence_that_vanished_whole_is_stepped_back_over(world: Any) -> None:
    ids = crowd(world, 60)

    def delete_many() -> None:
        for id in ids[5:50]:
            world.books.delete("Invoice", id)

    world.standin.faults.between_pages(delete_many, match="FROM Invoice", times=1)
    client = Client(world.connection(), page_rows=20)
    found = {row.ledger_id for step in scan(client, "Invoice") for row in step.payloads}
    assert set(ids[50:]) <= found


def test_inactive_entries_of_lists_are_read_too(world: Any) -> None:
    buyer = world.customer()
    world.books.deactivate("Customer", buyer)
    world.clock.advance(timedelta(hours=1))
    assert brought(world.pull(), "Customer") == Counter([buyer])


def test_a_cut_pass_goes_on_after_the_last_stored_page(world: Any) -> None:
    ids = crowd(world)
    pages = iter(world.ledger(page_rows=10).pull(None))
    first = [next(pages) for _ in range(4)]
    world.cursor = first[-1].cursor
    rest = world.pull(world.ledger(page_rows=10))
    assert brought([*first, *rest]) == Counter(ids)


def test_a_pass_that_fails_between_pages_has_stored_what_it_yielded(world: Any) -> None:
    ids = crowd(world)
    world.standin.faults.next("429_xml", match="FROM Invoice", after=2)
    found: Counter[str] = Counter()
    pages = iter(world.ledger(page_rows=10).pull(None))
    while not found["10"]:
        page = next(pages)
        found += brought([page])
        world.cursor = page.cursor
    with pytest.raises(Retriable):
        list(pages)
    found += brought(world.pull(world.ledger(page_rows=10)))
    assert found == Counter(ids)


def test_entities_without_objects_are_counted_and_not_read(world: Any) -> None:
    crowd(world)
    world.pull()
    statements = [served.sql for served in world.standin.log if "SELECT *" in served.sql]
    assert {sql.split()[3] for sql in statements} == {"Customer", "Invoice", "Account"}
    assert world.standin.calls["batch"] == 2, "one count before, one after, for all entities"


def test_an_entity_that_came_up_short_is_read_again(world: Any, monkeypatch: Any) -> None:
    ids = crowd(world)
    real = Client.query
    hidden = [True]

    def lossy(self: Client, statement: str, entity: str) -> Any:
        rows = real(self, statement, entity)
        if entity == "Invoice" and hidden and hidden.pop():
            del rows.payloads[3:7]
        return rows

    monkeypatch.setattr(Client, "query", lossy)
    assert set(brought(world.pull())) == set(ids)


def test_a_cut_before_the_check_does_not_skip_it(world: Any, monkeypatch: Any) -> None:
    ids = crowd(world)
    real = Client.query

    def lossy(self: Client, statement: str, entity: str) -> Any:
        rows = real(self, statement, entity)
        del rows.payloads[3:7]
        return rows

    monkeypatch.setattr(Client, "query", lossy)
    for page in world.ledger().pull(None):
        world.cursor = page.cursor
        if not State.load(page.cursor).queue:
            break
    monkeypatch.undo()
    assert State.load(world.cursor).phase == "bootstrap"
    assert set(brought(world.pull())) == set(ids)


def test_an_entity_that_stays_short_is_listed_for_the_engine(world: Any, monkeypatch: Any) -> None:
    crowd(world)
    real = Client.query

    def lossy(self: Client, statement: str, entity: str) -> Any:
        rows = real(self, statement, entity)
        del rows.payloads[:1]
        return rows

    monkeypatch.setattr(Client, "query", lossy)
    swept = [item for page in world.pull() for item in page.swept]
    assert {item.source_type for item in swept} == {"Customer", "Invoice", "Account"}
    assert all(item.ids is not None and len(item.ids) == item.count for item in swept)


def test_a_gap_beyond_the_servers_memory_is_a_full_pass_with_lists(world: Any) -> None:
    ids = crowd(world, 3)
    world.pull()
    world.clock.advance(timedelta(days=40))
    world.connect()
    world.books.delete("Invoice", ids[0])
    pages = world.pull()
    swept = {item.source_type: item for page in pages for item in page.swept}
    assert set(swept) == set(ENTITIES)
    assert swept["Invoice"].ids == frozenset(ids[1:])
    assert State.load(world.cursor).phase == "delta"


def test_a_gap_is_measured_by_the_servers_clock(world: Any) -> None:
    crowd(world, 3)
    world.pull()
    world.clock.advance(timedelta(days=29, hours=1))
    world.connect()
    assert any(page.swept for page in world.pull())


def test_a_cut_listing_starts_its_entity_again(world: Any) -> None:
    ids = crowd(world)
    world.pull()
    world.clock.advance(timedelta(days=40))
    world.connect()
    pages = iter(world.ledger(page_rows=10).pull(world.cursor))
    for page in pages:
        world.cursor = page.cursor
        if brought([page]):
            break
    world.connect()
    swept = [item for page in world.pull(world.ledger(page_rows=10)) for item in page.swept]
    assert [item.ids for item in swept if item.source_type == "Invoice"] == [frozenset(ids)]


def test_a_home_currency_that_changed_stops_the_pull(world: Any) -> None:
    crowd(world, 1)
    world.pull()
    cursor = {**world.cursor, "home": "EUR", "high_water": "2026-04-01T00:00:00Z"}
    with pytest.raises(Fatal, match="home currency changed from EUR to USD"):
        list(world.ledger().pull(cursor))


@pytest.mark.parametrize("cursor", [{}, {"version": 2}, {"version": 1, "phase": 7}])
def test_a_cursor_of_another_recoup_is_refused_by_name(world: Any, cursor: Any) -> None:
    with pytest.raises(Fatal, match="QuickBooks cursor"):
        list(world.ledger().pull(cursor))
