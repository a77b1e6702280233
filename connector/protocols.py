"""What an adapter is given: a connection with its vault, its rate gate and its clock.

connector owns these protocols; the store implements them, so that processes share tokens,
budgets and pauses through one database.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable

__all__ = [
    "Budget",
    "ClientApp",
    "Clock",
    "Connection",
    "RateGate",
    "SystemClock",
    "TokenSet",
    "Vault",
]


@runtime_checkable
class Clock(Protocol):
    """The only source of the time and the only way to wait."""

    def now(self) -> datetime:
        """Return the current instant, aware UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a clock that tests move returns at once and advances itself."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        import time

        time.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSet:
    """The tokens of one grant. Their text never appears in a repr, a log or an error."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    access_expires_at: datetime
    refresh_expires_at: datetime | None = None  # slides with each refresh
    hard_expires_at: datetime | None = None  # does not slide; consent ends here
    generation: int = 0  # counts the saves in the vault; the vault sets it

    def expires_within(self, span: timedelta, now: datetime) -> bool:
        """Whether the access token is dead or has *span* or less to live."""
        return self.access_expires_at - now <= span

    def renumbered(self, generation: int) -> TokenSet:
        return replace(self, generation=generation)


class Vault(Protocol):
    """Tokens at rest, encrypted, one row per grant, refreshed by one process at a time."""

    def read(self, grant_id: str) -> TokenSet:
        """Return the newest tokens. Raises NeedsReconnect when there are none, UsageError
        naming the key setting when the key does not open them."""
        ...

    def save(self, grant_id: str, tokens: TokenSet) -> TokenSet:
        """Store tokens from a fresh consent; returns them with their generation."""
        ...

    def refresh(
        self, grant_id: str, seen: TokenSet, renew: Callable[[TokenSet], TokenSet]
    ) -> TokenSet:
        """Renew *seen* under the grant's lease and persist the result before returning it.

        When another process has renewed meanwhile, its tokens are returned and *renew* is not
        called. When *renew* raises NeedsReconnect the row is read once more: a newer generation
        wins over the refusal. Raises Busy when the lease is not free in time.
        """
        ...

    def forget(self, grant_id: str) -> None:
        """Delete the tokens of a revoked grant."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """An allowance of calls that processes share.

    key names it across processes, e.g. ``quickbooks:4620…:minute``. per is the window; None is
    a calendar month in UTC. A paced window grants *burst* at once and then one call per step, so
    that no rolling window ever sees more than limit; with burst = limit, for limits of a few
    hundred, the calls of the last window are remembered one by one and all of the limit may be
    taken at once. An unpaced window counts within fixed windows of *per* from midnight UTC, for
    allowances of a day. reserve is kept back for urgent calls:
    live re-reads and writes.
    """

    key: str
    limit: int
    per: timedelta | None
    burst: int = 1
    reserve: int = 0
    paced: bool = True  # without a meaning for a month, which is always counted


class RateGate(Protocol):
    """Shared budgets, pauses and concurrency slots."""

    def take(self, budgets: Sequence[Budget], *, urgent: bool = False) -> timedelta:
        """Take one call from all of *budgets* or from none.

        Returns zero when it was granted, else how long until it may be asked again. Raises
        BudgetSpent when a monthly budget is used up (its reserve apart, unless urgent).
        """
        ...

    def spent(self, budget: Budget) -> int:
        """Calls taken in the current window or month."""
        ...

    def correct(self, budget: Budget, remaining: int) -> None:
        """The platform says that *remaining* calls are left in its current window.

        Only ever lowers what we grant: another program may spend from the same allowance.
        """
        ...

    def pause(self, key: str, until: datetime) -> None:
        """Grant nothing for budgets whose key starts with *key* before *until*: a 429 said so."""
        ...

    def slot(self, key: str, limit: int, lease: timedelta) -> AbstractContextManager[None]:
        """Hold one of *limit* concurrent slots; a crashed holder's slot returns after *lease*.

        Raises Busy when none is free.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientApp:
    """The firm's own OAuth application at the platform."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One company as an adapter reaches it."""

    ledger: str
    company_id: str  # the ledger's own id: realm, tenant, business
    grant_id: str
    base_url: str | None  # None is the platform itself; else a stand-in
    app: ClientApp
    vault: Vault
    gate: RateGate
    clock: Clock
    home_currency: str | None = None  # as stored; None before the books were described
    # Allowances from the ledger's table in recoup.toml, by the names that the platform announces;
    # for one that is absent the adapter knows what the platform's usual plan allows.
    settings: Mapping[str, int] = field(default_factory=dict)
    on_call: Callable[[str], None] | None = None  # told the kind of each API call, for metering
