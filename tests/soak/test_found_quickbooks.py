"""What random histories have found with QuickBooks, each told as briefly as it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from harness.world import World


@pytest.fixture
def world(make_world: Callable[[str], World]) -> Iterator[World]:
    made = make_world("quickbooks")
    made.connect(0.0)
    for number in range(20):
        made.act("create_invoice", number, number * 7)
    made.sync()
    made.let_pass(8000)
    made.sync()
    yield made
    made.close()


def test_a_deletion_cut_off_from_a_full_answer_is_not_hidden_by_a_new_invoice(world: World) -> None:
    world.let_pass(4000)
    world.act("delete_invoice", 3, 3)
    for number in range(3):
        world.act("month_end", number, number)
    world.let_pass(2000)
    assert world.sync(fault=("throttled_xml", 3)) == "later"
    world.act("create_invoice", 5, 5)
    world.come_to_rest()


def merge_later(world: World, *verbs: str) -> None:
    """Merge the one customer away, when nothing of theirs is within the overlap any more."""
    for verb in (*verbs, "create_customer", "create_customer"):
        world.act(verb, 0, 1)
    world.sync()
    world.let_pass(8000)
    world.sync()
    gone, keep, *_ = sorted(world.books.table("Customer"), key=int)
    world.books.merge_customers(keep, gone)


def test_a_merge_takes_its_void_invoices_along(world: World) -> None:
    merge_later(world, "void_invoice")
    world.come_to_rest()


def test_a_merge_takes_its_journal_lines_along(world: World) -> None:
    merge_later(world, "receive_payment", "journal")
    world.come_to_rest()


def test_a_merge_takes_its_jobs_along(world: World) -> None:
    job = {"DisplayName": "Job", "Job": True, "ParentRef": {"value": "1"}}
    world.books.create("Customer", job)
    for verb in ("create_customer", "create_customer"):
        world.act(verb, 0, 1)
    world.let_pass(8000)
    world.sync()
    world.let_pass(8000)
    world.sync()
    keep = sorted(world.books.table("Customer"), key=int)[-1]
    world.books.merge_customers(keep, "1")
    world.come_to_rest()


def test_a_merge_takes_its_open_invoices_along(world: World) -> None:
    merge_later(world)
    world.come_to_rest()
