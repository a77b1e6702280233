"""Lists: which documents a request selects, in which order, and which page of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.fault import bad_query, high_volume, malformed
from recoup.plugins.xero.standin.kinds import Kind
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.where import (
    Filter,
    compile_order,
    compile_where,
    sort_key,
    value_at,
)

DEFAULT_SIZE, MOST = 100, 1000
_FAST = {
    "Invoices": {"status", "contact.contactid", "contact.name", "contact.contactnumber",
                 "reference", "invoicenumber", "invoiceid", "type", "amountpaid", "date",
                 "duedate", "amountdue"},
    "Contacts": {"name", "emailaddress", "accountnumber"},
    "Payments": {"paymenttype", "status", "date", "invoice.invoiceid", "reference"},
}  # fmt: skip
_FAST_ORDER = {"Invoices": {"invoiceid", "updateddateutc", "date"},
               "Contacts": {"contactid", "updateddateutc", "name"}}  # fmt: skip


@dataclass
class Asked:
    """What a list request asks for, read once."""

    where: str = ""
    order: str = ""
    since: int | None = None  # whole seconds since 1970
    ids: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    contacts: list[str] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    search: str = ""
    archived: bool = False
    summary: bool = False
    page: int | None = None
    size: int = DEFAULT_SIZE

    def key(self) -> str:
        """What names the selection, whatever the page."""
        return repr({**vars(self), "page": None, "size": None})


@dataclass(frozen=True)
class Page:
    """The ids of one page, the view in which they are shown, and the pagination if paged."""

    ids: list[str]
    view: str
    pagination: Doc | None


def read_asked(kind: Kind, query: Mapping[str, str], headers: Mapping[str, str]) -> Asked:
    """Read the parameters of a list. Raises Fault for what cannot be read."""
    given = {name.lower(): value for name, value in query.items()}

    def listed(name: str) -> list[str]:
        return [part.strip() for part in given.get(name, "").split(",") if part.strip()]

    asked = Asked(
        where=given.get("where", ""),
        order=given.get("order", ""),
        since=_since(headers.get("if-modified-since")) if kind.since else None,
        ids=[id.lower() for id in listed("ids")],
        numbers=[number.casefold() for number in listed("invoicenumbers")],
        contacts=[id.lower() for id in listed("contactids")],
        statuses=[status.upper() for status in listed("statuses")],
        references=listed("references"),
        search=given.get("searchterm", "").casefold(),
        archived=given.get("includearchived", "").lower() == "true",
        summary=given.get("summaryonly", "").lower() == "true",
    )
    if kind.paged:
        size = _number(given.get("pagesize"), DEFAULT_SIZE)
        asked.size = DEFAULT_SIZE if kind.plural == "Quotes" else min(max(size, 1), MOST)
        forced = asked.ids or asked.numbers or asked.contacts or asked.statuses or asked.summary
        if "page" in given or "pagesize" in given or forced or asked.references:
            asked.page = max(_number(given.get("page"), 1), 1)
    return asked


def select(books: Books, kind: Kind, asked: Asked, options: Options) -> list[str]:
    """The ids of every document that a request selects, in its order. Raises Fault."""
    where = compile_where(asked.where) if asked.where else None
    table = books.table(kind.plural)
    if len(table) > options.high_volume and not _is_fast(kind, where):
        raise high_volume(options.high_volume)
    found = books.ordered(kind.plural)
    tests = list(_tests(books, kind, asked, where, options))
    if tests:
        found = [id for id in found if all(test(id, table[id]) for test in tests)]
    if len(found) > options.high_volume and not _is_fast_order(kind, asked.order):
        raise high_volume(options.high_volume)
    if asked.order:
        found = list(found)
        for path, downward in reversed(compile_order(asked.order)):
            if path == kind.id:
                found.sort(reverse=downward)
                continue
            _check_field(kind, table, path)
            found.sort(key=lambda id: sort_key(value_at(table[id], path)), reverse=downward)
    if asked.page is None and len(found) > options.high_volume:
        raise high_volume(options.high_volume)
    return found


def cut(found: list[str], asked: Asked, kind: Kind, options: Options) -> Page:
    """The page of a selection that is asked for."""
    if asked.page is None:
        return Page(found[: options.unpaged_most], "list" if kind.paged else "full", None)
    start = (asked.page - 1) * asked.size
    pagination = {
        "page": asked.page,
        "pageSize": asked.size,
        "pageCount": math.ceil(len(found) / asked.size),
        "itemCount": len(found),
    }
    view = "summary" if asked.summary else "full"
    return Page(found[start : start + asked.size], view, pagination)


def _tests(
    books: Books, kind: Kind, asked: Asked, where: Filter | None, options: Options
) -> list[Callable[[str, Doc], bool]]:
    tests: list[Callable[[str, Doc], bool]] = []
    if asked.since is not None:
        first = asked.since * 1000 if options.since_inclusive else (asked.since + 1) * 1000
        tests.append(lambda id, doc: books.changed_ms(kind.plural, id) >= first)
    if asked.ids:
        wanted = set(asked.ids)
        tests.append(lambda id, doc: id in wanted)
    if asked.numbers:
        tests.append(lambda id, doc: str(doc.get("InvoiceNumber")).casefold() in asked.numbers)
    if asked.contacts:
        tests.append(lambda id, doc: str(value_at(doc, "Contact.ContactID")) in asked.contacts)
    if asked.statuses:
        tests.append(lambda id, doc: doc.get("Status") in asked.statuses)
    if asked.references:
        tests.append(lambda id, doc: doc.get("Reference") in asked.references)
    if kind.plural == "Contacts" and not asked.archived and not asked.ids:
        tests.append(lambda id, doc: doc.get("ContactStatus") != "ARCHIVED")
    if kind.plural == "ContactGroups":
        tests.append(lambda id, doc: doc.get("Status", "ACTIVE") == "ACTIVE")
    if asked.search:
        names = ("Name", "FirstName", "LastName", "ContactNumber", "EmailAddress", "InvoiceNumber",
                 "Reference")  # fmt: skip
        tests.append(
            lambda id, doc: any(asked.search in str(doc.get(n, "")).casefold() for n in names)
        )
    if where is not None:
        test = where.test
        tests.append(lambda id, doc: test(doc))
    return tests


def _is_fast(kind: Kind, where: Filter | None) -> bool:
    """Whether the filter is one that need not look at every document."""
    fast = _FAST.get(kind.plural, set())
    if where is not None:
        fields = {name.lower() for name in where.fields}
        if where.calls or not fields <= fast:
            return False
        if where.joined_by_or and fields != {"invoiceid"}:
            return False
    return True


def _is_fast_order(kind: Kind, order: str) -> bool:
    """Whether an order is optimised; any other one sorts all that the filters leave."""
    fast = _FAST_ORDER.get(kind.plural, set())
    return not order or all(path.lower() in fast for path, _ in compile_order(order))


def _check_field(kind: Kind, table: Mapping[str, Doc], path: str) -> None:
    if table and all(value_at(doc, path) is None for doc in table.values()):
        known = {kind.id, kind.number, kind.touched, "Date", "DueDate", "Name", "Status", "Type"}
        if path.lower() not in {str(name).lower() for name in known}:
            raise bad_query(f"order: no field {path!r} in {kind.plural}")


def _since(text: str | None) -> int | None:
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        try:
            at = parsedate_to_datetime(text)
        except ValueError:
            raise malformed(f"If-Modified-Since {text!r} is no UTC time") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return int(at.timestamp())


def _number(text: str | None, default: int) -> int:
    try:
        return int(text or default)
    except ValueError:
        return default
