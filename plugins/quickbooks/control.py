"""What QuickBooks says its receivables accounts hold, now and on a past date.

Now: the balances of the Accounts Receivable accounts, one or more per currency. On a date: the
AgedReceivables report. It states everything in home currency, so it proves nothing for a company
with several. Its parent rows repeat their jobs in a subtotal; only own amounts are added.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from recoup.connector.errors import NotSupported, Retriable, Skippable
from recoup.connector.model import ControlTotals, DocumentKind, DocumentRef, OpenEntry
from recoup.connector.money import InexactAmount, Money
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.context import read_money
from recoup.plugins.quickbooks.entities import page_statement
from recoup.plugins.quickbooks.structs import AccountObject, CurrencyPrefs, PreferencesObject

__all__ = ["control_totals", "leaf_total", "open_entries"]

SUMMARY, DETAIL = "AgedReceivables", "AgedReceivableDetail"
RECEIVABLE = "AccountType = 'Accounts Receivable'"
AHEAD = timedelta(days=3653)  # a report for "now" must also hold what is dated in the future

_PREFIXES = {"Journal Entry": "JE", "Deposit": "DEP"}
_OURS = {
    "Invoice": DocumentKind.INVOICE,
    "Credit Memo": DocumentKind.CREDIT_NOTE,
    "Payment": DocumentKind.PAYMENT,
}

Cells = Sequence[Mapping[str, Any]]


def control_totals(client: Client, as_of: date | None, detail: bool) -> ControlTotals:
    """Read the totals. open_entries stay empty for a company with several currencies.

    Raises NotSupported for a date when the company has several currencies.
    """
    home, several = _currencies(client) if as_of is not None or detail else ("", False)
    if as_of is None:
        totals, read_at = _now(client, home or None)
        entries: tuple[OpenEntry, ...] = ()
        if detail and not several:
            day = (read_at + AHEAD).date()
            entries = tuple(open_entries(client.report(DETAIL, _on(day)), home))
        return ControlTotals(as_of=None, read_at=read_at, totals=totals, open_entries=entries)
    if several:
        raise NotSupported(
            "QuickBooks reports past receivables in home currency only, so a company with "
            "several currencies cannot be proven for a past date"
        )
    tree = client.report(SUMMARY, _on(as_of))
    entries = tuple(open_entries(client.report(DETAIL, _on(as_of)), home)) if detail else ()
    return ControlTotals(
        as_of=as_of,
        read_at=_report_time(tree),
        totals=(leaf_total(tree, home),),
        open_entries=entries,
    )


def leaf_total(tree: Any, home: str) -> Money:
    """Add the last column over rows and section headers, never over subtotals.

    Raises Skippable when the report is in another currency or does not add up to its own total.
    """
    currency = tree.get("Header", {}).get("Currency") or home
    if currency != home:
        raise Skippable(f"the report {SUMMARY} is in {currency}, not in {home}")
    rows = _rows(tree)
    total = sum((_amount(cells[-1]) for cells in _own_cells(rows)), Decimal(0))
    for row in rows:
        stated = row.get("Summary", {}).get("ColData") if _is_grand_total(row) else None
        if stated and _amount(stated[-1]) != total:
            raise Skippable(
                f"the report {SUMMARY} adds up to {total} but says {_amount(stated[-1])}"
            )
    try:
        return read_money(total, home)
    except InexactAmount as error:
        raise Skippable(f"the report {SUMMARY} cannot be used: {error}") from None


def open_entries(tree: Any, home: str) -> Iterator[OpenEntry]:
    """Yield the lines of AgedReceivableDetail, credits negative.

    A line finer than its currency is left out: it explains nothing, so nothing is proven by it.
    """
    titles = [str(column.get("ColTitle")) for column in tree["Columns"]["Column"]]
    at = {title: titles.index(title) for title in ("Transaction Type", "Customer", "Open Balance")}
    for cells in _own_cells(_rows(tree)):
        kind_cell = cells[at["Transaction Type"]]
        kind, ledger_id = str(kind_cell.get("value") or ""), str(kind_cell.get("id") or "")
        amount = Money(_amount(cells[at["Open Balance"]]), home)
        if not kind or not amount.fits:  # the heading of a section has no kind
            continue
        ours = _OURS.get(kind)
        prefix = _PREFIXES.get(kind, kind)
        yield OpenEntry(
            document=ledger_id if ours else f"{prefix}-{ledger_id}",
            customer_id=str(cells[at["Customer"]].get("id") or "") or None,
            amount=amount,
            why=kind,
            ref=DocumentRef(ours, ledger_id) if ours else None,
        )


def _now(client: Client, home: str | None) -> tuple[tuple[Money, ...], datetime]:
    rows = client.query(page_statement("Account", (RECEIVABLE,)), "Account")
    if rows.time is None:
        raise Retriable("QuickBooks did not say what time it is")
    sums: dict[str, Decimal] = {}
    for row in rows.payloads:
        account = msgspec.json.decode(row.raw, type=AccountObject)
        currency = account.currency_ref.value if account.currency_ref is not None else None
        if not currency:
            home = currency = home or _currencies(client)[0]
        sums[currency] = sums.get(currency, Decimal(0)) + (account.current_balance or 0)
    totals = tuple(Money(amount, currency) for currency, amount in sorted(sums.items()))
    # One finer than its currency is not stated; the account itself is set aside by the pull.
    return tuple(total for total in totals if total.fits), rows.time


def _currencies(client: Client) -> tuple[str, bool]:
    """Return the home currency and whether there are others."""
    found = msgspec.json.decode(client.preferences(), type=PreferencesObject)
    prefs = found.currency_prefs or CurrencyPrefs()
    home = prefs.home_currency.value if prefs.home_currency is not None else None
    return home or "", bool(prefs.multi_currency_enabled)


def _on(day: date) -> dict[str, str]:
    # Report_Date takes back payments dated later; the other method would not.
    return {"report_date": day.isoformat(), "aging_method": "Report_Date"}


def _rows(tree: Any) -> list[Any]:
    rows = (tree.get("Rows") or {}).get("Row") or []
    return list(rows)


def _own_cells(rows: Sequence[Any]) -> Iterator[Cells]:
    """Yield the cells of every row's own amounts: those of a parent stand in its header."""
    for row in rows:
        if _is_grand_total(row):
            continue
        head = (row.get("Header") or {}).get("ColData")
        if head:
            yield head
        if row.get("ColData"):
            yield row["ColData"]
        yield from _own_cells((row.get("Rows") or {}).get("Row") or [])


def _is_grand_total(row: Any) -> bool:
    return bool(row.get("group") == "GrandTotal")


def _amount(cell: Mapping[str, Any]) -> Decimal:
    text = str(cell.get("value") or "").replace(",", "") or "0"
    try:
        return Decimal(text)
    except InvalidOperation:
        raise Skippable(f"a report cell is no amount: {text[:40]!r}") from None


def _report_time(tree: Any) -> datetime:
    try:
        at = datetime.fromisoformat(tree["Header"]["Time"])
    except (KeyError, TypeError, ValueError):
        raise Retriable("QuickBooks sent a report without its time") from None
    return at.astimezone(UTC)
