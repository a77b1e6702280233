"""Sage's API over plain HTTP: metered, authorised, judged, and sure of which books it reads.

Every call but two names its business in ``X-Business`` and is answered with the same; without
it, or with one that is not its own, Sage would serve the person's lead business instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

from recoup.connector.errors import NeedsReconnect, RecoupError, Retriable, WrongCompany
from recoup.connector.http import PASSING, Answer, Caller
from recoup.connector.protocols import Connection, TokenSet
from recoup.plugins.sage.consent import REQUEST_ID, SageConsent, endpoints_of
from recoup.plugins.sage.decode import ListPage, encode, read_object, read_page
from recoup.plugins.sage.entities import PAGE_ROWS, RESOURCES
from recoup.plugins.sage.faults import CONNECT_AGAIN, Throttled, TokenRefused, judge
from recoup.plugins.sage.limits import (
    Limits,
    app_key,
    business_key,
    day_budget,
    minute_budget,
)

__all__ = ["Client", "stamp"]

REFRESH_BEFORE = timedelta(seconds=60)
BUSINESS = "X-Business"
BELIEVED = frozenset({404, 409, 410, 422})  # refusals that speak of what the books hold
JSON, PDF = "application/json", "application/pdf"


class Client:
    """One business' API. Not shared between threads."""

    def __init__(
        self, connection: Connection, *, page_rows: int = PAGE_ROWS, limits: Limits | None = None
    ) -> None:
        """page_rows: rows asked for per page, at most 200."""
        self.page_rows = page_rows
        self.business_id = connection.company_id
        self.calls = 0  # API calls made so far, repetitions included
        self.server_time: datetime | None = None  # of the last answer
        self._connection = connection
        self._limits = limits or Limits.of(connection)
        self._consent = SageConsent(connection.app, connection.base_url, connection.clock)
        self._api = endpoints_of(connection.base_url).api
        self._caller = Caller(
            platform="Sage",
            clock=connection.clock,
            gate=connection.gate,
            request_id_header=REQUEST_ID,
            passing=PASSING | {525},
        )
        self._tokens: TokenSet | None = None
        self._urgent = False
        self._budgets = (
            minute_budget(connection, self._limits),
            day_budget(connection),
        )

    @property
    def now(self) -> datetime:
        return self._connection.clock.now()

    def sleep(self, seconds: float) -> None:
        self._connection.clock.sleep(seconds)

    def businesses(self) -> bytes:
        """Read what the grant reaches. This answer names no business."""
        return self._call("GET", "/businesses", echoed=False).body

    def business(self) -> bytes:
        return self._call("GET", f"/businesses/{quote(self.business_id, '')}", echoed=False).body

    def settings(self, path: str) -> bytes:
        """Read one of the single objects: financial_settings, invoice_settings and so on."""
        return read_object(self._call("GET", f"/{path}").body)

    def page(self, path: str, params: Mapping[str, str], *, rows: int, page: int = 1) -> ListPage:
        """Read one page of a list; pages count from 1, and past the end the last comes again."""
        sent = {**params, "items_per_page": str(rows), "page": str(page)}
        return read_page(self._call("GET", f"/{path}", params=sent).body)

    def read(self, path: str, ledger_id: str) -> bytes:
        """Read one object with everything. Raises Gone when Sage does not have it."""
        resource = RESOURCES.get(path)
        params = {**resource.shown, **resource.single} if resource is not None else {}
        return read_object(self._call("GET", f"/{path}/{quote(ledger_id, '')}", params=params).body)

    def pdf(self, invoice_id: str) -> bytes:
        """Read Sage's PDF of an invoice without marking it as sent."""
        answer = self._call(
            "GET",
            f"/sales_invoices/{quote(invoice_id, '')}",
            params={"mark_as_sent": "false"},
            accept=PDF,
        )
        if not answer.body.startswith(b"%PDF"):
            raise Retriable("Sage sent no PDF", request_id=answer.request_id)
        return answer.body

    def write(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, str] | None = None,
    ) -> bytes:
        """POST, PUT or DELETE once; the answer's body, which a deletion leaves empty.

        Raises OutcomeUnknown when no answer came; SystemFault when one did that promises nothing.
        """
        return self._call(
            method, f"/{path}", params=params, body=None if body is None else encode(body)
        ).body

    @contextmanager
    def urgently(self) -> Iterator[None]:
        """Let the calls inside use what the budgets keep in reserve."""
        before, self._urgent = self._urgent, True
        try:
            yield
        finally:
            self._urgent = before

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one who writes to this business: Sage numbers documents without a lock."""
        key = f"{business_key(self._connection)}write"
        with self._connection.gate.slot(key, 1, self._limits.write_lease), self.urgently():
            yield

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: bytes | None = None,
        accept: str = JSON,
        echoed: bool = True,
    ) -> Answer:
        kind = "read" if method == "GET" else "write"

        def attempt() -> tuple[Answer, RecoupError | None]:
            headers = {"Authorization": f"Bearer {self._access_token()}", "Accept": accept}
            if echoed:
                headers[BUSINESS] = self.business_id
            if body is not None:
                headers["Content-Type"] = JSON
            connection, limits = self._connection, self._limits
            slot = f"{app_key(connection)}calls"
            with connection.gate.slot(slot, limits.at_once, limits.slot_lease):
                answer = self._caller.call(
                    method,
                    f"{self._api}{path}",
                    headers=headers,
                    params=params,
                    data=body,
                    budgets=self._budgets,
                    urgent=self._urgent,
                    repeatable=kind == "read",
                    on_attempt=lambda: self._count(kind),
                )
            if echoed:  # before it is judged: what other books refuse says nothing of these
                self._check_business(answer)
            return answer, judge(answer, self.now)

        answer, error = attempt()
        if isinstance(error, TokenRefused) and self._tokens is not None:
            self._renew(self._tokens)
            answer, error = attempt()
        self.server_time = _date_of(answer) or self.server_time
        if error is not None:
            self._pause(error)
            raise error
        return answer

    def _check_business(self, answer: Answer) -> None:
        """Raises WrongCompany for an answer about other books, whatever it says, and for one
        about nobody's where it would be believed; NeedsReconnect for such a 403, which is how
        Sage refuses a business that the person does not reach."""
        echoed = (answer.headers.get(BUSINESS) or "").strip()
        if not echoed and answer.status == 403:
            raise NeedsReconnect(
                f"Sage refuses business {self.business_id} and names none: {CONNECT_AGAIN} as "
                "somebody who can see it",
                request_id=answer.request_id,
            )
        if not echoed and answer.status >= 300 and answer.status not in BELIEVED:
            return  # a gateway, the throttle or the token: nothing of it is about books
        if echoed.lower() != self.business_id.lower():
            raise WrongCompany(
                f"Sage answered for business {echoed or '(none named)'} instead of "
                f"{self.business_id}; nothing of it is kept",
                request_id=answer.request_id,
            )

    def _access_token(self) -> str:
        """A token with at least a minute to live, renewed through the vault when it has less."""
        connection = self._connection
        if self._tokens is None:
            self._tokens = connection.vault.read(connection.grant_id)
        if self._tokens.expires_within(REFRESH_BEFORE, self.now):
            self._renew(self._tokens)
        return self._tokens.access_token

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
        """Let all processes hold back from this business for as long as Sage says."""
        if isinstance(error, Throttled):
            self._connection.gate.pause(
                business_key(self._connection), self.now + error.retry_after
            )

    def _count(self, kind: str) -> None:
        self.calls += 1
        if self._connection.on_call is not None:
            self._connection.on_call(kind)


def stamp(at: datetime) -> str:
    """Write an instant as the change filters want it: with seconds and offset."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _date_of(answer: Answer) -> datetime | None:
    try:
        at = parsedate_to_datetime(answer.headers.get("Date") or "")
    except (TypeError, ValueError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
