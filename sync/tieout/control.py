"""The control block: what the ledger's control account says beside what our documents say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection

from recoup.connector.money import Money
from recoup.sync.store import contributors as entries
from recoup.sync.store import tieout as figures
from recoup.sync.store.aging import View, foreign_items
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.conclusions import last_result
from recoup.sync.store.cursors import changes_so_far
from recoup.sync.tieout.contributors import Contributor, later_contributors, standing_lines
from recoup.sync.tieout.homing import (
    AtHome,
    foreign_contributors,
    is_stated_at_home,
    rounding,
    value_at_home,
)

__all__ = [
    "Control",
    "Explained",
    "assemble",
    "company_day",
    "is_beyond",
    "is_now",
    "known_foreign",
    "read_controls",
]

_LATEST_ZONE = timedelta(hours=12)  # west of it no day begins later


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A part of the difference, by the ledger's id of what causes it."""

    document: str
    amount: Money
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """The proof under a report. ledger None: the ledger states nothing for that date."""

    ledger: Money | None
    ours: Money  # Σ open documents; buckets plus unapplied
    explained: tuple[Explained, ...] = ()  # only where the ledger states its figure
    note: str | None = None  # why it states none, where that is known

    @property
    def difference(self) -> Money | None:
        return None if self.ledger is None else self.ledger - self.ours

    @property
    def remainder(self) -> Money | None:
        """What nothing explains. Zero is proof; anything else is a finding."""
        if self.difference is None:
            return None
        explained = sum((item.amount for item in self.explained), Money.zero(self.ours.currency))
        return self.difference - explained

    @property
    def proven(self) -> bool | None:
        return None if self.remainder is None else not self.remainder


def company_day(at: datetime, zone: str | None) -> date:
    """The company's calendar date at an instant; without a known zone the earliest on earth."""
    try:
        return at.astimezone(ZoneInfo(zone)).date() if zone else (at - _LATEST_ZONE).date()
    except (ZoneInfoNotFoundError, ValueError):
        return (at.astimezone(UTC) - _LATEST_ZONE).date()


def is_now(conn: Connection, company: CompanyRow, as_of: date) -> bool:
    """Whether *as_of* is the day of the last pull or later: then its control account counts."""
    finished = figures.pull_finished_at(conn, company.company_id)
    return finished is None or as_of >= company_day(finished, company.time_zone)


def is_beyond(conn: Connection, company: CompanyRow, as_of: date) -> bool:
    """Whether the last pull was too long before *as_of* to say anything about it.

    The next day still counts: a date may have been written down further east.
    """
    finished = figures.pull_finished_at(conn, company.company_id)
    if finished is None:
        return False
    return as_of > company_day(finished, company.time_zone) + timedelta(days=1)


def read_controls(
    conn: Connection,
    company: CompanyRow,
    as_of: date | None,
    ours: Mapping[str, int],
    *,
    counted: AtHome | None = None,
) -> dict[str, Control]:
    """Build the control block of every currency from the store alone.

    ours: Σ open per currency, in minor units. On the day of the last pull and the next the
    ledger's figure is the control account's balance, and documents dated after *as_of* are named.
    Days after that nobody has seen yet: None. For an earlier day it is the ledger's own dated
    total, where a tie-out has read one since the last change; otherwise None. as_of None compares
    the state now, whatever the dates. Where one control account in home currency holds documents
    of all currencies, those in others are named at their booked rates. counted: such documents
    that *ours* holds in home currency already; a control account per currency then proves nothing.
    """
    company_id, home = company.company_id, company.home_currency
    accounts = figures.control_accounts_now(conn, company_id)
    several = company.multicurrency or counted is not None or bool(ours.keys() - {home})
    one = is_stated_at_home(accounts, home, several)
    if counted is not None and counted.valued and not one:
        return {}
    if as_of is not None and is_beyond(conn, company, as_of):
        return assemble({}, ours, ())
    if as_of is None or is_now(conn, company, as_of):
        ledger, named = accounts, _named_now(conn, company_id, as_of, home if one else None)
        held = View(company_id, None)
    else:
        ledger = figures.control_dated(conn, company_id, as_of, changes_so_far(conn, company_id))
        if not ledger:
            return assemble(ledger, ours, ())
        named = standing_lines(
            entries.control_lines(conn, company_id, as_of),
            entries.settlements(conn, company_id, as_of),
        )
        held = View(company_id, as_of)
    if not one:
        return assemble(ledger, ours, named)
    at_home = value_at_home(foreign_items(conn, held, home), home)
    named += foreign_contributors(at_home, counted or AtHome(home))
    return _assemble_at_home(ledger, ours, named, at_home)


def _named_now(
    conn: Connection, company_id: int, as_of: date | None, only: str | None
) -> list[Contributor]:
    """What is on the control accounts by now; of documents dated later *only* one currency's."""
    named = standing_lines(
        entries.control_lines(conn, company_id), entries.settlements(conn, company_id)
    )
    named += known_foreign(conn, company_id)
    if as_of is not None:
        later = entries.later_changes(conn, company_id, as_of)
        wanted = (change for change in later if only is None or change.currency == only)
        named += later_contributors(wanted, as_of)
    return named


def _assemble_at_home(
    ledger: Mapping[str, int],
    ours: Mapping[str, int],
    named: Sequence[Contributor],
    at_home: AtHome,
) -> dict[str, Control]:
    """Put together what one control account in home currency says of documents of all."""
    home = at_home.currency
    known = ours.get(home, 0) + sum(e.minor for e in named if e.currency == home)
    rounded = rounding(ledger.get(home, known) - known, at_home)
    controls = assemble(ledger, ours, [*named, rounded] if rounded else named)
    note = f"the ledger states one control account in {home} for all currencies"
    return {
        currency: control if control.ledger is not None else replace(control, note=note)
        for currency, control in controls.items()
    }


def assemble(
    ledger: Mapping[str, int], ours: Mapping[str, int], named: Iterable[Contributor]
) -> dict[str, Control]:
    """Put the three together per currency; a currency with nothing in it is left out."""
    by_currency: dict[str, list[Explained]] = defaultdict(list)
    for entry in named:
        amount = Money.from_minor(entry.minor, entry.currency)
        by_currency[entry.currency].append(
            Explained(document=entry.document, amount=amount, why=entry.why)
        )
    wanted = (
        {c for c, minor in ledger.items() if minor}
        | ours.keys()
        | (by_currency.keys() & ledger.keys())
    )
    return {
        currency: Control(
            ledger=Money.from_minor(ledger[currency], currency) if currency in ledger else None,
            ours=Money.from_minor(ours.get(currency, 0), currency),
            explained=tuple(by_currency[currency]) if currency in ledger else (),
        )
        for currency in sorted(wanted)
    }


def known_foreign(conn: Connection, company_id: int) -> list[Contributor]:
    """Entries that only the ledger's own list of open items named, at the last tie-out."""
    result = last_result(conn, company_id, changes_so_far(conn, company_id))
    return [] if result is None else [Contributor(**entry) for entry in result["foreign"]]
