"""Customers by id: what they are called, who is left after a merge, who stands at the top."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from recoup.sync.store import schema

__all__ = ["Families", "Member", "read_families"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A customer, deleted ones too: their documents may still be open."""

    customer_id: str
    name: str
    parent_id: str | None = None
    merged_into: str | None = None


class Families:
    """Parents and merges. A chain that bites its own tail ends where it would repeat."""

    def __init__(self, members: Iterable[Member]) -> None:
        self._members = {member.customer_id: member for member in members}

    def survivor(self, customer_id: str) -> str:
        """Who is left after every merge that the ledger reported; itself when never merged."""
        seen = {customer_id}
        while True:
            member = self._members.get(customer_id)
            left = None if member is None else member.merged_into
            if left is None or left in seen:
                return customer_id
            seen.add(left)
            customer_id = left

    def top(self, customer_id: str) -> str:
        """The topmost parent, whoever pays the bills, after merges."""
        seen = set()
        current = self.survivor(customer_id)
        while current not in seen:
            seen.add(current)
            member = self._members.get(current)
            if member is None or member.parent_id is None or member.parent_id not in self._members:
                return current
            current = self.survivor(member.parent_id)
        return min(seen)

    def name(self, customer_id: str) -> str:
        """The last name that the ledger gave it; the id where it never did."""
        member = self._members.get(customer_id)
        return f"customer {customer_id}" if member is None else member.name

    def within(self, customer_id: str) -> frozenset[str]:
        """Everybody under *customer_id*, itself and those merged into them included."""
        return frozenset(
            [customer_id, *(c for c in self._members if customer_id in self._above(c))]
        )

    def same(self, customer_id: str) -> frozenset[str]:
        """*customer_id* and those merged into it."""
        merged = (c for c in self._members if self.survivor(c) == customer_id)
        return frozenset([customer_id, *merged])

    def __contains__(self, customer_id: object) -> bool:
        return customer_id in self._members

    def named(self, wanted: str) -> list[str]:
        """Ids of the customers called *wanted*, upper or lower case alike."""
        folded = wanted.casefold()
        return sorted(
            c
            for c, member in self._members.items()
            if member.name.casefold() == folded and self.survivor(c) == c
        )

    def _above(self, customer_id: str) -> set[str]:
        above: set[str] = set()
        current: str | None = self.survivor(customer_id)
        while current is not None and current not in above:
            above.add(current)
            member = self._members.get(current)
            parent = None if member is None else member.parent_id
            current = None if parent is None else self.survivor(parent)
        return above


def read_families(conn: Connection, company_id: int) -> Families:
    customers = schema.customers.c
    rows = conn.execute(
        select(
            customers.ledger_id, customers.name, customers.parent_id, customers.merged_into
        ).where(customers.company_id == company_id)
    )
    return Families(
        Member(customer_id=row[0], name=row[1], parent_id=row[2], merged_into=row[3])
        for row in rows
    )
