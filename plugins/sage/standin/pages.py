"""The envelope of a collection, and what can go wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import dumps
from recoup.plugins.sage.standin.answer import answer_json
from recoup.plugins.sage.standin.fault import Fault
from recoup.plugins.sage.standin.options import Options

if TYPE_CHECKING:
    from recoup.plugins.sage.standin.api import Call

Row = TypeVar("Row")
PER_PAGE = 20
MOST = 200


@dataclass(frozen=True)
class Page:
    """One page of ids; number is the one served, at most the last there is."""

    rows: list[str]
    after: list[str]  # rows that follow
    before: list[str]  # the rows of the page before
    total: int
    number: int
    per_page: int

    @property
    def last(self) -> bool:
        """Whether nothing follows."""
        return self.number * self.per_page >= self.total


def page_numbers(query: Mapping[str, str]) -> tuple[int, int]:
    """(items_per_page, page) of a query within their bounds; raises Fault 400."""
    try:
        per_page = int(query.get("items_per_page") or PER_PAGE)
        asked = int(query.get("page") or 1)
    except ValueError:
        raise Fault(400, "InvalidParameter", "page must be a number.", "page") from None
    return min(max(per_page, 1), MOST), max(asked, 1)


def page_of(ids: Sequence[str], query: Mapping[str, str]) -> Page:
    """One page of rows; a number past the end gives the last page again."""
    per_page, asked = page_numbers(query)
    number = min(asked, max(-(-len(ids) // per_page), 1))
    start = (number - 1) * per_page
    return Page(
        list(ids[start : start + per_page]),
        list(ids[start + per_page : start + per_page + MOST]),
        list(ids[max(start - per_page, 0) : start]),
        len(ids),
        number,
        per_page,
    )


def path_of(kind: str, page: Page, query: Mapping[str, str], number: int) -> str:
    """The path of another page: no base, no version."""
    rest = {name: value for name, value in query.items() if name not in ("page", "items_per_page")}
    asked = urlencode({"page": number, "items_per_page": page.per_page, **rest}, safe=":,")
    return f"/{kind}?{asked}"


def answer(
    call: Call, page: Page, rows: list[str], more: Callable[[str], str], options: Options
) -> Answer:
    """The envelope around rows that are JSON texts; more: the text of a row by its id."""
    kind, every = call.path[0], options.next_missing
    fault = call.planned.kind if call.planned is not None else ""
    rows = _spoiled(call, page, rows, more)
    lost = fault == "next_null" or (every > 0 and page.number % every == 0)
    forth = None if page.last or lost else path_of(kind, page, call.query, page.number + 1)
    back = None if page.number == 1 else path_of(kind, page, call.query, page.number - 1)
    head = dumps({"$total": page.total, "$page": page.number, "$next": forth, "$back": back})
    text = f'{head[:-1]},"$itemsPerPage":{page.per_page},"$items":[{",".join(rows)}]}}'
    return answer_json(text)


def _spoiled(call: Call, page: Page, rows: list[str], more: Callable[[str], str]) -> list[str]:
    planned = call.planned
    if planned is None:
        return rows
    if planned.kind == "blank_row":
        return [*rows, "{}"]
    if planned.kind == "null_row":
        return [*rows, "null"]
    if planned.kind == "extra_row":
        return [*rows, *rows[:1]]
    if planned.kind == "overfull":
        return rows + [more(id) for id in page.after[: int(planned.settings.get("rows", 4))]]
    if planned.kind == "stuck_page" and page.before:
        return [more(id) for id in page.before]
    return rows


def of_rows(
    call: Call, rows: Sequence[Row], shown: Callable[[Row], str], options: Options
) -> Answer:
    """The envelope around one page of rows that are no table of the books."""

    def text(at: str) -> str:
        return shown(rows[int(at)])

    page = page_of([str(at) for at in range(len(rows))], call.query)
    return answer(call, page, [text(at) for at in page.rows], text, options)
