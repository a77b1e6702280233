"""A ledger platform as a plugin announces it, before its SDK is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from recoup.connector.capabilities import Capability
from recoup.connector.protocols import Budget, ClientApp, Clock, Connection

__all__ = ["LedgerPlatform"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPlatform:
    """What `recoup connect NAME` and `recoup standin NAME` need to know.

    The callables import the SDK when they are called, not before; a missing one raises
    UsageError naming the ``pip install`` to run.
    """

    name: str  # as on the command line: "quickbooks"
    title: str  # as a person calls it: "QuickBooks Online"
    extra: str  # the extra that installs its SDK
    capabilities: frozenset[Capability]
    open_ledger: Callable[[Connection], object]  # an object with LedgerSpec hooks
    open_consent: Callable[[ClientApp, str | None, Clock], object]  # app, base URL, clock
    default_redirect_uri: str | None = None  # None is the loopback callback
    standin: Callable[[Sequence[str]], int] | None = None  # runs the stand-in with CLI words
    # The allowance of reads that all companies of one application share; None: reads are free.
    # What the firm set in the connection's settings stands above the platform's usual plan.
    reads_budget: Callable[[Connection], Budget] | None = None
    # What exchange_code is given for a connection that needs no person: `recoup connect --custom`.
    custom: Mapping[str, str] | None = None
    poll_calls: int = 1  # API calls of a pull that finds nothing, as plans count them at first
    settings: Mapping[str, str] = field(default_factory=dict)  # name in its table → what it is
