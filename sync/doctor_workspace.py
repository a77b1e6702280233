"""The doctor's look into the database: its state, the consents, each company."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from recoup.connector.errors import (
    BudgetSpent,
    Busy,
    NeedsConsent,
    NeedsReconnect,
    RecoupError,
    Retriable,
    WrongCompany,
)
from recoup.sync.budget import read_budget
from recoup.sync.doctor import Finding, Level
from recoup.sync.store import audit
from recoup.sync.store.companies import CompanyRow, list_companies
from recoup.sync.store.condition import (
    company_condition,
    expired_leases,
    sqlite_integrity,
)
from recoup.sync.store.grants import Expiry, Grant, GrantState, list_expiries, list_grants
from recoup.sync.workspace import Workspace

__all__ = ["companies_and_consents", "database"]

_NOTICE = timedelta(days=30)  # how long before a consent ends we begin to warn
_STALE = timedelta(days=2)  # a company not synced for longer deserves a word
_NAMED = 3  # held customers that are named one by one


def database(workspace: Workspace) -> Iterator[Finding]:
    """Yield the state of the file or server; raises RecoupError when it cannot be opened."""
    store = workspace.store
    broken = None
    with store.read() as conn:
        if store.dialect == "sqlite":
            broken = sqlite_integrity(conn)
        chains = {"the workspace": audit.verify(conn, "workspace")} | {
            row.slug: audit.verify(conn, audit.company_scope(row.company_id))
            for row in list_companies(conn)
        }
    if broken:
        yield Finding(
            Level.FAIL,
            "database",
            f"{store.where} is damaged: {broken}",
            "restore it from your backup, or sync into a new workspace",
        )
    else:
        yield Finding(Level.OK, "database", f"{store.where}, of this version, sound")
    tampered = {scope: said for scope, said in chains.items() if said is not None}
    for scope, said in tampered.items():
        yield Finding(
            Level.FAIL,
            "audit trail",
            f"of {scope}: {said}",
            "somebody changed the database by hand; compare it with your backup",
        )
    if not tampered:
        yield Finding(Level.OK, "audit trail", "unbroken")
    with store.read_control() as control:
        stale = expired_leases(control, workspace.clock.now())
    if stale:
        yield Finding(
            Level.OK,
            "leases",
            f"left behind by a stopped command: {', '.join(stale)}; the next one takes them over",
        )


def companies_and_consents(workspace: Workspace, *, live: bool) -> Iterator[Finding]:
    """Yield what there is to say about each consent and each company."""
    with workspace.store.read() as conn:
        rows = list_companies(conn)
        grants = {grant.grant_id: grant for grant in list_grants(conn)}
    with workspace.store.read_control() as control:
        expiries = list_expiries(control)
    if not rows:
        yield Finding(Level.WARN, "companies", "none is connected", "recoup connect quickbooks")
    now = workspace.clock.now()
    for row in rows:
        grant = grants.get(row.grant_id)
        yield from _consent(workspace, row, grant, expiries.get(row.grant_id), now)
        yield from _company(workspace, row, now)
        if live and grant is not None and grant.state is GrantState.CONNECTED:
            yield _reached(workspace, row)


def _consent(
    workspace: Workspace,
    row: CompanyRow,
    grant: Grant | None,
    expiry: Expiry | None,
    now: datetime,
) -> Iterator[Finding]:
    subject, remedy = f"consent of {row.slug}", _reconnect(row)
    if grant is None or expiry is None:
        yield Finding(Level.FAIL, subject, "no tokens are stored", remedy)
        return
    if grant.state is not GrantState.CONNECTED:
        yield Finding(Level.FAIL, subject, grant.reason or grant.state.replace("_", " "), remedy)
        return
    try:
        workspace.vault.read(row.grant_id)
    except NeedsReconnect as error:
        yield Finding(Level.FAIL, subject, str(error), remedy)
        return
    except RecoupError as error:
        yield Finding(Level.FAIL, subject, str(error))
        return
    ends = [at for at in (expiry.refresh_expires_at, expiry.hard_expires_at) if at is not None]
    if not ends:
        yield Finding(Level.OK, subject, "the platform names no end")
        return
    end = min(ends)
    if end <= now:
        yield Finding(Level.FAIL, subject, f"ended on {end:%Y-%m-%d}", remedy)
    elif end - now <= _NOTICE:
        slides = end != expiry.hard_expires_at
        yield Finding(
            Level.WARN,
            subject,
            f"ends on {end:%Y-%m-%d}" + (" unless it is used before" if slides else " for good"),
            f"recoup sync {row.slug}" if slides else remedy,
        )
    else:
        yield Finding(Level.OK, subject, f"lasts until {end:%Y-%m-%d}")


def _company(workspace: Workspace, row: CompanyRow, now: datetime) -> Iterator[Finding]:
    with workspace.store.read(row.company_id) as conn:
        seen = company_condition(conn, row.company_id)
    sync = f"recoup sync {row.slug}"
    if seen.synced_at is None:
        yield Finding(Level.WARN, row.slug, "was never synced to the end", sync)
    elif seen.last_outcome != "done":
        yield Finding(Level.WARN, row.slug, f"the last sync ended with: {seen.last_outcome}", sync)
    elif now - seen.synced_at > _STALE:
        yield Finding(
            Level.WARN, row.slug, f"last synced {seen.synced_at:%Y-%m-%d %H:%M} UTC", sync
        )
    else:
        yield Finding(Level.OK, row.slug, f"last synced {seen.synced_at:%Y-%m-%d %H:%M} UTC")
    if seen.held:
        some = "; ".join(f"{customer}: {reason}" for customer, reason in seen.held[:_NAMED])
        more = f" and {len(seen.held) - _NAMED} more" if len(seen.held) > _NAMED else ""
        yield Finding(
            Level.WARN, row.slug, f"held customers: {some}{more}", f"recoup tieout {row.slug}"
        )
    if seen.parked_count:
        yield Finding(
            Level.WARN,
            row.slug,
            f"{seen.parked_count} objects of the ledger could not be read and were set aside",
            f"recoup tieout {row.slug} names them",
        )
    if seen.open_intents:
        yield Finding(
            Level.WARN,
            row.slug,
            f"{seen.open_intents} writes have no known outcome yet",
            "run again what wrote them: the same keys are sent, so nothing is done twice",
        )
    yield from _budget(workspace, row)


def _budget(workspace: Workspace, row: CompanyRow) -> Iterator[Finding]:
    try:
        budget = read_budget(workspace, row)
    except RecoupError as error:
        yield Finding(Level.WARN, row.slug, f"reads used this month are not known: {error}")
        return
    if budget is None:
        return
    scarce = budget.spent > budget.limit * 0.9
    remedy = f"sync less often, or raise {row.ledger}.monthly_reads if your plan allows more"
    yield Finding(
        Level.WARN if scarce else Level.OK, row.slug, str(budget), remedy if scarce else None
    )


def _reached(workspace: Workspace, row: CompanyRow) -> Finding:
    try:
        found = workspace.ledger(row).describe_company()
    except RecoupError as error:
        return Finding(Level.FAIL, f"ledger of {row.slug}", str(error), _remedy(row, error))
    if found.home_currency != row.home_currency:
        return Finding(
            Level.FAIL,
            f"ledger of {row.slug}",
            f"its home currency is {found.home_currency} now, {row.home_currency} on file",
            "connect it in a new workspace",
        )
    return Finding(Level.OK, f"ledger of {row.slug}", f"answers as {found.name}")


def _remedy(row: CompanyRow, error: RecoupError) -> str | None:
    """What to do about a ledger that did not answer as it should; None where it says so itself."""
    if isinstance(error, NeedsConsent):
        return f"{_reconnect(row)}, by a person who may grant all that it asks for"
    if isinstance(error, NeedsReconnect):
        return _reconnect(row)
    if isinstance(error, BudgetSpent | Busy):
        return "nothing is broken: try again later"
    if isinstance(error, Retriable):
        return "is the stand-in running?" if row.base_url else "try again later"
    if isinstance(error, WrongCompany):
        return "check which company the settings and the base URL lead to"
    return None


def _reconnect(row: CompanyRow) -> str:
    at = f" --base-url {row.base_url}" if row.base_url else ""
    return f"recoup connect {row.ledger}{at}"
