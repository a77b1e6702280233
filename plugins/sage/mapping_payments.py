"""Receipts, refunds and allocations: what money and credits settle.

A receipt states cash and discount per document beside its total; what is over is on account. An
allocation sets credits and money on account against debits in signed legs that sum to zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from recoup.connector.model import (
    Allocation,
    AllocationKind,
    DocumentKind,
    DocumentRef,
    DocumentState,
    Payment,
    Refund,
    Unmapped,
)
from recoup.connector.money import Money
from recoup.plugins.sage.artefacts import path_of, to_ref
from recoup.plugins.sage.context import (
    MappingContext,
    head,
    read_date,
    read_money,
    read_positive,
    read_rate,
    required_date,
    required_id,
    word,
)
from recoup.plugins.sage.entities import ALLOCATIONS, OPENING_BALANCES, PAYMENTS
from recoup.plugins.sage.pairing import Leg, pair
from recoup.plugins.sage.structs import (
    AllocatedLeg,
    AllocationObject,
    PaymentObject,
    Ref,
    SageObject,
    SettlementsObject,
)

__all__ = ["to_allocation", "to_payment", "to_settlements"]

_ZERO = Decimal(0)
Owners = Mapping[str, tuple[str, str]]


def to_payment(
    found: PaymentObject, raw: bytes, context: MappingContext
) -> Payment | Refund | Unmapped:
    """Map a ContactPayment: CUSTOMER_RECEIPT or CUSTOMER_REFUND; all others stay unmapped."""
    kind = word(found.transaction_type)
    if kind == "CUSTOMER_RECEIPT":
        return _receipt(found, raw, context)
    if kind == "CUSTOMER_REFUND":
        return _refund(found, raw, context)
    return Unmapped(**head(found, raw), source_type=PAYMENTS)


def to_allocation(
    found: AllocationObject, raw: bytes, context: MappingContext
) -> Payment | Unmapped:
    """Map a ContactAllocation to a payment over nothing that carries its pairs."""
    if word(found.transaction_type).startswith("VENDOR"):
        return Unmapped(**head(found, raw), source_type=ALLOCATIONS)
    currency = context.currency(found, None)
    owners = _owners(found)
    legs = [
        Leg(to_ref(leg.artefact, is_debit=amount > 0, owners=owners), amount)
        for leg in found.allocated_artefacts or ()
        if (amount := leg.amount or _ZERO)
    ]
    made_on = required_date(found.date)
    allocations = tuple(
        Allocation(
            part=str(at),
            source=one.source,
            target=one.target,
            amount=read_positive(one.amount, currency),
            kind=_kind_of(one.source),
            made_on=made_on,
        )
        for at, one in enumerate(pair(legs), 1)
    )
    return Payment(
        **head(found, raw),
        customer_id=required_id(found.contact, "contact"),
        issued_on=made_on,
        total=Money.zero(currency),
        balance=Money.zero(currency),
        allocations=allocations,
    )


def to_settlements(found: SettlementsObject, raw: bytes, context: MappingContext) -> Payment:
    """Map what allocations settle of one document, read off the document itself.

    Only where allocations may not be read. An entry names the other document where there is one
    alone; otherwise both sides meet in the allocation, which stands for them under its own id.
    """
    currency = context.currency(found, found.currency)
    return Payment(
        **head(found, raw),
        customer_id=required_id(found.contact, "contact"),
        issued_on=required_date(found.date),
        total=Money.zero(currency),
        balance=Money.zero(currency),
        allocations=tuple(_edges(found, currency)),
    )


def _edges(found: SettlementsObject, currency: str) -> Iterator[Allocation]:
    """Yield the edges that this document has to tell: a debit all, a credit what no debit does."""
    owners = _owners(found)
    itself = to_ref(found.itself or Ref(id=found.id), is_debit=found.is_debit, owners=owners)
    for at, edge in enumerate(found.edges, 1):
        if not edge.amount or edge.contact_allocation is None:
            continue  # what a payment settles, the payment says
        other = edge.artefact if edge.artefact is not None and edge.artefact.id else None
        if not found.is_debit and other is not None and path_of(other) != OPENING_BALANCES:
            continue
        if other is not None:
            far = to_ref(other, is_debit=not found.is_debit, owners=owners)
        else:
            allocation = required_id(edge.contact_allocation, "allocation")
            far = DocumentRef(DocumentKind.PAYMENT, allocation)
        source, target = (far, itself) if found.is_debit else (itself, far)
        yield Allocation(
            part=str(at),
            source=source,
            target=target,
            amount=read_positive(abs(edge.amount), currency),
            kind=_kind_of(source) if other is not None else AllocationKind.CREDIT,
            made_on=read_date(edge.date),
        )


def _receipt(found: PaymentObject, raw: bytes, context: MappingContext) -> Payment:
    currency = context.currency(found, found.currency)
    own = DocumentRef(DocumentKind.PAYMENT, found.id)
    over = found.payment_on_account
    return Payment(
        **head(found, raw),
        customer_id=required_id(found.contact, "contact"),
        number=found.reference or None,
        issued_on=required_date(found.date),
        total=read_money(found.total_amount, currency),
        balance=read_money(over.outstanding_amount if over is not None else None, currency),
        rate=_rate(found),
        state=_state(found),
        allocations=tuple(_settled(found, own, currency)),
    )


def _settled(found: PaymentObject, own: DocumentRef, currency: str) -> Iterator[Allocation]:
    """Yield what a receipt settles. A credit that it takes in has a negative amount.

    A discount is no money of the receipt: its source is the expense that Sage books for it.
    """
    owners = _owners(found)
    for at, leg in enumerate(_own_legs(found), 1):
        amount, discount = leg.amount or _ZERO, leg.discount or _ZERO
        part = str(at)
        if amount:
            other = to_ref(leg.artefact, is_debit=amount > 0, owners=owners)
            source, target = (own, other) if amount > 0 else (other, own)
            cash = AllocationKind.CASH if amount > 0 else AllocationKind.CREDIT
            money = read_positive(abs(amount), currency)
            yield Allocation(part=part, source=source, target=target, amount=money, kind=cash)
        if discount:
            yield Allocation(
                part=f"{part}:discount",
                source=DocumentRef(DocumentKind.EXPENSE, f"discount-{found.id}"),
                target=to_ref(leg.artefact, is_debit=True, owners=owners),
                amount=read_positive(abs(discount), currency),
                kind=AllocationKind.DISCOUNT,
            )


def _refund(found: PaymentObject, raw: bytes, context: MappingContext) -> Refund:
    """Map a refund. Its legs are the credits that it pays out; the rest no credit covers yet."""
    currency = context.currency(found, found.currency)
    own = DocumentRef(DocumentKind.REFUND, found.id)
    owners = _owners(found)
    total = read_money(abs(found.total_amount or _ZERO), currency)
    allocations = tuple(
        Allocation(
            part=str(at),
            source=(source := to_ref(leg.artefact, is_debit=False, owners=owners)),
            target=own,
            amount=read_positive(abs(leg.amount), currency),
            kind=_kind_of(source),
        )
        for at, leg in enumerate(_own_legs(found), 1)
        if leg.amount
    )
    over = found.payment_on_account
    left = abs(over.outstanding_amount) if over and over.outstanding_amount else _ZERO
    return Refund(
        **head(found, raw),
        customer_id=required_id(found.contact, "contact"),
        number=found.reference or None,
        issued_on=required_date(found.date),
        total=total,
        balance=read_money(left, currency),
        rate=_rate(found),
        state=_state(found),
        allocations=allocations,
    )


def _own_legs(found: PaymentObject) -> Iterable[AllocatedLeg]:
    """The legs without the payment's own rest, should Sage list that among them."""
    over = found.payment_on_account
    own = over.id if over is not None else None
    for leg in found.allocated_artefacts or ():
        if own is None or leg.artefact is None or leg.artefact.id != own:
            yield leg


def _kind_of(source: DocumentRef) -> AllocationKind:
    is_money = source.kind is DocumentKind.PAYMENT
    return AllocationKind.CASH if is_money else AllocationKind.CREDIT


def _owners(found: SageObject) -> Owners:
    return found.context.owners if found.context is not None else {}


def _rate(found: PaymentObject) -> Decimal | None:
    return read_rate(found.exchange_rate, found.total_amount, found.base_currency_total_amount)


def _state(found: PaymentObject) -> DocumentState:
    return DocumentState.DELETED if read_date(found.deleted_at) else DocumentState.POSTED
