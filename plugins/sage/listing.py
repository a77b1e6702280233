"""Lists that survive: pages that repeat, totals that move, sizes that Sage cannot serve, and the
one record that breaks every page it is on.

A page that fails is asked for again smaller, then without its attributes with each object read
by itself, then row by row. What still breaks is named and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from recoup.connector.errors import Gone
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.decode import ListPage, Row, read_instant, read_row, with_context
from recoup.plugins.sage.entities import RESOURCES
from recoup.plugins.sage.faults import Outage, SystemFault

__all__ = ["Lister", "all_rows", "faulty", "walk_pages"]

SMALL_ROWS = 50
MOST_BROKEN = 3  # records on one small page; more of them and it is Sage that is ill
MOST_ROUNDS = 5  # of a list whose total moves while it is read


class Lister:
    """Reads pages of one list, as large as Sage serves them."""

    def __init__(self, client: Client, path: str, params: Mapping[str, str]) -> None:
        """params: filters and order; attributes are added."""
        self.rows = client.page_rows
        self._client = client
        self._path = path
        self._params = dict(params)
        self._shown = dict(RESOURCES[path].shown) if path in RESOURCES else {}

    def page(self, number: int = 1, extra: Mapping[str, str] | None = None) -> ListPage:
        """Read page *number*; its objects are complete, or say why they cannot be."""
        params = {**self._params, **(extra or {})}
        try:
            return self._whole(params, number, self.rows)
        except Outage:
            raise
        except SystemFault:
            if self.rows <= SMALL_ROWS:
                return self._one_by_one(params, number)
            if number > 1 and self.rows % SMALL_ROWS:
                raise  # small pages would not begin and end where this one does
        if number > 1:
            return self._in_parts(params, number)
        self.rows = SMALL_ROWS
        return self._small(params, 1)

    def _whole(self, params: Mapping[str, str], number: int, rows: int) -> ListPage:
        return self._client.page(self._path, {**self._shown, **params}, rows=rows, page=number)

    def _small(self, params: Mapping[str, str], number: int) -> ListPage:
        try:
            return self._whole(params, number, SMALL_ROWS)
        except Outage:
            raise
        except SystemFault:
            return self._one_by_one(params, number)

    def _in_parts(self, params: Mapping[str, str], number: int) -> ListPage:
        """Put a later page together from small ones, so that the pages after it stay in place."""
        parts = self.rows // SMALL_ROWS
        first = (number - 1) * parts + 1
        rows: dict[str, Row] = {}
        total: int | None = None
        for place in range(first, first + parts):
            page = self._small(params, place)
            total = page.total
            if not page.rows or page.rows[0].ledger_id in rows:
                break  # past the end the last page comes again
            rows.update((row.ledger_id, row) for row in page.rows)
        return ListPage(list(rows.values()), len(rows), total)

    def _one_by_one(self, params: Mapping[str, str], number: int) -> ListPage:
        size = min(self.rows, SMALL_ROWS)
        try:  # the ids alone
            page = self._client.page(self._path, params, rows=size, page=number)
        except SystemFault as fault:
            page = self._row_by_row(params, number, fault)
        return page._replace(rows=self._complete(page.rows))

    def _complete(self, rows: list[Row]) -> list[Row]:
        """Read each object by itself. Raises SystemFault when it is not single ones that fail."""
        whole: list[Row] = []
        broken = 0
        for row in rows:
            if not row.raw or row.is_deleted:
                whole.append(row)
                continue
            try:
                whole.append(
                    read_row(self._client.read(self._path, row.ledger_id), row.ledger_id) or row
                )
            except Gone:
                whole.append(row)
            except SystemFault as fault:
                broken += 1
                if broken > MOST_BROKEN:
                    raise
                whole.append(row._replace(raw=faulty(row.ledger_id, row.contact_id, str(fault))))
        return whole

    def _row_by_row(self, params: Mapping[str, str], number: int, fault: SystemFault) -> ListPage:
        """Assemble a page from pages of one row; a row that fails is known by its place alone."""
        size = min(self.rows, SMALL_ROWS)
        first = (number - 1) * size + 1
        rows: list[Row] = []
        total: int | None = None
        broken = 0
        for place in range(first, first + size):
            try:
                one = self._client.page(self._path, params, rows=1, page=place)
            except SystemFault as error:
                broken += 1
                if broken > MOST_BROKEN:
                    raise fault from error  # not single records: the whole list
                rows.append(_unknown(params, place, str(error)))
                continue
            total = one.total
            if not one.rows or any(row.ledger_id == one.rows[0].ledger_id for row in rows):
                break  # past the end the last row comes again
            rows.append(one.rows[0])
        return ListPage(rows, len(rows), total)


def walk_pages(lister: Lister) -> Iterator[list[Row]]:
    """Yield the rows of a list that cannot be sorted, page by page, each row once.

    The end is where all of the total was seen or a page brings nothing new. When the total moved
    meanwhile, rows may have slipped between pages, so the walk is repeated.
    """
    seen: set[str] = set()
    for _ in range(MOST_ROUNDS):
        first_total = last_total = None
        number, listed = 1, set[str]()
        while True:
            page = lister.page(number)
            last_total = page.total
            first_total = page.total if number == 1 else first_total
            ids = {row.ledger_id for row in page.rows}
            fresh = [row for row in page.rows if row.ledger_id not in seen]
            is_repeat = not ids - listed
            seen |= ids
            listed |= ids
            if fresh:
                yield fresh
            enough = page.total is not None and len(listed) >= page.total
            short = page.total is None and page.shown < lister.rows
            if is_repeat or enough or short:
                break
            number += 1
        if first_total == last_total:
            return


def all_rows(client: Client, path: str, params: Mapping[str, str]) -> Iterator[Row]:
    """Yield every row of a list that is small."""
    for rows in walk_pages(Lister(client, path, params)):
        yield from rows


def faulty(ledger_id: str, contact_id: str | None, why: str) -> bytes:
    """An object in the place of one that Sage cannot show; the mapping parks it by name."""
    body: dict[str, object] = {"id": ledger_id}
    if contact_id:
        body["contact"] = {"id": contact_id}
    return with_context(msgspec.json.encode(body), {"fault": why})


def _unknown(params: Mapping[str, str], place: int, why: str) -> Row:
    """A row that cannot even be listed: it has a place and no id."""
    since = params.get("updated_or_created_since", "the-beginning")
    name = f"row-{place}-since-{since}"
    return Row(name, faulty(name, None, why), None, read_instant(since), True, "", "", None)
