"""Collections: which documents and in what order, by the filters of a query."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.amounts import moment
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import Fault, invalid
from recoup.plugins.sage.standin.settling import status_of
from recoup.plugins.sage.standin.showing import true

_DATED = ("created_at", "updated_at", "date")
SORTS: dict[str, tuple[str, ...]] = {
    "sales_invoices": (*_DATED, "due_date"),
    "sales_credit_notes": _DATED,
    "sales_quick_entries": _DATED,
    "contact_payments": _DATED,
    "contact_allocations": _DATED,
    "bank_deposits": _DATED,
    "bank_transfers": _DATED,
    "other_payments": _DATED,
}

Test = Callable[[Doc], bool]


def _id(doc: Doc, name: str) -> str:
    return str((doc.get(name) or {}).get("id"))


def _tests(books: Books, kind: str, query: Mapping[str, str]) -> list[Test]:
    """The filters of a query that the kind knows; others are ignored, as the platform does."""
    tests: list[Test] = []
    for name, field in (
        ("transaction_type_id", "transaction_type"),
        ("bank_account_id", "bank_account"),
        ("status_id", "status"),
    ):
        if query.get(name):
            tests.append(_equals(field, query[name], kind))
    contact = query.get("contact_id")
    if contact and kind in ("contact_persons", "addresses"):
        tests.append(lambda doc: books.persons.get(str(doc["id"])) == contact)
    elif contact:
        tests.append(lambda doc: _id(doc, "contact") == contact)
    for name, low in (("from_date", True), ("to_date", False)):
        if query.get(name) and kind != "ledger_accounts":
            tests.append(_dated(query[name][:10], low))
    type = query.get("contact_type_id")
    if type and kind == "contacts":
        tests.append(
            lambda doc: any(part.get("id") == type for part in doc.get("contact_types") or ())
        )
    elif type and kind == "contact_opening_balances":
        tests.append(lambda doc: _id(doc, "transaction_type").startswith(type))
    tests += _contact_tests(kind, query)
    if query.get("search"):
        tests.append(_search(query["search"].casefold()))
    if "has_attachments" in query:
        wanted = true(query, "has_attachments")
        held = {_id(doc, "attachment_context") for doc in books.table("attachments").values()}
        tests.append(lambda doc: (doc["id"] in held) == wanted)
    context = query.get("attachment_context_id")
    if context and kind == "attachments":
        tests.append(lambda doc: _id(doc, "attachment_context") == context)
    return tests


def _contact_tests(kind: str, query: Mapping[str, str]) -> list[Test]:
    tests: list[Test] = []
    if kind == "contacts":
        if true(query, "exclude_system"):
            tests.append(lambda doc: not doc.get("system"))
        if true(query, "filter_inactive_contacts"):
            tests.append(lambda doc: doc.get("is_active", True) is not False)
        email = query.get("email", "").casefold()
        if email:
            tests.append(lambda doc: str(doc.get("email") or "").casefold() == email)
    if kind == "bank_accounts" and true(query, "filter_inactive_bank_accounts"):
        tests.append(lambda doc: doc.get("is_active", True) is not False)
    if kind == "ledger_accounts":
        if "show_control_accounts" in query:
            wanted = true(query, "show_control_accounts")
            tests.append(lambda doc: bool(doc.get("is_control_account")) == wanted)
        if query.get("ledger_account_type_id"):
            tests.append(
                lambda doc: _id(doc, "ledger_account_type") == query["ledger_account_type_id"]
            )
    return tests


def _equals(field: str, wanted: str, kind: str) -> Test:
    if field == "status":
        return lambda doc: status_of(doc) == wanted and "status" in doc
    del kind
    return lambda doc: _id(doc, field) == wanted


def _dated(day: str, low: bool) -> Test:
    if low:
        return lambda doc: str(doc.get("date") or "") >= day
    return lambda doc: bool(doc.get("date")) and str(doc["date"]) <= day


def _search(word: str) -> Test:
    names = ("displayed_as", "name", "reference", "contact_name", "invoice_number")
    return lambda doc: any(word in str(doc.get(name) or "").casefold() for name in names)


def since(query: Mapping[str, str], name: str) -> str | None:
    """Read a timestamp of the query; raises Fault 422 when it is none."""
    given = query.get(name)
    if not given:
        return None
    try:
        return moment(given.strip().replace(" ", "+"))
    except ValueError:
        raise invalid(name, f"{given} is not a valid date or date-time.") from None


def ids_of(books: Books, kind: str, query: Mapping[str, str], *, voids: bool = False) -> list[str]:
    """The ids of a collection in order, not to be written; raises Fault on a bad filter or sort."""
    gone = since(query, "deleted_since")
    changed = since(query, "updated_or_created_since")
    field, backwards = _order(kind, query.get("sort", ""))
    if gone is not None:
        return _deleted(books, kind, gone, query, voids)
    if field == "updated_at":
        ids = _changed(books, kind, changed)
    else:
        ids = list(books.table(kind)) if field is None else books.view(kind, field)[1]
        if changed is not None:
            late = set(_changed(books, kind, changed))
            ids = [id for id in ids if id in late]
    tests = _tests(books, kind, query)
    if tests:
        table = books.table(kind)
        ids = [id for id in ids if all(test(table[id]) for test in tests)]
    return ids[::-1] if backwards else ids


def _changed(books: Books, kind: str, since: str | None) -> list[str]:
    """The ids of what changed at or after an instant, in that order."""
    values, ids = books.view(kind, "updated_at")
    return ids if since is None else ids[bisect_left(values, since) :]


def _deleted(
    books: Books, kind: str, gone: str, query: Mapping[str, str], voids: bool
) -> list[str]:
    tests = _tests(books, kind, query)
    stones = {
        id: stone
        for id, stone in books.tombstones(kind).items()
        if moment(str(stone.get("deleted_at"))) > gone
    }
    if voids:
        for id, doc in books.table(kind).items():
            if status_of(doc) == "VOID" and moment(str(doc.get("updated_at"))) > gone:
                stones[id] = doc
    kept = [(str(doc.get("deleted_at")), id) for id, doc in stones.items()
            if all(test(doc) for test in tests)]  # fmt: skip
    return [id for _, id in sorted(kept)]


def _order(kind: str, sort: str) -> tuple[str | None, bool]:
    if not sort:
        return None, False
    field, _, way = sort.partition(":")
    if field not in SORTS.get(kind, ()) or way not in ("", "asc", "desc"):
        raise Fault(400, "InvalidParameter", f"Sorting by {sort} is not available.", "sort")
    return field, way == "desc"
