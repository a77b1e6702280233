"""What a tie-out found, as figures, as lines for people and as JSON for the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any

from recoup.connector.money import Money
from recoup.sync.tieout.contributors import Contributor
from recoup.sync.tieout.control import Control
from recoup.sync.tieout.identities import Finding

__all__ = ["TieOut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TieOut:
    """Whether our figures equal the ledger's, and where not.

    as_of None is the state now; a date judges the control account alone. checked counts what
    was judged per identity. held maps every customer on hold to the reason, newly_held and
    released say what this run changed. reread counts objects that a live read changed.
    """

    company: str  # slug
    at: datetime
    as_of: date | None
    checked: Mapping[str, int]
    findings: tuple[Finding, ...]
    totals: Mapping[str, Control]  # per currency
    held: Mapping[str, str] = field(default_factory=dict)
    newly_held: tuple[str, ...] = ()
    released: tuple[str, ...] = ()
    foreign: tuple[Contributor, ...] = ()  # named by the ledger's own list of open items alone
    reread: int = 0
    notes: tuple[str, ...] = ()  # differences that the rounding of booked rates accounts for

    @property
    def proven(self) -> bool | None:
        """None: nothing failed, but the ledger states no control account for that date."""
        if self.findings:
            return False
        stated = [control.proven for control in self.totals.values()]
        if any(proven is False for proven in stated):
            return False
        return None if None in stated else True

    @property
    def lines(self) -> list[str]:
        """One line per finding, the customers' first, then the company's."""
        ordered = sorted(self.findings, key=lambda finding: finding.customer_id is None)
        return [finding.line for finding in ordered]

    def as_json(self) -> dict[str, Any]:
        """The whole outcome with decimal strings; ids and amounts, no names."""
        return {
            "company": self.company,
            "as_of": None if self.as_of is None else self.as_of.isoformat(),
            "proven": self.proven,
            "checked": dict(self.checked),
            "notes": list(self.notes),
            "findings": [_finding(finding) for finding in self.findings],
            "totals": {currency: _control(c) for currency, c in self.totals.items()},
            "held": dict(self.held),
            "released": list(self.released),
            "foreign": [asdict(entry) for entry in self.foreign],
            "reread": self.reread,
        }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "identity": str(finding.identity),
        "subject": finding.subject,
        "customer_id": finding.customer_id,
        "currency": None if finding.stated is None else finding.stated.currency,
        "stated": _text(finding.stated),
        "derived": _text(finding.derived),
        "line": finding.line,
    }


def _control(control: Control) -> dict[str, Any]:
    return {
        "ledger": _text(control.ledger),
        "ours": control.ours.text,
        "difference": _text(control.difference),
        "explained": [
            {"document": item.document, "amount": item.amount.text, "why": item.why}
            for item in control.explained
        ],
        "proven": control.proven,
    }


def _text(money: Money | None) -> str | None:
    return None if money is None else money.text
