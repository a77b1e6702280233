"""Changes are read in order of their time, and what changes meanwhile is not lost."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from recoup.connector.testing.fakes import NOON
from recoup.plugins.sage.entities import INVOICES
from recoup.plugins.sage.keyset import SORT, walk_changes
from recoup.plugins.sage.listing import Lister


def walked(client: Any, since: datetime | None = None) -> list[str]:
    """Names in the order they came, repeats included."""
    lister = Lister(client, INVOICES, SORT)
    return [row.ledger_id for step in walk_changes(lister, since) for row in step.rows]


def plainly(client: Any) -> set[str]:
    """What a loop over page=1,2,3 sees of the same list."""
    seen: set[str] = set()
    number = 1
    while True:
        page = client.page(INVOICES, {**SORT}, rows=client.page_rows, page=number)
        before = len(seen)
        seen |= {row.ledger_id for row in page.rows}
        if len(page.rows) < client.page_rows or len(seen) == before:
            return seen
        number += 1


def test_a_quiet_list_comes_once_and_whole(fake_list: Any) -> None:
    client = fake_list(95)
    assert walked(client) == sorted(client.rows)
    assert len(client.calls) <= 12


def test_since_is_inclusive(fake_list: Any) -> None:
    client = fake_list(20)
    names = walked(client, NOON + timedelta(seconds=18))
    assert names == ["r00017", "r00018", "r00019"]


@pytest.mark.parametrize("seed", range(20))
def test_edits_between_pages_lose_nothing(fake_list: Any, seed: int) -> None:
    client, chance = fake_list(200), random.Random(seed)

    def edit() -> None:
        for name in chance.sample(sorted(client.rows), 3):
            client.touch(name)
        if chance.random() < 0.3:
            del client.rows[chance.choice(sorted(client.rows))]

    client.between = edit
    names = set(walked(client))
    assert client.rows.keys() <= names


def test_the_plain_loop_over_pages_loses_rows(fake_list: Any) -> None:
    client, chance = fake_list(200), random.Random(1)
    client.between = lambda: [client.touch(n) for n in chance.sample(sorted(client.rows), 3)]
    assert client.rows.keys() - plainly(client)


def test_more_rows_in_one_second_than_on_a_page_all_come(fake_list: Any) -> None:
    client = fake_list(60, tied=45)
    names = walked(client)
    assert set(names) == client.rows.keys()
    assert len(names) == 60


def test_a_tied_second_that_grows_meanwhile_is_read_again(fake_list: Any) -> None:
    client = fake_list(45, tied=45)
    late = iter([f"late{n}" for n in range(5)])

    def arrive() -> None:
        name = next(late, None)
        if name is not None and len(client.calls) > 2:
            client.rows[f"a{name}"] = NOON  # sorts before everything that was read

    client.between = arrive
    assert client.rows.keys() <= set(walked(client))


def test_a_row_moves_out_of_a_tied_second_and_is_still_found(fake_list: Any) -> None:
    client, chance = fake_list(90, tied=90), random.Random(3)
    client.between = lambda: client.touch(chance.choice(sorted(client.rows)))
    names = walked(client)
    assert set(names) == client.rows.keys()


def test_an_unknown_total_ends_at_a_short_page(fake_list: Any) -> None:
    client = fake_list(25)
    client.total = lambda _: None
    assert walked(client) == sorted(client.rows)


def test_an_empty_list_is_one_call(fake_list: Any) -> None:
    client = fake_list(0)
    assert walked(client) == []
    assert len(client.calls) == 1


def test_a_walk_goes_on_where_it_was_cut_off(fake_list: Any) -> None:
    client = fake_list(50)
    steps = walk_changes(Lister(client, INVOICES, SORT), None)
    first = [next(steps), next(steps)]
    position = first[-1].position
    names = {row.ledger_id for step in first for row in step.rows} | set(walked(client, position))
    assert names == client.rows.keys()
