"""Payments: money received, and the zero payments that apply credits.

A payment states all its settlements as positive lines. Invoices are paid; credit memos pay. For
journal entries, deposits, cheques and expenses the line does not say which, but the payment's
own identity does:

    TotalAmt + Σ credit lines = Σ debit lines + UnappliedAmt
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import product

from recoup.connector.model import (
    Allocation,
    AllocationKind,
    DocumentKind,
    DocumentRef,
    DocumentState,
    Payment,
)
from recoup.connector.money import Money
from recoup.plugins.quickbooks.context import (
    MappingContext,
    is_void,
    read_money,
    required_id,
    stamps,
)
from recoup.plugins.quickbooks.structs import LinkedTxn, PaymentLine, PaymentObject

__all__ = ["settled_ref", "sides_of", "to_payment"]

DEBIT, CREDIT = 1, -1
MOST_UNKNOWN = 12  # 4,096 combinations; beyond that all lines must be on one side

_SETTLED = {
    "Invoice": DocumentKind.INVOICE,
    "CreditMemo": DocumentKind.CREDIT_NOTE,
    "JournalEntry": DocumentKind.JOURNAL,
    "Deposit": DocumentKind.DEPOSIT,
}
_ZERO = Decimal(0)
# a member of an enumeration is looked up through a descriptor each time it is named
_PAYMENT, _EXPENSE = DocumentKind.PAYMENT, DocumentKind.EXPENSE
_CASH, _CREDIT = AllocationKind.CASH, AllocationKind.CREDIT
_POSTED, _VOID = DocumentState.POSTED, DocumentState.VOID
_KNOWN_SIDE = {"Invoice": DEBIT, "CreditMemo": CREDIT}


def to_payment(found: PaymentObject, raw: bytes, context: MappingContext) -> Payment:
    """Map a Payment with its allocations."""
    currency = context.currency(found.currency_ref)
    created, changed = stamps(found)
    total = read_money(found.total_amt, currency)
    lines = found.line or []
    void = not lines and is_void(found.total_amt, found.unapplied_amt, found.private_note)
    return Payment(
        ledger_id=found.id,
        version=found.sync_token,
        created_at=created,
        changed_at=changed,
        raw=raw,
        customer_id=required_id(found.customer_ref, "customer"),
        number=found.payment_ref_num,
        issued_on=found.txn_date,
        total=total,
        balance=read_money(found.unapplied_amt, currency),
        rate=found.exchange_rate,
        state=_VOID if void else _POSTED,
        allocations=_allocations(found, lines, total) if lines else (),
    )


def settled_ref(link: LinkedTxn) -> DocumentRef:
    """Name what a line settles. Types beyond the documents carry their own word before the id."""
    kind = _SETTLED.get(link.txn_type)
    if kind is None:  # Expense, Check, CreditCardCredit, and whatever the platform adds
        return DocumentRef(_EXPENSE, f"{link.txn_type}-{link.txn_id}")
    return DocumentRef(kind, link.txn_id)


def _allocations(
    found: PaymentObject, lines: Sequence[PaymentLine], total: Money
) -> tuple[Allocation, ...]:
    currency, own = total.currency, DocumentRef(_PAYMENT, found.id)
    stated = [
        (at, line.amount or _ZERO, _link(line.linked_txn))
        for at, line in enumerate(lines, 1)
        if line.linked_txn
    ]
    sides: Sequence[int] = [_KNOWN_SIDE.get(link.txn_type, 0) for _, _, link in stated]
    if 0 in sides:
        amounts = [(amount, side) for (_, amount, _), side in zip(stated, sides, strict=True)]
        sides = sides_of(found.total_amt, found.unapplied_amt or _ZERO, amounts)
    allocations: list[Allocation] = []
    for (at, amount, link), side in zip(stated, sides, strict=True):
        if not amount:
            continue
        if amount < 0:  # a line the wrong way round; allocations are positive
            amount, side = -amount, -side
        other = settled_ref(link)
        credit = side == CREDIT
        allocations.append(
            Allocation(
                part=str(at),
                source=other if credit else own,
                target=own if credit else other,
                amount=total if amount == total.amount else read_money(amount, currency),
                kind=_CREDIT if credit else _CASH,
            )
        )
    return tuple(allocations)


def _link(links: Sequence[LinkedTxn]) -> LinkedTxn:
    if len(links) > 1:
        raise ValueError("one line settles several documents and does not say how much of each")
    return links[0]


def sides_of(
    total: Decimal, unapplied: Decimal, lines: Sequence[tuple[Decimal, int]]
) -> Sequence[int]:
    """Return DEBIT or CREDIT per line; a line that comes with side 0 is found by the identity.

    Raises ValueError when no combination fulfils it, or more than one does: never a guess.
    """
    sides = [side for _, side in lines]
    unknown = [at for at, side in enumerate(sides) if side == 0 and lines[at][0]]
    if not unknown:
        return [side or DEBIT for side in sides]
    known = sum((amount * side for amount, side in lines if side), _ZERO)
    rest = total - unapplied - known  # what the unknown lines must add up to, debits positive
    if len(unknown) <= MOST_UNKNOWN:
        choices = list(product((DEBIT, CREDIT), repeat=len(unknown)))
    else:
        choices = [(DEBIT,) * len(unknown), (CREDIT,) * len(unknown)]
    fitting = [
        choice
        for choice in choices
        if sum((lines[at][0] * side for at, side in zip(unknown, choice, strict=True)), Decimal(0))
        == rest
    ]
    if len(fitting) != 1:
        many = "no" if not fitting else "more than one"
        raise ValueError(f"its lines add up in {many} way, so their sides are not known")
    for at, side in zip(unknown, fitting[0], strict=True):
        sides[at] = side
    return [side or DEBIT for side in sides]
