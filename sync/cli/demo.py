"""``recoup demo``: the story of three companies, told while it happens."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from recoup.sync.cli.faults import DONE, FINDING

if TYPE_CHECKING:
    from rich.console import Console

    from recoup.sync.cli.shell import Shell
    from recoup.sync.demo import Stage
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.tieout.outcome import TieOut
    from recoup.sync.workspace import Workspace

__all__ = ["demo"]


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.pass_obj
def demo(shell: Shell, folder: Path | None) -> int:
    """Watch recoup work on three made-up companies, in under a minute and without any account.

    Stand-ins of QuickBooks Online, Xero and Sage run on this machine for as long as it lasts. The
    workspace in DIR (else --home, else recoup-demo) stays; running the demo again starts it afresh.
    """
    from recoup.sync.cli.shell import console
    from recoup.sync.demo import set_stage
    from recoup.sync.workspace import Workspace

    folder = folder or shell.home or Path("recoup-demo")
    started = time.monotonic()
    out = console()
    with set_stage(folder) as stage, Workspace.open(folder) as workspace:
        companies = _connect(out, stage, workspace)
        _sync(out, workspace, companies, "First sync: everything, once")
        proven = _tie_out(out, workspace, companies, "Do our figures equal the ledgers' own?")
        _aging(out, workspace, companies[0])
        _portfolio(out, workspace, companies, "All companies on one page")
        _bookkeepers(out, stage)
        _sync(out, workspace, companies, "Second sync: only what changed")
        out.print("What was deleted was confirmed with the ledger; nothing else was read again.")
        proven += _tie_out(out, workspace, companies, "Still equal, after all that?")
        customer = _a_customer(workspace, companies[0])
    _farewell(out, folder, stage, companies[0], customer, time.monotonic() - started)
    return DONE if all(outcome.proven and not outcome.held for outcome in proven) else FINDING


def _head(out: Console, title: str) -> None:
    out.print()
    out.print(f"[bold cyan]── {title}[/]")


def _connect(out: Console, stage: Stage, workspace: Workspace) -> list[CompanyRow]:
    from recoup.sync.connect import connect
    from recoup.sync.demo import consenting

    _head(out, "Three ledgers to connect to")
    companies = []
    for scene in stage.scenes:
        platform = workspace.platform(scene.ledger)
        [item] = connect(workspace, platform, consenting(), base_url=scene.url)
        companies.append(item.company)
        out.print(
            f"{scene.company}: a stand-in of {platform.title} at\n"
            f"  {scene.url}, {scene.documents:,} invoices, payments and credit notes",
            markup=False,
        )
    out.print(
        "They run on this machine, with the endpoints, limits and oddities of the real ones.\n"
        "Connected with OAuth (PKCE, state, loopback callback); the tokens lie encrypted in the\n"
        "workspace."
    )
    return companies


def _sync(out: Console, workspace: Workspace, companies: list[CompanyRow], title: str) -> None:
    from recoup.sync.budget import fullest_budgets
    from recoup.sync.cli.progress import follow
    from recoup.sync.cli.pulling import pull_all
    from recoup.sync.cli.shell import say
    from recoup.sync.cli.sync import result_line

    _head(out, title)
    with follow(workspace, companies) as (on_progress, on_end):
        ended = pull_all(
            workspace,
            companies,
            on_progress=on_progress,
            on_end=on_end,
            wait=timedelta(0),
        )
    for pulled in ended:
        if pulled.error is not None:
            raise pulled.error
        say(result_line(pulled))
    for line in fullest_budgets(workspace, companies):
        say(line, "dim")


def _tie_out(
    out: Console, workspace: Workspace, companies: list[CompanyRow], title: str
) -> list[TieOut]:
    from recoup.sync.cli.shell import page_width, print_pages
    from recoup.sync.report.rendering import tie_out_page
    from recoup.sync.tieout.run import tie_out

    _head(out, title)
    outcomes = [
        tie_out(workspace.store, company, workspace.ledger(company), clock=workspace.clock)
        for company in companies
    ]
    print_pages(tie_out_page(outcome, width=page_width()) for outcome in outcomes)
    return outcomes


def _aging(out: Console, workspace: Workspace, company: CompanyRow) -> None:
    from recoup.sync.cli.shell import page_width, print_pages, today
    from recoup.sync.report.aging import aging
    from recoup.sync.report.rendering import aging_page

    _head(out, "Who owes what, since when")
    with workspace.store.read(company.company_id) as conn:
        answers = aging(conn, company, as_of=today(company, workspace.clock))
    width = page_width()
    print_pages(aging_page(company.name, answer, width=width) for answer in answers)


def _portfolio(out: Console, workspace: Workspace, companies: list[CompanyRow], title: str) -> None:
    from recoup.sync.cli.shell import page_width, print_pages, today
    from recoup.sync.report.gathering import gather
    from recoup.sync.report.portfolio import portfolio
    from recoup.sync.report.portfolio_page import portfolio_page

    _head(out, title)
    settings = workspace.settings.report
    as_of = max(today(company, workspace.clock) for company in companies)
    parts = [
        gather(
            workspace.store, company, as_of=as_of, basis=settings.basis, buckets=settings.buckets
        )
        for company in companies
    ]
    print_pages([portfolio_page(portfolio(parts, as_of), width=page_width())])


def _bookkeepers(out: Console, stage: Stage) -> None:
    from recoup.sync.cli.shell import say

    _head(out, "Meanwhile, the bookkeepers work in their ledgers")
    for scene in stage.scenes:
        for sentence in scene.bookkeeper_day():
            say(f"• {scene.ledger}: {sentence}")


def _a_customer(workspace: Workspace, company: CompanyRow) -> str:
    """The id of the customer with the largest open balance, to try a statement on."""
    from recoup.sync.cli.shell import today
    from recoup.sync.report.aging import aging

    with workspace.store.read(company.company_id) as conn:
        first = aging(conn, company, as_of=today(company, workspace.clock))[0]
    return max(first.rows, key=lambda row: row.total.amount).customer_id or ""


def _farewell(
    out: Console,
    folder: Path,
    stage: Stage,
    company: CompanyRow,
    customer: str,
    seconds: float,
) -> None:
    recoup, home = _how_to_call(), quote(str(folder))
    past = (stage.today() - timedelta(days=180)).isoformat()
    _head(out, f"Done in {seconds:.0f} seconds. The workspace is yours to play with")
    for words in (
        f"report aging {company.slug} --as-of {past} --apart",
        f"report statement {customer} --company {company.slug}",
        "report portfolio --currency EUR",
    ):
        out.print(f"  {recoup} --home {home} {words}", markup=False)
    out.print(
        "\nThe stand-ins stopped with the demo. To sync again, start one in another terminal:",
        style="dim",
    )
    for scene in stage.scenes:
        port, state = scene.url.rpartition(":")[2], quote(str(scene.state))
        line = f"  {recoup} standin {scene.ledger} --seed demo --port {port} --state {state}"
        out.print(line, style="dim", markup=False)


def _how_to_call() -> str:
    """``recoup`` where the shell finds it, else the path of the script that runs."""
    import shutil
    import sys

    return "recoup" if shutil.which("recoup") else quote(sys.argv[0])
