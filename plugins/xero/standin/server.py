"""The stand-in itself: an HTTP server on 127.0.0.1 that answers as Xero does.

One base URL stands for all of Xero's: /identity/connect/authorize (consents by itself),
/connect/token, /connect/revocation, /connections, /api.xro/2.0/….
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.listener import Answer, Listener, Request
from recoup.connector.standin.switchboard import Switchboard
from recoup.plugins.xero.standin import admin, identity, state, views
from recoup.plugins.xero.standin.answer import (
    broken,
    expired,
    forbidden,
    out_of_scope,
    over_limit,
)
from recoup.plugins.xero.standin.api import Api, Call
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.kinds import KINDS, named
from recoup.plugins.xero.standin.limits import Limits
from recoup.plugins.xero.standin.oauth import Consent, Grant
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.scopes import allowed
from recoup.plugins.xero.standin.strikes import AFTER, BEFORE, ONLY
from recoup.plugins.xero.standin.striking import Struck, strike_after, strike_before
from recoup.plugins.xero.standin.webhooks import Webhooks
from recoup.plugins.xero.standin.writes import MALFORMED

_log = logging.getLogger(__name__)

UNCACHED = "max-age=0, no-cache, no-store"
REPEATED = 100_000  # served requests kept in the log


@dataclass(frozen=True)
class Served:
    """One answered request, as the log keeps it."""

    method: str
    path: str
    query: str
    status: int  # 0 when the connection was dropped instead
    tenant: str | None  # as the header names it; None for identity and admin requests
    number: int  # counts the requests of clients; admin requests have 0
    since: str = ""  # If-Modified-Since
    size: int = 0  # bytes of the body before compression


class StandIn:
    """A server of one or several organisations; use as a context manager or start and stop it.

    ``wrong_tenant`` counts requests whose tenant the token's person never connected: whoever
    mixes up grants makes it move, a disconnected tenant does not.
    """

    def __init__(
        self, books: Books | Sequence[Books], port: int = 0, options: Options | None = None
    ) -> None:
        companies = [books] if isinstance(books, Books) else list(books)
        self.books = companies[0]
        self.all_books = companies
        self.options = options or Options()
        self.faults = Switchboard((*BEFORE, *AFTER), ONLY)
        self.log: list[Served] = []
        self.calls: Counter[str] = Counter()
        self.egress: Counter[str] = Counter()  # tenant → bytes of bodies before compression
        self.wrong_tenant = 0
        self.apis = {id(one): Api(one, self.options, self.faults) for one in companies}
        self.consent = Consent(self.clock, self.options)
        self.limits = Limits(self.clock, self.options)
        self.webhooks = Webhooks(self.clock)
        self.stopping = threading.Event()
        self._number = 0
        self._lock = threading.Lock()
        for one in companies:
            self.webhooks.listen(one)
            one.on_reset = self._was_reset
        self.state = state.State(self.options.state, self) if self.options.state else None
        try:
            self._listener = Listener(self.handle, self.clock.now, port)
        except OSError:
            if self.state is not None:
                self.state.close()
            raise

    # -- life ---------------------------------------------------------------------------------

    @property
    def clock(self) -> Clock:
        """The clock of the first organisation, which tokens and limits live by."""
        return self.books.clock

    @property
    def companies(self) -> dict[str, Books]:
        """The organisations by their present tenant id."""
        return {one.tenant_id: one for one in self.all_books}

    @property
    def url(self) -> str:
        """Where the server listens, without a slash at the end."""
        return f"http://127.0.0.1:{self._listener.server_address[1]}"

    def start(self) -> StandIn:
        """Serve in a background thread and return self."""
        self._thread = threading.Thread(
            target=self._listener.serve_forever, args=(0.05,), name="xero-standin", daemon=True
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

    def issue_grant(
        self,
        tenants: Sequence[str] | None = None,
        *,
        scopes: str | None = None,
        person: str | None = None,
    ) -> dict[str, Any]:
        """Consent without a browser and return the token answer.

        tenants: None is every organisation. person: one who consents again; None is a new one.
        """
        reached = list(self.companies) if tenants is None else list(tenants)
        granted = self.consent.issue(reached, scopes, person)
        self.save_grants()
        return granted

    def save_grants(self) -> None:
        """Write the grants to the state file, where there is one."""
        if self.state is not None:
            self.state.save_grants()

    def warm(self) -> int:
        """Render every document now, so that no client waits for it; returns how many."""
        rendered = 0
        for books in self.all_books:
            with books.lock:
                for kind in KINDS:
                    for id in books.table(kind) if not kind.startswith("_") else ():
                        views.text(books, kind, id, "full", self.options)
                        rendered += 1
        return rendered

    def _was_reset(self, books: Books, old: str) -> None:
        self.consent.disconnect(tenant=old)
        self.apis[id(books)] = Api(books, self.options, self.faults)
        self.save_grants()

    # -- requests -----------------------------------------------------------------------------

    def handle(self, request: Request) -> Answer:
        """Answer any request; raises Dropped where the connection is to be cut."""
        target = urlsplit(request.target)
        parts = [unquote(part) for part in target.path.strip("/").split("/")]
        status, size, tenant = 0, 0, None
        try:
            if parts[0] == "admin":
                answer = admin.serve(self, request, parts[1:])
            elif parts[:2] == ["api.xro", "2.0"] and len(parts) > 2:
                tenant = request.headers.get("xero-tenant-id", "")
                answer = self._company(request, parts[2:], target.query)
            else:
                answer = self._identity(request, target.path, target.query)
            answer.headers["Cache-Control"] = UNCACHED
            answer.headers["Xero-Correlation-Id"] = str(uuid.uuid4())
            status, size = answer.status, len(answer.body)
            return answer
        finally:
            self._note(request, target.path, target.query, status, size, tenant)

    def _note(
        self, request: Request, path: str, query: str, status: int, size: int, tenant: str | None
    ) -> None:
        since = request.headers.get("if-modified-since", "")
        with self._lock:
            number = 0
            if not path.startswith("/admin"):
                self._number += 1
                number = self._number
                self.calls[kind_of_call(request.method, path)] += 1
            if tenant is not None:
                self.egress[tenant] += size
            served = Served(request.method, path, query, status, tenant, number, since, size)
            self.log.append(served)
            if len(self.log) > REPEATED:
                del self.log[: REPEATED // 2]

    def _identity(self, request: Request, path: str, query: str) -> Answer:
        planned = self.faults.strike(request.method, path, (*BEFORE, *AFTER))
        try:
            if planned is not None and planned.kind == "invalid_grant":
                return identity.refused("invalid_grant")
            strike_before(planned, self.options, self.stopping)
            return strike_after(planned, identity.serve(self, request, path, query))
        except Struck as struck:
            return struck.answer

    # -- organisations ------------------------------------------------------------------------

    def _company(self, request: Request, path: list[str], query: str) -> Answer:
        bearer = request.headers.get("authorization", "")
        token = bearer.partition(" ")[2] if bearer.lower().startswith("bearer ") else ""
        asked = request.headers.get("xero-tenant-id", "").lower()
        path[0] = named(path[0]) or path[0]
        words = "/".join(path) + "?" + query + " " + asked
        planned = self.faults.strike(request.method, words, (*BEFORE, *AFTER))
        grant = self.consent.grant_of(token)
        if planned is not None and planned.kind == "expire_token":
            self.consent.expire_access(grant)
            planned, grant = None, None
        if planned is not None and planned.kind == "disconnect":
            self.consent.disconnect(tenant=asked)
            planned = None
        if grant is None:
            return expired(token, self.clock.now())
        tenant = self._tenant(grant, asked)
        books = self.companies.get(tenant or "")
        if tenant is None or books is None:
            return forbidden()
        if not allowed(grant.scopes, request.method, path, self.options):
            return out_of_scope()
        refusal = self.limits.enter(tenant)
        if refusal is not None:
            return self._counted(over_limit(*refusal), tenant)
        try:
            call = Call(
                request.method,
                path,
                dict(parse_qsl(query, keep_blank_values=True)),
                request.headers,
                request.body,
                planned,
            )
            return self._counted(self._answered(books, call, words), tenant)
        finally:
            self.limits.leave(tenant)

    def _tenant(self, grant: Grant, asked: str) -> str | None:
        """The tenant that a request may read; None when it may not."""
        if grant.custom is not None:
            reached = {grant.custom}
            asked = asked or grant.custom
        else:
            reached = {link.tenant for link in self.consent.connections(grant)}
        if asked in reached:
            return asked
        if asked and asked not in self.consent.reached(grant):
            with self._lock:
                self.wrong_tenant += 1
        return None

    def _counted(self, answer: Answer, tenant: str) -> Answer:
        answer.headers.update(self.limits.headers(tenant))
        return answer

    def _answered(self, books: Books, call: Call, words: str) -> Answer:
        try:
            strike_before(call.planned, self.options, self.stopping)
            answer = self._served(books, call)
            answer = strike_after(call.planned, answer)
        except Struck as struck:
            return struck.answer
        if call.method == "GET" and answer.status == 200:
            self.faults.page_served(words)
        return answer

    def _served(self, books: Books, call: Call) -> Answer:
        api = self.apis[id(books)]
        try:
            answer = api.serve(call)
            if api.replays.unsaved and self.state is not None:
                self.state.save_replies(books)
            return answer
        except MALFORMED:
            _log.exception("the stand-in could not serve %s %s", call.method, "/".join(call.path))
            return broken(500)


def kind_of_call(method: str, path: str) -> str:
    """The name under which a request is counted: ``GET Invoices``, ``oauth``."""
    parts = path.strip("/").split("/")
    if parts[:2] != ["api.xro", "2.0"] or len(parts) < 3:
        return "oauth"
    below = f"/{parts[4]}" if len(parts) > 4 else ""
    return f"{method} {named(parts[2]) or parts[2]}{below}"
