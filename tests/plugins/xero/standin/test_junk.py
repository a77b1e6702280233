"""Whatever a client sends, it is served or refused: never a broken server, never untrue books."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from recoup.plugins.xero.standin.books import Books

JUNK: list[Any] = [
    None, "", 0, -1, 1.5, "x", [], {}, [1], {"a": 1}, True, "2026-13-01", "/Date(1)/", "DELETED",
    "VOIDED", "PAID", 1e300, "NaN", "é" * 300, [[]], [None],
]  # fmt: skip
QUERIES = [
    "", "x", "-1", "99999999999999999999", "Date>=1", 'Total>"x"', "Contact==1",
    "Contact.Name>null", 'LineItems=="1"', "!Status", "((", "Date==DateTime(0,0,0)",
    'Date>DateTime.Parse("x")', "LineItems DESC", "UpdatedDateUTC,", "\x00",
    'guid("x")==1', "Total==1 AND",
]  # fmt: skip
TIMES = ["", "2026-01-01", "Mon, 01 Jan 2026", "1", "0001-01-01", "9999-12-31T23:59:59"]


def spoiled(chance: Random, body: Any) -> Any:
    """A body of which one to three values are gone or replaced by junk."""
    found = json.loads(json.dumps(body))
    for _ in range(chance.randrange(1, 4)):
        node = found
        while node:
            key = chance.choice(list(node) if isinstance(node, dict) else list(range(len(node))))
            if isinstance(node[key], (dict, list)) and node[key] and chance.random() < 0.6:
                node = node[key]
                continue
            node[key] = chance.choice(JUNK)
            break
    return found


@pytest.mark.parametrize("seed", range(4))
def test_spoiled_writes_are_refused_or_true(xero: Any, books: Books, acme: str, seed: int) -> None:
    chance = Random(seed)
    ids = [books.create_invoice(acme, "100")["InvoiceID"] for _ in range(3)]
    credit = books.create_credit_note(acme, "50")["CreditNoteID"]
    paid = books.pay(ids[0], "10")["PaymentID"]
    invoice = {"InvoiceID": ids[1]}
    bank, line = {"Code": "090"}, {"Description": "a", "Quantity": 1, "UnitAmount": 5}
    bodies: dict[str, Any] = {
        "Invoices": {"Type": "ACCREC", "Contact": {"ContactID": acme}, "LineItems": [line],
                     "Date": "2026-05-01", "DueDate": "2026-05-02", "Status": "AUTHORISED",
                     "InvoiceNumber": "X1", "CurrencyCode": "USD", "CurrencyRate": 0.7},
        f"Invoices/{ids[1]}": {"Status": "VOIDED", "Reference": "r", "LineItems": [line]},
        "Payments": {"Invoice": invoice, "Account": bank, "Amount": 5, "Date": "2026-05-01"},
        f"Payments/{paid}": {"Status": "DELETED"},
        "CreditNotes": {"Type": "ACCRECCREDIT", "Contact": {"Name": "Acme"}, "LineItems": [line]},
        f"CreditNotes/{credit}/Allocations": {"Amount": 1, "Invoice": invoice},
        "Contacts": {"Name": "Q", "ContactID": acme, "ContactNumber": "7", "Phones": [{}]},
        "BatchPayments": {"Account": bank, "Payments": [{"Invoice": invoice, "Amount": 1}]},
        f"Invoices/{ids[1]}/History": {"Details": "x"},
    }  # fmt: skip
    for _ in range(80):
        path = chance.choice(list(bodies))
        params = chance.choice([{}, {"summarizeErrors": "false"}])
        method = chance.choice(["PUT", "POST"])
        answer = xero.raw(method, path, json.dumps(spoiled(chance, bodies[path])), **params)
        assert answer.status_code in (200, 400, 404)
    assert books.check() == []
    for kind in ("Invoices", "Contacts", "Payments", "CreditNotes"):
        xero.get(kind)  # what was taken is still what the contract says


@pytest.mark.parametrize("seed", range(2))
def test_spoiled_queries_are_refused_or_answered(
    xero: Any, books: Books, acme: str, seed: int
) -> None:
    chance = Random(seed)
    books.create_invoice(acme, "100")
    names = ("where", "order", "page", "pageSize", "IDs", "Statuses", "ContactIDs", "searchTerm")
    for _ in range(80):
        kind = chance.choice(["Invoices", "Contacts", "Payments", "Quotes", "Overpayments"])
        query = {chance.choice(names): chance.choice(QUERIES) for _ in range(2)}
        since = {"If-Modified-Since": chance.choice(TIMES)}
        assert xero.raw("GET", kind, headers=since, **query).status_code in (200, 400)
