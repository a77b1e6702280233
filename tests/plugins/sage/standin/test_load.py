"""A big business is loaded in moments and paged by few, large, quick answers."""

from __future__ import annotations

from typing import Any

from recoup.plugins.sage.standin.books import Books

COUNT = 20_000


def big() -> Books:
    books = Books()
    contact = books.create_contact("Big")["id"]
    whole = books.get("sales_invoices", books.create_invoice(contact, "10")["id"])
    for number in range(COUNT):
        id = f"{number:032x}"
        books.load("sales_invoices", {**whole, "id": id, "$path": f"/sales_invoices/{id}"})
    return books


def test_a_big_business_is_read_in_pages_of_two_hundred(serving: Any, client_of: Any) -> None:
    standin = serving(big())
    client = client_of(standin)
    asked = {"attributes": "all", "items_per_page": 200, "sort": "updated_at"}
    seen: set[str] = set()
    while True:
        page = client.get("sales_invoices", page=len(seen) // 200 + 1, **asked)
        seen |= {row["id"] for row in page["$items"]}
        if len(seen) >= page["$total"]:
            break
    assert len(seen) == COUNT + 1
    assert standin.calls["list"] == -(-(COUNT + 1) // 200)


def test_pages_are_rendered_once_until_a_document_or_a_name_changes(
    serving: Any, client_of: Any
) -> None:
    books = Books()
    contact = books.create_contact("Big")["id"]
    made = [books.create_invoice(contact, "10")["id"] for _ in range(50)]
    client = client_of(serving(books))
    client.get("sales_invoices", attributes="all", items_per_page=200)
    rendered = {id: books.kept_text("sales_invoices", id) for id in made}
    assert all(rendered.values())
    client.get("sales_invoices", attributes="all", items_per_page=200)
    assert all(books.kept_text("sales_invoices", id) is text for id, text in rendered.items())
    books.edit_invoice(made[0], notes="new")
    assert books.kept_text("sales_invoices", made[0]) is None
    books.rename(contact, "Bigger")
    rows = client.rows("sales_invoices", attributes="contact", items_per_page=200)
    assert {row["contact"]["displayed_as"] for row in rows} == {"Bigger"}
