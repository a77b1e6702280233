"""Attachments: base64 in JSON on the way in, bytes on the way out."""

from __future__ import annotations

import base64
import binascii

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import invalid
from recoup.plugins.sage.standin.vocabulary import WORDS, ref, word

PLACES = {
    "SALES_INVOICE": "sales_invoices",
    "SALES_CREDIT_NOTE": "sales_credit_notes",
    "SALES_QUICK_ENTRY": "sales_quick_entries",
    "CONTACT": "contacts",
    "CUSTOMER_RECEIPT": "contact_payments",
}


def create(books: Books, body: Doc) -> Doc:
    """Attach a file to a document; raises Fault 422."""
    for name in ("file", "file_name", "mime_type", "file_extension",
                 "attachment_context_id", "attachment_context_type_id"):  # fmt: skip
        if not body.get(name):
            raise invalid(name, f"{name} cannot be blank.")
    type = str(body["attachment_context_type_id"])
    if type not in WORDS["attachment_context_types"]:
        raise invalid("attachment_context_type_id", "The type is not allowed.")
    context = books.find(PLACES[type], str(body["attachment_context_id"]))
    if context is None:
        raise invalid("attachment_context_id", "The record could not be found.")
    try:
        size = len(base64.b64decode(str(body["file"]), validate=True))
    except binascii.Error:
        raise invalid("file", "The file is not base64.") from None
    with books.writing():
        id, at = books.new_id("attachments"), books.now()
        shown = str(context["displayed_as"])
        doc: Doc = {
            "id": id, "displayed_as": body["file_name"], "$path": f"/attachments/{id}",
            "file": body["file"], "mime_type": body["mime_type"], "file_size": size,
            "description": body.get("description"), "file_extension": body["file_extension"],
            "file_name": body["file_name"], "$file_path": f"/attachments/{id}/file",
            "attachment_context_type": word("attachment_context_types", type),
            "attachment_context": ref(PLACES[type], str(context["id"]), shown),
            "transaction": context.get("transaction"),
            "is_public": bool(body.get("is_public")), "created_at": at, "updated_at": at,
        }  # fmt: skip
        books.put("attachments", doc)
    return books.get("attachments", id)


def download(books: Books, id: str) -> Answer:
    """The bytes of a file; raises Fault 404."""
    doc = books.need("attachments", id)
    return Answer(200, base64.b64decode(doc["file"]), "application/octet-stream")


def delete(books: Books, id: str) -> None:
    """Delete an attachment; raises Fault 404."""
    with books.writing():
        books.need("attachments", id)
        books.bury("attachments", id)
