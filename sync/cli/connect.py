"""``recoup connect``: one subcommand per ledger platform that a plugin brings."""

from __future__ import annotations

import sys

import click

from recoup.sync.cli.shell import Shell

__all__ = ["connect"]


@click.command()
@click.argument("ledger")
@click.option("--base-url", help="Address of a stand-in instead of the platform itself.")
@click.option(
    "--no-browser", is_flag=True, help="Print the consent address alone on one line and wait."
)
@click.option(
    "--redirect-uri",
    help="The redirect address registered with your app. With https you paste back the address "
    "that the browser lands on.",
)
@click.option(
    "--custom",
    is_flag=True,
    help="A custom connection at Xero: your app speaks for its one organisation, no browser opens.",
)
@click.option(
    "--wait",
    default=300,
    show_default=True,
    type=click.IntRange(1, 3600),
    help="Seconds to wait for the consent.",
)
@click.pass_obj
def connect(
    shell: Shell,
    ledger: str,
    base_url: str | None,
    no_browser: bool,
    redirect_uri: str | None,
    custom: bool,
    wait: int,
) -> None:
    """Connect books at LEDGER (quickbooks, xero or sage): consent in the browser, then every
    company that the consent reaches is on file.

    Connecting a company again renews its consent; nothing else changes.
    """
    from recoup.connector.http import check_base_url
    from recoup.sync.connect import Person
    from recoup.sync.connect import connect as connect_ledger

    address = check_base_url(base_url) if base_url else None
    with shell.open() as workspace:
        platform = workspace.platform(ledger)
        person = Person(
            show=_print_url if no_browser else _open_browser,
            paste=_paste,
            patience=wait,
            note=lambda line: click.echo(f"recoup: {line}", err=True),
        )
        connected = connect_ledger(
            workspace,
            platform,
            person,
            base_url=address,
            redirect_uri=redirect_uri,
            custom=custom,
        )
    for item in connected:
        company = item.company
        done = "Connected" if item.new else "Connected again"
        click.echo(f"{done}: {company.name} ({company.slug}), books in {company.home_currency}.")
    if any(item.new for item in connected):
        click.echo("Next: recoup sync" if len(connected) == 1 else "Next: recoup sync --all")


def _print_url(url: str) -> None:
    click.echo(url)  # echo flushes


def _open_browser(url: str) -> None:
    import threading
    import webbrowser

    click.echo("Your browser opens for the consent. If it does not, open this address yourself:")
    click.echo(url)
    # A browser of the terminal keeps the call until it has landed, and landing needs us to listen.
    threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()


def _paste(redirect_uri: str) -> str:
    from recoup.connector.errors import UsageError

    click.echo(f"After the consent the browser lands on {redirect_uri}?… (the page may be empty).")
    click.echo("Paste the whole address here: ", nl=False)
    pasted = sys.stdin.readline()
    if not pasted.strip():
        raise UsageError("no address was pasted; run the command again")
    return pasted
