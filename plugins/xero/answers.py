"""Writing one thing and reading what came of it: per element, by its own words.

Xero may answer 200 and refuse; it may also say nothing is wrong and have booked nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from recoup.connector.errors import Fatal, Gone, RecoupError
from recoup.connector.intents import Intent, IntentState
from recoup.plugins.xero import decode
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.entities import BY_TYPE
from recoup.plugins.xero.faults import judge_element

__all__ = [
    "Object",
    "looks_back",
    "marker",
    "put",
    "put_each",
    "quoted",
    "read_invoices",
    "read_one",
    "reference_of",
]

Object = dict[str, Any]

# Xero repeats its answer to a key for about six minutes; beyond five we look before we send.
REPEATED = timedelta(minutes=5)
REFERENCE_LENGTH = 255


def looks_back(intent: Intent, now: datetime) -> bool:
    """Whether an earlier try may have happened so long ago that its key says nothing any more."""
    if intent.state is IntentState.PLANNED:
        return False
    return intent.created_at is None or now - intent.created_at >= REPEATED


def marker(intent: Intent) -> str:
    """What our writes carry in their reference, so that they are found again."""
    return f"rc-{intent.key.replace('-', '')[:16]}"


def reference_of(intent: Intent, text: object) -> str:
    """The reference as it is booked: the one asked for, then our marker."""
    own = marker(intent)
    words = " ".join(str(text or "").replace('"', "'").split())
    return f"{words[: REFERENCE_LENGTH - len(own) - 1]} {own}".strip()


def quoted(reference: str) -> str:
    """The condition that finds what was booked under a reference."""
    return f'Reference=="{reference}"'


def put_each(
    client: Client, method: str, plural: str, elements: Sequence[Object], *args: str, key: str
) -> list[tuple[Object, RecoupError | None]]:
    """Create *elements* in one call; each comes back as booked, or with why it was not."""
    answer = client.write(
        method, *args, body={plural: list(elements)}, key=key, summarize_errors=False
    )
    booked = decode.read_elements(answer.body, plural)
    if len(booked) != len(elements):
        raise Fatal(
            f"Xero answered {len(booked)} of {len(elements)} {plural}", request_id=answer.request_id
        )
    return [(element, judge_element(element, plural.lower())) for element in booked]


def put(
    client: Client, method: str, plural: str, element: Object, *args: str, key: str, id_field: str
) -> Object:
    """Create one element. Raises what it is refused for, Fatal when nothing was booked."""
    [(booked, refusal)] = put_each(client, method, plural, [element], *args, key=key)
    if refusal is not None:
        raise refusal
    if not booked.get(id_field):
        raise Fatal(f"Xero reports no error, and booked nothing ({plural} without {id_field})")
    return booked


def read_one(client: Client, method: str, plural: str, ledger_id: str) -> Object:
    """Read one object live. Raises Gone when Xero does not have it."""
    with client.urgently():
        found = decode.read_elements(client.get(method, ledger_id).body, plural)
    if not found:
        raise Gone(f"Xero has no {plural} {ledger_id}")
    element: Object = found[0]
    return element


def read_invoices(client: Client, ids: Sequence[str]) -> Mapping[str, Object]:
    """Read invoices live with what was paid and credited on them. Raises Gone for a missing one."""
    distinct = list(dict.fromkeys(ids))
    found: dict[str, Object] = {}
    for at in range(0, len(distinct), 40):
        with client.urgently():
            rows = client.by_ids(BY_TYPE["Invoice"], distinct[at : at + 40])
        found.update((row.ledger_id, decode.read_tree(row.raw)) for row in rows.payloads)
    for ledger_id in distinct:
        if ledger_id not in found:
            raise Gone(f"Xero has no invoice {ledger_id}")
    return found
