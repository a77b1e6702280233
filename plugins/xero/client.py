"""xero-python as the layer of addresses and verbs; every answer comes back as raw bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import tenacity
import urllib3
from xero_python.exceptions import OpenApiException

from recoup.connector.errors import (
    Busy,
    Fatal,
    NeedsReconnect,
    OutcomeUnknown,
    RecoupError,
    Retriable,
)
from recoup.connector.http import Answer, check_base_url
from recoup.connector.protocols import Connection, TokenSet
from recoup.plugins.xero import decode
from recoup.plugins.xero.consent import API, XeroConsent
from recoup.plugins.xero.dates import header_stamp
from recoup.plugins.xero.entities import IDS_PER_CALL, PAGE_ROWS, Listing
from recoup.plugins.xero.faults import (
    REQUEST_ID,
    AppThrottled,
    Crowded,
    DayStopped,
    Offline,
    Outage,
    Passing,
    SystemFault,
    Throttled,
    TokenRefused,
    answer_of,
    judge_sdk,
    judge_transport,
)
from recoup.plugins.xero.limits import SLOTS, app_key, budgets_for, learn, tenant_key
from recoup.plugins.xero.wire import open_api

__all__ = ["Client"]

REFRESH_BEFORE = timedelta(minutes=7)  # of the thirty that an access token lives
TIMEOUT = (10, 130)  # whole seconds: the SDK ignores fractions without a word
SLOT_LEASE = timedelta(seconds=TIMEOUT[1] + 20)
LONGEST_SLEEP = timedelta(seconds=5)
ATTEMPTS = 3
LAST_START = timedelta(seconds=10)  # no further attempt starts later than this


class Client:
    """One organisation's API. Not shared between threads."""

    def __init__(self, connection: Connection, *, page_rows: int = PAGE_ROWS) -> None:
        """page_rows: rows asked for per page, at most 1,000."""
        self.page_rows = page_rows
        self.calls = 0  # made so far, repetitions included
        self._connection = connection
        self._consent = XeroConsent(connection.app, connection.base_url, connection.clock)
        root = API if connection.base_url is None else check_base_url(connection.base_url)
        self._api, self._wire, self._bearer = open_api(f"{root}/api.xro/2.0")
        self._tokens: TokenSet | None = None
        self._urgent = False

    @property
    def now(self) -> datetime:
        return self._connection.clock.now()

    @property
    def tenant(self) -> str:
        return self._connection.company_id

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

    def page(
        self,
        listing: Listing,
        *,
        page: int = 1,
        since: datetime | None = None,
        where: str | None = None,
        statuses: Sequence[str] = (),
    ) -> decode.Rows:
        """Read one page of a list in the order of its ids, which no edit changes."""
        options: dict[str, Any] = {"order": f"{listing.id_field} ASC"}
        conditions = " AND ".join(filter(None, (listing.where, where)))
        if conditions:
            options["where"] = conditions
        if listing.paged:
            options |= {"page": page, "page_size": self.page_rows}
        if listing.archived:
            options["include_archived"] = True
        if statuses:
            options["statuses"] = list(statuses)
        if since is not None:
            options["if_modified_since"] = header_stamp(since)
        return self._rows(listing, self.get(listing.many, **options))

    def by_ids(self, listing: Listing, ids: Sequence[str]) -> decode.Rows:
        """Read at most 40 objects by id in one call; a page, because only pages are complete."""
        if len(ids) > IDS_PER_CALL:
            raise Fatal(f"{len(ids)} ids do not fit into one address")
        options: dict[str, Any] = {"i_ds": list(ids), "page": 1, "page_size": IDS_PER_CALL}
        if listing.archived:
            options["include_archived"] = True
        return self._rows(listing, self.get(listing.many, **options))

    def single(self, listing: Listing, ledger_id: str) -> decode.Rows:
        """Read one object. Raises Gone when Xero does not have it."""
        if listing.one is None:
            return self.by_ids(listing, [ledger_id])
        return self._rows(listing, self.get(listing.one, ledger_id))

    def get(self, method: str, *args: str, kind: str = "read", **options: Any) -> Answer:
        """Make a reading call by the SDK's name of it; tried again after a fault of seconds."""
        started = self.now

        def enough(state: tenacity.RetryCallState) -> bool:
            failed = state.outcome.exception() if state.outcome is not None else None
            most = 2 if isinstance(failed, SystemFault) else ATTEMPTS
            late = self.now - started >= LAST_START
            return state.attempt_number >= most or late

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Passing),
            wait=tenacity.wait_exponential(multiplier=0.5, max=4),
            stop=enough,
            sleep=self._connection.clock.sleep,
            reraise=True,
        )(self._authorised, method, args, kind, None, options)

    def write(
        self, method: str, *args: str, body: Mapping[str, Any], key: str, **options: Any
    ) -> Answer:
        """Make a changing call once. *key* makes Xero repeat its answer for some six minutes.

        Raises OutcomeUnknown when it may have been carried out and nobody can say.
        """
        options["idempotency_key"] = key
        return self._write(method, args, decode.encode(body), options)

    def remove(self, method: str, *args: str) -> Answer:
        """Make a DELETE, which has neither body nor key: it does nothing the second time."""
        return self._write(method, args, None, {})

    def _write(
        self, method: str, args: Sequence[str], body: bytes | None, options: Mapping[str, Any]
    ) -> Answer:
        wanted = [*args, {}] if body is not None else list(args)  # the wire puts the body in
        try:
            answer = self._authorised(method, wanted, "write", body or b"", options)
            if answer.body:
                decode.read_tree(answer.body)
            return answer
        except decode.NotWhole as cut:
            raise OutcomeUnknown(
                f"Xero wrote, but its answer is not whole: {cut.message}",
                retry_after=timedelta(minutes=1),
            ) from None
        except Crowded:
            raise  # refused before anything was done
        except (SystemFault, Outage, Offline) as error:
            raise OutcomeUnknown(
                f"Xero broke while it wrote: {error.message}",
                retry_after=error.retry_after,
                request_id=error.request_id,
            ) from None

    def _rows(self, listing: Listing, answer: Answer) -> decode.Rows:
        try:
            rows = decode.read_rows(answer.body, listing)
        except Retriable as cut:
            cut.request_id = answer.request_id
            raise
        return rows if rows.time is None else rows._replace(time=self._earliest(rows.time, answer))

    def _earliest(self, stated: datetime, answer: Answer) -> datetime:
        """The earliest of the clocks at hand: Xero's in the body, its server's, and ours.

        A window that begins too early is read twice; one that begins too late loses documents,
        and the machines behind Xero need not agree to the minute.
        """
        try:
            served = parsedate_to_datetime(answer.headers.get("Date", ""))
        except (TypeError, ValueError):
            served = stated
        aware = served if served.tzinfo else served.replace(tzinfo=UTC)
        return min(stated, aware, self.now)

    def _authorised(
        self,
        method: str,
        args: Sequence[Any],
        kind: str,
        body: bytes | None,
        options: Mapping[str, Any],
    ) -> Answer:
        """Send with a good token; a refused one is renewed once."""
        tokens = self._access()
        try:
            return self._send(method, args, kind, body, options)
        except TokenRefused:
            self._renew(tokens)
        return self._send(method, args, kind, body, options)

    def _send(
        self,
        method: str,
        args: Sequence[Any],
        kind: str,
        body: bytes | None,
        options: Mapping[str, Any],
    ) -> Answer:
        """Send once. body None: a reading call; b"" one that changes without a body."""
        tenant = "" if self.is_custom else self.tenant
        ask = getattr(self._api, method)
        self._admit(urgent=self._urgent or kind == "write")
        with self._slot():
            self._count(kind)
            self._wire.body = body or None
            try:
                response = ask(
                    tenant, *args, _preload_content=False, _request_timeout=TIMEOUT, **options
                )
                answer = Answer(
                    response.status,
                    response.headers,
                    response.data,
                    response.headers.get(REQUEST_ID),
                )
            except OpenApiException as error:
                refused = answer_of(error)
                if refused is not None:
                    learn(self._connection, refused.headers)
                raise self._paused(judge_sdk(error, self.now)) from None
            except urllib3.exceptions.HTTPError as error:
                raise judge_transport(error, wrote=body is not None) from None
            finally:
                self._wire.body = None
        learn(self._connection, answer.headers)
        return answer

    def _access(self) -> TokenSet:
        """Let the SDK carry a token that lives for minutes to come."""
        connection = self._connection
        if self._tokens is None:
            self._tokens = connection.vault.read(connection.grant_id)
        if self._tokens.expires_within(REFRESH_BEFORE, self.now):
            self._renew(self._tokens)
        self._bearer.carry(self._tokens.access_token)
        return self._tokens

    def _renew(self, seen: TokenSet) -> None:
        connection = self._connection
        try:
            self._tokens = connection.vault.refresh(
                connection.grant_id, seen, self._consent.refresh
            )
        except NeedsReconnect:
            self._tokens = None  # a reconnect meanwhile is found by reading the vault again
            raise
        self._bearer.carry(self._tokens.access_token)

    def _admit(self, *, urgent: bool) -> None:
        gate, clock = self._connection.gate, self._connection.clock
        waited = timedelta(0)
        while wait := gate.take(budgets_for(self._connection), urgent=urgent):
            if waited + wait > LONGEST_SLEEP:
                seconds = int(wait.total_seconds())
                raise Retriable(f"Xero allows the next call in {seconds} s", retry_after=wait)
            clock.sleep(wait.total_seconds())
            waited += wait

    @contextmanager
    def _slot(self) -> Iterator[None]:
        """Hold one of the organisation's concurrent slots, after a wait of seconds at most."""
        with ExitStack() as held:
            tenacity.Retrying(
                retry=tenacity.retry_if_exception_type(Busy),
                wait=tenacity.wait_exponential(multiplier=0.25, max=2),
                stop=tenacity.stop_after_attempt(5),
                sleep=self._connection.clock.sleep,
                reraise=True,
            )(lambda: held.enter_context(self._free_slot()))
            yield

    def _free_slot(self) -> AbstractContextManager[None]:
        return self._connection.gate.slot(tenant_key(self._connection), SLOTS, SLOT_LEASE)

    def _paused(self, error: RecoupError) -> RecoupError:
        """Let all processes hold back, for the organisation or for the whole app."""
        if isinstance(error, Throttled | DayStopped | AppThrottled):
            whole = isinstance(error, AppThrottled)
            key = app_key(self._connection) if whole else tenant_key(self._connection)
            self._connection.gate.pause(key, self.now + error.retry_after)
        return error

    def _count(self, kind: str) -> None:
        self.calls += 1
        if self._connection.on_call is not None:
            self._connection.on_call(kind)
