"""The stand-in itself: an HTTP server on 127.0.0.1 that answers as Sage Accounting does."""

from __future__ import annotations

import logging
import secrets
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from recoup.connector.standin.listener import Answer, Listener, Request
from recoup.connector.standin.switchboard import Planned, Switchboard
from recoup.connector.standin.wire import dumps
from recoup.plugins.sage.standin import admin, businesses, state, striking
from recoup.plugins.sage.standin.answer import answer_fault, answer_json, throttled, unauthorized
from recoup.plugins.sage.standin.api import Api, Call
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import MALFORMED, Fault, denied, invalid, not_found
from recoup.plugins.sage.standin.oauth import Consent, Grant, Refused
from recoup.plugins.sage.standin.options import Options
from recoup.plugins.sage.standin.roles import check_scope
from recoup.plugins.sage.standin.strikes import AFTER, ALL, BEFORE, LISTS
from recoup.plugins.sage.standin.throttle import Throttle

_log = logging.getLogger(__name__)

OAUTH_PATHS = ("/oauth2/auth/central", "/token", "/revoke")
REPEATED = 100_000  # served requests kept in the log
OUTSIDE = ("businesses", "user")  # these answer for no business and echo none


@dataclass(frozen=True)
class Served:
    """One answered request, as the log keeps it."""

    method: str
    path: str
    query: str
    status: int  # 0 when the connection was dropped instead
    business: str | None  # None outside every business
    number: int  # counts the requests of clients; admin requests have 0
    request_id: str


