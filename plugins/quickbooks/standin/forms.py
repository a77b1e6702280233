"""The arithmetic of sales forms: lines, subtotal, discount, tax, total, due date."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal

from recoup.connector.standin.wire import Doc, cents, decimal
from recoup.plugins.quickbooks.standin.amounts import money
from recoup.plugins.quickbooks.standin.fault import business, missing

MOST_LINES = 750
DEFAULT_TERM_DAYS = 30  # a recorded invoice without any term falls due 30 days later


def due_on(term: Doc | None, txn_on: date) -> date:
    """Return the due date that a term gives; without a term the platform adds 30 days."""
    if term is None:
        return txn_on + timedelta(days=DEFAULT_TERM_DAYS)
    if term.get("DayOfMonthDue") is None:
        return txn_on + timedelta(days=int(term.get("DueDays") or 0))
    due = _on_day(txn_on.year, txn_on.month, int(term["DayOfMonthDue"]))
    margin = int(term.get("DueNextMonthDays") or 0)
    while due < txn_on or (due - txn_on).days < margin:
        year, month = (due.year + 1, 1) if due.month == 12 else (due.year, due.month + 1)
        due = _on_day(year, month, int(term["DayOfMonthDue"]))
    return due


def _on_day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, calendar.monthrange(year, month)[1]))


def _line_amount(line: Doc) -> Decimal:
    if line.get("DetailType") == "GroupLineDetail" and line.get("Amount") is None:
        inner = (line.get("GroupLineDetail") or {}).get("Line", [])
        return sum((_line_amount(part) for part in inner), Decimal(0))
    if line.get("Amount") is None:
        detail = line.get("SalesItemLineDetail") or {}
        return decimal(detail.get("Qty", 1)) * decimal(detail.get("UnitPrice"))
    return decimal(line["Amount"])


def number_lines(lines: list[Doc], last_id: int = 0, first: int = 1) -> None:
    """Give every line without an Id the next one; ids are never used twice on a document."""
    taken = [int(line["Id"]) for line in lines if str(line.get("Id", "")).isdecimal()]
    last = max([last_id, first - 1, *taken])
    for position, line in enumerate(lines, 1):
        id = line.get("Id")
        if id is None:
            last += 1
            id = str(last)
        rest = {key: value for key, value in line.items() if key not in ("Id", "LineNum")}
        line.clear()
        line.update({"Id": id, "LineNum": position, **rest})


def last_line_id(doc: Doc) -> int:
    """Return the highest line id of a document, 0 when it has none."""
    ids = [int(line["Id"]) for line in doc.get("Line", []) if str(line.get("Id", "")).isdecimal()]
    return max(ids, default=0)


def total_form(doc: Doc, *, last_id: int, tax_percent: Decimal, tax_given: bool) -> Decimal:
    """Recompute the lines and totals of a sales form in place; return its TotalAmt.

    tax_given: the body carries TxnTaxDetail, whose TotalTax is taken as it is.
    """
    items, discounts, described = [], [], []
    for line in doc.get("Line", []):
        kind = line.get("DetailType")
        if kind is None:
            raise missing("Line.DetailType")
        if kind == "SubTotalLineDetail":
            continue
        if kind in ("DescriptionOnly", "DescriptionLineDetail"):
            described.append(line)
        elif kind == "DiscountLineDetail":
            discounts.append(line)
        else:
            line["Amount"] = money(_line_amount(line))
            if kind == "SalesItemLineDetail":
                line.setdefault("SalesItemLineDetail", {}).setdefault(
                    "TaxCodeRef", {"value": "NON"}
                )
            items.append(line)
    if len(items) > MOST_LINES:
        raise business(f"A transaction has at most {MOST_LINES} lines")
    tax = _tax(doc, items, tax_percent, tax_given)  # makes inclusive lines net
    subtotal = sum((decimal(line["Amount"]) for line in items), Decimal(0))
    discount = Decimal(0)
    for line in discounts:
        detail = line.setdefault("DiscountLineDetail", {})
        if detail.get("PercentBased"):
            line["Amount"] = money(subtotal * decimal(detail.get("DiscountPercent")) / 100)
        discount += decimal(line.get("Amount"))
    body = [line for line in doc["Line"] if any(line is kept for kept in (*items, *described))]
    number_lines(body + discounts, last_id)
    subtotal_line: Doc = {
        "Amount": money(subtotal),
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }
    doc["Line"] = [*body, subtotal_line, *discounts]
    total = cents(subtotal - discount + tax)
    if total < 0:
        raise business("Transaction amount must be 0 or greater")
    doc["TotalAmt"] = money(total)
    return total


def _tax(doc: Doc, items: list[Doc], percent: Decimal, given: bool) -> Decimal:
    detail = doc.get("TxnTaxDetail") if given else None
    if detail is not None and detail.get("TotalTax") is not None:
        detail["TotalTax"] = money(decimal(detail["TotalTax"]))
        return decimal(detail["TotalTax"])
    if doc.get("GlobalTaxCalculation") == "TaxInclusive":
        tax = sum((_split_inclusive(line, percent) for line in items), Decimal(0))
    else:
        taxable = sum((decimal(x["Amount"]) for x in items if _is_taxable(x)), Decimal(0))
        tax = cents(taxable * percent / 100)
    doc["TxnTaxDetail"] = {**(detail or {}), "TotalTax": money(tax)}
    return tax


def _is_taxable(line: Doc) -> bool:
    code = (line.get("SalesItemLineDetail") or {}).get("TaxCodeRef") or {}
    return bool(code.get("value", "NON") != "NON")


def _split_inclusive(line: Doc, percent: Decimal) -> Decimal:
    """Split a gross line: Amount becomes net, TaxInclusiveAmt keeps the gross; return the tax."""
    detail = line.setdefault("SalesItemLineDetail", {})
    gross = detail.get("TaxInclusiveAmt")
    if gross is not None:
        return cents(decimal(gross) - decimal(line["Amount"]))
    amount = decimal(line["Amount"])
    rate = percent if _is_taxable(line) else Decimal(0)
    net = cents(amount * 100 / (100 + rate))
    detail["TaxInclusiveAmt"] = money(amount)
    line["Amount"] = money(net)
    return amount - net


def void_form(doc: Doc) -> None:
    """Zero a sales form as a void leaves it: every amount 0, links gone, the note put first."""
    for line in doc.get("Line", []):
        if "Amount" in line:
            line["Amount"] = 0
    for field in ("TotalAmt", "Balance", "HomeTotalAmt", "HomeBalance", "RemainingCredit"):
        if field in doc:
            doc[field] = 0
    if "TxnTaxDetail" in doc:
        doc["TxnTaxDetail"] = {"TotalTax": 0}
    if "LinkedTxn" in doc:
        doc["LinkedTxn"] = []
    note_void(doc)


def note_void(doc: Doc) -> None:
    """Put ``Voided`` before whatever the private note says."""
    note = str(doc.get("PrivateNote") or "")
    if not note.startswith("Voided"):
        doc["PrivateNote"] = f"Voided - {note}" if note else "Voided"
