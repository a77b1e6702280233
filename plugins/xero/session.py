"""The session that xero-python's calls go through: metered, authorised, judged, never repeated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import tenacity
import urllib3
from xero_python.exceptions import OpenApiException

from recoup.connector.errors import Busy, NeedsReconnect, RecoupError, Retriable
from recoup.connector.http import Answer, check_base_url
from recoup.connector.protocols import Connection, TokenSet
from recoup.plugins.xero.consent import API, XeroConsent
from recoup.plugins.xero.faults import (
    REQUEST_ID,
    AppThrottled,
    DayStopped,
    Throttled,
    TokenRefused,
    answer_of,
    judge_sdk,
    judge_transport,
)
from recoup.plugins.xero.limits import SLOTS, app_key, budgets_for, learn, tenant_key
from recoup.plugins.xero.wire import open_api

__all__ = ["Call", "Session"]

REFRESH_BEFORE = timedelta(minutes=7)  # of the thirty that an access token lives
TIMEOUT = (10, 130)  # whole seconds: the SDK ignores fractions without a word
SLOT_LEASE = timedelta(seconds=TIMEOUT[1] + 20)
LONGEST_SLEEP = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Call:
    """A call by the SDK's name of it. body None only reads; b"" changes without a body."""

    method: str
    args: Sequence[Any]
    kind: str  # read, report, pdf or write
    options: Mapping[str, Any]
    body: bytes | None = field(default=None, repr=False)


class Session:
    """One organisation's way to Xero. Not shared between threads."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.calls = 0  # made so far, repetitions included
        self._consent = XeroConsent(connection.app, connection.base_url, connection.clock)
        root = API if connection.base_url is None else check_base_url(connection.base_url)
        self._api, self._wire, self._bearer = open_api(f"{root}/api.xro/2.0")
        self._tokens: TokenSet | None = None
        self._urgent = False

    @property
    def now(self) -> datetime:
        return self.connection.clock.now()

    @property
    def is_custom(self) -> bool:
        """Whether this is a custom connection: one organisation, tokens without a refresh token."""
        return self._tokens is not None and self._tokens.refresh_token is None

    @contextmanager
    def urgently(self) -> Iterator[None]:
        """Let the calls inside use what the budgets keep in reserve."""
        before, self._urgent = self._urgent, True
        try:
            yield
        finally:
            self._urgent = before

    def send(self, call: Call) -> Answer:
        """Send with a good token; a refused one is renewed once. Raises what Xero means."""
        tokens = self._access()
        try:
            return self._send(call)
        except TokenRefused:
            self._renew(tokens)
        return self._send(call)

    def _send(self, call: Call) -> Answer:
        self._admit(urgent=self._urgent or call.body is not None)
        with self._slot():
            self._count(call.kind)
            self._wire.body = call.body or None
            try:
                answer = self._ask(call)
            except OpenApiException as error:
                refused = answer_of(error)
                if refused is not None:
                    learn(self.connection, refused.headers)
                raise self._paused(judge_sdk(error, self.now)) from None
            except urllib3.exceptions.HTTPError as error:
                raise judge_transport(error, wrote=call.body is not None) from None
            finally:
                self._wire.body = None
        learn(self.connection, answer.headers)
        return answer

    def _ask(self, call: Call) -> Answer:
        response = getattr(self._api, call.method)(
            "" if self.is_custom else self.connection.company_id,
            *call.args,
            _preload_content=False,
            _request_timeout=TIMEOUT,
            **call.options,
        )
        headers = response.headers
        return Answer(response.status, headers, response.data, headers.get(REQUEST_ID))

    def _access(self) -> TokenSet:
        """Let the SDK carry a token that lives for minutes to come."""
        connection = self.connection
        if self._tokens is None:
            self._tokens = connection.vault.read(connection.grant_id)
        if self._tokens.expires_within(REFRESH_BEFORE, self.now):
            self._renew(self._tokens)
        self._bearer.carry(self._tokens.access_token)
        return self._tokens

    def _renew(self, seen: TokenSet) -> None:
        connection = self.connection
        try:
            self._tokens = connection.vault.refresh(
                connection.grant_id, seen, self._consent.refresh
            )
        except NeedsReconnect:
            self._tokens = None  # a reconnect meanwhile is found by reading the vault again
            raise
        self._bearer.carry(self._tokens.access_token)

    def _admit(self, *, urgent: bool) -> None:
        gate, clock = self.connection.gate, self.connection.clock
        waited = timedelta(0)
        while wait := gate.take(budgets_for(self.connection), urgent=urgent):
            if waited + wait > LONGEST_SLEEP:
                seconds = int(wait.total_seconds())
                raise Retriable(f"Xero allows the next call in {seconds} s", retry_after=wait)
            clock.sleep(wait.total_seconds())
            waited += wait

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Hold one of the organisation's concurrent slots, after a wait of seconds at most."""
        with ExitStack() as held:
            try:
                tenacity.Retrying(
                    retry=tenacity.retry_if_exception_type(Busy),
                    wait=tenacity.wait_exponential(multiplier=0.25, max=2),
                    stop=tenacity.stop_after_attempt(5),
                    sleep=self.connection.clock.sleep,
                    reraise=True,
                )(lambda: held.enter_context(self._free_slot()))
            except Busy as busy:
                raise Busy(busy.message, retry_after=LONGEST_SLEEP) from None
            yield

    def _free_slot(self) -> AbstractContextManager[None]:
        return self.connection.gate.slot(tenant_key(self.connection), SLOTS, SLOT_LEASE)

    def _paused(self, error: RecoupError) -> RecoupError:
        """Let all processes hold back, for the organisation or for the whole app."""
        if isinstance(error, Throttled | DayStopped | AppThrottled):
            whole = isinstance(error, AppThrottled)
            key = app_key(self.connection) if whole else tenant_key(self.connection)
            self.connection.gate.pause(key, self.now + error.retry_after)
        return error

    def _count(self, kind: str) -> None:
        self.calls += 1
        if self.connection.on_call is not None:
            self.connection.on_call(kind)
