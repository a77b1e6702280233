"""A large book is loaded once, rendered once, and its pages do not slow down."""

from __future__ import annotations

from typing import Any

from recoup.plugins.xero.standin import views
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

MANY = 3000


def fill(books: Books, acme: str) -> None:
    raw = books.create_invoice(acme, "10")
    for number in range(1, MANY):
        id = f"{number:08x}-0000-4000-8000-{number * 7919 % 16**12:012x}"
        books.load("Invoices", {**raw, "InvoiceID": id, "InvoiceNumber": f"L-{number}"})


def test_pages_in_the_order_of_ids_show_every_document_once(
    xero: Any, books: Books, acme: str
) -> None:
    fill(books, acme)
    seen: list[str] = []
    for page in ("1", "2", "3"):
        rows = xero.rows("Invoices", page=page, pageSize="1000", order="InvoiceID", unchecked=True)
        seen += [row["InvoiceID"] for row in rows]
    assert len(seen) == len(set(seen)) == MANY
    assert seen == sorted(seen)


def test_a_document_is_rendered_once_until_it_changes(
    standin: StandIn, books: Books, acme: str
) -> None:
    fill(books, acme)
    options = Options()
    ids = list(books.table("Invoices"))
    first = [views.text(books, "Invoices", id, "full", options) for id in ids]
    again = [views.text(books, "Invoices", id, "full", options) for id in ids]
    assert all(one is other for one, other in zip(first, again, strict=True))
    books.edit_invoice(ids[0], Reference="changed")
    assert views.text(books, "Invoices", ids[0], "full", options) is not first[0]
    assert views.text(books, "Invoices", ids[1], "full", options) is first[1]


def test_everything_can_be_rendered_ahead(standin: StandIn, books: Books, acme: str) -> None:
    fill(books, acme)
    assert standin.warm() > MANY
    id = next(iter(books.table("Invoices")))
    text = views.text(books, "Invoices", id, "full", standin.options)
    assert views.text(books, "Invoices", id, "full", standin.options) is text


def test_a_selection_is_kept_while_nothing_is_written(
    standin: StandIn, xero: Any, books: Books, acme: str
) -> None:
    fill(books, acme)
    api = standin.apis[id(books)]
    asked = {"pageSize": "10", "order": "Total DESC", "unchecked": True}
    xero.get("Invoices", page="1", **asked)
    [kept] = api._selections.values()
    xero.get("Invoices", page="2", **asked)
    assert next(iter(api._selections.values())) is kept
