"""Behaviour 12: a big company is paged by few, large, quick answers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from recoup.plugins.quickbooks.standin.books import Books

SIZES = {"Invoice": 20_000, "Payment": 17_000, "JournalEntry": 5_000}


def load(books: Books) -> None:
    books.load("Customer", {"Id": "1", "DisplayName": "Acme", "FullyQualifiedName": "Acme"})
    meta = {"LastUpdatedTime": books.local()}
    id = 0
    for entity, count in SIZES.items():
        for _ in range(count):
            id += 1
            books.load(
                entity,
                {
                    "Id": str(id),
                    "SyncToken": "0",
                    "MetaData": meta,
                    "TxnDate": "2026-01-01",
                    "CustomerRef": {"value": "1", "name": "Acme"},
                    "TotalAmt": Decimal("10.00"),
                    "Balance": Decimal("10.00"),
                },
            )


def test_a_real_tenant_is_read_in_about_fifty_pages(books: Books, standin: Any, qbo: Any) -> None:
    load(books)
    for entity, count in SIZES.items():
        ids: list[str] = []
        while True:
            page = qbo.raw(
                "POST",
                "query",
                f"select * from {entity} orderby Id startposition {len(ids) + 1} maxresults 1000",
            ).json()["QueryResponse"]
            if not page:
                break
            ids += [row["Id"] for row in page[entity]]
        assert len(ids) == len(set(ids)) == count
        assert ids == sorted(ids, key=int)
    assert standin.calls["query"] == 45


def test_pages_are_rendered_once_until_a_document_or_a_name_changes(books: Books, qbo: Any) -> None:
    load(books)
    qbo.query("select * from Invoice orderby Id maxresults 1000")
    rendered = dict(books._text["Invoice"])
    assert len(rendered) == 1000
    qbo.query("select * from Invoice orderby Id maxresults 1000")
    assert all(books._text["Invoice"][id] is text for id, text in rendered.items())
    books.rename("Customer", "1", "Other")
    page = qbo.rows("select * from Invoice orderby Id maxresults 1000")
    assert {row["CustomerRef"]["name"] for row in page} == {"Other"}
