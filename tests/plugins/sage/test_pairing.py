"""Zero-sum legs become source → target pairs, always the same ones."""

from __future__ import annotations

import itertools
from collections import defaultdict
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.sage.pairing import Leg, pair


def leg(ledger_id: str, amount: str | int) -> Leg:
    kind = DocumentKind.INVOICE if Decimal(amount) > 0 else DocumentKind.CREDIT_NOTE
    return Leg(DocumentRef(kind, ledger_id), Decimal(amount))


def test_one_credit_against_two_invoices_is_certain() -> None:
    found = pair([leg("i2", "30.00"), leg("c1", "-50.00"), leg("i1", "20.00")])
    assert [(p.source.ledger_id, p.target.ledger_id, p.amount) for p in found] == [
        ("c1", "i1", Decimal("20.00")),
        ("c1", "i2", Decimal("30.00")),
    ]


def test_the_first_credit_fills_the_first_invoice_in_the_order_of_ids() -> None:
    legs = [leg("i1", "10"), leg("i2", "20"), leg("c1", "-15"), leg("c2", "-15")]
    wanted = [
        ("c1", "i1", Decimal(10)),
        ("c1", "i2", Decimal(5)),
        ("c2", "i2", Decimal(15)),
    ]
    for order in itertools.permutations(legs):
        found = pair(order)
        assert [(p.source.ledger_id, p.target.ledger_id, p.amount) for p in found] == wanted


def test_legs_that_do_not_sum_to_zero_are_refused() -> None:
    with pytest.raises(ValueError, match=r"add up to 1\.00"):
        pair([leg("i1", "10.00"), leg("c1", "-9.00")])


def test_an_allocation_without_legs_pairs_nothing() -> None:
    assert pair([]) == []


amounts = st.lists(st.integers(1, 10_000), min_size=1, max_size=6)


@given(debits=amounts, credits=amounts)
def test_every_document_is_paired_over_exactly_its_leg(
    debits: list[int], credits: list[int]
) -> None:
    rest = sum(debits) - sum(credits)
    (credits if rest > 0 else debits).append(abs(rest)) if rest else None
    legs = [leg(f"i{n}", amount) for n, amount in enumerate(debits)]
    legs += [leg(f"c{n}", -amount) for n, amount in enumerate(credits)]
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in pair(legs):
        assert one.amount > 0
        sums[one.target.ledger_id] += one.amount
        sums[one.source.ledger_id] -= one.amount
    assert dict(sums) == {one.ref.ledger_id: one.amount for one in legs}
