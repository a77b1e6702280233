"""Counting and listing objects by their time of creation."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from recoup.connector.pages import Fetched, Payload, Swept, Window
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.decode import read_batch_count
from recoup.plugins.quickbooks.entities import ENTITIES, count_statement, sweep_conditions
from recoup.plugins.quickbooks.scan import scan

__all__ = ["count_all", "count_entities", "sweep"]


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


def count_all(client: Client) -> list[Swept]:
    """Count every entity that a pull covers, whatever its creation time, in one call."""
    counted = count_entities(client, ENTITIES)
    return [
        Swept(source_type=entity, window=Window(), count=count) for entity, count in counted.items()
    ]


def count_entities(
    client: Client, entities: Sequence[str], before: datetime | None = None
) -> dict[str, int]:
    """Count *entities* in one call; *before* leaves out what was created since."""
    if not entities:
        return {}
    window = Window(None, before.replace(microsecond=0) if before is not None else None)
    conditions = sweep_conditions(window)
    answers = client.batch_queries([count_statement(entity, conditions) for entity in entities])
    return {
        entity: read_batch_count(answer) for entity, answer in zip(entities, answers, strict=True)
    }
