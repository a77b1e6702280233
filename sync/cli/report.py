"""``recoup report``: aging, open items, statements, as a table, JSON or CSV."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from recoup.sync.cli.choosing import Choice, several_companies
from recoup.sync.cli.faults import DONE, FINDING
from recoup.sync.cli.portfolio import portfolio_command
from recoup.sync.cli.reporting import (
    as_known_option,
    ask_each,
    buckets_option,
    check_synced,
    shared_options,
)
from recoup.sync.cli.shell import Shell, day, page_width, print_pages, today

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.text import Text

    from recoup.sync.report.open_list import OpenList
    from recoup.sync.report.portfolio import Part
    from recoup.sync.store.companies import CompanyRow

__all__ = ["aging_command", "open_items_command", "report", "statement_command"]


@click.group()
def report() -> None:
    """Who owes what since when, from what the last sync brought; no ledger is asked."""


@report.command("aging", short_help="Aged receivables per customer and currency.")
@several_companies
@shared_options()
@buckets_option
@click.option("--home-currency", is_flag=True, help="All in home currency, at booked rates.")
@as_known_option
@click.pass_obj
def aging_command(
    shell: Shell,
    choice: Choice,
    as_of: date | None,
    shape: str,
    basis: str | None,
    apart: bool,
    buckets: tuple[int, ...] | None,
    home_currency: bool,
    as_known: bool,
) -> int:
    """Aged receivables per customer and currency, with the proof under each table.

    Exit code 1 when the figures do not add up to the ledger's control account, or when customers
    are held.
    """
    from recoup.sync.report import exporting
    from recoup.sync.report.gathering import gather

    with shell.open() as workspace:
        settings = workspace.settings.report

        def ask(company: CompanyRow) -> list[Part]:
            return [
                gather(
                    workspace.store,
                    company,
                    as_of=as_of or today(company, workspace.clock),
                    basis=basis or settings.basis,  # type: ignore[arg-type]
                    buckets=buckets or settings.buckets,
                    rolled_up=not apart,
                    home=home_currency,
                    as_known=as_known,
                )
            ]

        parts, failed = ask_each(workspace, choice.companies(workspace), ask)
    tables = [table for part in parts for table in part.tables]
    if shape == "json":
        click.echo(exporting.to_json(tables))
    elif shape == "csv":
        click.echo(exporting.aging_csv(tables), nl=False)
    else:
        print_pages(_aging_pages(parts, page_width()))
    # What was known on a past day need not add up to what the ledger dates to it.
    unproven = not as_known and any(table.control.proven is False for table in tables)
    for part in parts:
        if part.held_count:
            customers = "customer is" if part.held_count == 1 else "customers are"
            said = f"{part.company.slug}: {part.held_count} {customers} held"
            click.echo(f"{said}; recoup tieout says why", err=True)
    return failed or (FINDING if unproven or any(part.held_count for part in parts) else DONE)


def _aging_pages(parts: Sequence[Part], width: int) -> Iterator[Iterable[Text]]:
    """A page per company and currency; of several companies the portfolio is the last."""
    from recoup.sync.report.portfolio import portfolio
    from recoup.sync.report.portfolio_page import portfolio_page
    from recoup.sync.report.rendering import aging_page

    for part in parts:
        for table in part.tables:
            yield aging_page(part.company.name, table, width=width)
    if len(parts) > 1:
        newest = max(table.as_of for part in parts for table in part.tables)
        yield portfolio_page(portfolio(parts, newest), width=width)


@report.command("open-items", short_help="Every open document: the lines behind an aging.")
@several_companies
@shared_options()
@click.option("--customer", help="Only this customer: the ledger's id, or a name that is unique.")
@as_known_option
@click.pass_obj
def open_items_command(
    shell: Shell,
    choice: Choice,
    as_of: date | None,
    shape: str,
    basis: str | None,
    apart: bool,
    customer: str | None,
    as_known: bool,
) -> int:
    """Every open invoice, credit note and payment: the lines behind an aging."""
    from recoup.sync.report import exporting, rendering
    from recoup.sync.report.open_items import find_customer, open_items
    from recoup.sync.report.open_list import by_currency

    with shell.open() as workspace:
        settings = workspace.settings.report

        def ask(company: CompanyRow) -> list[OpenList]:
            on = as_of or today(company, workspace.clock)
            with workspace.store.read(company.company_id) as conn:
                items = open_items(
                    conn,
                    company,
                    as_of=on,
                    basis=basis or settings.basis,  # type: ignore[arg-type]
                    customer_id=find_customer(conn, company, customer) if customer else None,
                    rolled_up=not apart,
                    as_known=as_known,
                )
            return by_currency(company, on, items)

        shown, failed = ask_each(workspace, choice.companies(workspace), ask)
    if shape == "json":
        click.echo(exporting.to_json(shown))
    elif shape == "csv":
        click.echo(exporting.open_items_csv(shown), nl=False)
    else:
        width = page_width()
        print_pages(rendering.open_items_page(group, width=width) for group in shown)
    return failed or DONE


@report.command("statement", short_help="One customer's statement.")
@click.argument("customer")
@click.option("--company", help="Whose customer; needed where several companies are connected.")
@click.option(
    "--from",
    "starts_on",
    type=day,
    metavar="DATE",
    help="First day. Default: a year before the last.",
)
@shared_options()
@buckets_option
@click.pass_obj
def statement_command(
    shell: Shell,
    customer: str,
    company: str | None,
    starts_on: date | None,
    as_of: date | None,
    shape: str,
    basis: str | None,
    apart: bool,
    buckets: tuple[int, ...] | None,
) -> int:
    """A customer's statement: opening balance, movements, closing balance, aging strip.

    CUSTOMER is the ledger's id or a name that is unique; --as-of is the last day.
    """
    from recoup.sync.report import exporting, rendering
    from recoup.sync.report.open_items import find_customer
    from recoup.sync.report.statement import statement

    with shell.open() as workspace:
        settings = workspace.settings.report
        [row] = Choice((company,) if company else ()).companies(workspace)
        check_synced(workspace, row)
        last = as_of or today(row, workspace.clock)
        with workspace.store.read(row.company_id) as conn:
            found = statement(
                conn,
                row,
                find_customer(conn, row, customer),
                starts_on=starts_on or last - timedelta(days=365),
                ends_on=last,
                basis=basis or settings.basis,  # type: ignore[arg-type]
                buckets=buckets or settings.buckets,
                rolled_up=not apart,
            )
    if shape == "json":
        click.echo(exporting.to_json(found))
    elif shape == "csv":
        click.echo(exporting.statement_csv(found), nl=False)
    else:
        width = page_width()
        print_pages(rendering.statement_page(one, width=width) for one in found)
    return DONE


report.add_command(portfolio_command)
