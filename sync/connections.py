"""Companies and grants on file: what a consent changes, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from recoup.connector.facades import Ledger
from recoup.connector.model import Company
from recoup.sync.store.audit import append, company_scope
from recoup.sync.store.companies import CompanyRow, add_company, list_companies, update_company
from recoup.sync.store.condition import last_finished
from recoup.sync.store.engine import Store
from recoup.sync.store.grants import (
    GrantState,
    add_grant,
    find_grant,
    grants_of_companies,
    list_grants,
    mark_grant,
)

__all__ = [
    "Connected",
    "book",
    "grant_of",
    "look_again",
    "lost",
    "lost_for_all",
    "retire_grants",
    "works",
]


@dataclass(frozen=True, slots=True)
class Connected:
    """One company that a consent reached."""

    company: CompanyRow
    new: bool  # False: it was connected before, and has the new consent now


def grant_of(store: Store, ledger: str, base_url: str | None, ids: Sequence[str]) -> str | None:
    """Return the one grant behind those of the companies that are connected already.

    None when none is, or when several consents reached them until now: they get a new one.
    """
    with store.read() as conn:
        found = grants_of_companies(conn, ledger, base_url, ids)
    return found.pop() if len(found) == 1 else None


def book(
    store: Store, found: Sequence[Company], *, base_url: str | None, grant_id: str, at: datetime
) -> list[Connected]:
    """Store the grant and its companies with an entry of the audit trail each.

    Raises Fatal when the home currency of a known company changed; nothing is stored then.
    """
    connected = []
    with store.write() as conn:
        known = {row.company_id for row in list_companies(conn)}
        add_grant(conn, grant_id, ledger=found[0].ledger, base_url=base_url, at=at)
        for company in found:
            row = add_company(conn, company, base_url=base_url, grant_id=grant_id, at=at)
            new = row.company_id not in known
            append(
                conn,
                company_scope(row.company_id),
                actor="command line",
                action="connected" if new else "reconnected",
                facts={"ledger": row.ledger, "ledger_id": row.ledger_id, "grant_id": grant_id},
                at=at,
            )
            connected.append(Connected(row, new))
    return connected


def retire_grants(store: Store, ledger: str, base_url: str | None) -> list[str]:
    """Mark the consents that no company uses any more; returns them, for their tokens to go."""
    with store.write() as conn:
        used = {row.grant_id for row in list_companies(conn)}
        unused = [
            grant.grant_id
            for grant in list_grants(conn)
            if grant.grant_id not in used
            and (grant.ledger, grant.base_url) == (ledger, base_url)
            and grant.state is not GrantState.REVOKED
        ]
        for grant_id in unused:
            mark_grant(conn, grant_id, state=GrantState.REVOKED, reason="another consent took over")
    return unused


def look_again(store: Store, company: CompanyRow, ledger: Ledger, at: datetime) -> CompanyRow:
    """Once a day ask the ledger who it is and store the answer, before anything is pulled.

    Raises Fatal when its home currency changed, WrongCompany when it is another one.
    """
    with store.read(company.company_id) as conn:
        before = last_finished(conn, company.company_id)
    if before is not None and before.date() == at.date():
        return company
    found = ledger.describe_company()
    with store.write() as conn:
        return update_company(conn, company, found)


def lost(store: Store, company: CompanyRow, reason: str) -> None:
    """Note that a consent is gone, so that lists and the doctor say so before anybody tries.

    Where it reaches other companies too, this one alone may be out of its reach: ``lost_for_all``
    decides when all have been tried.
    """
    with store.read() as conn:
        others = [row for row in list_companies(conn) if row.grant_id == company.grant_id]
    if len(others) == 1:
        _mark_lost(store, company.grant_id, reason)


def lost_for_all(store: Store, refused: Mapping[int, str]) -> None:
    """Note the consents behind *refused* (company id → reason) that no other company uses."""
    if not refused:
        return
    with store.read() as conn:
        rows = list_companies(conn)
    alive = {row.grant_id for row in rows if row.company_id not in refused}
    for row in rows:
        if row.company_id in refused and row.grant_id not in alive:
            _mark_lost(store, row.grant_id, refused[row.company_id])


def _mark_lost(store: Store, grant_id: str, reason: str) -> None:
    with store.write() as conn:
        mark_grant(conn, grant_id, state=GrantState.NEEDS_RECONNECT, reason=reason)


def works(store: Store, company: CompanyRow) -> None:
    """Note that a consent held to be gone works after all."""
    with store.read() as conn:
        if find_grant(conn, company.grant_id).state is GrantState.CONNECTED:
            return
    with store.write() as conn:
        mark_grant(conn, company.grant_id, state=GrantState.CONNECTED)
