"""Resources beside receivables: people, addresses, banks, transfers, other payments, journals."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin import ledger
from recoup.plugins.sage.standin.amounts import ZERO, read, text
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import invalid
from recoup.plugins.sage.standin.shapes import SHAPES
from recoup.plugins.sage.standin.vocabulary import WORDS, ref, ref_to, word

REQUIRED: dict[str, tuple[str, ...]] = {
    "contact_persons": ("contact_person_type_ids", "name", "address_id"),
    "addresses": ("address_type_id", "name"),
    "bank_accounts": ("bank_account_type_id",),
    "bank_deposits": ("from_bank_account_id", "to_bank_account_id", "date"),
    "bank_transfers": ("from_bank_account_id", "to_bank_account_id", "date", "amount"),
    "other_payments": ("transaction_type_id", "bank_account_id", "date", "total_amount"),
    "journals": ("date", "reference", "journal_lines"),
}
TARGETS = {
    "from_bank_account": "bank_accounts", "to_bank_account": "bank_accounts",
    "bank_account": "bank_accounts", "contact": "contacts", "address": "addresses",
    "ledger_account": "ledger_accounts", "payment_method": "payment_methods",
    "default_payment_method": "payment_methods", "bank_account_type": "bank_account_types",
    "transaction_type": "transaction_types", "address_type": "address_types",
    "country": "countries", "currency": "currencies",
}  # fmt: skip
POSTED = ("bank_deposits", "bank_transfers", "other_payments", "journals")
MONEY = ("amount", "cash_amount", "cheque_amount", "total_amount", "net_amount", "tax_amount")


def create(books: Books, kind: str, body: Doc) -> Doc:
    """Enter one; raises Fault 422."""
    for name in REQUIRED[kind]:
        if body.get(name) in (None, "", []):
            raise invalid(name, f"{name.replace('_', ' ').capitalize()} cannot be blank.")
    with books.writing():
        id, at = books.new_id(kind), books.now()
        fields = _fields(books, kind, body)
        if kind == "bank_accounts":
            return _bank(books, body, fields)
        shown = str(body.get("name") or body.get("reference") or kind.replace("_", " "))
        doc: Doc = {
            "id": id, "displayed_as": shown, "$path": f"/{kind}/{id}", "created_at": at,
            "updated_at": at, **fields,
        }  # fmt: skip
        if kind in ("contact_persons", "addresses"):
            _belongs(books, id, body)
        books.put(kind, _posted(books, kind, doc, body))
    return books.get(kind, id)


def edit(books: Books, kind: str, id: str, body: Doc) -> Doc:
    """Change one; raises Fault 404 or 422."""
    with books.writing():
        before = books.need(kind, id)
        books.refuse_locked(before.get("date"), body.get("date"))
        doc = {**before, **_fields(books, kind, body), "updated_at": books.now()}
        books.put(kind, _posted(books, kind, doc, body))
    return books.get(kind, id)


def delete(books: Books, kind: str, id: str) -> None:
    """Delete one; raises Fault 404 or 422."""
    with books.writing():
        doc = books.need(kind, id)
        books.refuse_locked(doc.get("date"))
        if kind == "bank_accounts" and any(
            (payment.get("bank_account") or {}).get("id") == id
            for payment in books.table("contact_payments").values()
        ):
            raise invalid("base", "The bank account has transactions and cannot be deleted.")
        books.unpost(kind, id)
        books.bury(kind, id)


def _fields(books: Books, kind: str, body: Doc) -> Doc:
    """The attributes of the API from the fields of a body: ``x_id`` becomes the reference x."""
    fields: Doc = {}
    for name, value in body.items():
        stem = name.removesuffix("_id")
        if stem != name and stem in TARGETS and stem in SHAPES[kind]:
            fields[stem] = _target(books, name, TARGETS[stem], value)
        elif name == "contact_person_type_ids":
            fields["contact_person_types"] = [word("contact_person_types", id) for id in value]
        elif name in MONEY:
            fields[name] = text(read(value))
        elif name in SHAPES[kind] and not isinstance(value, list):
            fields[name] = value
    if "date" in fields:
        fields["date"] = books.date_of(str(fields["date"]))
    if kind == "bank_deposits":
        parts = read(body.get("cash_amount")) + read(body.get("cheque_amount"))
        fields["total_amount"] = text(parts)
    return fields


def _target(books: Books, name: str, kind: str, id: object) -> Doc | None:
    if id in (None, ""):
        return None
    if kind in WORDS:
        if str(id) not in WORDS[kind]:
            raise invalid(name, "The value is not allowed.")
        return word(kind, str(id))
    found = books.find(kind, str(id))
    if found is None:
        raise invalid(name, "The record could not be found.")
    return ref_to(found)


def _belongs(books: Books, id: str, body: Doc) -> None:
    """Remember whose person or address it is: a person is found through its address."""
    owner = body.get("contact_id") or books.persons.get(str(body.get("address_id")))
    if owner:
        books.persons[id] = str(owner)


def _bank(books: Books, body: Doc, fields: Doc) -> Doc:
    name = str((body.get("bank_account_details") or {}).get("account_name") or "Bank")
    code = int(body.get("nominal_code") or 1210 + len(books.table("bank_accounts")))
    made = books.add_bank(name, code)
    kept = {key: value for key, value in fields.items() if key != "nominal_code"}
    books.put("bank_accounts", {**books.need("bank_accounts", made["id"]), **kept})
    return books.get("bank_accounts", made["id"])


def _posted(books: Books, kind: str, doc: Doc, body: Doc) -> Doc:
    if kind not in POSTED:
        return doc
    if kind == "journals":
        doc, lines = _journal(books, doc, body)
    else:
        lines = _MOVES[kind](books, doc)
    if kind in ("bank_deposits", "bank_transfers"):
        type = "BANK_DEPOSIT" if kind == "bank_deposits" else "BANK_TRANSFER"
        doc = {**doc, "transaction_type": word("transaction_types", type)}
    total = sum((amount for _, amount in lines if amount > 0), ZERO)
    number = books.post(
        kind, str(doc["id"]), type=str((doc.get("transaction_type") or {}).get("id")),
        on=str(doc["date"]), contact=str((doc.get("contact") or {}).get("id") or ""),
        reference=str(doc["displayed_as"]), lines=lines, total=total, foreign=total,
    )  # fmt: skip
    return {**doc, "transaction": ref("transactions", number, str(doc["displayed_as"]))}


def _journal(books: Books, doc: Doc, body: Doc) -> tuple[Doc, list[tuple[str, Decimal]]]:
    lines, shown = [], []
    for line in body.get("journal_lines") or []:
        account = str(line.get("ledger_account_id") or "")
        if books.find("ledger_accounts", account) is None:
            raise invalid("journal_lines.ledger_account_id", "The account could not be found.")
        amount = read(line.get("debit")) - read(line.get("credit"))
        lines.append((account, amount))
        shown.append(books.journal_line(account, amount, str(line.get("details") or "")))
    if sum((amount for _, amount in lines), ZERO) != 0:
        raise invalid("base", "The journal does not balance.")
    total = sum((amount for _, amount in lines if amount > 0), ZERO)
    kept = {"journal_lines": shown, "total": text(total),
            "transaction_type": word("transaction_types", "JOURNAL")}  # fmt: skip
    return {**doc, **kept}, lines


def _ledger_of(books: Books, bank: Doc | None) -> str:
    found = books.find("bank_accounts", str((bank or {}).get("id"))) or {}
    return str((found.get("ledger_account") or {}).get("id") or books.accounts[ledger.BANK])


def _moved(books: Books, doc: Doc) -> list[tuple[str, Decimal]]:
    amount = read(doc.get("amount") or doc.get("total_amount"))
    source, target = doc.get("from_bank_account"), doc.get("to_bank_account")
    return [(_ledger_of(books, target), amount), (_ledger_of(books, source), -amount)]


def _other(books: Books, doc: Doc) -> list[tuple[str, Decimal]]:
    received = (doc.get("transaction_type") or {}).get("id") == "OTHER_RECEIPT"
    amount = read(doc.get("total_amount")) * (1 if received else -1)
    bank = _ledger_of(books, doc.get("bank_account"))
    return [(bank, amount), (books.accounts[ledger.SUSPENSE], -amount)]


_MOVES: dict[str, Callable[[Books, Doc], list[tuple[str, Decimal]]]] = {
    "bank_deposits": _moved, "bank_transfers": _moved, "other_payments": _other,
}  # fmt: skip
NOT_EDITED = ("bank_deposits", "journals")
