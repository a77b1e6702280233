"""``recoup plugins``."""

from __future__ import annotations

from collections.abc import Sequence

import click

from recoup.sync.cli.faults import FINDING
from recoup.sync.cli.shell import page_width

__all__ = ["plugins"]


@click.command()
def plugins() -> int:
    """List the installed adapters, what each can do, and plugins that failed to load."""
    from recoup.connector.capabilities import Capability
    from recoup.connector.plugins import installed_plugins

    everybody = installed_plugins()
    for platform in everybody.ledger_platforms():
        can = [c for c in Capability if c in platform.capabilities]
        cannot = [c for c in Capability if c not in platform.capabilities]
        click.echo(f"{platform.name}: {platform.title} (pip install 'recoup[{platform.extra}]')")
        _list("can", can)
        _list("cannot", cannot)
        click.echo(f"  stand-in: {'recoup standin ' + platform.name if platform.standin else 'no'}")
    for failure in everybody.failures:
        click.echo(f"{failure.plugin}: failed in {failure.hook}: {failure.error}", err=True)
    return FINDING if everybody.failures else 0


def _list(label: str, words: Sequence[str]) -> None:
    import textwrap

    text = ", ".join(word.replace("_", " ") for word in words) or "nothing"
    click.echo(
        textwrap.fill(text, page_width(), initial_indent=f"  {label}: ", subsequent_indent="    ")
    )
