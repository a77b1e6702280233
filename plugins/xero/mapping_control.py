"""The receivables control account, as a row of the trial balance states it."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from recoup.connector.model import ControlAccount
from recoup.plugins.xero.context import MappingContext, read_money
from recoup.plugins.xero.structs import ReportCell, ReportRow

__all__ = ["account_of", "balance_of", "to_control_account"]


def to_control_account(found: ReportRow, raw: bytes, context: MappingContext) -> ControlAccount:
    """Map the row of the account that Xero calls DEBTORS; its figure is in base currency."""
    account_id = account_of(found)
    if account_id is None:
        raise ValueError("it names no account")
    cells = found.cells or []
    return ControlAccount(
        ledger_id=account_id,
        raw=raw,
        name=(cells[0].value if cells else None) or account_id,
        balance=read_money(balance_of(found), context.home()),
    )


def account_of(row: ReportRow) -> str | None:
    """Return the id of the account that a row is about."""
    for cell in row.cells or []:
        for attribute in cell.attributes or []:
            if attribute.get("Id") == "account":
                return attribute.get("Value") or None
    return None


def balance_of(row: ReportRow) -> Decimal:
    """Debit less credit of the last two columns: for a balance sheet account, since ever.

    The two columns before them are the month's movement only.
    """
    cells = row.cells or []
    if len(cells) < 5:
        raise ValueError("it is no row of a trial balance")
    return _amount(cells[3]) - _amount(cells[4])


def _amount(cell: ReportCell) -> Decimal:
    text = (cell.value or "").replace(",", "") or "0"
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text[:40]!r} is no amount") from None
