"""What the report commands share: their options, and asking one company after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from recoup.sync.cli.faults import DONE, exit_code, one_line
from recoup.sync.cli.shell import day

if TYPE_CHECKING:
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.workspace import Workspace

__all__ = ["as_known_option", "ask_each", "buckets_option", "check_synced", "shared_options"]

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
)
_APART = click.option("--apart", is_flag=True, help="Sub-customers on lines of their own.")
as_known_option = click.option(
    "--as-known",
    is_flag=True,
    help="What was known that day, instead of what is dated up to it.",
)
buckets_option = click.option(
    "--buckets", type=_days, metavar="DAYS", help="Last day past due of each bucket, e.g. 30,60,90."
)


def shared_options(*, apart: bool = True) -> Callable[[Command], Command]:
    """Take --as-of, --format and --basis, and --apart where sub-customers can stand alone."""

    def decorate(command: Command) -> Command:
        for option in reversed((*_SHARED, _APART) if apart else _SHARED):
            command = option(command)
        return command

    return decorate


def ask_each(
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
            check_synced(workspace, company)
            answers.extend(ask(company))
        except RecoupError as error:
            click.echo(f"recoup: {company.slug}: {one_line(error)}", err=True)
            failed = max(failed, exit_code(error))
    return answers, failed


def check_synced(workspace: Workspace, company: CompanyRow) -> None:
    """Raises UsageError for a company that no sync has brought over as a whole."""
    from recoup.connector.errors import UsageError
    from recoup.sync.store.condition import last_finished

    with workspace.store.read(company.company_id) as conn:
        if last_finished(conn, company.company_id) is None:
            raise UsageError(f"no sync has run to its end yet; run: recoup sync {company.slug}")
