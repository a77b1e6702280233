"""Asking for named objects as they are now: live re-reads and what a pass has named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from recoup.connector.errors import Gone
from recoup.connector.pages import Fetched, Payload, Tombstone
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.control import TRIAL_BALANCE, read_control
from recoup.plugins.xero.entities import BY_TYPE, IDS_PER_CALL, Listing, is_guid
from recoup.plugins.xero.faults import TooMany

__all__ = ["chunks", "confirm", "read_listed"]

TOGETHER = 20  # ids that a filter names in one address


def confirm(client: Client, wanted: Sequence[tuple[str, str]]) -> Fetched:
    """Ask for (source type, id) pairs: 40 contacts or invoices a call, 20 of anything else.

    Xero never removes anything, so what it does not know by id was never this organisation's.
    What could not be an id of Xero's is not asked for and stays unknown.
    """
    by_type: dict[str, list[str]] = defaultdict(list)
    for source_type, ledger_id in dict.fromkeys(wanted):
        if is_guid(ledger_id):
            by_type[source_type].append(ledger_id)
    payloads: list[Payload] = []
    stones: list[Tombstone] = []
    for source_type, ids in by_type.items():
        if source_type == TRIAL_BALANCE:
            payloads.extend(read_control(client, id).payload for id in ids)
        elif source_type in BY_TYPE:
            found, gone = _read(client, BY_TYPE[source_type], ids)
            payloads += found
            stones += gone
    return Fetched(payloads=payloads, tombstones=stones)


def read_listed(
    client: Client, listing: Listing, ids: Sequence[str]
) -> tuple[list[Payload], list[Tombstone]]:
    """Read at most 40 objects in one call; those absent from the answer are gone."""
    rows = client.by_ids(listing, ids)
    shown = {row.ledger_id for row in rows.payloads} | {stone.ledger_id for stone in rows.merged}
    gone = [Tombstone(listing.source_type, id) for id in ids if id not in shown]
    return rows.payloads, [*rows.merged, *gone]


def chunks(ids: Sequence[str], size: int = IDS_PER_CALL) -> Iterator[Sequence[str]]:
    """Cut ids into what one call takes."""
    for at in range(0, len(ids), size):
        yield ids[at : at + size]


def _read(
    client: Client, listing: Listing, ids: Sequence[str]
) -> tuple[list[Payload], list[Tombstone]]:
    payloads: list[Payload] = []
    stones: list[Tombstone] = []
    if listing.one is None:
        for part in chunks(ids):
            found, gone = read_listed(client, listing, part)
            payloads += found
            stones += gone
        return payloads, stones
    shown: set[str] = set()
    if len(ids) > 1:
        found = list(_together(client, listing, ids))
        payloads += found
        shown = {payload.ledger_id for payload in found}
    for ledger_id in ids:
        if ledger_id in shown:
            continue
        try:
            payloads += client.single(listing, ledger_id).payloads
        except Gone:
            stones.append(Tombstone(listing.source_type, ledger_id))
    return payloads, stones


def _together(client: Client, listing: Listing, ids: Sequence[str]) -> Iterator[Payload]:
    """Yield what a filter over several ids shows: twenty a call, where Xero takes no list of ids.

    Above 100,000 documents it refuses such a filter; then they are read one by one.
    """
    for part in chunks(ids, TOGETHER):
        named = " OR ".join(f'{listing.id_field}==guid("{id}")' for id in part)
        try:
            yield from client.page(listing, where=f"({named})").payloads
        except TooMany:
            return
