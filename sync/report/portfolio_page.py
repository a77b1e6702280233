"""The portfolio for people and for spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from recoup.connector.money import Money
from recoup.sync.report.exporting import csv_text, safe_text
from recoup.sync.report.layout import Column, Fit, Row, lay_out, printable
from recoup.sync.report.portfolio import Portfolio, PortfolioRow
from recoup.sync.report.rendering import amount

__all__ = ["portfolio_csv", "portfolio_page"]

_PROOFS = {True: "ties", False: "does not tie", None: "not proven"}


def portfolio_page(one: Portfolio, *, width: int) -> Iterator[Text]:
    """A line per company and currency, the sums, what was converted and how."""
    head = f" · as of {one.as_of} · by {one.basis} date"
    yield Text.assemble(("Portfolio", "bold"), head)
    columns = [Column("company", fit=Fit.CUT), Column("ledger"), Column("")]
    figures = [*one.buckets, "unapplied", "total"]
    figures += [f"in {one.currency}"] if len(one.sums) > 1 else []
    columns += [Column(name, right=True) for name in figures]
    rows = []
    for at, row in enumerate(one.rows):
        again = at > 0 and one.rows[at - 1].company == row.company
        rows.append(Row(["", "", *_cells(row)[2:]] if again else _cells(row)))
    for at, row in enumerate(one.sums):
        rows.append(Row(_cells(row), style="bold", ruled=at == 0 and bool(one.rows)))
    yield from lay_out(
        columns, [Row(row.cells[: len(columns)], row.style, row.ruled) for row in rows], width
    )
    if len(one.sums) > 1:
        together = f"All that could be converted, in {one.currency}: {amount(one.total)}"
        yield Text(together, style="bold")
    for quote in one.quotes:
        yield from _prose(f"  {printable(quote.text)}", width, "dim")
    for code in one.unconverted:
        line = f"{code} is not converted: no document of any ledger here carries its rate."
        yield from _prose(line, width, "bold red")
    yield from _proofs(one, width)


def _proofs(one: Portfolio, width: int) -> Iterator[Text]:
    """Who ties out, and who does not or holds customers."""
    companies = {row.company: row for row in one.rows}
    if all(row.tied_out and not row.held_count for row in companies.values()):
        yield Text("All tie out; no customer is held.", style="green")
        return
    for row in companies.values():
        said = [f"{_PROOFS[row.tied_out]} out" if row.tied_out is not None else "not proven"]
        if row.held_count:
            said.append(
                f"{row.held_count} {'customer' if row.held_count == 1 else 'customers'} held"
            )
        if row.tied_out and not row.held_count:
            continue
        style = "bold red" if row.tied_out is False or row.held_count else "dim"
        yield from _prose(f"{printable(row.name)}: {', '.join(said)}.", width, style)


def _prose(text: str, width: int, style: str) -> Iterator[Text]:
    return lay_out([Column(fit=Fit.WRAP)], [Row((text,), style)], width)


def portfolio_csv(one: Portfolio) -> str:
    """One line per company and currency; no sums, so that a spreadsheet may sum."""
    head = ["as_of", "basis", "company", "name", "ledger", "currency", *one.buckets]
    head += ["unapplied", "total", "overdue", "converted", "converted_currency"]
    head += ["held_customers", "tied_out"]
    lines = []
    for row in one.rows:
        amounts = row.amounts(one.buckets)
        lines.append(
            [
                one.as_of.isoformat(),
                one.basis,
                safe_text(row.company),
                safe_text(row.name),
                row.ledger,
                row.currency,
                *(amounts[name] for name in (*one.buckets, "unapplied", "total")),
                row.overdue.text,
                "" if row.converted is None else row.converted.text,
                one.currency,
                str(row.held_count),
                _PROOFS[row.tied_out],
            ]
        )
    return csv_text(head, lines)


def _cells(row: PortfolioRow) -> list[str]:
    figures = (*row.bands, row.unapplied, row.total, row.converted)
    return [printable(row.name), row.ledger, row.currency, *map(_dashed, figures)]


def _dashed(money: Money | None) -> str:
    return amount(money) if money else "–"
