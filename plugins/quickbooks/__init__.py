"""QuickBooks Online as a plugin. This module imports no SDK; opening a connection does."""

from __future__ import annotations

from collections.abc import Sequence

from recoup.connector.errors import UsageError
from recoup.connector.hookspecs import hookimpl
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import Budget, ClientApp, Clock, Connection
from recoup.plugins.quickbooks.capabilities import CAPABILITIES

__all__ = [
    "ledger_platforms",
    "open_consent",
    "open_ledger",
    "reads_budget",
    "run_standin",
]

MISSING = "QuickBooks needs its library: pip install 'recoup[quickbooks]'"


def open_ledger(connection: Connection) -> object:
    """Return the ledger hooks of one company. Raises UsageError without python-quickbooks."""
    _check_library()
    from recoup.plugins.quickbooks.adapter import QuickBooksLedger

    return QuickBooksLedger(connection)


def open_consent(app: ClientApp, base_url: str | None, clock: Clock) -> object:
    """Return the consent hooks of one OAuth app. Raises UsageError without python-quickbooks."""
    _check_library()
    from recoup.plugins.quickbooks.consent import QuickBooksConsent

    return QuickBooksConsent(app, base_url, clock)


def reads_budget(connection: Connection) -> Budget:
    """Return the app's monthly allowance of reads. Raises UsageError without python-quickbooks."""
    _check_library()
    from recoup.plugins.quickbooks.session import reads_budget as budget

    return budget(connection)


def run_standin(words: Sequence[str]) -> int:
    """Run the stand-in with the words of its command line."""
    from recoup.plugins.quickbooks.standin.command import run

    return run(words)


@hookimpl
def ledger_platforms() -> Sequence[LedgerPlatform]:
    """Announce QuickBooks Online."""
    return [
        LedgerPlatform(
            name="quickbooks",
            title="QuickBooks Online",
            extra="quickbooks",
            capabilities=CAPABILITIES,
            open_ledger=open_ledger,
            open_consent=open_consent,
            standin=run_standin,
            reads_budget=reads_budget,
            settings={
                "client_id": "the client id of your app at developer.intuit.com",
                "redirect_uri": "the redirect address registered with it",
                "monthly_reads": "reads a month that your Intuit tier allows",
            },
        )
    ]


def _check_library() -> None:
    from importlib.util import find_spec

    if find_spec("quickbooks") is None:
        raise UsageError(MISSING)
