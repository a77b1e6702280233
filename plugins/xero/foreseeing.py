"""What a write is built upon, read before its first try and kept with the plan.

Every try then sends the same body under the same key, which Xero answers with its first answer;
and after a crash it is still known what stood there before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recoup.connector.intents import Intent, Operation
from recoup.connector.model import DocumentKind
from recoup.plugins.xero.answers import Object, read_invoices, read_one
from recoup.plugins.xero.chart import bank_account, sales_account
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.company import accounts, identify
from recoup.plugins.xero.dates import read_date
from recoup.plugins.xero.undoing import SOURCES, expected_on

__all__ = ["accounts_of_payment", "foresee", "later_day", "seen_of"]


def foresee(client: Client, intent: Intent) -> Object:
    """Return ``{"seen": …}`` for writes whose body or inverse depends on the books."""
    asked = intent.request
    match intent.operation:
        case Operation.CREATE_PAYMENT:
            return {"seen": accounts_of_payment(client, asked)}
        case Operation.CREATE_INVOICE if not all(line.get("item_id") for line in asked["lines"]):
            return {"seen": {"sales": sales_account(accounts(client))}}
        case Operation.ALLOCATE:
            return _standing(client, asked)
        case Operation.EXPECTED_PAYMENT:
            return {"seen": {"before": expected_on(client, str(asked["invoice_id"]))}}
    return {}


def seen_of(intent: Intent) -> Mapping[str, Any]:
    """What was foreseen; empty for an intent that nobody looked ahead for."""
    return intent.inverse.get("seen") or {}


def accounts_of_payment(client: Client, asked: Mapping[str, Any]) -> Object:
    """Which account takes the money, and which one a discount: two calls."""
    chart, home = accounts(client), identify(client).home
    seen: Object = {"bank": bank_account(chart, asked.get("account"), asked["currency"], home)}
    if any(part.get("discount") for part in asked.get("allocations", ())):
        seen["sales"] = asked.get("discount_account") or sales_account(chart)
    return seen


def later_day(source: Object, invoice: Object) -> str | None:
    """The later of two documents' dates, as ISO text; None when neither has one."""
    days = [day for day in (read_date(source.get("Date")), read_date(invoice.get("Date"))) if day]
    return max(days).isoformat() if days else None


def _standing(client: Client, asked: Mapping[str, Any]) -> Object:
    """The allocations that stand already, and the day on which each new one will be dated."""
    kind = DocumentKind(asked["source"]["kind"])
    source_type = kind.value.title().replace("_", "")
    if source_type not in SOURCES:
        return {}
    read, plural, _, _ = SOURCES[source_type]
    source = read_one(client, read, plural, str(asked["source"]["ledger_id"]))
    invoices = read_invoices(client, [str(part["invoice_id"]) for part in asked["allocations"]])
    stand = [part.get("AllocationID") for part in source.get("Allocations") or []]
    days = {id: later_day(source, invoice) for id, invoice in invoices.items()}
    return {"seen": {"standing": [id for id in stand if id], "days": days}}
