"""Xero as a plugin. This module imports no SDK; opening a connection does."""

from __future__ import annotations

from collections.abc import Sequence

from recoup.connector.errors import UsageError
from recoup.connector.hookspecs import hookimpl
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import Budget, ClientApp, Clock, Connection
from recoup.plugins.xero.capabilities import CAPABILITIES

__all__ = ["ledger_platforms", "open_consent", "open_ledger", "reads_budget", "run_standin"]

POLL_CALLS = 7  # six lists, and one more for what no change stamp brings
MISSING = "Xero needs its library: pip install 'recoup[xero]'"


def open_ledger(connection: Connection) -> object:
    """Return the ledger hooks of one organisation. Raises UsageError without xero-python."""
    _check_library()
    from recoup.plugins.xero.adapter import XeroLedger

    return XeroLedger(connection)


def open_consent(app: ClientApp, base_url: str | None, clock: Clock) -> object:
    """Return the consent hooks of one OAuth app. Raises UsageError without xero-python."""
    _check_library()
    from recoup.plugins.xero.consent import XeroConsent

    return XeroConsent(app, base_url, clock)


def reads_budget(connection: Connection) -> Budget:
    """Return the organisation's allowance of calls a day."""
    from recoup.plugins.xero.limits import day_budget

    return day_budget(connection)


def run_standin(words: Sequence[str]) -> int:
    """Run the stand-in with the words of its command line."""
    from recoup.plugins.xero.standin.command import run

    return run(words)


@hookimpl
def ledger_platforms() -> Sequence[LedgerPlatform]:
    """Announce Xero."""
    return [
        LedgerPlatform(
            name="xero",
            title="Xero",
            extra="xero",
            capabilities=CAPABILITIES,
            open_ledger=open_ledger,
            open_consent=open_consent,
            standin=run_standin,
            reads_budget=reads_budget,
            custom={"grant_type": "client_credentials"},
            poll_calls=POLL_CALLS,
            settings={
                "client_id": "the client id of your app at developer.xero.com",
                "redirect_uri": "the redirect address registered with it",
                "daily_calls": "calls a day that your Xero tier allows for an organisation",
            },
        )
    ]


def _check_library() -> None:
    from importlib.util import find_spec

    if find_spec("xero_python") is None:
        raise UsageError(MISSING)
