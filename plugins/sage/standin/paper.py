"""A document on paper: one page of PDF, enough to be opened and read."""

from __future__ import annotations

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.fault import Fault
from recoup.plugins.sage.standin.settling import FORMS


def pdf(books: Books, kind: str, doc: Doc) -> Answer:
    """The PDF of an invoice or credit note; raises Fault 415 for anything else."""
    if kind not in FORMS:
        raise Fault(415, "UnsupportedMediaType", "The media type is not supported.")
    lines = [
        books.name,
        f"{doc['displayed_as']}  {doc.get('date')}",
        str(doc.get("contact_name") or ""),
        f"Total {doc.get('total_amount')} {(doc.get('currency') or {}).get('id')}",
        f"Outstanding {doc.get('outstanding_amount')}",
    ]
    return Answer(200, _document(lines), "application/pdf")


def _document(lines: list[str]) -> bytes:
    shown = [line.translate({40: "[", 41: "]", 92: "/"}) for line in lines]
    text = "BT /F1 12 Tf 72 760 Td 16 TL " + " ".join(f"({line}) Tj T*" for line in shown) + " ET"
    stream = text.encode("latin-1", "replace")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 6\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
