"""The sweep of open invoices: what changes without a change stamp.

Xero does not stamp what makes no journal, such as a new due date or a mail on an invoice that is
paid in part. Credits have no such fields, so invoices are all that is swept.
"""

from __future__ import annotations

from collections.abc import Iterator

from recoup.connector.pages import Page, Swept, Window
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.decode import Rows
from recoup.plugins.xero.entities import BY_TYPE
from recoup.plugins.xero.metered import Metered

__all__ = ["is_last", "sweep_open"]

OPEN = ("AUTHORISED", "SUBMITTED", "DRAFT")


def sweep_open(client: Client) -> Iterator[Page]:
    """Yield every open sales invoice, drafts included, page by page."""
    meter, invoices = Metered(client), BY_TYPE["Invoice"]
    ids: set[str] = set()
    number = 1
    while True:
        rows = client.page(invoices, page=number, statuses=OPEN)
        ids.update(row.ledger_id for row in rows.payloads)
        last = is_last(rows, number, client.page_rows)
        swept = (
            [
                Swept(
                    source_type="Invoice",
                    window=Window(),
                    count=len(ids),
                    ids=frozenset(ids),
                    open_only=True,
                )
            ]
            if last
            else []
        )
        yield Page(payloads=rows.payloads, swept=swept, cursor={}, calls=meter.take())
        if last:
            return
        number += 1


def is_last(rows: Rows, number: int, page_rows: int) -> bool:
    """Whether no page follows: by the count that each answer states anew, or an empty one."""
    if not rows.found:
        return True
    if rows.page_count is not None:
        return number >= rows.page_count
    return rows.found < page_rows
