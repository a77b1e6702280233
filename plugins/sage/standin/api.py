"""The endpoints below /v3.1 that live in one business: from a request to an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.switchboard import Planned, Switchboard
from recoup.connector.standin.wire import Doc, dumps, loads
from recoup.plugins.sage.standin import attachments, nominal, pages, paper
from recoup.plugins.sage.standin.answer import answer_json, answer_nothing, broken
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.entering import CREATES, DELETES, EDITS, ROOTS, check_required
from recoup.plugins.sage.standin.fault import Fault, invalid, method_refused, not_found
from recoup.plugins.sage.standin.listing import ids_of
from recoup.plugins.sage.standin.options import Options
from recoup.plugins.sage.standin.roles import check_edition, check_role
from recoup.plugins.sage.standin.settling import FORMS
from recoup.plugins.sage.standin.shapes import SHAPES
from recoup.plugins.sage.standin.shelf import SINGLETONS
from recoup.plugins.sage.standin.showing import BASE, Wanted, text_of
from recoup.plugins.sage.standin.vocabulary import WORDS, word

UNSELECTIVE = ("page", "items_per_page", "attributes", "nested_attributes",
               "show_payments_allocations", "show_balance")  # fmt: skip
MOST_SELECTIONS = 64
NO_IDEMPOTENCY = ("attachments",)
COMPUTED = ("ledger_entries", "transactions", "unallocated_artefacts", "business_exchange_rates",
            "exchange_rates", "live_exchange_rates")  # fmt: skip


@dataclass
class Call:
    """One request to one business, after authentication."""

    method: str
    path: list[str]  # after /v3.1/
    query: dict[str, str]
    body: bytes
    accept: str
    planned: Planned | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Api:
    """Serves one business. ``replies`` keeps what each idempotency_id was answered."""

    def __init__(self, books: Books, options: Options, faults: Switchboard) -> None:
        self.books = books
        self.options = options
        self.faults = faults
        self.replies: dict[str, tuple[str, int, str]] = {}  # id → (instant, status, answer)
        self.new_replies: list[str] = []
        self._selections: dict[tuple[str, bool, str], tuple[tuple[int, int], list[str]]] = {}

    def serve(self, call: Call) -> Answer:
        """Answer one request; raises Fault."""
        resource = call.path[0]
        if not self.books.subscription_active:
            raise Fault(401, "AuthorizationFailure", "No active subscription. (MSE)")
        known = (*SHAPES, *WORDS, *COMPUTED, *SINGLETONS, *self.books.kinds())
        if resource not in known or len(call.path) > 3:
            raise not_found("resource")
        check_role(self.books.roles, resource, call.method)
        check_edition(self.books.edition, resource, call.method)
        handler: Callable[[Call], Answer] | None = {
            "GET": self._get, "POST": self._post, "PUT": self._put, "DELETE": self._delete,
        }.get(call.method)  # fmt: skip
        if handler is None:
            raise method_refused()
        return handler(call)

    # -- reading ------------------------------------------------------------------------------

    def _get(self, call: Call) -> Answer:
        resource, books = call.path[0], self.books
        if resource in SINGLETONS:
            return answer_json(dumps(self._settings(resource)))
        if len(call.path) == 3:
            if resource == "attachments" and call.path[2] == "file":
                return attachments.download(books, call.path[1])
            raise not_found("resource")
        if resource in WORDS and not books.table(resource):
            return self._words(call)
        if resource in COMPUTED:
            return self._computed(call)
        if len(call.path) == 2:
            return self._single(call)
        return self._list(call)

    def _list(self, call: Call) -> Answer:
        kind, books = call.path[0], self.books
        wanted = Wanted.of(call.query, single=False)
        heavy = self.options.heavy_rows
        with books.lock:
            ids = self._selected(kind, call.query)
            page = pages.page_of(ids, call.query)
            if heavy is not None and wanted.names is None and page.per_page > heavy:
                return broken(504)
            gone = "deleted_since" in call.query
            docs = [self._found(kind, id, gone) for id in page.rows]
            if kind == "ledger_accounts":
                docs = nominal.with_balance(books, docs, call.query)
            self._refuse_poisoned(kind, page.rows, wanted)
            rows = [text_of(books, kind, doc, wanted) for doc in docs]

            def more(id: str) -> str:
                return text_of(books, kind, self._found(kind, id, gone), wanted)

            return pages.answer(call, page, rows, more, self.options)

    def _selected(self, kind: str, query: dict[str, str]) -> list[str]:
        """Select, or take the selection of the same question while nothing was written."""
        books, voids = self.books, self.options.voids_in_deleted
        asked = {name: value for name, value in query.items() if name not in UNSELECTIVE}
        key = (kind, voids, repr(sorted(asked.items())))
        stamp = (books.stamps.get(kind, 0), books.stamps.get("attachments", 0))
        kept = self._selections.get(key)
        if kept is None or kept[0] != stamp:
            if len(self._selections) > MOST_SELECTIONS:
                self._selections.clear()
            kept = self._selections[key] = (stamp, ids_of(books, kind, query, voids=voids))
        return kept[1]

    def _found(self, kind: str, id: str, gone: bool) -> Doc:
        books = self.books
        if gone:
            return books.tombstones(kind).get(id) or books.need(kind, id)
        return books.need(kind, id)

    def _refuse_poisoned(self, kind: str, ids: list[str], wanted: Wanted) -> None:
        """A poisoned record spoils every answer that shows more of it than its base."""
        if wanted.names == frozenset():
            return
        if any((kind, id) in self.faults.poisoned for id in ids):
            raise Fault(500, "UnexpectedError", "An unexpected error occurred.")

    def _single(self, call: Call) -> Answer:
        (kind, id), books = call.path, self.books
        wanted = Wanted.of(call.query, single=True)
        with books.lock:
            doc = books.need(kind, id)
            if kind in FORMS and call.query.get("mark_as_sent", "true").lower() != "false":
                if not doc.get("sent"):
                    with books.writing():
                        books.put(kind, {**doc, "sent": True, "updated_at": books.now()})
                doc = books.need(kind, id)
            if call.accept.startswith("application/pdf"):
                return paper.pdf(books, kind, doc)
            self._refuse_poisoned(kind, [id], wanted)
            if kind == "ledger_accounts":
                doc = nominal.with_balance(books, [doc], call.query)[0]
            return answer_json(text_of(books, kind, doc, wanted))

    def _settings(self, kind: str) -> Doc:
        books = self.books
        doc = books.get(kind, "")
        if kind == "invoice_settings" and not books.is_raw(kind, ""):
            counters = books.counters()
            doc["next_invoice_number"] = counters.get("SI", 0) + 1
            doc["next_credit_note_number"] = counters.get("SCN", 0) + 1
        return doc

    def _words(self, call: Call) -> Answer:
        kind = call.path[0]
        if len(call.path) == 2:
            if call.path[1] not in WORDS[kind]:
                raise not_found()
            return answer_json(dumps(word(kind, call.path[1])))
        rows = [word(kind, id) for id in WORDS[kind]]
        return pages.of_rows(call, rows, dumps, self.options)

    def _computed(self, call: Call) -> Answer:
        books, kind = self.books, call.path[0]
        with books.lock:
            if len(call.path) == 2:
                return answer_json(dumps(nominal.single(books, kind, call.path[1])))
            names = Wanted.of(call.query, single=kind == "unallocated_artefacts").names

            def shown(row: Callable[[], Doc]) -> str:
                doc = row()
                if names is not None:
                    doc = {k: v for k, v in doc.items() if k in BASE or k in names}
                return dumps(doc)

            return pages.of_rows(call, nominal.rows(books, kind, call.query), shown, self.options)

    # -- writing ------------------------------------------------------------------------------

    def _post(self, call: Call) -> Answer:
        kind = call.path[0]
        if len(call.path) == 3:
            if kind in FORMS and call.path[2] == "release":
                return answer_json(dumps(self.books.release(kind, call.path[1])), 201)
            raise not_found("resource")
        if len(call.path) == 2 or (kind not in CREATES and kind != "attachments"):
            raise method_refused()
        body = body_of(call, kind)
        return self._once(kind, body, 201, lambda: self._create(kind, body))

    def _create(self, kind: str, body: Doc) -> Doc:
        if kind == "attachments":
            return attachments.create(self.books, body)
        check_required(kind, body)
        return CREATES[kind](self.books, kind, body)

    def _put(self, call: Call) -> Answer:
        kind = call.path[0]
        id = "" if kind in SINGLETONS else (call.path[1] if len(call.path) == 2 else None)
        if kind not in EDITS or id is None or len(call.path) > 2:
            raise method_refused()
        body = body_of(call, kind)
        self.books.need(kind, id)
        return self._once(kind, body, 200, lambda: EDITS[kind](self.books, kind, id, body))

    def _once(self, kind: str, body: Doc, status: int, act: Callable[[], Doc]) -> Answer:
        """Do it, or say again what the same idempotency_id was answered within seven days."""
        key = body.pop("idempotency_id", None)
        if key is None or kind in NO_IDEMPOTENCY:
            return answer_json(dumps(act()), status)
        name = str(key)
        if len(name) != 32 or any(letter not in "0123456789abcdefABCDEF" for letter in name):
            raise invalid("idempotency_id", "idempotency_id must be a GUID of 32 characters.")
        books = self.books
        with books.lock:
            kept = self.replies.get(name)
            oldest = books.clock.now() - timedelta(days=self.options.idempotency_days)
            if kept is not None and kept[0] > oldest.isoformat():
                return answer_json(kept[2], kept[1])
            with books.writing():
                text = dumps(act())
                self.replies[name] = (books.clock.now().isoformat(), status, text)
                self.new_replies.append(name)
                books.on_undo(lambda: self.replies.pop(name, None))
        return answer_json(text, status)

    def _delete(self, call: Call) -> Answer:
        if len(call.path) != 2:
            raise method_refused()
        (kind, id), books = call.path, self.books
        if kind in FORMS:
            return self._void(call, kind, id)
        if kind == "attachments":
            attachments.delete(books, id)
        elif kind in DELETES:
            DELETES[kind](books, id)
        else:
            raise method_refused()
        return answer_nothing()

    def _void(self, call: Call, kind: str, id: str) -> Answer:
        doc = self.books.need(kind, id)
        if (doc.get("status") or {}).get("id") in ("DRAFT", "PRO_FORMA"):
            self.books.delete_draft(kind, id)
            return answer_nothing()
        reason = call.query.get("void_reason") or ""
        if not reason and call.body:
            body = loads(call.body)
            inner = body.get(ROOTS[kind]) or body
            reason = str(inner.get("void_reason") or "")
        return answer_json(dumps(self.books.void(id, reason)))


def body_of(call: Call, kind: str) -> Doc:
    """The object inside the root of a body; raises Fault 415 or 422 when there is none."""
    if "json" not in call.headers.get("content-type", "json"):
        raise Fault(415, "UnsupportedMediaType", "The media type is not supported.")
    try:
        body: Any = loads(call.body or b"{}")
    except (ValueError, json.JSONDecodeError):
        raise Fault(400, "InvalidJson", "The body is not valid JSON.") from None
    root = ROOTS.get(kind, kind)
    inner = body.get(root) if isinstance(body, dict) else None
    if not isinstance(inner, dict):
        raise invalid("base", f"{root} is missing.")
    return dict(inner)
