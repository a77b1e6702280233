"""What Xero says its receivables control account holds, now and on a past date.

Source: Reports/TrialBalance, in base currency. An account without a balance is left out of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

import msgspec

from recoup.connector.errors import NotSupported, Retriable, Skippable
from recoup.connector.model import ControlTotals
from recoup.connector.money import InexactAmount
from recoup.connector.pages import Payload
from recoup.plugins.xero import decode
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.context import read_money
from recoup.plugins.xero.mapping_control import account_of, balance_of
from recoup.plugins.xero.structs import ReportCell, ReportRow

__all__ = ["TRIAL_BALANCE", "Stated", "control_totals", "read_control"]

TRIAL_BALANCE = "TrialBalance"
AHEAD = timedelta(days=3653)  # "now" must also hold what is dated in the future


class Stated(NamedTuple):
    """The row of the control account, its bytes as they came, and Xero's clock."""

    payload: Payload
    read_at: datetime


class _NamedCell(msgspec.Struct, rename="pascal"):
    attributes: list[dict[str, str | None]] | None = None


class _Named(msgspec.Struct, rename="pascal"):
    cells: list[_NamedCell] | None = None


class _Section(msgspec.Struct, rename="pascal"):
    rows: list[msgspec.Raw] | None = None


class _Report(msgspec.Struct, rename="pascal"):
    rows: list[msgspec.Raw] | None = None


class _Reports(msgspec.Struct, rename="pascal"):
    reports: list[_Report] | None = None


def control_totals(
    client: Client, debtors: str, home: str, as_of: date | None, detail: bool
) -> ControlTotals:
    """Read the total. Raises NotSupported for detail: Xero lists open items one contact a call."""
    if detail:
        raise NotSupported("Xero lists open items for one contact at a time only")
    stated = read_control(client, debtors, as_of)
    try:
        amount = balance_of(msgspec.json.decode(stated.payload.raw, type=ReportRow))
        total = read_money(amount, home)
    except (msgspec.MsgspecError, InexactAmount, ValueError, ArithmeticError) as error:
        raise Skippable(f"the trial balance cannot be used: {error}") from None
    return ControlTotals(as_of=as_of, read_at=stated.read_at, totals=(total,))


def read_control(client: Client, debtors: str, as_of: date | None = None) -> Stated:
    """Read the control account's row; one of zeros stands for an account that is left out."""
    day = as_of or (client.now + AHEAD).date()
    answer = client.get("get_report_trial_balance", kind="report", date=day)
    read_at = decode.read_time(answer.body)
    if read_at is None:
        raise Retriable("Xero did not say what time it is", request_id=answer.request_id)
    for raw in _flat(answer.body):
        if _account_in(raw) == debtors:
            return Stated(Payload(TRIAL_BALANCE, debtors, raw), read_at)
    return Stated(Payload(TRIAL_BALANCE, debtors, _zero(debtors)), read_at)


def _account_in(raw: bytes) -> str | None:
    """Which account a row is about; a figure of another shape is the mapping's matter."""
    try:
        row = msgspec.json.decode(raw, type=_Named)
    except msgspec.MsgspecError:
        return None
    return account_of(ReportRow(cells=[ReportCell(None, c.attributes) for c in row.cells or []]))


def _flat(body: bytes) -> Iterator[bytes]:
    """Yield the account rows of all sections."""
    try:
        reports = msgspec.json.decode(body, type=_Reports).reports or []
        for report in reports:
            for raw in report.rows or []:
                for row in msgspec.json.decode(raw, type=_Section).rows or []:
                    yield bytes(row)
    except msgspec.MsgspecError:
        raise Retriable("Xero sent a trial balance that is not whole") from None


def _zero(account_id: str) -> bytes:
    attribute = [{"Value": account_id, "Id": "account"}]
    texts = ("Accounts Receivable", "", "", "0.00", "")
    cells = [{"Value": text, "Attributes": attribute} for text in texts]
    return decode.encode({"RowType": "Row", "Cells": cells})
