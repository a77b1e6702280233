"""``recoup demo``: the story of one company, told while it happens."""

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

    from recoup.sync.cli.pulling import Pulled
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
    """Watch recoup work on a made-up company, in under a minute and without any account.

    A stand-in of QuickBooks Online runs on this machine for as long as the demo does. The
    workspace in DIR (else --home, else recoup-demo) stays; running the demo again starts it afresh.
    """
    from recoup.sync.cli.shell import console
    from recoup.sync.demo import set_stage
    from recoup.sync.workspace import Workspace

    folder = folder or shell.home or Path("recoup-demo")
    started = time.monotonic()
    out = console()
    with set_stage(folder) as stage, Workspace.open(folder) as workspace:
        company = _connect(out, stage, workspace)
        _sync(out, workspace, company, "First sync: everything, once")
        proven = [_tie_out(out, workspace, company, "Do our figures equal the ledger's?")]
        _aging(out, workspace, company)
        _bookkeeper(out, stage)
        pulled = _sync(out, workspace, company, "Second sync: only what changed")
        assert pulled.result is not None
        calls = "one call" if pulled.result.calls == 1 else f"{pulled.result.calls} calls"
        out.print(f"The deletion was confirmed with the ledger. All of it cost {calls}.")
        proven.append(_tie_out(out, workspace, company, "Still equal, after all that?"))
        customer = _a_customer(workspace, company)
    _farewell(out, folder, stage, customer, time.monotonic() - started)
    return DONE if all(outcome.proven and not outcome.held for outcome in proven) else FINDING


def _head(out: Console, title: str) -> None:
    out.print()
    out.print(f"[bold cyan]── {title}[/]")


def _connect(out: Console, stage: Stage, workspace: Workspace) -> CompanyRow:
    from recoup.sync.connect import connect
    from recoup.sync.demo import consenting

    _head(out, "A ledger to connect to")
    out.print(
        f"{stage.company} keeps its books at a stand-in of QuickBooks Online\n"
        f"that runs on this machine at {stage.url}: {stage.documents():,} invoices, payments and\n"
        "credit notes in three currencies, with the oddities that real books have."
    )
    platform = workspace.platform("quickbooks")
    [item] = connect(workspace, platform, consenting(), base_url=stage.url)
    out.print(
        "Connected with OAuth (PKCE, state, loopback callback). Its tokens lie encrypted in the\n"
        "workspace."
    )
    return item.company


def _sync(out: Console, workspace: Workspace, company: CompanyRow, title: str) -> Pulled:
    from recoup.sync.cli.progress import follow
    from recoup.sync.cli.pulling import pull_all
    from recoup.sync.cli.shell import say
    from recoup.sync.cli.sync import budget_line, result_line

    _head(out, title)
    with follow(workspace, [company]) as (on_progress, on_end):
        [pulled] = pull_all(
            workspace,
            [company],
            on_progress=on_progress,
            on_end=on_end,
            wait=timedelta(0),
        )
    if pulled.error is not None:
        raise pulled.error
    say(result_line(pulled))
    if (line := budget_line(workspace, pulled)) is not None:
        say(line, "dim")
    return pulled


def _tie_out(out: Console, workspace: Workspace, company: CompanyRow, title: str) -> TieOut:
    from recoup.sync.cli.shell import page_width, print_pages
    from recoup.sync.report.rendering import tie_out_page
    from recoup.sync.tieout.run import tie_out

    _head(out, title)
    outcome = tie_out(workspace.store, company, workspace.ledger(company), clock=workspace.clock)
    print_pages([tie_out_page(outcome, width=page_width())])
    return outcome


def _aging(out: Console, workspace: Workspace, company: CompanyRow) -> None:
    from recoup.sync.cli.shell import page_width, print_pages, today
    from recoup.sync.report.aging import aging
    from recoup.sync.report.rendering import aging_page

    _head(out, "Who owes what, since when")
    with workspace.store.read(company.company_id) as conn:
        answers = aging(conn, company, as_of=today(company, workspace.clock))
    width = page_width()
    print_pages(aging_page(company.name, answer, width=width) for answer in answers)


def _bookkeeper(out: Console, stage: Stage) -> None:
    from recoup.sync.cli.shell import say

    _head(out, "Meanwhile, the bookkeeper works in the ledger")
    for sentence in stage.bookkeeper_day():
        say(f"• {sentence}")


def _a_customer(workspace: Workspace, company: CompanyRow) -> str:
    """The id of the customer with the largest open balance, to try a statement on."""
    from recoup.sync.cli.shell import today
    from recoup.sync.report.aging import aging

    with workspace.store.read(company.company_id) as conn:
        first = aging(conn, company, as_of=today(company, workspace.clock))[0]
    return max(first.rows, key=lambda row: row.total.amount).customer_id or ""


def _farewell(out: Console, folder: Path, stage: Stage, customer: str, seconds: float) -> None:
    from recoup.sync.demo import STATE

    recoup, port = _how_to_call(), stage.url.rpartition(":")[2]
    home, state = quote(str(folder)), quote(str(folder / STATE))
    past = (stage.today() - timedelta(days=180)).isoformat()
    _head(out, f"Done in {seconds:.0f} seconds. The workspace is yours to play with")
    for words in (f"report aging --as-of {past} --apart", f"report statement {customer}"):
        out.print(f"  {recoup} --home {home} {words}", markup=False)
    out.print(f"  {recoup} --home {home} tieout --offline", markup=False)
    out.print(
        "\nThe stand-in stopped with the demo. To sync again, start it in another terminal:\n"
        f"  {recoup} standin quickbooks --seed demo --port {port} --state {state}",
        style="dim",
        markup=False,
    )


def _how_to_call() -> str:
    """``recoup`` where the shell finds it, else the path of the script that runs."""
    import shutil
    import sys

    return "recoup" if shutil.which("recoup") else quote(sys.argv[0])
