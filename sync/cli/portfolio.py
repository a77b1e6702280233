"""``recoup report portfolio``: many companies on one page."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import click

from recoup.sync.cli.choosing import Choice, filtered_companies
from recoup.sync.cli.faults import DONE, FINDING
from recoup.sync.cli.reporting import ask_each, buckets_option, shared_options
from recoup.sync.cli.shell import Shell, page_width, print_pages, today

if TYPE_CHECKING:
    from recoup.sync.report.portfolio import Part
    from recoup.sync.store.companies import CompanyRow

__all__ = ["portfolio_command"]


@click.command("portfolio", short_help="Aged receivables of all companies, a line each.")
@filtered_companies
@shared_options(apart=False)
@buckets_option
@click.option(
    "--currency",
    metavar="CODE",
    help="Convert into this one. Default: the home currency of most companies.",
)
@click.pass_obj
def portfolio_command(
    shell: Shell,
    choice: Choice,
    as_of: date | None,
    shape: str,
    basis: str | None,
    buckets: tuple[int, ...] | None,
    currency: str | None,
) -> int:
    """Aged receivables of all companies, or of those with a tag or at a ledger.

    Currencies are never added up; beside each stands what it comes to in one currency, by the
    newest rates that the ledgers' own documents carry. Exit code 1 when a company does not tie
    out or has customers on hold.
    """
    from recoup.sync.report import exporting
    from recoup.sync.report.portfolio import portfolio
    from recoup.sync.report.portfolio_page import portfolio_csv, portfolio_page

    with shell.open() as workspace:
        settings = workspace.settings.report
        companies = choice.companies(workspace)
        on = as_of or max(today(company, workspace.clock) for company in companies)

        def ask(company: CompanyRow) -> list[Part]:
            from recoup.sync.report.gathering import gather

            return [
                gather(
                    workspace.store,
                    company,
                    as_of=on,
                    basis=basis or settings.basis,  # type: ignore[arg-type]
                    buckets=buckets or settings.buckets,
                )
            ]

        parts, failed = ask_each(workspace, companies, ask)
    if not parts:
        return failed or DONE
    found = portfolio(parts, on, currency.upper() if currency else None)
    if shape == "json":
        click.echo(exporting.to_json([found]))
    elif shape == "csv":
        click.echo(portfolio_csv(found), nl=False)
    else:
        print_pages([portfolio_page(found, width=page_width())])
    wrong = any(row.tied_out is False or row.held_count for row in found.rows)
    return failed or (FINDING if wrong else DONE)
