"""What the portfolio needs of one company, read in one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from recoup.sync.report.aging import Aging, aging
from recoup.sync.report.portfolio import Part
from recoup.sync.store.aging import Basis
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.conclusions import holds, standing_verdict
from recoup.sync.store.condition import last_finished
from recoup.sync.store.cursors import changes_so_far
from recoup.sync.store.engine import Store
from recoup.sync.store.rates import booked_rates
from recoup.sync.tieout.control import is_beyond, is_now

__all__ = ["gather"]


def gather(
    store: Store,
    company: CompanyRow,
    *,
    as_of: date,
    basis: Basis,
    buckets: Sequence[int],
    rolled_up: bool = True,
    home: bool = False,
    as_known: bool = False,
) -> Part:
    """Read one company's aging, rates and condition; see report.aging.aging for the options."""
    with store.read(company.company_id) as conn:
        tables = aging(
            conn,
            company,
            as_of=as_of,
            basis=basis,
            buckets=buckets,
            rolled_up=rolled_up,
            home=home,
            as_known=as_known,
        )
        return Part(
            company=company,
            tables=tables,
            rates=booked_rates(conn, company.company_id, company.home_currency, as_of),
            held_count=len(holds(conn, company.company_id)),
            synced_at=last_finished(conn, company.company_id),
            tied_out=None if as_known else _proven(conn, company, as_of, tables),
        )


def _proven(
    conn: Connection, company: CompanyRow, as_of: date, tables: Sequence[Aging]
) -> bool | None:
    """The tie-out's word for now, unless something came since; for a past day the tables' own."""
    if is_beyond(conn, company, as_of):
        return None
    if is_now(conn, company, as_of):
        changes = changes_so_far(conn, company.company_id)
        return standing_verdict(conn, company.company_id, changes)
    proofs = [table.control.proven for table in tables]
    if False in proofs:
        return False
    return True if proofs and proofs[0] else None  # the home currency stands first
