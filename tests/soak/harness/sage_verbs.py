"""What the bookkeeper does in Sage Accounting, chosen by two small numbers.

Every verb takes the books and two numbers that pick documents and amounts, and says whether
anything happened: a history of verbs and numbers is replayed exactly by its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from harness.picking import amount, day, pick, rotated, rows
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.settling import ASLEEP, sign_of, status_of

__all__ = ["OFTEN", "VERBS"]

Doc = dict[str, Any]
Verb = Callable[[Books, int, int], bool]
CENT = Decimal("0.01")
INVOICES, NOTES = "sales_invoices", "sales_credit_notes"
ENTRIES, OPENINGS = "sales_quick_entries", "contact_opening_balances"
PAYMENTS, ALLOCATIONS = "contact_payments", "contact_allocations"


class Open(NamedTuple):
    """Something that can still be settled."""

    id: str
    contact: str
    left: Decimal
    is_debit: bool
    kind: str


def _contacts(books: Books) -> list[Doc]:
    return rows(books, "contacts")


def _buyer(books: Books, n: int) -> str:
    found = _contacts(books)
    if len(found) < 3:
        found.append(books.create_contact(f"Buyer {len(found)}"))
    return str(found[n % len(found)]["id"])


def _open(books: Books) -> list[Open]:
    found = []
    for kind, id in books.open_kinds():
        what, doc = books.artefact(id)
        left = books.open_of(what, doc)
        if left and status_of(doc) not in ASLEEP:
            contact = str((doc.get("contact") or {}).get("id"))
            found.append(Open(id, contact, left, sign_of(what, doc) > 0, kind))
    return found


def _open_of(books: Books, n: int, *, is_debit: bool) -> Open | None:
    return pick([one for one in _open(books) if one.is_debit is is_debit], n)


def _part(whole: Decimal, n: int) -> Decimal:
    """All of it, or a half."""
    return whole if n % 2 else max((whole / 2).quantize(CENT), CENT)


def create_contact(books: Books, a: int, b: int) -> bool:
    books.create_contact(f"Buyer {len(_contacts(books))} of {a}")
    return True


def rename_contact(books: Books, a: int, b: int) -> bool:
    chosen = pick(_contacts(books), a)
    if chosen is None:
        return False
    books.rename(chosen["id"], f"Renamed {b} {chosen['id'][:8]}")
    return True


def deactivate_contact(books: Books, a: int, b: int) -> bool:
    chosen = pick(_contacts(books), a)
    if chosen is None:
        return False
    if chosen.get("is_active") is False:
        books.reactivate(chosen["id"])
    else:
        books.deactivate(chosen["id"])
    return True


def delete_contact(books: Books, a: int, b: int) -> bool:
    """One that has documents refuses."""
    used = {doc["contact"]["id"] for kind in (INVOICES, NOTES, ENTRIES, OPENINGS, PAYMENTS)
            for doc in rows(books, kind)}  # fmt: skip
    chosen = pick([doc for doc in _contacts(books) if doc["id"] not in used], a)
    if chosen is None:
        return False
    books.delete_contact(chosen["id"])
    return True


def create_invoice(books: Books, a: int, b: int) -> bool:
    books.create_invoice(_buyer(books, a), amount(b), on=day(books, b))
    return True


def edit_invoice(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, INVOICES, lambda doc: status_of(doc) != "VOID"), a)
    if chosen is None:
        return False
    books.edit_invoice(chosen["id"], amount=amount(b))
    return True


def move_due_date(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, INVOICES, lambda doc: status_of(doc) != "VOID"), a)
    if chosen is None:
        return False
    due = books.clock.now().date() + timedelta(days=b)
    books.edit_invoice(chosen["id"], due_date=due.isoformat())
    return True


def create_draft(books: Books, a: int, b: int) -> bool:
    status = "PRO_FORMA" if b % 3 == 0 else "DRAFT"
    books.create_invoice(_buyer(books, a), amount(b), on=day(books, b), status=status)
    return True


def _draft(books: Books, n: int) -> Doc | None:
    return pick(rows(books, INVOICES, lambda doc: status_of(doc) in ("DRAFT", "PRO_FORMA")), n)


def release_draft(books: Books, a: int, b: int) -> bool:
    chosen = _draft(books, a)
    if chosen is None:
        return False
    books.release(INVOICES, chosen["id"])
    return True


def delete_draft(books: Books, a: int, b: int) -> bool:
    chosen = _draft(books, a)
    if chosen is None:
        return False
    books.delete_draft(INVOICES, chosen["id"])
    return True


def quick_invoice(books: Books, a: int, b: int) -> bool:
    books.create_quick_entry(_buyer(books, a), amount(b), on=day(books, b))
    return True


def quick_credit(books: Books, a: int, b: int) -> bool:
    kind = "CREDIT_NOTE"
    books.create_quick_entry(_buyer(books, a), amount(b), entry_type=kind, on=day(books, b))
    return True


def opening_balance(books: Books, a: int, b: int) -> bool:
    kind = "CREDIT_NOTE" if b % 3 == 0 else "INVOICE"
    books.opening_balance(_buyer(books, a), amount(b), balance_type=kind, on=day(books, 119))
    return True


def delete_entry(books: Books, a: int, b: int) -> bool:
    kind = OPENINGS if b % 3 == 0 else ENTRIES
    chosen = pick([doc for doc in rows(books, kind) if not books.legs_of.get(doc["id"])], a)
    if chosen is None:
        return False
    books.delete_entry(kind, chosen["id"])
    return True


def create_credit(books: Books, a: int, b: int) -> bool:
    books.create_credit_note(_buyer(books, a), (amount(b) / 4).quantize(CENT), on=day(books, b))
    return True


def void(books: Books, a: int, b: int) -> bool:
    kind = NOTES if b % 3 == 0 else INVOICES
    found = [d for d in rows(books, kind) if status_of(d) == "UNPAID"]
    chosen = pick([doc for doc in found if not books.legs_of.get(doc["id"])], a)
    if chosen is None:
        return False
    books.void(chosen["id"])
    return True


def receive(books: Books, a: int, b: int) -> bool:
    """A part or all of one document; at times more than that."""
    chosen = _open_of(books, a, is_debit=True)
    if chosen is None:
        return False
    part = _part(chosen.left, b)
    more = amount(b) if b % 5 == 0 else Decimal(0)
    books.receive(chosen.contact, part + more, {chosen.id: part})
    return True


def receive_with_discount(books: Books, a: int, b: int) -> bool:
    chosen = _open_of(books, a, is_debit=True)
    if chosen is None:
        return False
    off = max((chosen.left / 10).quantize(CENT), CENT)
    if chosen.left <= off:
        return False
    part = chosen.left - off
    books.receive(chosen.contact, part, {chosen.id: part}, discounts={chosen.id: off})
    return True


def receive_several(books: Books, a: int, b: int) -> bool:
    found = _open(books)
    first = pick([one for one in found if one.is_debit], a)
    if first is None:
        return False
    mine = [one for one in found if one.is_debit and one.contact == first.contact][:3]
    parts = {one.id: _part(one.left, b) for one in mine}
    books.receive(first.contact, sum(parts.values(), Decimal(0)), parts)
    return True


def pay_on_account(books: Books, a: int, b: int) -> bool:
    books.pay_on_account(_buyer(books, a), amount(b))
    return True


def edit_payment(books: Books, a: int, b: int) -> bool:
    """Take a receipt off what it settles."""
    chosen = pick(rows(books, PAYMENTS, lambda doc: doc.get("allocated_artefacts")), a)
    if chosen is None:
        return False
    books.edit_payment(chosen["id"], {})
    return True


def delete_payment(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, PAYMENTS), a)
    if chosen is None:
        return False
    books.delete_payment(chosen["id"])
    return True


def allocate(books: Books, a: int, b: int) -> bool:
    """Credits against debits of one contact, two of each at most."""
    found = _open(books)
    for credit in rotated([one for one in found if not one.is_debit], a):
        debits = [one for one in found if one.is_debit and one.contact == credit.contact]
        if not debits:
            continue
        more = [one for one in found if not one.is_debit and one.contact == credit.contact]
        credits = [credit, *(one for one in more if one.id != credit.id)][: 1 + b % 2]
        legs = _legs(credits, rotated(debits, b)[: 1 + a % 2])
        books.allocate(credit.contact, legs)
        return True
    return False


def _legs(credits: list[Open], debits: list[Open]) -> dict[str, Decimal]:
    rest = min(
        sum((one.left for one in credits), Decimal(0)),
        sum((one.left for one in debits), Decimal(0)),
    )
    legs: dict[str, Decimal] = {}
    for side, sign in ((credits, -1), (debits, 1)):
        left = rest
        for one in side:
            part = min(left, one.left)
            if part:
                legs[one.id] = sign * part
            left -= part
    return legs


def unallocate(books: Books, a: int, b: int) -> bool:
    chosen = pick(rows(books, ALLOCATIONS), a)
    if chosen is None:
        return False
    books.unallocate(chosen["id"])
    return True


def refund(books: Books, a: int, b: int) -> bool:
    chosen = _open_of(books, a, is_debit=False)
    if chosen is None:
        return False
    part = _part(chosen.left, b)
    books.refund(chosen.contact, part, {chosen.id: part})
    return True


def journal(books: Books, a: int, b: int) -> bool:
    """On trade debtors, past every document."""
    if b % 3 == 0 and (chosen := pick(rows(books, "journals"), a)) is not None:
        books.delete_journal(chosen["id"])
    else:
        books.journal(amount(a) if b % 2 else -amount(a))
    return True


def month_end(books: Books, a: int, b: int) -> bool:
    """More changes in one second than fit on a page."""
    buyer = _buyer(books, a)
    for n in range(18):
        if b % 3 == 0:
            books.pay_on_account(buyer, amount(b + n))
        else:
            books.create_invoice(buyer, amount(b + n))
    return True


VERBS: dict[str, Verb] = {
    "create_contact": create_contact,
    "rename_contact": rename_contact,
    "deactivate_contact": deactivate_contact,
    "delete_contact": delete_contact,
    "create_invoice": create_invoice,
    "edit_invoice": edit_invoice,
    "move_due_date": move_due_date,
    "create_draft": create_draft,
    "release_draft": release_draft,
    "delete_draft": delete_draft,
    "quick_invoice": quick_invoice,
    "quick_credit": quick_credit,
    "opening_balance": opening_balance,
    "delete_entry": delete_entry,
    "create_credit": create_credit,
    "void": void,
    "receive": receive,
    "receive_with_discount": receive_with_discount,
    "receive_several": receive_several,
    "pay_on_account": pay_on_account,
    "edit_payment": edit_payment,
    "delete_payment": delete_payment,
    "allocate": allocate,
    "unallocate": unallocate,
    "refund": refund,
    "journal": journal,
    "month_end": month_end,
}

# Documents first, so that there is something to settle, void and delete.
OFTEN = (
    "create_contact",
    "create_invoice",
    "create_invoice",
    "receive",
    "receive",
    "pay_on_account",
    "create_credit",
    "allocate",
    "allocate",
    "create_draft",
    "month_end",
)
