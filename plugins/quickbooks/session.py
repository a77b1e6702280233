"""The session that python-quickbooks sends through: metered, authorised, judged, raw bytes kept.

python-quickbooks builds the address, the verb and the headers. What comes back never reaches
its object layer: this session judges the answer, keeps its bytes for us and hands the library
an empty success.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from recoup.connector.errors import BudgetSpent, Fatal, NeedsReconnect, RecoupError
from recoup.connector.http import Answer, Caller
from recoup.connector.protocols import Budget, Connection, TokenSet
from recoup.plugins.quickbooks.consent import REQUEST_ID, QuickBooksConsent
from recoup.plugins.quickbooks.decode import read_time
from recoup.plugins.quickbooks.faults import Throttled, TokenRefused, judge

__all__ = [
    "RawSession",
    "budgets_for",
    "kind_of",
    "reads_budget",
    "realm_key",
]

REFRESH_BEFORE = timedelta(minutes=10)
MONTHLY_READS = 500_000  # Intuit's Builder tier, per app
RESERVE_SHARE = 50  # one fiftieth is kept for live re-reads and writes


class RawSession:
    """What ``QuickBooks.session`` is set to: it needs ``request`` and ``access_token`` only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._consent = QuickBooksConsent(connection.app, connection.base_url, connection.clock)
        self._caller = Caller(
            platform="QuickBooks",
            clock=connection.clock,
            gate=connection.gate,
            request_id_header=REQUEST_ID,
        )
        self._tokens: TokenSet | None = None
        self._answer: Answer | None = None
        self._urgent = False
        self.calls = 0
        self.refused_at: datetime | None = None  # the server's clock in the last refusal

    @property
    def now(self) -> datetime:
        return self._connection.clock.now()

    @property
    def access_token(self) -> str:
        """A token with at least ten minutes to live, renewed through the vault when it has less."""
        connection = self._connection
        if self._tokens is None:
            self._tokens = connection.vault.read(connection.grant_id)
        if self._tokens.expires_within(REFRESH_BEFORE, connection.clock.now()):
            self._renew(self._tokens)
        return self._tokens.access_token

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        data: Any = None,
        **_: Any,
    ) -> requests.Response:
        """Send a call of python-quickbooks; its answer is judged and kept, not handed on."""
        kind = kind_of(method, url)
        sent = dict(headers or {})

        def attempt() -> tuple[Answer, RecoupError | None]:
            answer = self._caller.call(
                method,
                url,
                headers=sent,
                params={key: str(value) for key, value in (params or {}).items()},
                data=data.encode() if isinstance(data, str) else data or None,
                budgets=budgets_for(self._connection, kind),
                urgent=self._urgent or kind == "write",
                repeatable=kind != "write",
                on_attempt=lambda: self._count(kind),
            )
            return answer, judge(answer, self.now)

        answer, error = attempt()
        if isinstance(error, TokenRefused) and self._tokens is not None:
            self._renew(self._tokens)
            sent["Authorization"] = f"Bearer {self._tokens.access_token}"
            answer, error = attempt()
        if error is not None:
            self.refused_at = read_time(answer.body)
            self._pause(error)
            raise error
        self._answer = answer
        return _hollow()

    def take(self) -> Answer:
        """Hand over the answer of the call just made, once."""
        answer, self._answer = self._answer, None
        if answer is None:
            raise Fatal("python-quickbooks made no call")
        return answer

    @contextmanager
    def urgently(self) -> Iterator[None]:
        """Let the calls inside use what the budgets keep in reserve."""
        before, self._urgent = self._urgent, True
        try:
            yield
        finally:
            self._urgent = before

    def _renew(self, seen: TokenSet) -> None:
        connection = self._connection
        try:
            self._tokens = connection.vault.refresh(
                connection.grant_id, seen, self._consent.refresh
            )
        except NeedsReconnect:
            self._tokens = None  # a reconnect meanwhile is found by reading the vault again
            raise

    def _pause(self, error: RecoupError) -> None:
        """Let all processes hold back: for the company's limits, or for the month's reads."""
        connection = self._connection
        if isinstance(error, Throttled | BudgetSpent):
            throttled = isinstance(error, Throttled)
            key = realm_key(connection) if throttled else reads_budget(connection).key
            connection.gate.pause(key, connection.clock.now() + error.retry_after)

    def _count(self, kind: str) -> None:
        self.calls += 1
        if self._connection.on_call is not None:
            self._connection.on_call(kind)


def kind_of(method: str, url: str) -> str:
    """Name the kind of a call: query, batch, cdc, report, pdf, read or write.

    Our batches hold queries only, so they change nothing; every other POST does.
    """
    path = urlsplit(url).path
    last = path.rpartition("/")[2]
    if method == "POST":
        return last if last in ("query", "batch") else "write"
    if last in ("cdc", "pdf"):
        return last
    return "report" if "/reports/" in path else "read"


def realm_key(connection: Connection) -> str:
    """The prefix of every budget that the company's own limits concern."""
    return f"quickbooks:{connection.app.client_id}:realm:{connection.company_id}:"


def reads_budget(connection: Connection) -> Budget:
    """The app's monthly allowance of reads, shared by all its companies."""
    limit = connection.settings.get("monthly_reads", MONTHLY_READS)
    return Budget(
        key=f"quickbooks:{connection.app.client_id}:reads",
        limit=limit,
        per=None,
        reserve=limit // RESERVE_SHARE,
    )


def budgets_for(connection: Connection, kind: str) -> tuple[Budget, ...]:
    """The allowances that one call of *kind* draws on.

    The platform allows 10 calls a second, 500 a minute and 40 batches a minute for a company.
    Limit and burst together stay below that in every window.
    """
    key = realm_key(connection)
    own: tuple[Budget, ...] = (
        Budget(key=f"{key}second", limit=8, per=timedelta(seconds=1), burst=2),
        Budget(key=f"{key}minute", limit=450, per=timedelta(minutes=1), burst=40),
    )
    if kind == "batch":
        own += (Budget(key=f"{key}batch", limit=35, per=timedelta(minutes=1), burst=4),)
    return own if kind == "write" else (*own, reads_budget(connection))


def _hollow() -> requests.Response:
    """The empty success that python-quickbooks parses instead of the real answer."""
    response = requests.Response()
    response.status_code = 200
    response._content = b"{}"  # the only way to give a Response a body
    response.encoding = "utf-8"
    return response
