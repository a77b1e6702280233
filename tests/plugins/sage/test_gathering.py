"""Full pages are handed over together, and nothing of them is lost or kept waiting."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from recoup.connector.errors import Retriable
from recoup.connector.pages import Page, Payload, Swept, Window
from recoup.plugins.sage.gathering import gathered


def page(number: int, rows: int, **more: object) -> Page:
    payloads = [Payload("sales_invoices", f"{number}-{at}", b"{}") for at in range(rows)]
    return Page(payloads=payloads, cursor={"at": number}, calls=1, **more)  # type: ignore[arg-type]


def shape(pages: list[Page]) -> list[tuple[int, int, object]]:
    """Rows, calls and cursor of each page."""
    return [(len(one.payloads), one.calls, one.cursor["at"]) for one in pages]


def test_five_full_pages_are_one_with_the_cursor_of_the_last() -> None:
    found = list(gathered(page(number, 200) for number in range(1, 8)))
    assert shape(found) == [(1000, 5, 5), (400, 2, 7)]
    assert [one.ledger_id for one in found[0].payloads][::200] == [f"{n}-0" for n in range(1, 6)]


def test_a_page_that_is_not_full_waits_for_nothing() -> None:
    found = list(gathered([page(1, 3), page(2, 200), page(3, 20), page(4, 0)]))
    assert shape(found) == [(3, 1, 1), (220, 2, 3), (0, 1, 4)]


def test_a_sweep_is_handed_over_by_itself() -> None:
    swept = Swept(source_type="sales_invoices", window=Window(), count=0, ids=frozenset())
    found = list(gathered([page(1, 200), page(2, 0, swept=[swept]), page(3, 200)]))
    assert shape(found) == [(200, 1, 1), (0, 1, 2), (200, 1, 3)]
    assert [len(one.swept) for one in found] == [0, 1, 0]


def test_what_was_read_before_an_error_is_handed_over_before_it() -> None:
    def broken() -> Iterator[Page]:
        yield page(1, 200)
        yield page(2, 200)
        raise Retriable("Sage allows the next call in 30 s")

    found: list[Page] = []
    with pytest.raises(Retriable):
        found.extend(gathered(broken()))
    assert shape(found) == [(400, 2, 2)]
