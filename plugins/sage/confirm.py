"""Asking for named objects as they are now: live re-reads and the confirmation of deletions."""

from __future__ import annotations

from collections.abc import Sequence

from recoup.connector.errors import Gone
from recoup.connector.pages import Fetched, Payload, Tombstone
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.control import debtors_payloads
from recoup.plugins.sage.decode import Row, read_row
from recoup.plugins.sage.enrich import Enricher
from recoup.plugins.sage.entities import (
    ALLOCATIONS,
    CREDIT_NOTES,
    INVOICES,
    LEDGER_ACCOUNTS,
    QUICK_ENTRIES,
    SETTLEMENTS,
    siblings_of,
)
from recoup.plugins.sage.faults import RoleRefused

__all__ = ["confirm", "is_gone", "read_live"]


def confirm(client: Client, enricher: Enricher, wanted: Sequence[tuple[str, str]]) -> Fetched:
    """Ask for (source type, id) pairs, one call each.

    A document that is not where it was looked for is looked for where its kind also lives.
    """
    payloads: list[Payload] = []
    gone: list[Tombstone] = []
    for source_type, ledger_id in dict.fromkeys(wanted):
        if source_type == LEDGER_ACCOUNTS:
            found = [p for p in debtors_payloads(client, enricher.home) if p.ledger_id == ledger_id]
        elif source_type == SETTLEMENTS:
            found = _settlements(client, enricher, ledger_id)
        else:
            found = _find(client, enricher, source_type, ledger_id)
        payloads.extend(found)
        if not found:
            gone.append(Tombstone(source_type, ledger_id))
    return Fetched(payloads=payloads, tombstones=gone)


def read_live(client: Client, path: str, ledger_id: str) -> Row | None:
    """Read one object as it is now; None when Sage has it no more.

    A voided document is still there. A soft-deleted one is gone.
    """
    try:
        raw = client.read(path, ledger_id)
    except Gone:
        return None
    row = read_row(raw, ledger_id)
    if row is None:  # an answer without content is no word about the object
        return Row(ledger_id, raw, None, None, False, "", "", None)
    return None if is_gone(row) else row


def is_gone(row: Row) -> bool:
    """Whether a row is a deletion. Sage may mark what it voided as deleted too."""
    return row.is_deleted and row.status != "VOID"


def _find(client: Client, enricher: Enricher, source_type: str, ledger_id: str) -> list[Payload]:
    for path in (source_type, *siblings_of(source_type)):
        if path == ALLOCATIONS and enricher.reduced:
            continue
        try:
            row = read_live(client, path, ledger_id)
        except RoleRefused:
            if path != ALLOCATIONS:
                raise
            row = None
        if row is not None:
            return enricher.payloads(path, [row])
    return []


def _settlements(client: Client, enricher: Enricher, ledger_id: str) -> list[Payload]:
    """Read a document for its edges; where allocations may be read, nothing of the kind is."""
    if not enricher.reduced:
        return []
    for path in (INVOICES, CREDIT_NOTES, QUICK_ENTRIES):
        row = read_live(client, path, ledger_id)
        if row is not None:
            return enricher.payloads(path, [row])
    return []
