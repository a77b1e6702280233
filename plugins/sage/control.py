"""What Sage says its trade debtors account holds, now and at the end of a past day.

Source: LedgerAccount.balance_details, which Sage sums over the entries between two dates. The
account is kept in base currency whatever the documents are in.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import msgspec

from recoup.connector.errors import NotSupported, Retriable, Skippable
from recoup.connector.model import ControlTotals
from recoup.connector.money import InexactAmount
from recoup.connector.pages import Payload
from recoup.plugins.sage.client import Client
from recoup.plugins.sage.context import read_money
from recoup.plugins.sage.decode import Row, with_context
from recoup.plugins.sage.entities import LEDGER_ACCOUNTS
from recoup.plugins.sage.listing import all_rows
from recoup.plugins.sage.mapping import signed_balance
from recoup.plugins.sage.structs import LedgerAccountObject

__all__ = ["control_totals", "debtors_payloads"]

DEBTORS_CODE = "1100"  # Trade Debtors in the charts of the UK, Ireland and Canada
FIRST_DAY, LAST_DAY = "1900-01-01", "2999-12-31"


class _Label(msgspec.Struct):
    """By what the account is known; its balance may be of any shape."""

    nominal_code: int | str | None = None
    control_name: str | None = None


_account = msgspec.json.Decoder(LedgerAccountObject, strict=False)
_label = msgspec.json.Decoder(_Label, strict=False)


def control_totals(client: Client, as_of: date | None, detail: bool, home: str) -> ControlTotals:
    """Return the one total in base currency. Raises NotSupported for the open items: Sage lists
    them without amounts."""
    if detail:
        raise NotSupported("Sage has no list of open items with their amounts")
    total = Decimal(0)
    for row in _debtors(client, as_of):
        try:
            total += signed_balance(_account.decode(row.raw).balance_details)
        except (msgspec.MsgspecError, ValueError, ArithmeticError) as error:
            raise Skippable(
                f"the trade debtors account {row.ledger_id} cannot be used: {error}"
            ) from None
    if client.server_time is None:
        raise Retriable("Sage did not say what time it is")
    try:
        money = read_money(total, home)
    except InexactAmount as error:
        raise Skippable(f"the trade debtors account cannot be used: {error}") from None
    return ControlTotals(as_of=as_of, read_at=client.server_time, totals=(money,))


def debtors_payloads(client: Client, home: str) -> list[Payload]:
    """Read the trade debtors account with its balance over all days."""
    return [
        Payload(LEDGER_ACCOUNTS, row.ledger_id, with_context(row.raw, {"currency": home}))
        for row in _debtors(client, None)
    ]


def _debtors(client: Client, as_of: date | None) -> list[Row]:
    rows = list(all_rows(client, LEDGER_ACCOUNTS, _asked(as_of)))
    named = [row for row in rows if _is_debtors(row)]
    if not named:
        raise Skippable("Sage lists no trade debtors account among its control accounts")
    return named


def _asked(as_of: date | None) -> Mapping[str, str]:
    return {
        "show_control_accounts": "true",
        "show_balance_details": "true",
        "from_date": FIRST_DAY,
        "to_date": as_of.isoformat() if as_of is not None else LAST_DAY,
        "attributes": "all",
    }


def _is_debtors(row: Row) -> bool:
    """By its control name; where that says nothing, by its nominal code."""
    try:
        found = _label.decode(row.raw)
    except msgspec.MsgspecError:
        return False
    name = (found.control_name or "").upper().replace(" ", "_")
    if "DEBTOR" in name or "RECEIVABLE" in name:
        return True
    return not name and str(found.nominal_code) == DEBTORS_CODE
