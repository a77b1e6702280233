"""What random histories have found with Xero, each told as briefly as it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from harness.world import World


@pytest.fixture
def world(make_world: Callable[[str], World]) -> Iterator[World]:
    made = make_world("xero")
    made.connect(0.0)
    for number in range(6):
        made.act("create_invoice", number, 1 + 2 * number)
    made.sync()
    made.let_pass(8000)
    made.sync()
    yield made
    made.close()


def test_an_invoice_given_to_another_contact_takes_its_balance_along(world: World) -> None:
    id, invoice = next(iter(world.books.table("Invoices").items()))
    other = next(c for c in world.books.table("Contacts") if c != invoice["Contact"]["ContactID"])
    world.books.edit_invoice(id, contact=other)
    world.sync()
    world.tie_out()  # nothing names the one who lost it: the tie-out reads who does not add up
    world.come_to_rest()
