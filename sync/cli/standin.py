"""``recoup standin``: the words after the platform's name are the stand-in's own."""

from __future__ import annotations

import click

__all__ = ["standin"]


@click.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    add_help_option=False,
)
@click.argument("ledger", required=False)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def standin(ctx: click.Context, ledger: str | None, words: tuple[str, ...]) -> int:
    """Run a local stand-in of LEDGER (quickbooks), as recoup standin quickbooks --help tells."""
    from recoup.connector.errors import UsageError
    from recoup.connector.plugins import find_platform, installed_plugins

    everybody = installed_plugins()
    if ledger in (None, "-h", "--help"):
        names = [p.name for p in everybody.ledger_platforms() if p.standin is not None]
        click.echo("Usage: recoup standin LEDGER [OPTIONS]\n")
        click.echo(f"Run a local stand-in of a ledger platform. There are: {', '.join(names)}.")
        click.echo("Its options: recoup standin LEDGER --help")
        return 0
    platform = find_platform(everybody, ledger or "")
    if platform.standin is None:
        raise UsageError(f"{platform.title} has no stand-in")
    return platform.standin(words)
