"""/businesses and /user: what one consent reaches, outside every business."""

from __future__ import annotations

from collections.abc import Sequence

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import Doc, dumps
from recoup.plugins.sage.standin.answer import answer_json
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import method_refused, not_found
from recoup.plugins.sage.standin.vocabulary import WORDS

EDITIONS = {
    "START": "Accounting Start", "MICRO": "Accounting Individual", "ACCOUNTS": "Accounts",
    "ACCOUNTING": "Accounting Standard", "ACCOUNTING_10": "Accounting Plus",
}  # fmt: skip


def serve(method: str, path: Sequence[str], reach: Sequence[Books], lead: Books | None) -> Answer:
    """Answer /businesses, /businesses/{id or lead} and /user; raises Fault."""
    if method != "GET":
        raise method_refused()
    if path[0] == "user":
        return answer_json(dumps(_user()))
    if len(path) == 1:
        rows = [_row(books) for books in reach]
        head: Doc = {"$total": len(rows), "$page": 1, "$next": None, "$back": None}
        return answer_json(dumps({**head, "$items_per_page": 2147483647, "$items": rows}))
    found = lead if path[1] == "lead" else None
    for books in reach:
        found = books if books.business_id == path[1] else found
    if found is None:
        raise not_found("business")
    return answer_json(dumps(_business(found)))


def _row(books: Books) -> Doc:
    loaded = books.find("businesses", books.business_id)
    return loaded or {
        "displayed_as": books.name, "id": books.business_id, "$path": _path(books),
    }  # fmt: skip


def _path(books: Books) -> str:
    return f"/businesses/{books.business_id}"


def _business(books: Books) -> Doc:
    at = str((books.find("business_settings", "") or {}).get("business_created_at"))
    country = WORDS["countries"].get(books.country, books.country)
    return {
        "id": books.business_id, "displayed_as": books.name, "$path": _path(books),
        "created_at": at, "updated_at": at, "name": books.name, "address_line_1": "",
        "address_line_2": "", "city": "", "postal_code": "",
        "country": {"id": books.country, "displayed_as": country,
                    "$path": f"/countries/{books.country}"},
        "region": "", "telephone": "", "mobile": "", "website": "", "is_demo": False,
        "ni_based": False,
        "subscriptions": [
            {
                "id": books.edition, "displayed_as": EDITIONS.get(books.edition, books.edition),
                "created_at": at, "updated_at": at, "active": books.subscription_active,
                "status": "ACTIVE" if books.subscription_active else "INACTIVE",
            }
        ],
    }  # fmt: skip


def _user() -> Doc:
    at = "2020-01-01T00:00:00Z"
    return {
        "id": "6c1d6f7f3a1b4f5e9d0c8b7a69584736", "displayed_as": "Accounts Office",
        "$path": "/user", "created_at": at, "updated_at": at, "first_name": "Accounts",
        "last_name": "Office", "initials": "AO", "email": "accounts@example.com",
        "locale": "en-GB",
    }  # fmt: skip