class StandIn:
    """A server of one or several businesses; use as a context manager or start and stop it.

    ``books`` is the first business, ``businesses`` all of them by id, ``lead`` the id that a
    request without X-Business falls back to. ``wrong_business`` counts the requests that named
    no business, or one that their grant does not reach.
    """

    def __init__(
        self, books: Books | Sequence[Books], port: int = 0, options: Options | None = None
    ) -> None:
        served = [books] if isinstance(books, Books) else list(books)
        self.books = served[0]
        self.businesses = {each.business_id: each for each in served}
        self.lead = self.books.business_id
        self.options = options or Options()
        self.faults = Switchboard(ALL)
        self.log: list[Served] = []
        self.calls: Counter[str] = Counter()
        self.wrong_business = 0
        self.apis = {
            id: Api(each, self.options, self.faults) for id, each in self.businesses.items()
        }
        self.consent = Consent(self.books.clock, self.options)
        self.throttle = Throttle(self.books.clock, self.options)
        self.stopping = threading.Event()
        self._number = 0
        self._log_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self.state = state.State(self.options.state, self) if self.options.state else None
        try:
            self._listener = Listener(self.handle, self._date, port)
        except OSError:
            if self.state is not None:
                self.state.close()
            raise

    def _date(self) -> datetime:
        return self.books.clock.now() + timedelta(seconds=self.options.date_skew_seconds)

    # -- life ---------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """Where the server listens, without a slash at the end; the API is below /v3.1."""
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

    def __enter__(self) -> StandIn:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def issue_grant(
        self, businesses: Sequence[str] | None = None, *, scope: str = "full_access"
    ) -> dict[str, Any]:
        """Consent without a browser and return the token answer; None reaches every business."""
        granted = self.consent.issue(businesses, scope=scope)
        self.save_grants()
        return granted

    def save_grants(self) -> None:
        """Write the grants to the state file, where there is one."""
        if self.state is not None:
            self.state.save_grants()

    # -- requests -----------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        """Answer any request; raises Dropped where the connection is to be cut."""
        request_id = secrets.token_hex(16)
        target = urlsplit(request.target)
        parts = target.path.strip("/").split("/")
        status, business = 0, None
        try:
            if parts[0] == "admin":
                answer = admin.serve(self, request, parts[1:])
            elif target.path in OAUTH_PATHS:
                answer = self._oauth(request, target.path, target.query)
            elif parts[0] == "v3.1" and len(parts) > 1:
                answer, business = self._api(request, parts[1:], target.query)
            else:
                answer = answer_fault(not_found("resource"))
            answer.headers["x_request_id"] = request_id
            status = answer.status
            return answer
        finally:
            self._note(request.method, target.path, target.query, status, business, request_id)

    def _note(
        self, method: str, path: str, query: str, status: int, business: str | None, id: str
    ) -> None:
        with self._log_lock:
            number = 0
            if not path.startswith("/admin"):
                self._number += 1
                number = self._number
                self.calls[_kind(method, path)] += 1
            self.log.append(Served(method, path, query, status, business, number, id))
            if len(self.log) > REPEATED:
                del self.log[: REPEATED // 2]

    # -- OAuth --------------------------------------------------------------------------------

    def _oauth(self, request: Request, path: str, query: str) -> Answer:
        try:
            if path == "/oauth2/auth/central":
                asked = dict(parse_qsl(query))
                place = self.consent.authorize(asked, asked.get("country", self.books.country))
                return Answer(302, b"", "text/html", {"Location": place})
            if request.method != "POST":
                raise Refused("invalid_request", "POST is needed", 405)
            planned = self.faults.strike(request.method, path, BEFORE + AFTER)
            striking.before(self, planned)
            body = request.body.decode()
            if path == "/revoke":
                self.consent.revoke(request.headers, body)
                answer = answer_json('{"success":"ok"}')
            else:
                answer = answer_json(dumps(self.consent.token(request.headers, body)))
            self.save_grants()
            return striking.after(planned, answer)
        except Refused as refused:
            told = {"error": refused.error, "error_description": refused.description}
            return answer_json(dumps(told), refused.status)
        except striking.Struck as struck:
            return struck.answer

    # -- businesses ---------------------------------------------------------------------------

    def reach(self, grant: Grant) -> list[Books]:
        """The businesses that a grant opens, in the order of the server."""
        return [
            books
            for id, books in self.businesses.items()
            if grant.businesses is None or id in grant.businesses
        ]

    def _api(self, request: Request, path: list[str], query: str) -> tuple[Answer, str | None]:
        asked = dict(parse_qsl(query, keep_blank_values=True))
        words = "/".join(path) + "?" + query
        planned = self.faults.strike(request.method, words, _possible(request.method, path))
        if planned is not None and planned.kind in ("expire_token", "lead_switch"):
            self._shift(planned)
            planned = None
        bearer = request.headers.get("authorization", "")
        token = bearer.partition(" ")[2] if bearer.lower().startswith("bearer ") else ""
        grant = self.consent.grant_of(token)
        if grant is None:
            return unauthorized(), None
        try:
            if path[0] in OUTSIDE:
                return self._outside(request, grant, path, planned), None
            books = self._business(request, grant)
        except striking.Struck as struck:
            return struck.answer, None
        except Fault as fault:
            return answer_fault(fault), None
        id = books.business_id
        if not self.throttle.enter(id):
            return throttled(self.options.retry_after), id
        try:
            answer = self._served(books, grant, request, path, asked, planned)
        finally:
            self.throttle.leave()
        if request.method == "GET" and answer.status == 200 and len(path) == 1:
            self.faults.page_served(words)
        return answer, id

    def _shift(self, planned: Planned) -> None:
        """Let every token die, or another business become the lead, as the request arrives."""
        if planned.kind == "expire_token":
            self.consent.expire_access()
            return
        others = [id for id in self.businesses if id != self.lead]
        self.lead = str(planned.settings.get("business") or (others or [self.lead])[0])

    def _outside(
        self, request: Request, grant: Grant, path: list[str], planned: Planned | None
    ) -> Answer:
        """Answer /businesses and /user; raises Fault or Struck."""
        if not self.throttle.enter(""):
            return throttled(self.options.retry_after)
        try:
            striking.before(self, planned)
            lead = self.businesses.get(self.lead)
            answer = businesses.serve(request.method, path, self.reach(grant), lead)
            return striking.after(planned, answer)
        finally:
            self.throttle.leave()

    def _business(self, request: Request, grant: Grant) -> Books:
        """The books that a request is about; raises Fault 403."""
        named = request.headers.get("x-business", "")
        books = self.businesses.get(named or self.lead)
        reached = books is not None and books in self.reach(grant)
        if not named or not reached:
            with self._log_lock:
                self.wrong_business += 1
        if books is None or not reached:
            raise denied("You do not have access to this business.")
        return books

    def _served(
        self, books: Books, grant: Grant, request: Request, path: list[str],
        asked: dict[str, str], planned: Planned | None,
    ) -> Answer:  # fmt: skip
        echoed = books.business_id
        if planned is not None and planned.kind == "wrong_business":
            others = [id for id in self.businesses if id != echoed]
            echoed = str(planned.settings.get("business") or (others or ["f" * 32])[0])
            books = self.businesses.get(echoed, books)
        accept = request.headers.get("accept", "")
        call = Call(request.method, path, asked, request.body, accept, planned, request.headers)
        try:
            striking.before(self, planned)
            answer = striking.after(planned, self._asked(books, grant, call))
        except striking.Struck as struck:
            answer = struck.answer
        answer.headers["X-Business"] = echoed
        return answer

    def _asked(self, books: Books, grant: Grant, call: Call) -> Answer:
        """Let the business answer; a body of an impossible shape is its sender's fault."""
        try:
            check_scope(grant.scope, call.method)
            return self.apis[books.business_id].serve(call)
        except Fault as fault:
            return answer_fault(fault)
        except MALFORMED as error:
            _log.exception("the stand-in could not serve %s %s", call.method, "/".join(call.path))
            if call.method in ("POST", "PUT"):
                return answer_fault(invalid("base", f"The request is invalid: {error}"))
            return answer_fault(Fault(500, "UnexpectedError", "An unexpected error occurred."))


def _possible(method: str, path: list[str]) -> tuple[str, ...]:
    listed = method == "GET" and len(path) == 1
    return BEFORE + AFTER + (LISTS if listed else ())


def _kind(method: str, path: str) -> str:
    parts = path.strip("/").split("/")
    if parts[0] != "v3.1":
        return "oauth"
    if method != "GET":
        return "write"
    return "list" if len(parts) == 2 else "read"
