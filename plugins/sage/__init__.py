"""Sage Accounting as a plugin. This module imports nothing of Sage's; opening a connection does."""

from __future__ import annotations

from collections.abc import Sequence

from recoup.connector.hookspecs import hookimpl
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import Budget, ClientApp, Clock, Connection
from recoup.plugins.sage.capabilities import CAPABILITIES

POLL_CALLS = 17  # a list of changes and one of deletions for each resource, and the control account

__all__ = [
    "ledger_platforms",
    "open_consent",
    "open_ledger",
    "reads_budget",
    "run_standin",
]


def open_ledger(connection: Connection) -> object:
    """Return the ledger hooks of one business."""
    from recoup.plugins.sage.adapter import SageLedger

    return SageLedger(connection)


def open_consent(app: ClientApp, base_url: str | None, clock: Clock) -> object:
    """Return the consent hooks of one OAuth app."""
    from recoup.plugins.sage.consent import SageConsent

    return SageConsent(app, base_url, clock)


def reads_budget(connection: Connection) -> Budget:
    """Return the app's allowance of calls a day, shared by all its businesses."""
    from recoup.plugins.sage.limits import day_budget

    return day_budget(connection)


def run_standin(words: Sequence[str]) -> int:
    """Run the stand-in with the words of its command line."""
    from recoup.plugins.sage.standin.command import run

    return run(words)


@hookimpl
def ledger_platforms() -> Sequence[LedgerPlatform]:
    """Announce Sage Accounting."""
    return [
        LedgerPlatform(
            name="sage",
            title="Sage Accounting",
            extra="sage",
            capabilities=CAPABILITIES,
            open_ledger=open_ledger,
            open_consent=open_consent,
            standin=run_standin,
            reads_budget=reads_budget,
            poll_calls=POLL_CALLS,
            settings={
                "client_id": "the client id of your app at developer.sage.com",
                "redirect_uri": "the callback address registered with it, to the letter",
                "minute_calls": "calls for a business in a minute",
                "at_once": "calls in flight at the same time, over all businesses",
            },
        )
    ]
