"""The companies of a workspace: one row per set of books that was connected."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import Connection, Row, insert, select, update

from recoup.connector.errors import Fatal, UsageError
from recoup.connector.model import Company
from recoup.sync.store.schema import companies

__all__ = [
    "CompanyRow",
    "add_company",
    "find_company",
    "list_companies",
    "make_slug",
    "update_company",
]

_LONGEST_SLUG = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow:
    """A company as the store knows it."""

    company_id: int  # ours; every company table starts with it
    ledger: str
    base_url: str | None  # None is the platform itself, else a stand-in
    ledger_id: str
    slug: str  # for people and command lines; never changes
    grant_id: str
    name: str
    home_currency: str
    country: str | None
    time_zone: str | None
    multicurrency: bool
    books_closed_on: date | None
    ages_from_issue: bool
    connected_at: datetime


def add_company(
    conn: Connection, company: Company, *, base_url: str | None, grant_id: str, at: datetime
) -> CompanyRow:
    """Store a company that a grant reaches; one connected before keeps its id and slug.

    Raises Fatal when its home currency is not the one its stored amounts were booked in.
    """
    same_books = (
        (companies.c.ledger == company.ledger)
        & (companies.c.base_url == (base_url or ""))
        & (companies.c.ledger_id == company.ledger_id)
    )
    known = conn.execute(select(companies).where(same_books)).one_or_none()
    if known is not None:
        return update_company(conn, _to_row(known), company, grant_id=grant_id)
    taken = set(conn.execute(select(companies.c.slug)).scalars())
    stored = conn.execute(
        insert(companies)
        .values(
            ledger=company.ledger,
            base_url=base_url or "",
            ledger_id=company.ledger_id,
            slug=make_slug(company, taken),
            grant_id=grant_id,
            connected_at=at,
            **_described(company),
        )
        .returning(companies)
    ).one()
    return _to_row(stored)


def update_company(
    conn: Connection, row: CompanyRow, company: Company, *, grant_id: str | None = None
) -> CompanyRow:
    """Store what the ledger now says about a company, and the grant where one is given.

    Raises Fatal when the books are others or their home currency changed.
    """
    if (company.ledger, company.ledger_id) != (row.ledger, row.ledger_id):
        raise Fatal(f"{row.slug} is {row.ledger} {row.ledger_id}, not {company.ledger_id}")
    if company.home_currency != row.home_currency:
        raise Fatal(
            f"the home currency of {row.slug} changed from {row.home_currency} to "
            f"{company.home_currency}: connect it in a new workspace; this one stays as it was"
        )
    changed = _described(company) | ({} if grant_id is None else {"grant_id": grant_id})
    stored = conn.execute(
        update(companies)
        .where(companies.c.company_id == row.company_id)
        .values(**changed)
        .returning(companies)
    ).one()
    return _to_row(stored)


def list_companies(conn: Connection) -> list[CompanyRow]:
    """Return the companies of the workspace by slug."""
    return [_to_row(row) for row in conn.execute(select(companies).order_by(companies.c.slug))]


def find_company(conn: Connection, wanted: str | None) -> CompanyRow:
    """Return the company that *wanted* names: its slug, the ledger's id, or its unique name.

    None is the only company of the workspace. Raises UsageError that lists the slugs.
    """
    known = list_companies(conn)
    if not known:
        raise UsageError("no company is connected: run recoup connect quickbooks first")
    if wanted is None:
        found = known
    else:
        found = (
            [row for row in known if row.slug == wanted]
            or [row for row in known if row.ledger_id == wanted]
            or [row for row in known if row.name.casefold() == wanted.casefold()]
        )
    if len(found) == 1:
        return found[0]
    slugs = ", ".join(row.slug for row in (found or known))
    if wanted is None:
        raise UsageError(f"there are several companies, name one of: {slugs}")
    if found:
        raise UsageError(f"{wanted!r} names several companies, name one of: {slugs}")
    raise UsageError(f"there is no company {wanted!r}, name one of: {slugs}")


def make_slug(company: Company, taken: Collection[str]) -> str:
    """Return a short name for command lines that is not taken: "Müller & Co" is "muller-co"."""
    plain = unicodedata.normalize("NFKD", company.name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain)[:_LONGEST_SLUG].strip("-")
    if not slug or slug.isdecimal():  # digits alone would read like a ledger's id
        slug = f"{company.ledger}-{company.ledger_id}".lower()
    number, free = 1, slug
    while free in taken:
        number += 1
        free = f"{slug}-{number}"
    return free


def _described(company: Company) -> dict[str, object]:
    return {
        "name": company.name,
        "home_currency": company.home_currency,
        "country": company.country,
        "time_zone": company.time_zone,
        "multicurrency": company.multicurrency,
        "books_closed_on": company.books_closed_on,
        "ages_from_issue": company.ages_from_issue,
    }


def _to_row(row: Row[tuple[object, ...]]) -> CompanyRow:
    values = {field.name: getattr(row, field.name) for field in fields(CompanyRow)}
    values["base_url"] = values["base_url"] or None
    return CompanyRow(**values)
