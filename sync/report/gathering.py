"""What the portfolio needs of one company, read in one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from recoup.sync.report.aging import aging
from recoup.sync.report.portfolio import Part
from recoup.sync.store.aging import Basis
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.conclusions import holds, newest_tieout
from recoup.sync.store.condition import last_finished
from recoup.sync.store.engine import Store
from recoup.sync.store.rates import booked_rates

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
        judged = newest_tieout(conn, company.company_id)
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
            tied_out=None if judged is None else judged[1],
        )
