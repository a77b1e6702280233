"""ledger_accounts, ledger_entries, transactions: the nominal ledger as the API shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.amounts import ZERO, moment, text
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import invalid, not_found
from recoup.plugins.sage.standin.ledger import Entry, Posted
from recoup.plugins.sage.standin.listing import since
from recoup.plugins.sage.standin.settling import ASLEEP, status_of
from recoup.plugins.sage.standin.showing import true
from recoup.plugins.sage.standin.vocabulary import ref, word


def with_balance(books: Books, docs: list[Doc], query: Mapping[str, str]) -> list[Doc]:
    """Ledger accounts with balance_details, where they are asked for; raises Fault 422."""
    if not true(query, "show_balance_details"):
        return docs
    start, end = query.get("from_date"), query.get("to_date")
    if not start or not end:
        raise invalid("from_date", "from_date and to_date are required to show balances.")
    books.absorb()
    live = true(query, "exclude_deleted_entries")
    sums = books.turnover(start[:10], end[:10], live_only=live)
    return [
        {
            **doc,
            "balance_details": {
                **books.balance_details(str(doc["id"]), sums),
                "from_date": start[:10],
                "to_date": end[:10],
            },
        }
        for doc in docs
    ]


def rows(books: Books, kind: str, query: Mapping[str, str]) -> list[Callable[[], Doc]]:
    """What a computed collection holds; a row is made when it is called."""
    if kind == "ledger_entries":
        return [partial(entry_doc, books, *pair) for pair in entries(books, query)]
    if kind == "transactions":
        return [partial(transaction_doc, books, posted) for posted in transactions(books, query)]
    docs = unallocated(books, query) if kind == "unallocated_artefacts" else rates(books, kind)
    return [partial(dict, doc) for doc in docs]


def single(books: Books, kind: str, id: str) -> Doc:
    """One row of a computed collection; raises Fault 404."""
    books.absorb()
    if kind == "transactions" and id in books.posted:
        return transaction_doc(books, books.posted[id])
    if kind == "ledger_entries":
        for posted, entry in books.entries():
            if entry.id == id:
                return entry_doc(books, posted, entry)
    elif kind != "transactions":
        for row in rows(books, kind, {}):
            doc = row()
            if id in (doc.get("id"), str(doc["$path"]).rpartition("/")[2]):
                return doc
    raise not_found()


def entries(books: Books, query: Mapping[str, str]) -> list[tuple[Posted, Entry]]:
    """ledger_entries by account, date, transaction and change; deleted ones are among them."""
    books.absorb()
    account, changed = query.get("ledger_account_id"), since(query, "updated_or_created_since")
    found = []
    for posted, entry in books.entries():
        if account and entry.account != account:
            continue
        if query.get("transaction_id") and posted.id != query["transaction_id"]:
            continue
        if not _typed_and_dated(posted, entry.on, query):
            continue
        if changed and moment(entry.at) < changed:
            continue
        found.append((posted, entry))
    return found


def _typed_and_dated(posted: Posted, on: str, query: Mapping[str, str]) -> bool:
    type = query.get("transaction_type_id")
    if type and posted.type != type:
        return False
    start, end = query.get("from_date"), query.get("to_date")
    return not ((start and on < start[:10]) or (end and on > end[:10]))


def entry_doc(books: Books, posted: Posted, entry: Entry) -> Doc:
    """One ledger entry."""
    return {
        "id": entry.id, "displayed_as": entry.description,
        "$path": f"/ledger_entries/{entry.id}", "created_at": posted.at, "updated_at": entry.at,
        "date": entry.on, "credit": text(max(-entry.amount, ZERO)),
        "debit": text(max(entry.amount, ZERO)),
        "ledger_account": books.account_ref(entry.account),
        "transaction": ref("transactions", posted.id, posted.reference),
        "contact": contact_ref(books, entry.contact), "deleted": entry.deleted, "tax_rate": None,
        "description": entry.description, "journal_code": None,
    }  # fmt: skip


def contact_ref(books: Books, id: str) -> Doc | None:
    """A reference to a contact; None when there is none."""
    doc = books.find("contacts", id)
    return ref("contacts", id, str(doc["displayed_as"])) if doc else None


def transactions(books: Books, query: Mapping[str, str]) -> list[Posted]:
    """transactions by date, type and change; deleted ones are among them."""
    books.absorb()
    changed = since(query, "updated_or_created_since")
    low, high = since(query, "updated_from_date"), since(query, "updated_to_date")
    found = []
    for posted in books.posted.values():
        at = moment(posted.updated_at)
        if (changed and at < changed) or (low and at < low) or (high and at > high):
            continue
        if _typed_and_dated(posted, posted.on, query):
            found.append(posted)
    return found


def transaction_doc(books: Books, posted: Posted) -> Doc:
    """One transaction; its audit_trail_id is a number, whatever the contract says."""
    source = books.find(posted.kind, posted.source) or books.tombstones(posted.kind).get(
        posted.source, {}
    )
    origin: Doc = {
        "id": posted.source, "displayed_as": posted.reference,
        "$path": f"/{posted.kind}/{posted.source}", "links": [],
        "due_date": source.get("due_date"), "outstanding_amount": source.get("outstanding_amount"),
        "currency": source.get("currency"), "status": source.get("status"),
        "sent": source.get("sent"),
    }  # fmt: skip
    return {
        "id": posted.id, "displayed_as": posted.reference, "$path": f"/transactions/{posted.id}",
        "created_at": posted.at, "updated_at": posted.updated_at, "date": posted.on,
        "deleted": posted.deleted, "reference": posted.reference, "total": text(posted.total),
        "total_in_transaction_currency": text(posted.foreign),
        "contact": contact_ref(books, posted.contact),
        "transaction_type": word("transaction_types", posted.type), "origin": origin,
        "audit_trail_id": posted.audit,
        "number_of_attachments": "0",
    }  # fmt: skip


def unallocated(books: Books, query: Mapping[str, str]) -> list[Doc]:
    """unallocated_artefacts: what is open of a contact, without any amount."""
    found = []
    for kind, id in books.open_kinds():
        what, doc = books.artefact(id)
        contact = str((doc.get("contact") or {}).get("id"))
        if query.get("contact_id") and contact != query["contact_id"]:
            continue
        if status_of(doc) not in ASLEEP and books.open_of(what, doc):
            found.append({**ref(kind, id, str(doc.get("displayed_as"))), "links": []})
    return found


def rates(books: Books, kind: str) -> list[Doc]:
    """The exchange rates of a business: home units per unit of the other currency."""
    at, home = books.now(), word("currencies", books.base_currency)
    found = []
    for currency, rate in sorted(books.rates.items()):
        inverse = (1 / rate).quantize(Decimal("0.000001")).normalize()
        doc: Doc = {
            "displayed_as": currency, "$path": f"/{kind}/{currency}", "rate": text(rate),
            "inverse_rate": text(inverse), "base_currency": home,
            "currency": word("currencies", currency), "updated_at": at,
        }  # fmt: skip
        doc["retrieved_at" if kind == "live_exchange_rates" else "created_at"] = at
        found.append(doc)
    return found
