"""The stand-in itself: an HTTP server on 127.0.0.1 that answers as QuickBooks Online does."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from recoup.connector.standin.listener import Answer, Dropped, Listener, Request
from recoup.connector.standin.switchboard import Planned, Switchboard
from recoup.connector.standin.wire import dumps
from recoup.plugins.quickbooks.standin import admin, state
from recoup.plugins.quickbooks.standin.answer import (
    answer_fault,
    answer_json,
    blocked,
    broken,
    forbidden,
    throttled,
    unauthorized,
)
from recoup.plugins.quickbooks.standin.api import Api, Call
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.fault import MALFORMED, Fault, malformed, unsupported
from recoup.plugins.quickbooks.standin.oauth import Consent, Refused
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.strikes import AFTER, BEFORE, ONLY, THROTTLED
from recoup.plugins.quickbooks.standin.throttle import Throttle
from recoup.plugins.quickbooks.standin.webhooks import Webhooks

_log = logging.getLogger(__name__)

OAUTH_PATHS = {
    "/.well-known/openid_configuration",
    "/connect/oauth2",
    "/oauth2/v1/tokens/bearer",
    "/v2/oauth2/tokens/revoke",
}
UNCACHED = "max-age=0, no-cache, no-store, must-revalidate, private"
REPEATED = 100_000  # served requests kept in the log


@dataclass(frozen=True)
class Served:
    """One answered request, as the log keeps it."""

    method: str
    path: str
    query: str
    status: int  # 0 when the connection was dropped instead
    realm: str | None  # None for OAuth and admin requests
    number: int  # counts the requests of clients; admin requests have 0
    tid: str
    sql: str = ""  # the statement of a query, the bodies of other requests are not kept


class StandIn:
    """A server of one or several companies; use as a context manager or start and stop it.

    ``books`` is the first company, ``companies`` all of them by realm.
    """

    def __init__(
        self, books: Books | Sequence[Books], port: int = 0, options: Options | None = None
    ) -> None:
        companies = [books] if isinstance(books, Books) else list(books)
        self.books = companies[0]
        self.companies = {company.realm: company for company in companies}
        self.options = options or Options()
        self.faults = Switchboard(BEFORE + AFTER, ONLY)
        self.log: list[Served] = []
        self.calls: Counter[str] = Counter()
        self.apis = {
            realm: Api(company, self.options, self.faults)
            for realm, company in self.companies.items()
        }
        self.consent = Consent(self.books.clock, self.options)
        self.throttle = Throttle(self.books.clock, self.options)
        self.webhooks = Webhooks(self.books.clock)
        self.stopping = threading.Event()
        self._number = 0
        self._log_lock = threading.Lock()
        for company in companies:
            self.webhooks.listen(company)
        self.state = state.State(self.options.state, self) if self.options.state else None
        try:
            self._listener = Listener(self.handle, self.books.clock.now, port)
        except OSError:
            if self.state is not None:
                self.state.close()
            raise

    # -- life ---------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where the server listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    def start(self) -> StandIn:
        """Serve in a background thread and return self."""
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.05,), name="standin", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving, close every connection and the state file."""
        self.stopping.set()
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.close_all()
        if self.state is not None:
            self.state.close()
            self.state = None

    _thread: threading.Thread | None = None

    def __enter__(self) -> StandIn:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def issue_grant(self, realm: str | None = None) -> dict[str, Any]:
        """Consent to one company without a browser and return the token answer."""
        granted = self.consent.issue(realm or self.books.realm)
        self.save_grants()
        return granted

    def save_grants(self) -> None:
        """Write the grants to the state file, where there is one."""
        if self.state is not None:
            self.state.save_grants()

    # -- requests -----------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        """Answer any request; raises Dropped where the connection is to be cut."""
        tid = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
        target = urlsplit(request.target)
        status, realm = 0, None
        parts = target.path.strip("/").split("/")
        try:
            if parts[0] == "admin":
                answer = admin.serve(self, request, parts[1:])
            elif target.path in OAUTH_PATHS:
                answer = self._oauth(request, target.path, target.query)
            elif parts[:2] == ["v3", "company"] and len(parts) > 3:
                realm = parts[2]
                answer = self._company(request, realm, parts[3:], target.query)
            else:
                fault = unsupported(f"Could not find resource for relative : {target.path}")
                answer = answer_fault(fault, self._stamp(self.books))
            answer.headers.update({"intuit_tid": tid, "Intuit-Tid": tid})  # both have been seen
            answer.headers["Cache-Control"] = UNCACHED
            status = answer.status
            return answer
        finally:
            self._note(request, target.path, target.query, status, realm, tid)

    def _note(
        self, request: Request, path: str, query: str, status: int, realm: str | None, tid: str
    ) -> None:
        sql = request.body.decode("utf-8", "replace") if path.endswith("/query") else ""
        sql = sql or dict(parse_qsl(query)).get("query", "")
        with self._log_lock:
            number = 0
            if not path.startswith("/admin"):
                self._number += 1
                number = self._number
                self.calls[_kind(request.method, path)] += 1
            self.log.append(Served(request.method, path, query, status, realm, number, tid, sql))
            if len(self.log) > REPEATED:
                del self.log[: REPEATED // 2]

    def _stamp(self, books: Books) -> str:
        return books.clock.now().astimezone(books.zone).isoformat(timespec="milliseconds")

    # -- OAuth --------------------------------------------------------------------------------

    def _oauth(self, request: Request, path: str, query: str) -> Answer:
        try:
            if path == "/.well-known/openid_configuration":
                return answer_json(dumps(self._discovery()))
            if path == "/connect/oauth2":
                asked = dict(parse_qsl(query))
                realm = asked.get("realm", self.books.realm)
                if realm not in self.companies:
                    raise Refused("invalid_request")
                place = self.consent.authorize(asked, realm)
                return Answer(302, b"", "text/html", {"Location": place})
            body = request.body.decode()
            planned = self.faults.strike(request.method, path, BEFORE + AFTER)
            self._strike_before(planned, self.books, "")
            if path == "/v2/oauth2/tokens/revoke":
                token = parse_qs(body).get("token", [""])[0] or _json_token(body)
                self.consent.revoke(request.headers, token)
                answer = Answer(200, b"")
            else:
                answer = answer_json(dumps(self.consent.token(request.headers, body)))
            self.save_grants()
            return self._strike_after(planned, answer)
        except Refused as refused:
            return answer_json(f'{{"error":"{refused.error}"}}', refused.status)
        except _Struck as struck:
            return struck.answer

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/connect/oauth2",
            "token_endpoint": f"{self.url}/oauth2/v1/tokens/bearer",
            "userinfo_endpoint": f"{self.url}/v1/openid_connect/userinfo",
            "revocation_endpoint": f"{self.url}/v2/oauth2/tokens/revoke",
            "jwks_uri": f"{self.url}/op/v1/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "scopes_supported": ["openid", "com.intuit.quickbooks.accounting"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["plain", "S256"],
        }

    # -- companies ----------------------------------------------------------------------------

    def _company(self, request: Request, realm: str, path: list[str], query: str) -> Answer:
        books = self.companies.get(realm, self.books)
        stamp = self._stamp(books)
        now = books.clock.now()
        asked = dict(parse_qsl(query, keep_blank_values=True))
        bearer = request.headers.get("authorization", "")
        token = bearer.partition(" ")[2] if bearer.lower().startswith("bearer ") else ""
        words = "/".join(path) + "?" + query + " " + request.body[:2000].decode("utf-8", "replace")
        try:
            planned = self.faults.strike(request.method, words, BEFORE + AFTER)
            if planned is not None and planned.kind == "expire_token":
                self.consent.expire_access(realm)
                planned = None
            opens = self.consent.realm_of(token)
            if opens is None:
                return unauthorized(token, now)
            if opens != realm or realm not in self.companies:
                return forbidden(now)
            if not self.throttle.admits(realm, batch=path == ["batch"]):
                shape = self.options.throttle_shape
                return throttled(shape, now, retry_after=self.options.retry_after)
            if _metered(request.method, path) and not self.throttle.read(realm):
                return blocked(now)
            self._strike_before(planned, books, token)
            call = Call(
                request.method, path, asked, request.body, request.headers.get("content-type", ""),
                stamp, planned, request.headers,
            )  # fmt: skip
            answer = self._served(realm, call)
            answer = self._strike_after(planned, answer)
        except _Struck as struck:
            return struck.answer
        if path == ["query"] and answer.status == 200:
            sql = asked.get("query") or request.body.decode("utf-8", "replace")
            self.faults.page_served(sql)
        return answer

    def _served(self, realm: str, call: Call) -> Answer:
        """Let the company answer; a body of an impossible shape is its sender's fault."""
        try:
            return self.apis[realm].serve(call)
        except MALFORMED as error:
            _log.exception("the stand-in could not serve %s %s", call.method, "/".join(call.path))
            if call.method == "POST" and call.path != ["query"]:
                return answer_fault(malformed(error), call.time)
            return broken(500, call.time)

    def _strike_before(self, planned: Planned | None, books: Books, token: str) -> None:
        if planned is None or planned.kind in AFTER:
            return
        now, stamp = books.clock.now(), self._stamp(books)
        kind = planned.kind
        if kind in THROTTLED:
            after = bool(planned.settings.get("retry_after", self.options.retry_after))
            raise _Struck(throttled(kind, now, retry_after=after))
        if kind.isdecimal():
            raise _Struck(broken(int(kind), stamp))
        if kind == "monthly_block":
            raise _Struck(blocked(now))
        if kind == "auth_120":
            raise _Struck(unauthorized(token, now, code="120"))
        if kind == "poison_4002":
            detail = "QueryValidationError: an object of the answer holds an invalid email address"
            raise _Struck(answer_fault(Fault("4002", "Invalid query", detail), stamp))
        if kind == "fault_in_200":
            detail = "Business Validation Error: An unexpected error occurred"
            fault = Fault("6000", "A business validation error has occurred", detail, 200)
            raise _Struck(answer_fault(fault, stamp))
        if kind == "hang":
            self.stopping.wait(float(planned.settings.get("seconds", self.options.hang_seconds)))
            raise Dropped
        if kind == "drop_before":
            raise Dropped

    def _strike_after(self, planned: Planned | None, answer: Answer) -> Answer:
        if planned is None:
            return answer
        if planned.kind == "drop_after":
            raise Dropped
        if planned.kind == "truncate":
            answer.cut = int(planned.settings.get("bytes", len(answer.body) // 2))
        elif planned.kind == "cut_json":
            answer.body = answer.body[: int(planned.settings.get("bytes", len(answer.body) // 2))]
        return answer


class _Struck(Exception):
    """A fault planned for this request answers in its place."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


def _json_token(body: str) -> str:
    head, _, tail = body.partition('"token"')
    del head
    return tail.split('"')[1] if tail.count('"') >= 2 else ""


def _metered(method: str, path: list[str]) -> bool:
    return method == "GET" or path == ["query"] or path == ["batch"]


def _kind(method: str, path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[:2] != ["v3", "company"]:
        return "oauth"
    kind = parts[3] if len(parts) > 3 else ""
    if kind in ("query", "cdc", "batch", "reports", "upload", "preferences", "companyinfo"):
        return kind
    if parts[-1] in ("send", "pdf"):
        return parts[-1]
    return "read" if method == "GET" else "write"
