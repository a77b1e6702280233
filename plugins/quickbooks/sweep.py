"""Counting and listing objects by their time of creation."""

from __future__ import annotations

from recoup.connector.pages import Fetched, Payload, Swept, Window
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.entities import count_statement, sweep_conditions
from recoup.plugins.quickbooks.scan import scan

__all__ = ["sweep"]


def sweep(client: Client, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
    """Count the objects in *window* with one call, or read them all, page by page."""
    conditions = sweep_conditions(window)
    if not listed:
        count = client.count(count_statement(source_type, conditions))
        return Swept(source_type=source_type, window=window, count=count), Fetched()
    rows: dict[str, Payload] = {}
    for step in scan(client, source_type, conditions):
        rows.update((row.ledger_id, row) for row in step.payloads)
    swept = Swept(source_type=source_type, window=window, count=len(rows), ids=frozenset(rows))
    return swept, Fetched(payloads=tuple(rows.values()))
