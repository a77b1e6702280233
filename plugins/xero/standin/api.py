"""The accounting endpoints under /api.xro/2.0: from a request to an answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.switchboard import Planned, Switchboard
from recoup.connector.standin.wire import Doc, dumps
from recoup.plugins.xero.standin import extras, reports, spoil, views, writes
from recoup.plugins.xero.standin.answer import Envelopes, answer_fault, wants_json
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.fault import Fault, not_found
from recoup.plugins.xero.standin.kinds import KINDS, Kind, named
from recoup.plugins.xero.standin.listing import Asked, cut, read_asked, select
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.replay import Replays

KEPT_SELECTIONS = 64
EDITABLE = {
    "Contacts", "Invoices", "CreditNotes", "Payments", "BatchPayments", "BankTransactions",
    "ContactGroups",
}  # fmt: skip


@dataclass
class Call:
    """One request to one organisation, after authentication."""

    method: str
    path: list[str]  # after /api.xro/2.0/; the first part is named as KINDS names it
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    planned: Planned | None = None
    json: bool = field(init=False)

    def __post_init__(self) -> None:
        self.json = wants_json(self.headers)

    def asked(self, name: str) -> str:
        """A parameter, whatever the case of its name; empty when absent."""
        for key, value in self.query.items():
            if key.lower() == name.lower():
                return value
        return ""


class Api:
    """Serves one organisation."""

    def __init__(self, books: Books, options: Options, faults: Switchboard) -> None:
        self.books = books
        self.options = options
        self.faults = faults
        self.envelopes = Envelopes(books.clock, options)
        self.replays = Replays(books.clock, options)
        self.extras = extras.Extras(books, options)
        self._selections: dict[str, tuple[int, list[str]]] = {}

    def serve(self, call: Call) -> Answer:
        """Answer one request; every refusal of the API is an answer too."""
        try:
            if call.method == "GET":
                return self._read(call)
            return self.replays.once(call, lambda: self._change(call))
        except Fault as fault:
            return answer_fault(fault, json=call.json)

    def close(self, call: Call, inner: str) -> Answer:
        """Close the members of an answer in the envelope."""
        planned = call.planned
        skewed = planned is not None and planned.kind == "clock_skew"
        skew = float(planned.settings.get("seconds", 300)) if planned and skewed else 0.0
        return self.envelopes.close(inner, json=call.json, skew=skew)

    # -- reading ------------------------------------------------------------------------------

    def _read(self, call: Call) -> Answer:
        head = call.path[0]
        if head == "Reports":
            with self.books.lock:
                return self.close(call, reports.serve(self.books, call.path[1:], call.query))
        if head == "InvoiceReminders" and call.path[1:] == ["Settings"]:
            return self.close(call, self.extras.reminders())
        kind = self._kind(head)
        if len(call.path) == 1:
            return self._list(kind, call)
        if len(call.path) == 2:
            accept = call.headers.get("accept", "")
            if "application/pdf" in accept and kind.plural in ("Invoices", "CreditNotes"):
                return self.extras.pdf(kind, call.path[1])
            return self._single(kind, call)
        return self.extras.read(self, kind, call)

    def _kind(self, name: str) -> Kind:
        plural = named(name)
        if plural is None:
            raise not_found()
        return KINDS[plural]

    def _list(self, kind: Kind, call: Call) -> Answer:
        asked = read_asked(kind, call.query, call.headers)
        with self.books.lock:
            page = cut(self._selected(kind, asked), asked, kind, self.options)
            shown = [
                views.text(self.books, kind.plural, id, page.view, self.options) for id in page.ids
            ]
            poisoned = self.faults.poisoned
            if poisoned:
                shown = spoil.poison(kind, page.ids, shown, poisoned)
        shown = spoil.rows(call.planned, kind, shown)
        head = f'"pagination":{dumps(page.pagination)},' if page.pagination else ""
        return self.close(call, f'{head}"{kind.plural}":[{",".join(shown)}]')

    def _selected(self, kind: Kind, asked: Asked) -> list[str]:
        """Select, or take the selection of the same request while nothing was written."""
        key = f"{kind.plural} {asked.key()} {self.options.since_inclusive}"
        stamp = self.books.stamps.get(kind.plural, 0)
        held = self._selections.get(key)
        if held is None or held[0] != stamp:
            if len(self._selections) > KEPT_SELECTIONS:
                self._selections.clear()
            found = select(self.books, kind, asked, self.options)
            held = self._selections[key] = (stamp, found)
        return held[1]

    def _single(self, kind: Kind, call: Call) -> Answer:
        with self.books.lock:
            text = self.text(kind, call.path[1])
            if self.faults.poisoned:
                id = self.books.by_id(kind.plural, call.path[1])
                text = spoil.poison(kind, [id], [text], self.faults.poisoned)[0]
        text = spoil.rows(call.planned, kind, [text])[0]
        return self.close(call, f'"{kind.plural}":[{text}]')

    def text(self, kind: Kind, id: str) -> str:
        """The JSON text of one document by id or number. Raises Fault 404."""
        known = self.books.by_id(kind.plural, id)
        return views.text(self.books, kind.plural, known, "full", self.options)

    # -- writing ------------------------------------------------------------------------------

    def _change(self, call: Call) -> Answer:
        kind = self._kind(call.path[0])
        if len(call.path) > 2:
            return self.extras.change(self, kind, call)
        if kind.plural not in EDITABLE or call.method not in ("PUT", "POST"):
            raise not_found("The method is not allowed on this endpoint")
        return writes.change(self, kind, call)

    def shown(self, kind: Kind, ids: list[str]) -> list[Doc]:
        """Copies of documents with what every view adds to them."""
        show = views.shape(kind.plural, "full", self.options)
        return [show(self.books.get(kind.plural, id)) for id in ids]
