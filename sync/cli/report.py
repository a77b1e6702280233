"""``recoup report``: aging, open items, statements, as a table, JSON or CSV."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from recoup.sync.cli.faults import DONE, FINDING, exit_code, one_line
from recoup.sync.cli.shell import (
    Shell,
    chosen,
    day,
    page_width,
    print_pages,
    several_companies,
    today,
)

if TYPE_CHECKING:
    from recoup.sync.report.aging import Aging
    from recoup.sync.report.open_list import OpenList
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.workspace import Workspace

__all__ = ["aging_command", "open_items_command", "report", "statement_command"]

Command = TypeVar("Command", bound=Callable[..., Any])
Answer = TypeVar("Answer")


def _days(words: str) -> tuple[int, ...]:
    try:
        return tuple(int(word) for word in words.split(","))
    except ValueError:
        raise click.BadParameter(f"{words!r} are no days; write them as 30,60,90") from None


_SHARED = (
    click.option(
        "--as-of",
        type=day,
        metavar="DATE",
        help="The day to report, e.g. 2026-03-31. Default: today.",
    ),
    click.option(
        "--format",
        "shape",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
    ),
    click.option(
        "--basis", type=click.Choice(["due", "issue"]), help="Count age from the due or issue date."
    ),
    click.option("--apart", is_flag=True, help="Sub-customers on lines of their own."),
)
_AS_KNOWN = click.option(
    "--as-known",
    is_flag=True,
    help="What was known that day, instead of what is dated up to it.",
)
_BUCKETS = click.option(
    "--buckets", type=_days, metavar="DAYS", help="Last day past due of each bucket, e.g. 30,60,90."
)


def _shared(command: Command) -> Command:
    for option in reversed(_SHARED):
        command = option(command)
    return command


@click.group()
def report() -> None:
    """Who owes what since when, from what the last sync brought; no ledger is asked."""


@report.command("aging", short_help="Aged receivables per customer and currency.")
@several_companies
@_shared
@_BUCKETS
@click.option("--home-currency", is_flag=True, help="All in home currency, at booked rates.")
@_AS_KNOWN
@click.pass_obj
def aging_command(
    shell: Shell,
    names: tuple[str, ...],
    every: bool,
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
    from recoup.sync.report import exporting, rendering
    from recoup.sync.report.aging import aging
    from recoup.sync.store.conclusions import holds

    with shell.open() as workspace:
        settings = workspace.settings.report
        held: dict[str, int] = {}

        def ask(company: CompanyRow) -> list[tuple[str, Aging]]:
            with workspace.store.read(company.company_id) as conn:
                held[company.slug] = len(holds(conn, company.company_id))
                answers = aging(
                    conn,
                    company,
                    as_of=as_of or today(company, workspace.clock),
                    basis=basis or settings.basis,  # type: ignore[arg-type]
                    buckets=buckets or settings.buckets,
                    rolled_up=not apart,
                    home=home_currency,
                    as_known=as_known,
                )
            return [(company.name, answer) for answer in answers]

        shown, failed = _ask_each(workspace, chosen(workspace, names, every), ask)
    if shape == "json":
        click.echo(exporting.to_json(one for _, one in shown))
    elif shape == "csv":
        click.echo(exporting.aging_csv([one for _, one in shown]), nl=False)
    else:
        width = page_width()
        print_pages(rendering.aging_page(name, one, width=width) for name, one in shown)
    # What was known on a past day need not add up to what the ledger dates to it.
    unproven = not as_known and any(one.control.proven is False for _, one in shown)
    for slug, count in held.items():
        if count:
            customers = "customer is" if count == 1 else "customers are"
            click.echo(f"{slug}: {count} {customers} held; recoup tieout says why", err=True)
    return failed or (FINDING if unproven or any(held.values()) else DONE)


@report.command("open-items", short_help="Every open document: the lines behind an aging.")
@several_companies
@_shared
@click.option("--customer", help="Only this customer: the ledger's id, or a name that is unique.")
@_AS_KNOWN
@click.pass_obj
def open_items_command(
    shell: Shell,
    names: tuple[str, ...],
    every: bool,
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

        shown, failed = _ask_each(workspace, chosen(workspace, names, every), ask)
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
@_shared
@_BUCKETS
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
        [row] = chosen(workspace, [company] if company else [], False)
        _check_synced(workspace, row)
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


def _ask_each(
    workspace: Workspace,
    companies: list[CompanyRow],
    ask: Callable[[CompanyRow], list[Answer]],
) -> tuple[list[Answer], int]:
    """Ask for each company; one that cannot be reported is said and does not stop the others."""
    from recoup.connector.errors import RecoupError

    answers: list[Answer] = []
    failed = DONE
    for company in companies:
        try:
            _check_synced(workspace, company)
            answers.extend(ask(company))
        except RecoupError as error:
            click.echo(f"recoup: {company.slug}: {one_line(error)}", err=True)
            failed = max(failed, exit_code(error))
    return answers, failed


def _check_synced(workspace: Workspace, company: CompanyRow) -> None:
    from recoup.connector.errors import UsageError
    from recoup.sync.store.condition import last_finished

    with workspace.store.read(company.company_id) as conn:
        if last_finished(conn, company.company_id) is None:
            raise UsageError(f"no sync has run to its end yet; run: recoup sync {company.slug}")
