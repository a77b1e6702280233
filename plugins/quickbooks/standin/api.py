"""The accounting endpoints under /v3/company/{realm}: from a request to an answer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.switchboard import Planned, Switchboard
from recoup.connector.standin.wire import Doc, dumps, loads
from recoup.plugins.quickbooks.standin import batch, changes, mail, reports, uploads
from recoup.plugins.quickbooks.standin.answer import answer_fault, answer_json, enveloped
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.entities import BY_LOWER, COUNTED, PRINTABLE
from recoup.plugins.quickbooks.standin.fault import (
    Fault,
    business,
    invalid_id,
    missing,
    unsupported,
)
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.query import Statement, parse, select


@dataclass
class Call:
    """One request to one company, after authentication."""

    method: str
    path: list[str]  # after /v3/company/{realm}/
    query: dict[str, str]
    body: bytes
    content_type: str
    time: str  # the envelope stamp, taken when the request arrived
    planned: Planned | None = None
    headers: dict[str, str] = field(default_factory=dict)


def body_of(call: Call) -> Doc:
    """Read the JSON object of a write; raises Fault 2010 when it is none."""
    try:
        body = loads(call.body or b"{}")
    except ValueError as error:
        raise Fault("2010", "Request has invalid or unsupported property", str(error)) from None
    if not isinstance(body, dict):
        raise Fault("2010", "Request has invalid or unsupported property", "An object is needed")
    return body


class Api:
    """Serves one company. ``replies`` keeps what each requestid was answered."""

    def __init__(self, books: Books, options: Options, faults: Switchboard) -> None:
        self.books = books
        self.options = options
        self.faults = faults
        self.replies: dict[str, tuple[str, str]] = {}  # requestid → (body digest, answer text)
        self.new_replies: list[str] = []
        self.mail = mail.Outbox(books, options)
        self._views: dict[tuple[str, str], tuple[int, list[str]]] = {}

    def serve(self, call: Call) -> Answer:
        """Answer one request; every refusal of the API is an answer too."""
        try:
            if call.path == ["query"]:
                return self._query(call)
            if call.method == "POST":
                return self._post(call)
            return self._get(call)
        except Fault as fault:
            return answer_fault(fault, call.time)

    # -- reading ------------------------------------------------------------------------------

    def _query(self, call: Call) -> Answer:
        sql = (
            call.query.get("query")
            if call.method == "GET"
            else call.body.decode("utf-8", "replace")
        )
        if not sql:
            raise missing("query")
        return answer_json(enveloped('"QueryResponse":' + self.query(sql), call.time))

    def query(self, sql: str) -> str:
        """Return the text of one QueryResponse."""
        statement = parse(sql)
        entity = statement.entity
        with self.books.lock:
            ids = self._selected(statement)
            if statement.count:
                return f'{{"totalCount":{len(ids)}}}'
            page = ids[statement.start - 1 : statement.start - 1 + statement.limit]
            rows = [self.books.text(entity, id) for id in page]
        if not rows:
            return "{}"
        counted = f',"totalCount":{len(rows)}' if entity in COUNTED else ""
        return (
            f'{{"{entity}":[{",".join(rows)}],"startPosition":{statement.start},'
            f'"maxResults":{len(rows)}{counted}}}'
        )

    def _selected(self, statement: Statement) -> list[str]:
        """Select, or take the selection of the same statement while nothing was written."""
        key = (statement.entity, repr((statement.count, statement.tests, statement.order)))
        stamp = self.books.stamps.get(statement.entity, 0)
        kept = self._views.get(key)
        if kept is None or kept[0] != stamp:
            ids = select(
                self.books,
                statement,
                lexical_ids=self.options.lexical_ids,
                oldest_first=self.options.oldest_first,
            )
            if len(self._views) > 64:
                self._views.clear()
            kept = self._views[key] = (stamp, ids)
        return kept[1]

    def _get(self, call: Call) -> Answer:
        path = call.path
        if path == ["cdc"]:
            return self._changes(call)
        if path[0] == "reports" and len(path) == 2:
            with self.books.lock:
                return answer_json(dumps(reports.report(self.books, path[1], call.query)))
        if path == ["preferences"]:
            return self._single("Preferences", next(iter(self.books.table("Preferences"))), call)
        entity = BY_LOWER.get(path[0])
        if entity == "CompanyInfo" and len(path) == 2 and path[1] in ("1", self.books.realm):
            return self._single(entity, next(iter(self.books.table(entity))), call)
        if entity is None:
            raise unsupported("/".join(path))
        if len(path) >= 2 and not path[1].isdecimal():
            raise invalid_id(path[1])
        if len(path) == 3 and path[2] == "pdf" and entity in PRINTABLE:
            self.books.get(entity, path[1])
            return Answer(200, mail.pdf(entity, path[1]), "application/pdf")
        if len(path) != 2:
            raise unsupported(
                f"Could not find resource for relative : /v3/company/{self.books.realm}/"
                + "/".join(path)
            )
        return self._single(entity, path[1], call)

    def _single(self, entity: str, id: str, call: Call) -> Answer:
        doc = self.books.get(entity, id)
        if entity == "Invoice" and "invoicelink" in call.query.get("include", "").lower():
            self.mail.add_link(doc)
        return answer_json(enveloped(f'"{entity}":{dumps(doc)}', call.time))

    def _changes(self, call: Call) -> Answer:
        planned = call.planned
        lies = None
        if planned is not None and planned.kind == "false_deleted":
            lies = [str(id) for id in planned.settings.get("ids") or []]
        entities = call.query.get("entities", "")
        if not entities:
            raise missing("entities")
        with self.books.lock:
            text = changes.capture(
                self.books,
                entities,
                call.query.get("changedSince", ""),
                false_deleted=lies,
                poisoned=self.faults.poisoned,
            )
        return answer_json(enveloped(f'"CDCResponse":{text}', call.time))

    # -- writing ------------------------------------------------------------------------------

    def _post(self, call: Call) -> Answer:
        request_id = call.query.get("requestid") or ""
        digest = hashlib.sha256(call.body + repr(call.path).encode()).hexdigest()
        with self.books.writing():
            if request_id in self.replies:
                seen, text = self.replies[request_id]
                if seen != digest:
                    raise business("The requestid was used before with another request")
                return answer_json(text)
            inner = self._write(call)
            text = enveloped(inner, call.time)
            if request_id:
                self.replies[request_id] = (digest, text)
                self.new_replies.append(request_id)
        return answer_json(text)

    def _write(self, call: Call) -> str:
        """Carry out one write and return the members of its envelope."""
        path = call.path
        if path == ["batch"]:
            return batch.run(self, body_of(call))
        if path == ["upload"]:
            return uploads.upload(self.books, call.body, call.content_type)
        entity = BY_LOWER.get(path[0])
        if entity is None:
            raise unsupported("/".join(path))
        if len(path) == 3 and path[2] == "send" and path[1].isdecimal():
            sent = self.mail.send(entity, path[1], call.query.get("sendTo"))
            return f'"{entity}":{dumps(sent)}'
        if len(path) != 1:
            raise unsupported("/".join(path))
        operation = call.query.get("operation", "")
        doc = self.write(entity, body_of(call), operation, call.query.get("include", ""))
        return f'"{entity}":{dumps(doc)}'

    def write(self, entity: str, body: dict[str, Any], operation: str, include: str) -> Doc:
        """Create, update, delete or void, as the operation and the body say; raises Fault."""
        id, token = body.get("Id"), body.get("SyncToken")
        if operation == "delete":
            return self.books.delete(entity, str(id or ""), None if token is None else str(token))
        if operation == "void" or (operation == "update" and "void" in include.split(",")):
            if token is None:
                raise missing("SyncToken")
            return self.books.void(entity, str(id or ""), str(token))
        if operation not in ("", "create", "update"):
            raise unsupported(operation)
        any_number = "allowduplicatedocnum" in include.split(",")
        if id in (None, "", "0", 0):
            if operation == "update":
                raise missing("Id")
            return self.books.create(entity, body, any_number=any_number)
        if token is None:
            raise missing("SyncToken")
        sparse = bool(body.get("sparse"))
        return self.books.update(entity, body, sparse, any_number=any_number)
