"""``recoup init``."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["init"]


@click.command()
@click.argument("folder", metavar="[DIR]", default=".", type=click.Path(path_type=Path))
def init(folder: Path) -> None:
    """Make DIR (here by default) a workspace.

    It holds recoup.toml and, from the first use on, the database and the key of the token vault
    (keep a copy: without it every company must be connected again).
    """
    from recoup.sync.workspace import SETTINGS_FILE, Workspace

    if not Workspace.init(folder):
        click.echo(f"{folder.resolve()} is a workspace already; nothing was changed.")
        return
    place = "" if folder.resolve() == Path.cwd() else f"cd {folder} && "
    click.echo(f"Workspace made in {folder.resolve()}. Its settings are in {SETTINGS_FILE}.")
    click.echo(f"Next: {place}recoup connect quickbooks")
