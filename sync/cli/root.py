"""The group of all commands. Each is imported when it is called, not before."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from recoup.sync.cli.faults import STOPPED, WRONG_USE, exit_code, one_line
from recoup.sync.cli.shell import Shell

__all__ = ["COMMANDS", "LazyGroup", "recoup"]

# Command → where it is defined and what ``recoup --help`` says about it.
COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("init:init", "Make a workspace: a folder with its settings and database."),
    "connect": ("connect:connect", "Connect companies' books at QuickBooks Online, Xero or Sage."),
    "companies": ("companies:companies", "List the connected companies."),
    "sync": ("sync:sync", "Bring over what changed in the books."),
    "tieout": ("tieout:tieout", "Prove that our figures equal the ledger's own."),
    "report": ("report:report", "Aged receivables, open items, a customer's statement."),
    "demo": ("demo:demo", "Watch all of it work on a made-up company, in under a minute."),
    "standin": ("standin:standin", "Run a local stand-in of a ledger platform."),
    "plugins": ("plugins:plugins", "List the installed adapters and what they can do."),
    "doctor": ("doctor:doctor", "Find out what is wrong and what to do about it."),
}

_STOPPED = "stopped; nothing is lost, run the same command again"


class LazyGroup(click.Group):
    """Imports a command's module when the command is used; turns failures into exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command = getattr(import_module(f"recoup.sync.cli.{module}"), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. A reader that has gone, as ``| head`` does, is no fault of it."""
        try:
            answer = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            _close_pipe()
            return 0
        return answer

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> None:
        """Run a command and leave with its exit code, never with a trace for a foreseen fault."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args=args, prog_name=prog_name, **extra)
        except (click.Abort, KeyboardInterrupt):
            click.echo(_STOPPED, err=True)
            sys.exit(STOPPED)
        except click.ClickException as wrong:
            click.echo(f"recoup: {' '.join(wrong.format_message().split())}", err=True)
            sys.exit(WRONG_USE)
        except Exception as error:
            line = one_line(error)
            if line is None:
                raise
            click.echo(f"recoup: {line}", err=True)
            sys.exit(exit_code(error))
        else:
            sys.exit(code if isinstance(code, int) else 0)


def _close_pipe() -> None:
    """Send the rest nowhere, or Python would complain once more while it leaves."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 a finding, 2 wrong use, 3 needs reconnecting, "
    "4 not now (try again later), 130 stopped.",
)
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="The workspace folder. Default: RECOUP_HOME, else the nearest one from here upwards.",
)
@click.version_option(package_name="recoup", message="recoup %(version)s")
@click.pass_context
def recoup(ctx: click.Context, home: Path | None) -> None:
    """Accounts receivable that can prove what it says."""
    ctx.obj = Shell(home)
