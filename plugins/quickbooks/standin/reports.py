"""The receivables reports: AgedReceivables and CustomerBalance, summary and detail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from recoup.connector.standin.wire import Doc
from recoup.plugins.quickbooks.standin.fault import Fault, unsupported
from recoup.plugins.quickbooks.standin.openitems import TITLES, OpenItem, open_items

if TYPE_CHECKING:
    from recoup.plugins.quickbooks.standin.books import Books

Cells = list[Decimal]


def report(books: Books, name: str, query: dict[str, str]) -> Doc:
    """Return a report body; raises Fault for a report this company has not, or a bad parameter."""
    if name not in _REPORTS:
        raise unsupported(f"report {name}")
    on = _date(books, query.get("report_date") or query.get("end_date"))
    undo = query.get("aging_method", "Report_Date") != "Current"
    items = [item for item in open_items(books, on, undo_later=undo) if item.open]
    if query.get("customer"):
        wanted = set(query["customer"].split(","))
        items = [item for item in items if item.customer_id in wanted]
    columns, rows = _REPORTS[name](books, items, on, query)
    header: Doc = {
        "Time": books.local(),
        "ReportName": name,
        "ReportBasis": "Accrual",
        "StartPeriod": on.isoformat(),
        "EndPeriod": on.isoformat(),
        "Currency": books.home_currency,
        "Option": [
            {"Name": "report_date", "Value": on.isoformat()},
            {"Name": "NoReportData", "Value": "false" if rows else "true"},
        ],
    }
    if query.get("customer"):
        header["Customer"] = query["customer"]
    titles = [{"ColTitle": title, "ColType": kind} for title, kind in columns]
    return {"Header": header, "Columns": {"Column": titles}, "Rows": {"Row": rows} if rows else {}}


def _date(books: Books, text: str | None) -> date:
    try:
        return date.fromisoformat(text or books.today())
    except ValueError:
        detail = f"Date format is invalid for report_date: {text}"
        raise Fault("2090", "Invalid Date Format", detail) from None


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name) or str(default)
    if not text.isdecimal() or int(text) < 1:
        raise Fault("2090", "Invalid parameter", f"{name} must be a whole number above 0: {text}")
    return int(text)


def _cell(amount: Decimal) -> Doc:
    return {"value": f"{amount:.2f}" if amount else ""}


def _late_days(books: Books, item: OpenItem, on: date) -> int:
    by_txn = books.preference("ReportPrefs", "CalcAgingReportFromTxnDate")
    return (on - (item.txn_on if by_txn else item.due_on)).days


# -- summaries ------------------------------------------------------------------------------


def _by_customer(books: Books, own: dict[str, Cells], width: int) -> list[Doc]:
    """Return one row per customer; a parent with jobs is a section that ends in its subtotal."""
    children: dict[str, list[str]] = defaultdict(list)
    shown: set[str] = set()
    for id in own:
        line = books.lineage(id) or [id]
        for child, parent in zip(line, [*line[1:], ""], strict=True):
            if child not in shown:
                shown.add(child)
                children[parent].append(child)

    def name(id: str) -> str:
        customer = books.find("Customer", id) or {}
        return str(customer.get("DisplayName", ""))

    def build(id: str) -> tuple[Doc, Cells]:
        cells = own.get(id, [Decimal(0)] * width)
        first = {"value": name(id), "id": id}
        line = {"ColData": [first, *map(_cell, cells)]}
        if id not in children:
            return {**line, "type": "Data"}, cells
        rows, total = [], list(cells)
        for child in sorted(children[id], key=name):
            row, part = build(child)
            rows.append(row)
            total = [a + b for a, b in zip(total, part, strict=True)]
        summary = {"ColData": [{"value": f"Total {name(id)}"}, *map(_cell, total)]}
        return {"Header": line, "Rows": {"Row": rows}, "Summary": summary, "type": "Section"}, total

    return [build(id)[0] for id in sorted(children[""], key=name)]


def _grand(cells: Sequence[Decimal], before: int = 1) -> Doc:
    blanks = [{"value": ""}] * (before - 1)
    data = [{"value": "TOTAL"}, *blanks, *map(_cell, cells)]
    return {"Summary": {"ColData": data}, "type": "Section", "group": "GrandTotal"}


def _aged(
    books: Books, items: list[OpenItem], on: date, query: dict[str, str]
) -> tuple[list[tuple[str, str]], list[Doc]]:
    span, periods = _number(query, "aging_period", 30), _number(query, "num_periods", 4)
    width = periods + 2
    own: dict[str, Cells] = {}
    for item in items:
        cells = own.setdefault(item.customer_id, [Decimal(0)] * width)
        cells[_bucket(_late_days(books, item, on), span, periods)] += item.open
        cells[-1] += item.open
    own = {id: cells for id, cells in own.items() if any(cells)}
    titles = [(title, "Money") for title in _bucket_titles(span, periods)]
    columns = [("", "Customer"), *titles, ("Total", "Money")]
    rows = _by_customer(books, own, width)
    totals = [sum((cells[at] for cells in own.values()), Decimal(0)) for at in range(width)]
    return columns, [*rows, _grand(totals)] if rows else []


def _bucket(days: int, span: int, periods: int) -> int:
    return 0 if days <= 0 else min((days - 1) // span + 1, periods)


def _bucket_titles(span: int, periods: int) -> list[str]:
    spans = [f"{n * span + 1} - {(n + 1) * span}" for n in range(periods - 1)]
    return ["Current", *spans, f"{(periods - 1) * span + 1} and over"]


def _balance(
    books: Books, items: list[OpenItem], on: date, query: dict[str, str]
) -> tuple[list[tuple[str, str]], list[Doc]]:
    del on, query
    own: dict[str, Cells] = {}
    for item in items:
        own.setdefault(item.customer_id, [Decimal(0)])[0] += item.open
    own = {id: cells for id, cells in own.items() if any(cells)}
    rows = _by_customer(books, own, 1)
    total = sum((cells[0] for cells in own.values()), Decimal(0))
    return [("", "Customer"), ("Total", "Money")], [*rows, _grand([total])] if rows else []


# -- details --------------------------------------------------------------------------------


def _aged_detail(
    books: Books, items: list[OpenItem], on: date, query: dict[str, str]
) -> tuple[list[tuple[str, str]], list[Doc]]:
    span, periods = _number(query, "aging_period", 30), _number(query, "num_periods", 4)
    groups: dict[int, list[OpenItem]] = defaultdict(list)
    for item in items:
        groups[_bucket(_late_days(books, item, on), span, periods)].append(item)
    titles = _bucket_titles(span, periods)
    rows = []
    for at in sorted(groups, reverse=True):
        title = titles[at].replace("and over", "or more")
        title = title if at == 0 else f"{title} days past due"
        group = sorted(groups[at], key=lambda item: (item.due_on, int(item.id)))
        lines = [_detail(books, item, customer=True) for item in group]
        rows.append(_section(title, lines, group, blanks=4))
    columns = [
        ("Date", "tx_date"), ("Transaction Type", "txn_type"), ("Num", "doc_num"),
        ("Customer", "cust_name"), ("Due Date", "due_date"), ("Amount", "subt_amount"),
        ("Open Balance", "subt_open_bal"),
    ]  # fmt: skip
    return columns, [*rows, _grand(_sums(items), before=5)] if rows else []


def _balance_detail(
    books: Books, items: list[OpenItem], on: date, query: dict[str, str]
) -> tuple[list[tuple[str, str]], list[Doc]]:
    del on, query
    groups: dict[str, list[OpenItem]] = defaultdict(list)
    for item in items:
        groups[item.customer_id].append(item)
    rows = []
    for id in sorted(groups, key=lambda id: books.name_of("Customer", id) or ""):
        group = sorted(groups[id], key=lambda item: (item.txn_on, int(item.id)))
        running, lines = Decimal(0), []
        for item in group:
            running += item.open
            line = _detail(books, item, customer=False)
            line["ColData"].append(_cell(running))
            lines.append(line)
        name = books.name_of("Customer", id) or ""
        row = _section(name, lines, group, blanks=3)
        row["Header"]["ColData"][0]["id"] = id
        row["Summary"]["ColData"].append({"value": ""})
        rows.append(row)
    columns = [
        ("Date", "tx_date"), ("Transaction Type", "txn_type"), ("Num", "doc_num"),
        ("Due Date", "due_date"), ("Amount", "subt_amount"), ("Open Balance", "subt_open_bal"),
        ("Balance", "rbal_open_bal"),
    ]  # fmt: skip
    return columns, [*rows, _grand(_sums(items), before=4)] if rows else []


def _detail(books: Books, item: OpenItem, *, customer: bool) -> Doc:
    cells: list[Doc] = [
        {"value": item.txn_on.isoformat()},
        {"value": TITLES[item.entity], "id": item.id},
        {"value": item.number},
    ]
    if customer:
        name = books.name_of("Customer", item.customer_id) or ""
        cells.append({"value": name, "id": item.customer_id})
    cells += [{"value": item.due_on.isoformat()}, _cell(item.amount), _cell(item.open)]
    return {"ColData": cells, "type": "Data"}


def _sums(items: Sequence[OpenItem]) -> Cells:
    return [
        sum((item.amount for item in items), Decimal(0)),
        sum((item.open for item in items), Decimal(0)),
    ]


def _section(title: str, lines: list[Doc], items: Sequence[OpenItem], blanks: int) -> Doc:
    empty = [{"value": ""} for _ in range(blanks)]
    head = {"ColData": [{"value": title}, *empty, {"value": ""}, {"value": ""}]}
    foot = {"ColData": [{"value": f"Total for {title}"}, *empty, *map(_cell, _sums(items))]}
    return {"Header": head, "Rows": {"Row": lines}, "Summary": foot, "type": "Section"}


_Builder = Callable[
    ["Books", list[OpenItem], date, dict[str, str]], tuple[list[tuple[str, str]], list[Doc]]
]
_REPORTS: dict[str, _Builder] = {
    "AgedReceivables": _aged,
    "AgedReceivableDetail": _aged_detail,
    "CustomerBalance": _balance,
    "CustomerBalanceDetail": _balance_detail,
}
