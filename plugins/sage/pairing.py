"""Legs of a zero-sum allocation, paired into source → target.

Sage states which documents an allocation touches and by how much, debits positive and credits
negative, but not which credit went to which debit. With one leg on a side the pairs are certain.
Otherwise both sides are put in the order of the documents' ids and the first credit fills the
first debit until one of the two is used up: always the same pairs for the same legs, whatever
order they are listed in, and always the right sum for every document.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from recoup.connector.model import DocumentRef

__all__ = ["Leg", "Pair", "pair"]


class Leg(NamedTuple):
    ref: DocumentRef
    amount: Decimal  # positive settles a debit, negative uses a credit


class Pair(NamedTuple):
    source: DocumentRef
    target: DocumentRef
    amount: Decimal


def pair(legs: Iterable[Leg]) -> list[Pair]:
    """Pair *legs*. Raises ValueError when they do not add up to nothing."""
    ordered = sorted((leg for leg in legs if leg.amount), key=lambda leg: leg.ref.ledger_id)
    total = sum((leg.amount for leg in ordered), Decimal(0))
    if total:
        raise ValueError(f"its legs add up to {total}, not to zero")
    debits = [leg for leg in ordered if leg.amount > 0]
    credits = [leg for leg in ordered if leg.amount < 0]
    pairs: list[Pair] = []
    left_of_debit = debits[0].amount if debits else Decimal(0)
    at = 0
    for credit in credits:
        left = -credit.amount
        while left:
            taken = min(left, left_of_debit)
            pairs.append(Pair(credit.ref, debits[at].ref, taken))
            left -= taken
            left_of_debit -= taken
            if not left_of_debit and at + 1 < len(debits):
                at += 1
                left_of_debit = debits[at].amount
    return pairs
