"""Reports for people: tables that read well at 100 columns, the proof under them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from recoup.connector.money import Money, exponent
from recoup.sync.report.aging import UNPROVEN_NOTE, Aging, AgingRow
from recoup.sync.report.open_items import OpenItem
from recoup.sync.report.statement import TRANSFER, Movement, Statement
from recoup.sync.tieout.control import Control

__all__ = [
    "aging_tables",
    "amount",
    "control_block",
    "open_items_tables",
    "statement_tables",
]

_SHOWN = 12  # explained entries under a table; JSON lists them all
_BASIS = {"due": "due date", "issue": "issue date"}


def amount(money: Money) -> str:
    """``12,345.67`` without its currency; the table says it once."""
    return f"{money.amount:,.{exponent(money.currency)}f}"


def aging_tables(results: Sequence[Aging]) -> Iterator[RenderableType]:
    """Yield a table with its control block for each company and currency."""
    for result in results:
        table = _table(
            f"Aged receivables of {result.company}, {result.currency}",
            f"as of {result.as_of}, by {_BASIS[result.basis]}",
        )
        table.add_column("customer", ratio=1, no_wrap=True, overflow="ellipsis", min_width=12)
        for column in (*result.buckets, "unapplied", "total"):
            table.add_column(column, justify="right", no_wrap=True)
        for row in result.rows:
            table.add_row(*_aging_cells(row))
        table.add_section()
        table.add_row(*_aging_cells(result.totals), style="bold")
        yield Group(table, Text(), control_block(result.control, result.note), Text())


def _aging_cells(row: AgingRow) -> list[Text]:
    cells = [_cell(money) for money in (*row.bands, row.unapplied)]
    return [Text(row.customer), *cells, Text(amount(row.total), style="bold")]


def control_block(control: Control, note: str | None = None) -> RenderableType:
    """One line that says whether the control account is proven, and one per named entry."""
    ours = amount(control.ours)
    if control.ledger is None or control.remainder is None:
        return Text(f"control account: {note or UNPROVEN_NOTE}; documents {ours}", style="yellow")
    explained = Money.zero(control.ours.currency)
    for item in control.explained:
        explained += item.amount
    head = Text(f"control account {amount(control.ledger)}")
    rest = f"documents {ours}"
    if control.explained:
        rest += f" {_sign(explained)} explained {amount(_magnitude(explained))}"
    if control.proven:
        head.append(f" = {rest}   ")
        head.append("ties out ✓", style="bold green")
    else:
        remainder = control.remainder
        head.append(f" = {rest} {_sign(remainder)} unexplained {amount(_magnitude(remainder))}   ")
        head.append("does not tie ✗", style="bold red")
    if not control.explained:
        return head
    entries = Table.grid(padding=(0, 2))
    entries.add_column(no_wrap=True, min_width=10)
    entries.add_column(justify="right", no_wrap=True)
    entries.add_column()
    for item in control.explained[:_SHOWN]:
        entries.add_row(Text(f"  {item.document}"), amount(item.amount), Text(item.why))
    left = len(control.explained) - _SHOWN
    if left > 0:
        entries.add_row("  …", "", f"and {left} more, all of them in --format json")
    return Group(head, entries)


def open_items_tables(items: Sequence[OpenItem], title: str) -> Iterator[RenderableType]:
    """Yield one table per currency, a customer's documents together."""
    by_currency: dict[str, list[OpenItem]] = {}
    for item in items:
        by_currency.setdefault(item.open.currency, []).append(item)
    if not by_currency:
        yield Text(f"{title}: nothing is open")
    for currency, mine in sorted(by_currency.items()):
        table = _table(f"{title}, {currency}")
        table.add_column("customer", ratio=1, no_wrap=True, overflow="ellipsis", min_width=12)
        for column in ("kind", "number", "id", "issued", "due"):
            table.add_column(column, no_wrap=True)
        for column in ("days late", "total", "open"):
            table.add_column(column, justify="right", no_wrap=True)
        previous = None
        for item in mine:
            late = str(item.days_past_due) if item.days_past_due else "–"
            table.add_row(
                Text("" if item.customer_id == previous else item.customer),
                _words(item.kind),
                Text(item.number or "–"),
                item.document,
                str(item.issued_on),
                str(item.due_on),
                Text(late, style="red" if item.days_past_due else "dim"),
                amount(item.total),
                Text(amount(item.open), style="bold"),
            )
            previous = item.customer_id
        total = sum((item.open for item in mine), Money.zero(currency))
        table.add_section()
        table.add_row("Total", *[""] * 7, amount(total), style="bold")
        yield Group(table, Text())


def statement_tables(statements: Iterable[Statement]) -> Iterator[RenderableType]:
    """Yield the statement of each currency with its aging strip."""
    for one in statements:
        title = f"Statement of account: {one.customer}, {one.currency}"
        table = _table(title, f"{one.company_name}, {one.starts_on} to {one.ends_on}")
        table.add_column("date", no_wrap=True)
        table.add_column("what", ratio=1)
        table.add_column("due", no_wrap=True)
        table.add_column("amount", justify="right", no_wrap=True)
        table.add_column("balance", justify="right", no_wrap=True)
        opening = amount(one.opening)
        table.add_row(str(one.starts_on), "Opening balance", "", "", opening, style="bold")
        for moved in one.movements:
            due = "" if moved.due_on is None else str(moved.due_on)
            what = Text(_what(moved, one.customer))
            table.add_row(str(moved.on), what, due, amount(moved.amount), amount(moved.balance))
        table.add_section()
        closing = amount(one.closing)
        table.add_row(str(one.ends_on), "Closing balance", "", "", closing, style="bold")
        yield Group(table, Text(), _strip(one), Text())


def _strip(one: Statement) -> Table:
    strip = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="dim")
    for column in (*one.buckets, "unapplied", "total"):
        strip.add_column(column, justify="right", no_wrap=True)
    strip.add_row(*map(_cell, (*one.bands, one.unapplied)), Text(amount(one.closing), style="bold"))
    return strip


def _what(moved: Movement, customer: str) -> str:
    number = moved.number or moved.document
    if moved.kind == TRANSFER:
        verb = "used for" if moved.amount.amount > 0 else "settled by"
        text = f"{number}: {verb} {', '.join(moved.settles)}"
    else:
        text = f"{_words(moved.kind).capitalize()} {number}"
        if moved.settles:
            text += f", for {', '.join(moved.settles)}"
    return text if moved.customer == customer else f"{text} ({moved.customer})"


def _table(title: str, subtitle: str = "") -> Table:
    head = Text(title, style="bold")
    if subtitle:
        head.append(f"\n{subtitle}", style="not bold dim")
    head.append("\n")
    return Table(
        title=head,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        expand=True,
        header_style="dim",
    )


def _cell(money: Money) -> Text:
    return Text(amount(money)) if money else Text("–", style="dim")


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _sign(money: Money) -> str:
    return "−" if money.amount < 0 else "+"


def _magnitude(money: Money) -> Money:
    return -money if money.amount < 0 else money
