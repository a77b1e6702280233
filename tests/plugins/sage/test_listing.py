"""Lists are read to their end, however Sage serves them, and one bad record stops nothing."""

from __future__ import annotations

from typing import Any

import pytest

from recoup.connector.errors import Unreadable
from recoup.connector.pages import Payload
from recoup.plugins.sage.context import MappingContext
from recoup.plugins.sage.entities import CONTACTS, INVOICES
from recoup.plugins.sage.faults import Outage, SystemFault
from recoup.plugins.sage.keyset import SORT, walk_changes
from recoup.plugins.sage.listing import Lister, walk_pages
from recoup.plugins.sage.mapping import map_payload

GBP = MappingContext("GBP")


def walked(client: Any, path: str = CONTACTS) -> list[str]:
    return [row.ledger_id for rows in walk_pages(Lister(client, path, {})) for row in rows]


def changed(client: Any) -> dict[str, bytes]:
    steps = walk_changes(Lister(client, INVOICES, SORT), None)
    return {row.ledger_id: row.raw for step in steps for row in step.rows}


def test_the_last_page_that_comes_again_ends_the_list(fake_list: Any) -> None:
    client = fake_list(30)
    client.total = lambda _: None  # only the repetition tells
    assert len(walked(client)) == 30


def test_all_of_the_total_ends_the_list(fake_list: Any) -> None:
    client = fake_list(30)
    assert len(walked(client)) == 30
    assert len(client.calls) == 3


def test_a_total_that_moved_has_the_list_read_again(fake_list: Any) -> None:
    client = fake_list(30)

    def leave() -> None:
        if len(client.calls) == 1:
            del client.rows["r00000"]  # every later row slips one place forward

    client.between = leave
    assert client.rows.keys() <= set(walked(client))


def test_a_page_too_heavy_for_sage_is_asked_for_smaller(fake_list: Any) -> None:
    client = fake_list(120, page_rows=200)
    client.heavy_rows = 50
    assert changed(client).keys() == client.rows.keys()
    assert {call["rows"] for call in client.calls} == {"200", "50"}


def test_a_poison_record_is_named_and_the_rest_goes_on(fake_list: Any) -> None:
    client = fake_list(120, page_rows=200)
    client.poison = {"r00077"}
    found = changed(client)
    assert found.keys() == client.rows.keys()
    with pytest.raises(Unreadable, match=r"sales_invoices r00077: Sage cannot show it"):
        map_payload(Payload(INVOICES, "r00077", found["r00077"]), GBP)
    assert len(client.singles) <= 50, "only the page it is on is read one by one"


@pytest.mark.parametrize("name", ["r00010", "r00250", "r00399"])
def test_a_poison_record_anywhere_in_an_unsorted_list_is_isolated(
    fake_list: Any, name: str
) -> None:
    client = fake_list(400, page_rows=200)
    client.poison = {name}
    assert set(walked(client)) == client.rows.keys()
    assert len(client.singles) == 50


def test_an_outage_is_not_tried_in_other_sizes(fake_list: Any) -> None:
    client = fake_list(100, page_rows=200)

    def down() -> None:
        raise Outage("Sage says nothing more (HTTP 503)")

    client.between = down
    with pytest.raises(Outage):
        changed(client)
    assert not client.calls


def test_a_record_that_cannot_even_be_listed_is_known_by_its_place(fake_list: Any) -> None:
    client = fake_list(30, page_rows=20)
    client.unlisted = {"r00004"}
    found = changed(client)
    assert client.rows.keys() - found.keys() == {"r00004"}
    [unknown] = found.keys() - client.rows.keys()
    assert unknown.startswith("row-5-since-")


def test_when_everything_breaks_nothing_is_parked(fake_list: Any) -> None:
    client = fake_list(30, page_rows=20)
    client.poison = set(client.rows)
    with pytest.raises(SystemFault):
        changed(client)
    client.unlisted = set(client.rows)
    with pytest.raises(SystemFault):
        changed(client)
