"""One company's open items in one currency, as a report lists and sums them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from recoup.connector.money import Money
from recoup.sync.report.open_items import OpenItem
from recoup.sync.store.companies import CompanyRow

__all__ = ["OpenList", "by_currency"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenList:
    company: str  # slug
    company_name: str
    as_of: date
    currency: str
    items: tuple[OpenItem, ...]

    @property
    def total(self) -> Money:
        return sum((item.open for item in self.items), Money.zero(self.currency))

    def as_json(self) -> dict[str, Any]:
        return {
            "company": self.company,
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "items": [item.as_json() for item in self.items],
            "total": self.total.text,
        }


def by_currency(company: CompanyRow, as_of: date, items: Sequence[OpenItem]) -> list[OpenList]:
    """Group by currency, the home currency first; nothing open is one empty list."""
    home = company.home_currency
    grouped: dict[str, list[OpenItem]] = {}
    for item in items:
        grouped.setdefault(item.open.currency, []).append(item)
    return [
        OpenList(
            company=company.slug,
            company_name=company.name,
            as_of=as_of,
            currency=currency,
            items=tuple(grouped.get(currency, ())),
        )
        for currency in sorted(grouped or {home}, key=lambda c: (c != home, c))
    ]
