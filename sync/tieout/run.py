"""Tying one company out: judge, read again what is in doubt, judge again, then say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import Connection

from recoup.connector.capabilities import Capability
from recoup.connector.errors import NotSupported
from recoup.connector.facades import Ledger
from recoup.connector.model import ControlTotals
from recoup.connector.protocols import Clock
from recoup.sync.store import conclusions
from recoup.sync.store.audit import append, company_scope
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.cursors import changes_so_far
from recoup.sync.store.engine import Store
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


def _tie_out_now(store: Store, company: CompanyRow, ledger: Ledger | None, clock: Clock) -> TieOut:
    with store.read(company.company_id) as conn:
        foreign = known_foreign(conn, company.company_id)
    mender = None if ledger is None else Mender(store, company, ledger, clock)
    if mender is not None:
        mender.recount()  # what is paid in full and missing moves no balance: only counts tell
    live = _ask_control(ledger, None)
    judgement = _judge(store, company, foreign, live)
    if judgement.findings and mender is not None:
        mender.reread(judgement.findings)
        live = _ask_control(ledger, None)
        judgement = _judge(store, company, foreign, live)
        if judgement.doubts:
            foreign = mender.compare_open_items()
            judgement = _judge(store, company, foreign, live)
            if judgement.doubts:  # now it is known which customers' documents had changed
                mender.reread(judgement.findings)
                judgement = _judge(store, company, foreign, live)
    reread = 0 if mender is None else mender.changed
    return _conclude_now(store, company, judgement, foreign, live, reread, clock)


def _tie_out_dated(
    store: Store, company: CompanyRow, ledger: Ledger | None, as_of: date, clock: Clock
) -> TieOut:
    live = _ask_control(ledger, as_of)
    company_id, at = company.company_id, clock.now()
    with store.write(company_id) as conn:
        if live is not None:
            conclusions.save_control(
                conn,
                company_id,
                as_of,
                live.totals,
                read_at=live.read_at,
                changes=changes_so_far(conn, company_id),
            )
        judgement = judge_dated(conn, company, as_of)
        outcome = TieOut(
            company=company.slug,
            at=at,
            as_of=as_of,
            checked=judgement.checked,
            findings=judgement.findings,
            totals=judgement.totals,
            held=conclusions.holds(conn, company_id),
        )
        _store(conn, company_id, outcome, judgement.changes)
    return outcome


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
    try:
        return ledger.control_totals(as_of)
    except NotSupported:  # declared, but not for this company or day
        return None


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
            conclusions.save_control(
                conn,
                company_id,
                None,
                live.totals,
                read_at=live.read_at,
                changes=judgement.changes,
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
            notes=judgement.notes,
        )
        _store(conn, company_id, outcome, judgement.changes)
        _audit_holds(conn, company_id, outcome)
    return outcome


def _store(conn: Connection, company_id: int, outcome: TieOut, changes: int) -> None:
    conclusions.add_tieout(
        conn,
        company_id,
        at=outcome.at,
        as_of=outcome.as_of,
        proven=outcome.proven,
        changes=changes,
        result=outcome.as_json(),
    )
    facts = {
        "as_of": None if outcome.as_of is None else outcome.as_of.isoformat(),
        "proven": outcome.proven,
        "findings": len(outcome.findings),
        "held": len(outcome.held),
        "changes": changes,
    }
    scope = company_scope(company_id)
    append(conn, scope, actor=_ACTOR, action="tie_out", facts=facts, at=outcome.at)


def _audit_holds(conn: Connection, company_id: int, outcome: TieOut) -> None:
    """Note who was held by which identity. Reasons stay in the store: they may quote a payload."""
    scope = company_scope(company_id)
    for customer in outcome.newly_held:
        failed = sorted({str(f.identity) for f in outcome.findings if f.customer_id == customer})
        facts = {"customer_id": customer, "identities": failed}
        append(conn, scope, actor=_ACTOR, action="customer_held", facts=facts, at=outcome.at)
    for customer in outcome.released:
        facts = {"customer_id": customer}
        append(conn, scope, actor=_ACTOR, action="customer_released", facts=facts, at=outcome.at)
