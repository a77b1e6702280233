"""Sending, printing and payment links: the outward side of a sales form."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from recoup.connector.standin.wire import Doc
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.entities import PRINTABLE
from recoup.plugins.quickbooks.standin.fault import Fault, business, unsupported
from recoup.plugins.quickbooks.standin.options import Options

_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;]+")


def pdf(entity: str, id: str) -> bytes:
    """Return the smallest file that a reader takes for the print of a document."""
    text = f"BT /F1 18 Tf 72 720 Td ({entity} {id}) Tj ET"
    parts = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
        "/Resources << /Font << /F1 5 0 R >> >> >>",
        f"<< /Length {len(text)} >>\nstream\n{text}\nendstream",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    out, offsets = "%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        offsets.append(len(out))
        out += f"{number} 0 obj\n{part}\nendobj\n"
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    start = len(out)
    out += f"xref\n0 {len(parts) + 1}\n0000000000 65535 f \n{table}"
    out += f"trailer\n<< /Size {len(parts) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    return out.encode("ascii")


class Outbox:
    """Counts the e-mails of a company per day and marks what was sent."""

    def __init__(self, books: Books, options: Options) -> None:
        self.books = books
        self.options = options
        self.sent: list[tuple[str, str, str]] = []  # (entity, id, address)
        self._per_day: Counter[str] = Counter()

    def send(self, entity: str, id: str, to: str | None) -> Doc:
        """E-mail a document: sendTo overwrites BillEmail. Raises Fault."""
        if entity not in PRINTABLE:
            raise unsupported(f"send on {entity}")
        books = self.books
        with books.writing():
            doc = books.get(entity, id)
            address = to or str((doc.get("BillEmail") or {}).get("Address") or "")
            if not _ADDRESS.search(address):
                raise business("Email Address is required to send the transaction")
            day = books.today()
            if self._per_day[day] >= self.options.emails_per_day:
                message = "Email limit exceeded"
                raise Fault("6000", message, f"{message} : {self.options.emails_per_day} a day")
            self._per_day[day] += 1
            doc["BillEmail"] = {**(doc.get("BillEmail") or {}), "Address": address}
            doc["EmailStatus"] = "EmailSent"
            doc["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": books.local()}
            books.store(entity, books.touch(doc))
            books.announce(entity, id, "Emailed")
            self.sent.append((entity, id, address))
        return books.get(entity, id)

    def add_link(self, invoice: Doc) -> None:
        """Add InvoiceLink where online payment is on and the BillEmail is a valid address."""
        online = invoice.get("AllowOnlineCreditCardPayment") or invoice.get("AllowOnlineACHPayment")
        address = str((invoice.get("BillEmail") or {}).get("Address") or "")
        if online and _ADDRESS.search(address):
            key = hashlib.sha256(f"{self.books.realm}/{invoice['Id']}".encode()).hexdigest()[:32]
            invoice["InvoiceLink"] = f"https://connect.example.com/portal/asei/{key}"
