"""What changed: one call when nothing did, windows when too much did, deletions confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recoup.connector.errors import Retriable
from recoup.connector.pages import Tombstone
from recoup.plugins.quickbooks.cursor import State


def settled(world: Any, many: int = 5) -> tuple[str, list[str]]:
    """A company that was pulled an hour ago."""
    buyer = world.customer()
    ids = [world.invoice(buyer) for _ in range(many)]
    world.clock.advance(timedelta(hours=1))
    world.pull()
    world.clock.advance(timedelta(hours=1))
    world.connect()
    return buyer, ids


def calls(pages: Any) -> int:
    return sum(page.calls for page in pages)


def ids_of(pages: Any, entity: str = "Invoice") -> set[str]:
    return {p.ledger_id for page in pages for p in page.payloads if p.source_type == entity}


def tombstones(pages: Any) -> list[Tombstone]:
    return [stone for page in pages for stone in page.tombstones]


def test_nothing_new_costs_one_call(world: Any) -> None:
    settled(world)
    pages = world.pull()
    assert calls(pages) == 1 and not ids_of(pages)


def test_fifty_changes_and_deletions_cost_two_calls(world: Any) -> None:
    buyer, ids = settled(world)
    for _ in range(48):
        world.invoice(buyer)
    world.books.delete("Invoice", ids[0])
    world.books.delete("Payment", world.pay(buyer, "5.00"))
    pages = world.pull()
    assert calls(pages) == 2
    assert set(tombstones(pages)) >= {Tombstone("Invoice", ids[0])}
    assert len(ids_of(pages)) == 48


def test_what_was_confirmed_is_not_confirmed_again(world: Any) -> None:
    _, ids = settled(world)
    world.books.delete("Invoice", ids[0])
    assert calls(world.pull()) == 2
    world.clock.advance(timedelta(minutes=2))
    again = world.pull()
    assert calls(again) == 1 and not tombstones(again)


def test_a_false_deletion_comes_back_as_the_living_document(world: Any) -> None:
    _, ids = settled(world)
    world.books.update("Invoice", {"Id": ids[1], "PrivateNote": "hello"}, True)
    world.standin.faults.next("false_deleted", match="cdc", ids=[ids[1]])
    pages = world.pull()
    assert not tombstones(pages)
    assert ids[1] in ids_of(pages)


def test_the_pull_looks_back_over_its_mark(world: Any) -> None:
    buyer, _ = settled(world)
    world.pull()
    late = world.invoice(buyer)  # in the same second as the mark
    assert late in ids_of(world.pull())


def test_the_mark_is_sent_with_its_offset(world: Any) -> None:
    settled(world)
    world.pull()
    asked = [served.query for served in world.standin.log if served.path.endswith("/cdc")]
    assert all("%2B00%3A00" in query for query in asked)


def test_the_mark_moves_to_the_servers_clock(world: Any) -> None:
    settled(world)
    world.pull()
    assert State.load(world.cursor).high_water == world.clock.now()


def test_a_deposit_that_leaves_its_payment_untouched_names_it(world: Any) -> None:
    buyer, ids = settled(world)
    payment = world.pay(buyer, "10.00", **{f"i{ids[0]}": "10.00"})
    world.clock.advance(timedelta(hours=1))
    world.pull()
    world.clock.advance(timedelta(minutes=30))
    world.books.deposit([payment])
    ledger = world.ledger()
    [page] = world.pull(ledger)
    assert ids_of([page], "Payment") == set()
    [deposit] = [p for p in page.payloads if p.source_type == "Deposit"]
    [record] = ledger.map_payloads([deposit])
    assert record.deposited == (payment,)  # type: ignore[union-attr]


def many_changes(world: Any, buyer: str, count: int, *, every: int = 100) -> set[str]:
    ids = set()
    for at in range(count):
        ids.add(world.invoice(buyer))
        if at % every == every - 1:
            world.clock.advance(timedelta(seconds=7))
    return ids


def test_a_full_answer_is_not_taken_for_the_whole(world: Any) -> None:
    buyer, _ = settled(world)
    new = many_changes(world, buyer, 1100)
    pages = world.pull()
    assert new <= ids_of(pages)
    [listed] = [item for page in pages for item in page.swept]
    assert (listed.source_type, listed.count) == ("Invoice", 1105)
    assert listed.ids is not None and new <= listed.ids


def test_more_changes_in_one_second_than_a_page_holds_are_all_read(world: Any) -> None:
    buyer, _ = settled(world)
    new = many_changes(world, buyer, 1100, every=5000)
    world.clock.advance(timedelta(minutes=1))
    assert new <= ids_of(world.pull())


def test_a_cut_catch_up_goes_on_where_it_was(world: Any) -> None:
    buyer, _ = settled(world)
    new = many_changes(world, buyer, 1100)
    found: set[str] = set()
    for page in world.ledger(page_rows=300).pull(world.cursor):
        world.cursor = page.cursor
        found |= ids_of([page])
        if len(found) > 300:
            break
    assert State.load(world.cursor).window_from is not None
    served = len(world.standin.log)
    rest = world.pull(world.ledger(page_rows=300))
    assert new <= found | ids_of(rest)
    first_asked = next(s.query for s in world.standin.log[served:] if s.path.endswith("/cdc"))
    assert first_asked.startswith("entities=CreditMemo&"), "what was done is not done again"


@pytest.mark.parametrize("fault", ["poison_4002", "500"])
def test_one_bad_record_does_not_stop_the_others(world: Any, fault: str) -> None:
    buyer, _ = settled(world)
    new = world.invoice(buyer)
    world.standin.faults.next(fault, times=9, match="entities=Customer%2CInvoice")
    world.standin.faults.next(fault, times=9, match="entities=Invoice&")
    pages = world.pull()
    assert new in ids_of(pages) and buyer in ids_of(pages, "Customer")
    swept = [item.source_type for page in pages for item in page.swept]
    assert swept == ["Invoice"], "its deletions may be missing"


def test_a_gateway_that_is_down_is_not_worked_around(world: Any) -> None:
    settled(world)
    world.standin.faults.next("503", times=99)
    before = world.standin.calls["cdc"]
    with pytest.raises(Retriable):
        world.pull()
    assert world.standin.calls["cdc"] - before == 3


def test_a_page_cut_in_the_middle_stores_nothing(world: Any) -> None:
    buyer, _ = settled(world)
    world.invoice(buyer)
    world.standin.faults.next("truncate", times=9, match="cdc")
    before = dict(world.cursor)
    with pytest.raises(Retriable, match="cut off"):
        world.pull()
    assert world.cursor == before
