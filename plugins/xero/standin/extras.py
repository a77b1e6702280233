"""What hangs on a document: allocations, history, files, its mail, its page and its print."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import Doc, decimal, dumps
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.fault import Fault, malformed, not_found
from recoup.plugins.xero.standin.kinds import CREDITS, Kind
from recoup.plugins.xero.standin.moments import bare_stamp, read_day
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.writes import MALFORMED, body_of, elements_of

if TYPE_CHECKING:
    from recoup.plugins.xero.standin.api import Api, Call

PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)
LONGEST_NOTE = 2500
HOST = "https://api.xero.com/api.xro/2.0"


class Extras:
    """Serves what lies below one document of one organisation."""

    def __init__(self, books: Books, options: Options) -> None:
        self.books = books
        self.options = options
        self.mailed: list[tuple[str, str]] = []  # (invoice id, address) in order

    def read(self, api: Api, kind: Kind, call: Call) -> Answer:
        """Answer a GET below a document. Raises Fault."""
        id, what = self.books.by_id(kind.plural, call.path[1]), call.path[2]
        rest = call.path[3:]
        if what == "History" and kind.history and not rest:
            notes = [_shown_note(note) for note in self._held("_Notes", kind, id)]
            return api.close(call, f'"HistoryRecords":{dumps(notes)}')
        if what == "OnlineInvoice" and kind.plural == "Invoices" and not rest:
            return api.close(call, f'"OnlineInvoices":{dumps([self._page(id)])}')
        if what == "pdf" and not rest:
            return self.pdf(kind, id)
        if what == "Attachments" and kind.files:
            return self._file(api, kind, call, id, rest)
        if what == "PaymentServices" and kind.plural == "BrandingThemes":
            rows = self.books.rows("PaymentServices")
            return api.close(call, f'"PaymentServices":{dumps(rows)}')
        if what == "Allocations" and kind.plural in CREDITS:
            held = self.books.get(kind.plural, id).get("Allocations", [])
            return api.close(call, f'"Allocations":{dumps(held)}')
        raise not_found()

    def change(self, api: Api, kind: Kind, call: Call) -> Answer:
        """Answer a PUT, POST or DELETE below a document. Raises Fault."""
        id, what = self.books.by_id(kind.plural, call.path[1]), call.path[2]
        way = (call.method, what)
        if way == ("PUT", "History") and kind.history:
            return self._annotate(api, kind, call, id)
        if way == ("POST", "Email") and kind.plural == "Invoices":
            return self._mail(id)
        if kind.plural in CREDITS and what == "Allocations":
            if call.method == "PUT" and len(call.path) == 3:
                return self._allocate(api, kind, call, id)
            if call.method == "DELETE" and len(call.path) == 4:
                return self._unallocate(call, id)
        if what == "Attachments" and kind.files and len(call.path) == 4:
            return self._attach(api, kind, call, id)
        raise not_found("The method is not allowed on this endpoint")

    # -- allocations --------------------------------------------------------------------------

    def _allocate(self, api: Api, kind: Kind, call: Call, id: str) -> Answer:
        made = []
        with self.books.writing():
            for element in elements_of(body_of(call), "Allocations"):
                try:
                    if element.get("Amount") is None:
                        raise Fault("Amount is required")
                    asked = element.get("Invoice") or {}
                    named = asked.get("InvoiceID") or asked.get("InvoiceNumber")
                    invoice = self.books.find("Invoices", str(named))
                    if invoice is None:
                        raise Fault("Invoice could not be found")
                    day = read_day(element["Date"]) if element.get("Date") else None
                    part = self.books.allocate(
                        id, str(invoice["InvoiceID"]), decimal(element["Amount"]), on=day
                    )
                except MALFORMED as error:
                    raise malformed(f"An allocation has an impossible shape: {error}") from error
                made.append({**part, kind.singular: {kind.id: id, "ID": id, "LineItems": []}})
        return api.close(call, f'"Allocations":{dumps(made)}')

    def _unallocate(self, call: Call, id: str) -> Answer:
        gone = self.books.unallocate(id, call.path[3])
        body = {
            "AllocationId": gone["AllocationID"],
            "Date": gone["Date"],
            "Amount": gone["Amount"],
            "Invoice": {"InvoiceID": gone["Invoice"]["InvoiceID"]},
            "IsDeleted": True,
        }
        return Answer(200, dumps(body).encode(), "application/json; charset=utf-8")

    # -- history ------------------------------------------------------------------------------

    def _held(self, what: str, kind: Kind, id: str) -> list[Doc]:
        ids = self.books.numbered(what, f"{kind.plural}/{id}")
        return [self.books.table(what)[one] for one in reversed(ids)]

    def _annotate(self, api: Api, kind: Kind, call: Call, id: str) -> Answer:
        shown = []
        with self.books.writing():
            for element in elements_of(body_of(call), "HistoryRecords"):
                details = str(element.get("Details") or "")
                if not details or len(details) > LONGEST_NOTE:
                    raise Fault(f"Details must have 1 to {LONGEST_NOTE} characters")
                note = {
                    "NoteID": self.books.new_id(),
                    "Of": f"{kind.plural}/{id}",
                    "Changes": "Note",
                    "DateUTC": bare_stamp(self.books.clock.now()),
                    "User": "System Generated",
                    "Details": details,
                }
                self.books.put("_Notes", note)
                shown.append(_shown_note(note))
        return api.close(call, f'"HistoryRecords":{dumps(shown)}')

    # -- outward ------------------------------------------------------------------------------

    def _page(self, id: str) -> Doc:
        invoice = self.books.get("Invoices", id)
        if invoice["Type"] != "ACCREC" or invoice["Status"] not in ("AUTHORISED", "PAID"):
            raise Fault("An online invoice exists of approved sales invoices only")
        word = base64.urlsafe_b64encode(hashlib.sha256(id.encode()).digest()[:24]).decode()
        return {"OnlineInvoiceUrl": f"https://in.xero.com/{word}"}

    def _mail(self, id: str) -> Answer:
        with self.books.writing():
            invoice = self.books.get("Invoices", id)
            if invoice["Type"] != "ACCREC" or invoice["Status"] not in ("AUTHORISED", "PAID"):
                raise Fault("This document cannot be emailed: it is not approved")
            contact = self.books.table("Contacts").get(invoice["Contact"]["ContactID"], {})
            address = str(contact.get("EmailAddress") or "")
            if not address:
                raise Fault("The contact has no email address")
            if len(self.mailed) >= self.options.emails_per_day:
                raise Fault("The daily email limit has been reached")
            self.mailed.append((id, address))
            self.books.mark_sent(id)
        return Answer(204, b"", "application/json")

    def pdf(self, kind: Kind, id: str) -> Answer:
        """The print of a document. Raises Fault 404."""
        self.books.by_id(kind.plural, id)
        return Answer(200, PDF, "application/pdf")

    def reminders(self) -> str:
        """The member that says whether Xero reminds by itself."""
        return f'"InvoiceReminders":[{dumps({"Enabled": self.books.reminders_enabled})}]'

    # -- files --------------------------------------------------------------------------------

    def _file(self, api: Api, kind: Kind, call: Call, id: str, rest: list[str]) -> Answer:
        held = self._held("_Files", kind, id)
        if not rest:
            return api.close(call, f'"Attachments":{dumps([_shown_file(f) for f in held])}')
        wanted = unquote(rest[0])
        for file in held:
            if wanted in (file["AttachmentID"], file["FileName"]):
                return Answer(200, base64.b64decode(file["Content"]), file["MimeType"])
        raise not_found()

    def _attach(self, api: Api, kind: Kind, call: Call, id: str) -> Answer:
        name = unquote(call.path[3])
        with self.books.writing():
            held = [f for f in self._held("_Files", kind, id) if f["FileName"] == name]
            given = mimetypes.guess_type(name)[0] or call.headers.get("content-type")
            file = {
                "AttachmentID": held[0]["AttachmentID"] if held else self.books.new_id(),
                "Of": f"{kind.plural}/{id}",
                "FileName": name,
                "Url": f"{HOST}/{kind.plural}/{id}/Attachments/{quote(name)}",
                "MimeType": given or "application/octet-stream",
                "ContentLength": len(call.body),
                "Content": base64.b64encode(call.body).decode(),
            }
            if call.asked("IncludeOnline"):
                file["IncludeOnline"] = call.asked("IncludeOnline").lower() == "true"
            self.books.put("_Files", file)
            doc = self.books.get(kind.plural, id)
            if doc.get("HasAttachments") is False:
                self.books.store(kind.plural, {**doc, "HasAttachments": True})
        return api.close(call, f'"Attachments":{dumps([_shown_file(file)])}')


def _shown_note(note: Doc) -> Doc:
    return {key: note[key] for key in ("Changes", "DateUTC", "User", "Details")}


def _shown_file(file: Doc) -> Doc:
    return {key: value for key, value in file.items() if key not in ("Of", "Content")}
