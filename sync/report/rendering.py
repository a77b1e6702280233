"""Reports for people: lines of a page of so many cells, the proof under the figures.

Numbers stand to the right and are never cut; names give way. Colours are styles of rich, which a
console that is no terminal leaves out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from rich.text import Text

from recoup.connector.money import Money
from recoup.sync.report.aging import UNPROVEN_NOTE, Aging, AgingRow
from recoup.sync.report.layout import Column, Fit, Row, lay_out, printable
from recoup.sync.report.open_items import OpenItem
from recoup.sync.report.open_list import OpenList
from recoup.sync.report.statement import TRANSFER, Movement, Statement
from recoup.sync.tieout.control import Control, Explained
from recoup.sync.tieout.outcome import TieOut

__all__ = [
    "aging_page",
    "amount",
    "control_lines",
    "open_items_page",
    "statement_page",
    "tie_out_page",
]

_SHOWN = 40  # explained documents under a table; JSON lists them all
_NOTHING = "–"
_VERDICTS = {
    True: ("ties out", "green"),
    False: ("does not tie out", "bold red"),
    None: ("not proven: the ledger states no control account for that date", ""),
}
_CHECKED = {
    "invoice": "invoices",
    "credit": "payments and credit notes",
    "refund": "refunds",
    "customer": "customers",
    "control": "control accounts",
    "customer_sum": "customer sums",
}


def amount(money: Money | None) -> str:
    """``12,345.67`` without its currency, which the page says once; a dash where there is none."""
    return _NOTHING if money is None else f"{Decimal(money.text):,f}"


def aging_page(company_name: str, aging: Aging, *, width: int) -> Iterator[Text]:
    """One company in one currency: customers, totals, the proof."""
    yield _head(
        company_name, f"{aging.currency} · as of {aging.as_of} · by {aging.basis} date", width
    )
    columns = [Column("customer", fit=Fit.CUT)]
    columns += [Column(name, right=True) for name in (*aging.buckets, "unapplied", "total")]
    rows = [Row(_aged(row)) for row in aging.rows]
    rows.append(Row(_aged(aging.totals), style="bold", ruled=bool(rows)))
    yield from lay_out(columns, rows, width)
    yield from control_lines(aging.control, aging.note, width=width)


def control_lines(control: Control, note: str | None = None, *, width: int) -> Iterator[Text]:
    """Σ buckets + unapplied = Σ open documents = control account, or what stands between."""
    ours = amount(control.ours)
    yield Text(f"Σ buckets + unapplied = Σ open documents = {ours}", style="dim")
    if control.ledger is None or control.remainder is None:
        yield Text(f"Control account: {note or UNPROVEN_NOTE}.", style="dim")
        return
    ledger, difference = amount(control.ledger), amount(control.difference)
    yield Text(f"Control account = {ledger}, difference {difference}", style="dim")
    named, left = _named(control)
    rows = [Row((f"  {document}", money, why), style="dim") for document, why, money in named]
    yield from lay_out([Column(), Column(right=True), Column(fit=Fit.WRAP)], rows, width)
    if left:
        yield Text(f"  … and {left}", style="dim")
    if control.proven:
        yield Text("Proven to the cent.", style="green")
    else:
        rest = amount(control.remainder)
        yield Text(f"Not proven: {rest} is unexplained. Run recoup tieout.", style="bold red")


def open_items_page(group: OpenList, *, width: int) -> Iterator[Text]:
    """One company in one currency: a line per document, their sum."""
    yield _head(group.company_name, f"{group.currency} · as of {group.as_of}", width)
    columns = [Column("customer", fit=Fit.CUT), Column("document")]
    columns += [Column("issued"), Column("due")]
    columns += [Column(name, right=True) for name in ("late", "total", "open")]
    rows = [Row(_open(item)) for item in group.items]
    total = ("Total", "", "", "", "", "", amount(group.total))
    rows.append(Row(total, style="bold", ruled=bool(rows)))
    yield from lay_out(columns, rows, width)


def statement_page(one: Statement, *, width: int) -> Iterator[Text]:
    """One customer in one currency: what happened between two balances, then how old it is."""
    yield _head(one.customer, f"{one.currency} · {one.starts_on} to {one.ends_on}", width)
    whose = f"customer {printable(one.customer_id)} of {printable(one.company_name)}"
    yield from _prose(whose, width, "dim")
    columns = [Column("date"), Column("document", fit=Fit.WRAP), Column("due")]
    columns += [Column("amount", right=True), Column("balance", right=True)]
    opening = (str(one.starts_on), "Opening balance", "", "", amount(one.opening))
    closing = (str(one.ends_on), "Closing balance", "", "", amount(one.closing))
    rows = [Row(opening)]
    rows += [
        Row(
            (
                str(moved.on),
                _moved(moved, one.customer),
                str(moved.due_on or ""),
                amount(moved.amount),
                amount(moved.balance),
            )
        )
        for moved in one.movements
    ]
    yield from lay_out(columns, [*rows, Row(closing, style="bold", ruled=True)], width)
    yield Text()
    strip = [Column(name, right=True) for name in (*one.buckets, "unapplied", "total")]
    cells = [*_dashed((*one.bands, one.unapplied)), amount(one.closing)]
    yield from lay_out(strip, [Row(cells)], width)


def tie_out_page(outcome: TieOut, *, width: int) -> Iterator[Text]:
    """The verdict, the control account of each currency, then each finding."""
    said, style = _VERDICTS[outcome.proven]
    on = "" if outcome.as_of is None else f" on {outcome.as_of}"
    yield Text.assemble((outcome.company, "bold"), f"{on}: ", (said, style))
    columns = [Column("control account", fit=Fit.WRAP)]
    columns += [Column(name, right=True) for name in ("ledger", "our documents", "difference")]
    rows = []
    for currency, control in outcome.totals.items():
        figures = (control.ledger, control.ours, control.difference)
        rows.append(Row((currency, *map(amount, figures))))
        named, left = _named(control)
        rows += [
            Row((f"  {document} {why}", "", "", money), "dim") for document, why, money in named
        ]
        if left:
            rows.append(Row((f"  … and {left}", "", "", ""), "dim"))
    if rows:
        yield from lay_out(columns, rows, width)
    counted = [f"{n:,} {_CHECKED.get(name, name)}" for name, n in outcome.checked.items() if n]
    if counted:
        yield from _prose(f"Checked: {', '.join(counted)}.", width, "dim")
    if outcome.reread:
        yield Text(f"Read again live and corrected: {outcome.reread} objects.")
    for line in outcome.notes:
        yield from _prose(f"  {printable(line)}", width, "dim")
    for line in outcome.lines:
        yield from _prose(f"  • {printable(line)}", width)
    for customer, reason in outcome.held.items():
        yield from _prose(f"  held: customer {printable(f'{customer}: {reason}')}", width)
    if outcome.released:
        yield from _prose(f"  released: {printable(', '.join(outcome.released))}", width)


def _head(name: str, rest: str, width: int) -> Text:
    head = Text(printable(name), style="bold")
    head.truncate(max(width - len(rest) - 3, 20), overflow="ellipsis")
    return Text.assemble(head, f" · {rest}")


def _prose(text: str, width: int, style: str = "") -> Iterator[Text]:
    return lay_out([Column(fit=Fit.WRAP)], [Row((text,), style)], width)


def _aged(row: AgingRow) -> list[str]:
    return [printable(row.customer), *_dashed((*row.bands, row.unapplied, row.total))]


def _dashed(amounts: Sequence[Money]) -> list[str]:
    """A zero is a dash: the eye finds what is owed."""
    return [amount(money) if money else _NOTHING for money in amounts]


def _named(control: Control) -> tuple[list[tuple[str, str, str]], str]:
    """Document, reason and amount of what explains a difference, and a word for what is left."""
    shown, left = control.explained[:_SHOWN], control.explained[_SHOWN:]
    named = [(printable(e.document), printable(e.why), amount(e.amount)) for e in shown]
    return named, _left(left, control.ours.currency) if left else ""


def _left(left: Sequence[Explained], currency: str) -> str:
    together = sum((item.amount for item in left), Money.zero(currency))
    return f"{len(left):,} more, {amount(together)} together; --format json names them all"


def _open(item: OpenItem) -> list[str]:
    return [
        printable(item.customer),
        _document(item.kind, item.number, item.document),
        str(item.issued_on),
        str(item.due_on) if item.kind == "invoice" else "",
        str(item.days_past_due) if item.days_past_due else _NOTHING,
        amount(item.total),
        amount(item.open),
    ]


def _document(kind: str, number: str | None, document: str) -> str:
    return f"{kind.replace('_', ' ')} {printable(number or f'(id {document})')}"


def _moved(moved: Movement, customer: str) -> str:
    settles = printable(", ".join(moved.settles))
    if moved.kind == TRANSFER:
        verb = "used for" if moved.amount.amount > 0 else "settled by"
        text = f"{printable(moved.number or f'(id {moved.document})')} {verb} {settles}"
    else:
        text = _document(moved.kind, moved.number, moved.document)
        if settles:
            text += f" for {settles}"
    return text if moved.customer == customer else f"{text} ({printable(moved.customer)})"
