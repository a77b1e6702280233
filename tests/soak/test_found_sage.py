"""What random histories have found with Sage, each told as briefly as it can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from harness.world import World


@pytest.fixture
def world(make_world: Callable[[str], World]) -> Iterator[World]:
    made = make_world("sage")
    made.connect(0.0)
    for number in range(6):
        made.act("create_invoice", number, 1 + 2 * number)
        made.act("pay_on_account", number, 1)
    for number in range(3):
        made.act("allocate", number, number)
    made.sync()
    made.let_pass(8000)
    yield made
    made.close()


def test_allocations_that_are_refused_once_come_back(world: World) -> None:
    world.sync(fault=("allocations_denied", 0))
    world.let_pass(8000)
    world.come_to_rest()


def test_a_deletion_is_not_lost_when_allocations_are_refused(world: World) -> None:
    assert any(world.act("delete_payment", number, 0) for number in range(6))
    world.let_pass(90_000)
    world.sync(fault=("allocations_denied", 0))
    world.let_pass(90_000)
    world.come_to_rest()
