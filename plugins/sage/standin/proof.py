"""Whether the books are true: documents against legs, contacts and the control account."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin import ledger
from recoup.plugins.sage.standin.amounts import ZERO, read
from recoup.plugins.sage.standin.receipts import PAYMENTS
from recoup.plugins.sage.standin.settling import (
    ARTEFACTS,
    ASLEEP,
    ON_ACCOUNT,
    collectable,
    rate_in,
    sign_of,
    status_of,
)

if TYPE_CHECKING:
    from recoup.plugins.sage.standin.books import Books


def violations(books: Books) -> list[str]:
    """Every identity that does not hold, in words; empty for true books."""
    found: list[str] = []
    owed: dict[str, Decimal] = {}
    base = ZERO
    for kind, id in books.open_kinds():
        what, doc = books.artefact(id)
        if status_of(doc) in ASLEEP:
            continue
        left = books.open_of(what, doc)
        legs = books.legs_of.get(id, ())
        settled = sum((leg.amount + leg.discount for leg in legs), ZERO)
        if collectable(doc) - settled != left:
            name = doc.get("displayed_as")
            found.append(f"{kind} {name}: {collectable(doc)} less {settled} is not {left}")
        found.extend(_at_odds(books, what, doc, left))
        contact = str((doc.get("contact") or {}).get("id"))
        owed[contact] = owed.get(contact, ZERO) + sign_of(what, doc) * left
        base += sign_of(what, doc) * books.base_open_of(what, doc)
    for id in {*owed, *books.balances}:
        if owed.get(id, ZERO) != books.balances.get(id, ZERO):
            told, known = books.balances.get(id, ZERO), owed.get(id, ZERO)
            found.append(f"contact {id}: owes {told}, its documents say {known}")
    for id, offset in books.balance_offsets.items():
        if offset and id in books.table("contacts"):
            found.append(f"contact {id}: was loaded with a balance {offset} off its documents")
    control = books.balance(ledger.DEBTORS)
    journals = books.journals_on_debtors
    if control != base + journals:
        found.append(f"trade debtors: the account says {control}, the documents {base + journals}")
    if sum((entry.amount for _, entry in books.entries()), ZERO) != 0:
        found.append("the nominal ledger does not balance")
    return found


def _at_odds(books: Books, kind: str, doc: Doc, left: Decimal) -> Iterator[str]:
    """Yield where the amounts of one document contradict each other."""
    name = f"{kind} {doc.get('displayed_as')}"
    held = doc.get("withholding_tax_amount")  # a deduction under CIS may stand without it
    if read(held) and read(doc.get("total_amount")) - read(held) != collectable(doc):
        yield f"{name}: {doc.get('total_amount')} less {held} withheld is not {collectable(doc)}"
    at_home = (doc.get("currency") or {}).get("id") == books.base_currency and rate_in(doc) == 1
    base = books.base_open_of(kind, doc)
    if at_home and base != left:
        yield f"{name}: {left} is open, in the base currency {base}"


def artefacts(books: Books) -> list[tuple[str, str]]:
    """(kind, id) of everything that can be open, payments on account among them."""
    pairs = [(kind, id) for kind in ARTEFACTS for id in books.table(kind)]
    for payment in books.table(PAYMENTS).values():
        type = str((payment.get("transaction_type") or {}).get("id", ""))
        if payment.get("payment_on_account") and type.startswith("CUSTOMER"):
            pairs.append((ON_ACCOUNT, str(payment["payment_on_account"]["id"])))
    return [pair for pair in pairs if not _vendors(books, *pair)]


def _vendors(books: Books, kind: str, id: str) -> bool:
    doc = books.find(kind, id) or {}
    return str((doc.get("transaction_type") or {}).get("id", "")).startswith("VENDOR")
