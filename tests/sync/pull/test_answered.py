"""A page that comes again as it is stored is not looked at object by object, and never wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from recoup.connector.model import Record, Unmapped
from recoup.connector.pages import Payload, Tombstone
from recoup.sync.store import schema
from recoup.sync.store.answered import LEAST
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.store.ingest import store_payloads, store_tombstones

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
IDS = [str(number) for number in range(LEAST)]


class Desk:
    """Stores pages of plain objects; changed_at is the hour that the payload names."""

    def __init__(self, store: Store, company: CompanyRow) -> None:
        self.store, self.company = store, company

    def keep(self, page: Sequence[tuple[str, str, int]]) -> int:
        """(id, text, hour) of each object; returns how many brought something new."""
        payloads = [Payload("Item", i, f"{i}|{hour}|{text}".encode()) for i, text, hour in page]
        with self.store.write(self.company.company_id) as conn:
            return store_payloads(conn, self.company, payloads, self._map, NOON).changed

    def bury(self, ledger_id: str) -> None:
        with self.store.write(self.company.company_id) as conn:
            store_tombstones(conn, self.company.company_id, [Tombstone("Item", ledger_id)], NOON)

    @property
    def remembered(self) -> int:
        with self.store.read(self.company.company_id) as conn:
            return conn.scalar(select(func.count()).select_from(schema.answered)) or 0

    @staticmethod
    def _map(payloads: Sequence[Payload]) -> Sequence[Record]:
        return [
            Unmapped(
                ledger_id=p.ledger_id,
                source_type="Item",
                changed_at=NOON + timedelta(hours=int(p.raw.split(b"|")[1])),
                raw=p.raw,
            )
            for p in payloads
        ]


@pytest.fixture
def desk(store: Store, company: CompanyRow) -> Desk:
    return Desk(store, company)


PAGE = [(i, "as it was", 0) for i in IDS]


def test_a_page_that_comes_again_is_no_news(desk: Desk) -> None:
    assert [desk.keep(PAGE), desk.keep(PAGE)] == [LEAST, 0]
    assert desk.remembered == 1


def test_an_object_that_was_changed_and_changed_back_is_taken_up_each_time(desk: Desk) -> None:
    desk.keep(PAGE)
    assert desk.keep([("7", "otherwise", 0)]) == 1
    assert desk.remembered == 0
    assert desk.keep(PAGE) == 1
    assert desk.remembered == 1


def test_an_object_that_was_deleted_comes_back_with_its_page(desk: Desk) -> None:
    desk.keep(PAGE)
    desk.bury("7")
    assert desk.keep(PAGE) == 1


def test_a_page_of_nothing_but_deleted_objects_comes_back(desk: Desk) -> None:
    desk.keep(PAGE)
    for ledger_id in IDS:
        desk.bury(ledger_id)
    assert desk.keep(PAGE) == LEAST


def test_new_objects_and_other_pages_leave_it_alone(desk: Desk) -> None:
    desk.keep(PAGE)
    desk.keep([("5x", "between two ids", 0)])
    desk.keep([(f"a{i}", "another page", 0) for i in IDS])
    assert desk.remembered == 2
    desk.keep([("a7", "otherwise", 0)])
    assert desk.remembered == 1 and desk.keep(PAGE) == 0


def test_a_page_with_something_older_than_what_is_stored_is_not_remembered(desk: Desk) -> None:
    desk.keep([("7", "newer", 2)])
    assert desk.keep(PAGE) == LEAST - 1
    assert desk.remembered == 0
    desk.bury("7")
    assert desk.keep(PAGE) == 1


def test_small_pages_are_not_remembered(desk: Desk) -> None:
    desk.keep(PAGE[1:])
    assert desk.remembered == 0 and desk.keep(PAGE[1:]) == 0
