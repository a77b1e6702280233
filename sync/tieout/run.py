"""Tying one company out: judge, read again what is in doubt, judge again, then say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from recoup.connector.capabilities import Capability
from recoup.connector.facades import Ledger
from recoup.connector.model import ControlTotals
from recoup.connector.protocols import Clock
from recoup.sync.store import conclusions
from recoup.sync.store.audit import append, company_scope
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.engine import Store
from recoup.sync.store.pulls import changes_so_far
from recoup.sync.tieout.contributors import Contributor
from recoup.sync.tieout.control import is_now, known_foreign
from recoup.sync.tieout.mending import Mender
from recoup.sync.tieout.outcome import TieOut
from recoup.sync.tieout.reading import Judgement, judge_dated, judge_now

__all__ = ["tie_out"]

_ACTOR = "tieout"


def tie_out(
    store: Store,
    company: CompanyRow,
    ledger: Ledger | None,
    *,
    as_of: date | None = None,
    clock: Clock,
) -> TieOut:
    """Prove that our figures equal the ledger's, or name what does not.

    as_of None, the day of the last pull or later judges everything as it stands now; an earlier
    day judges the control account alone, where the ledger states it for that day. A customer
    who does not tie is held until it ties again. ledger None asks nobody. What was concluded is
    stored, audited and returned. Raises whatever the adapter raises; then nothing is concluded.
    """
    with store.read(company.company_id) as conn:
        dated = as_of is not None and not is_now(conn, company, as_of)
    if as_of is not None and dated:
        return _tie_out_dated(store, company, ledger, as_of, clock)
    return _tie_out_now(store, company, ledger, clock)


def _tie_out_now(
    store: Store, company: CompanyRow, ledger: Ledger | None, clock: Clock
) -> TieOut:
    with store.read(company.company_id) as conn:
        foreign: Sequence[Contributor] = known_foreign(conn, company.company_id)
    live = _ask_control(ledger, None)
    judgement = _judge(store, company, foreign, live)
    reread = 0
    if judgement.findings and ledger is not None:
        mender = Mender(store, company, ledger, clock)
        for step in (lambda: mender.reread(judgement.findings), mender.recount):
            step()
            judgement = _judge(store, company, foreign, live)
            if not judgement.findings:
                break
        else:
            foreign = mender.compare_open_items()
            judgement = _judge(store, company, foreign, live)
            mender.reread(judgement.findings)
            judgement = _judge(store, company, foreign, live)
        reread = mender.changed
    return _conclude_now(store, company, judgement, foreign, live, reread, clock)


def _judge(
    store: Store,
    company: CompanyRow,
    foreign: Sequence[Contributor],
    live: ControlTotals | None,
) -> Judgement:
    stated = None if live is None else {total.currency: total.minor for total in live.totals}
    with store.read(company.company_id) as conn:
        return judge_now(conn, company, foreign, stated)


def _ask_control(ledger: Ledger | None, as_of: date | None) -> ControlTotals | None:
    needed = Capability.CONTROL_NOW if as_of is None else Capability.CONTROL_DATED
    if ledger is None or needed not in ledger.capabilities():
        return None
    return ledger.control_totals(as_of)


def _conclude_now(
    store: Store,
    company: CompanyRow,
    judgement: Judgement,
    foreign: Sequence[Contributor],
    live: ControlTotals | None,
    reread: int,
    clock: Clock,
) -> TieOut:
    company_id, at = company.company_id, clock.now()
    reasons = judgement.reasons
    with store.write(company_id) as conn:
        before = conclusions.holds(conn, company_id)
        released = tuple(sorted(before.keys() - reasons.keys()))
        news = conclusions.save_holds(conn, company_id, reasons, at)
        conclusions.release(conn, company_id, released)
        if live is not None:
            changes = changes_so_far(conn, company_id)
            conclusions.save_control(
                conn, company_id, None, live.totals, read_at=live.read_at, changes=changes
            )
        outcome = TieOut(
            company=company.slug,
            at=at,
            as_of=None,
            checked=judgement.checked,
            findings=judgement.findings,
            totals=judgement.totals,
            held=reasons,
            newly_held=tuple(news),
            released=released,
            foreign=tuple(foreign),
            reread=reread,
        )
        scope = company_scope(company_id)
        for action, customers in (("customer_held", news), ("customer_released", released)):
            for customer in customers:
                facts = {"customer_id": customer, "reason": reasons.get(customer)}
                append(conn, scope, actor=_ACTOR, action=action, facts=facts, at=at)
        _store(conn, company_id, outcome)
    return outcome
