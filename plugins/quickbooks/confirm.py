"""Asking for named objects as they are now: live re-reads and the confirmation of deletions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from recoup.connector.pages import Fetched, Payload, Tombstone
from recoup.plugins.quickbooks.client import BATCH_ITEMS, Client
from recoup.plugins.quickbooks.entities import ids_statements

__all__ = ["confirm"]


def confirm(client: Client, wanted: Sequence[tuple[str, str]]) -> Fetched:
    """Ask for (entity, id) pairs by id, all in one call where they fit.

    The platform was asked for exactly these ids, so what it does not return it does not have.
    Its ids are numbers; anything else is not asked for and stays unknown.
    """
    by_entity: dict[str, list[str]] = defaultdict(list)
    for entity, ledger_id in dict.fromkeys(wanted):
        by_entity[entity].append(ledger_id)
    queries = [query for entity, ids in by_entity.items() for query in ids_statements(entity, ids)]
    payloads: list[Payload] = []
    for at in range(0, len(queries), BATCH_ITEMS):
        for rows in client.batch_rows(queries[at : at + BATCH_ITEMS]):
            payloads.extend(rows)
    living = {(row.source_type, row.ledger_id) for row in payloads}
    asked = [pair for pair in dict.fromkeys(wanted) if pair[1].isdecimal()]
    gone = [Tombstone(*pair) for pair in asked if pair not in living]
    return Fetched(payloads=payloads, tombstones=gone)
