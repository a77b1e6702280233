"""A Xero-shaped server that only copies bytes: every page is rendered and zipped before it says
its port.

Run as ``python -m benchmarks.prerendered_xero INVOICES PAYMENTS CONTACTS SEED``. It answers what
a bootstrap asks for and nothing else: pages of 1,000, and of 100 for those who do not ask for
more. Documents are made from the seed, in the shapes and lengths of the real ones, their ids in
order as Xero's own order by id would have them.
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.serving import serve

Object = dict[str, Any]

SIZES = (100, 1000)
NEWEST = "2026-06-01"  # nothing changed on or after this day
DEBTORS = "a322b882-59be-4e1e-91c7-d322f23eaaa9"
BANK = "2d9c78e8-0201-48bf-8427-324d6011b78d"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def guids(rng: random.Random, count: int) -> list[str]:
    return sorted(str(uuid.UUID(int=rng.getrandbits(128), version=4)) for _ in range(count))


def instant(at: datetime) -> str:
    return f"/Date({(at - _EPOCH) // timedelta(milliseconds=1)}+0000)/"


def dated(name: str, day: date) -> Object:
    at = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return {f"{name}String": f"{day}T00:00:00", name: instant(at)}


def stamps(rng: random.Random) -> Object:
    at = datetime(2026, rng.randrange(1, 6), rng.randrange(1, 29), 9, 15, tzinfo=UTC)
    at += timedelta(milliseconds=rng.randrange(3_600_000))
    return {
        "UpdatedDateUTC": instant(at),
        "UpdatedDateUTCString": f"{at:%Y-%m-%dT%H:%M:%S}Z",
    }


def amount(minor: int) -> str:
    return f"@{minor // 100}.{minor % 100:02}@"  # its quotes go when the text is made


def text(thing: Object) -> bytes:
    """Compact JSON with amounts as Xero writes them: two places, no quotes."""
    made = json.dumps(thing, separators=(",", ":"), ensure_ascii=False)
    return made.replace('"@', "").replace('@"', "").encode()


def debtor(guid: str, number: int) -> Object:
    """A contact as other objects show it."""
    lists: Object = {"Addresses": [], "Phones": [], "ContactGroups": [], "ContactPersons": []}
    named = {"ContactID": guid, "Name": f"Customer {number:05} of Alder Street"}
    return {**named, **lists, "HasValidationErrors": False}


def contact(guid: str, number: int, rng: random.Random) -> Object:
    blank = {"PhoneNumber": "", "PhoneAreaCode": "", "PhoneCountryCode": ""}
    owed = {"Outstanding": amount(0), "Overdue": amount(0)}
    return {
        **debtor(guid, number), "ContactStatus": "ACTIVE", "BankAccountDetails": "",
        "EmailAddress": f"ap{number}@example.com", "DefaultCurrency": "NZD",
        "Addresses": [
            {"AddressType": kind, "AddressLine1": f"{number} Alder Street", "City": "Bayshore",
             "Region": "", "PostalCode": "6011", "Country": ""} for kind in ("STREET", "POBOX")],
        "Phones": [{"PhoneType": kind, **blank} for kind in ("DEFAULT", "DDI", "FAX", "MOBILE")],
        "IsSupplier": False, "IsCustomer": True, "HasAttachments": False,
        "Balances": {"AccountsReceivable": owed, "AccountsPayable": owed}, **stamps(rng),
    }  # fmt: skip


def invoice(guid: str, number: int, owner: Object, paid_by: str | None, rng: random.Random) -> Any:
    """An invoice of three lines, paid in full where a payment is named."""
    issued = date(2026, 3, rng.randrange(1, 29))
    net = [rng.randrange(1_000, 250_000) for _ in range(3)]
    tax = [part * 15 // 100 for part in net]
    total = sum(net) + sum(tax)
    lines = [
        {"Description": f"Maintenance visit {number} part {at}", "UnitAmount": amount(part),
         "TaxType": "OUTPUT2", "TaxAmount": amount(due), "LineAmount": amount(part),
         "AccountCode": "200", "Tracking": [], "Quantity": "@1.0000@",
         "LineItemID": str(uuid.UUID(int=rng.getrandbits(128), version=4))}
        for at, (part, due) in enumerate(zip(net, tax, strict=True))
    ]  # fmt: skip
    settled = [
        {"PaymentID": paid_by, "Date": dated("Date", date(2026, 4, 20))["Date"],
         "Amount": amount(total), "Reference": f"INV-{number:06}", "CurrencyRate": "@1.000000@",
         "HasAccount": False, "HasValidationErrors": False}
    ]  # fmt: skip
    return total, {
        "Type": "ACCREC", "InvoiceID": guid, "InvoiceNumber": f"INV-{number:06}",
        "Reference": f"PO {number % 9_000 + 1_000}", "Payments": settled if paid_by else [],
        "CreditNotes": [], "Prepayments": [], "Overpayments": [],
        "AmountDue": amount(0 if paid_by else total), "AmountPaid": amount(total if paid_by else 0),
        "AmountCredited": amount(0), "CurrencyRate": "@1.000000@", "IsDiscounted": False,
        "HasAttachments": False, "HasErrors": False, "Contact": owner, **dated("Date", issued),
        **dated("DueDate", issued + timedelta(days=20)), "Status": "PAID" if paid_by else
        "AUTHORISED", "LineAmountTypes": "Exclusive", "LineItems": lines,
        "SubTotal": amount(sum(net)), "TotalTax": amount(sum(tax)), "Total": amount(total),
        "CurrencyCode": "NZD", "SentToContact": True, **stamps(rng),
    }  # fmt: skip


def payment(guid: str, number: int, total: int, of: Object, rng: random.Random) -> Object:
    nothing: Object = {"Payments": [], "CreditNotes": [], "Prepayments": [], "Overpayments": []}
    shown = {name: of[name] for name in ("Type", "InvoiceID", "InvoiceNumber", "Contact")}
    return {
        "PaymentID": guid, **dated("Date", date(2026, 4, 20)), "BankAmount": amount(total),
        "Amount": amount(total), "Reference": f"INV-{number:06}", "CurrencyRate": "@1.000000@",
        "PaymentType": "ACCRECPAYMENT", "Status": "AUTHORISED", "HasAccount": True,
        "IsReconciled": True, "Account": {"AccountID": BANK, "Code": "090"},
        "Invoice": {**shown, **nothing, "IsDiscounted": False, "HasErrors": False,
                    "LineItems": [], "CurrencyCode": "NZD"},
        "HasValidationErrors": False, **stamps(rng),
    }  # fmt: skip


class Books:
    """The zipped answers by list, rows a page and number of the page."""

    def __init__(self, invoices: int, payments: int, contacts: int, seed: int) -> None:
        rng = random.Random(seed)
        self.now = datetime.now(UTC)
        self.owed = 0
        self.pages: dict[tuple[str, int, int], bytes] = {}
        self.counts = {"Contacts": contacts, "Invoices": invoices, "Payments": payments}
        owners = [debtor(guid, at) for at, guid in enumerate(guids(rng, contacts))]
        rows = [contact(who["ContactID"], at, rng) for at, who in enumerate(owners)]
        self._render("Contacts", map(text, rows))
        receipts = guids(rng, payments)
        rng.shuffle(receipts)
        of: list[bytes] = []
        self._render("Invoices", self._billed(guids(rng, invoices), receipts, owners, of, rng))
        self._render("Payments", iter(sorted(of)))

    def _billed(
        self, ids: list[str], receipts: list[str], owners: list[Object], of: list[bytes],
        rng: random.Random,
    ) -> Iterator[bytes]:  # fmt: skip
        """Yield the invoices; what pays them goes to *of*, which sorts by PaymentID."""
        for at, guid in enumerate(ids):
            paid_by = receipts[at] if at < len(receipts) else None
            total, made = invoice(guid, at, rng.choice(owners), paid_by, rng)
            if paid_by is not None:
                of.append(text(payment(paid_by, at, total, made, rng)))
            else:
                self.owed += total
            yield text(made)

    def _render(self, plural: str, rows: Iterator[bytes]) -> None:
        kept = list(rows)
        for size in SIZES:
            for number, start in enumerate(range(0, len(kept), size), 1):
                page = kept[start : start + size]
                self.pages[plural, size, number] = self.page(plural, size, number, page)

    def page(self, plural: str, size: int, number: int, rows: list[bytes]) -> bytes:
        count = self.counts.get(plural, 0) if rows or number > 1 else 0
        paging = {
            "page": number,
            "pageSize": size,
            "pageCount": -(-count // size),
            "itemCount": count,
        }
        head = text({**self.head(), "pagination": paging})[:-1]
        body = b'%s,"%s":[%s]}' % (head, plural.encode(), b",".join(rows))
        return gzip.compress(body, 3)

    def head(self) -> Object:
        return {"Id": str(uuid.UUID(int=7)), "Status": "OK", "DateTimeUTC": instant(self.now)}

    def answer(self, plural: str, asked: dict[str, str], since: str) -> bytes:
        if plural in SINGLE:
            member, made = SINGLE[plural]
            return gzip.compress(text({**self.head(), member: made(self)}))
        size, number = int(asked.get("pageSize", 100)), int(asked.get("page", 1))
        if since[:10] < NEWEST and (plural, size, number) in self.pages:
            return self.pages[plural, size, number]
        return self.page(plural, size, number, [])


def organisation(_: Books) -> list[Object]:
    return [{"Name": "Bench", "OrganisationID": str(uuid.UUID(int=9)), "BaseCurrency": "NZD",
             "CountryCode": "NZ", "IsDemoCompany": False,
             "Timezone": "NEWZEALANDSTANDARDTIME"}]  # fmt: skip


def accounts(_: Books) -> list[Object]:
    return [{"AccountID": DEBTORS, "Code": "610", "Name": "Accounts Receivable", "Type": "CURRENT",
             "Status": "ACTIVE", "SystemAccount": "DEBTORS"}]  # fmt: skip


def trial_balance(books: Books) -> list[Object]:
    owed = f"{books.owed // 100}.{books.owed % 100:02}"
    named = [{"Value": DEBTORS, "Id": "account"}]
    cells = [{"Value": value, "Attributes": named}
             for value in ("Accounts Receivable (610)", owed, "", owed, "")]  # fmt: skip
    rows = [{"RowType": "Section", "Title": "Assets", "Rows": [{"RowType": "Row", "Cells": cells}]}]
    return [{"ReportID": "TrialBalance", "Rows": rows}]


SINGLE = {
    "Organisation": ("Organisations", organisation),
    "Accounts": ("Accounts", accounts),
    "Reports/TrialBalance": ("Reports", trial_balance),
}


def main() -> None:
    books = Books(*(int(word) for word in sys.argv[1:5]))

    def answering(
        path: str, asked: dict[str, str], headers: Mapping[str, str]
    ) -> tuple[bytes, dict[str, str]]:
        plural, since = path.partition("/api.xro/2.0/")[2], headers.get("If-Modified-Since", "")
        return books.answer(plural, asked, since), {"Content-Encoding": "gzip"}

    serve(answering)


if __name__ == "__main__":
    main()
