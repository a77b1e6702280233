"""A QuickBooks-shaped server that only copies bytes: every page is rendered and zipped once.

Run as ``python benchmarks/prerendered.py INVOICES PAYMENTS CUSTOMERS SEED``; prints its port.
It answers what a bootstrap asks for and nothing else. Documents are made from the seed, about
2 kB an invoice and 1 kB a payment, which is what the real platform sends.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TIME = "2026-05-04T10:00:00.000-07:00"
_QUERY = re.compile(
    r"select\s+(?P<what>\*|count\(\*\))\s+from\s+(?P<entity>\w+)(?P<rest>.*)", re.IGNORECASE
)


def meta(rng: random.Random) -> dict[str, str]:
    day, second = rng.randrange(1, 29), rng.randrange(60)
    at = f"2026-{rng.randrange(1, 5):02}-{day:02}T09:15:{second:02}-07:00"
    return {"CreateTime": at, "LastUpdatedTime": at}


def customer(number: int, rng: random.Random) -> dict[str, Any]:
    name = f"Customer {number:05} of Alder Street"
    return {
        "Taxable": True,
        "BillAddr": {"Id": str(number), "Line1": f"{number} Alder Street", "City": "Bayshore",
                     "CountrySubDivisionCode": "CA", "PostalCode": "94326"},
        "Job": False, "BillWithParent": False, "Balance": 0, "BalanceWithJobs": 0,
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "PreferredDeliveryMethod": "Email", "domain": "QBO", "sparse": False,
        "Id": str(number), "SyncToken": "0", "MetaData": meta(rng),
        "FullyQualifiedName": name, "CompanyName": name, "DisplayName": name,
        "PrintOnCheckName": name, "Active": True,
        "PrimaryPhone": {"FreeFormNumber": f"(555) 555-{number:04}"},
        "PrimaryEmailAddr": {"Address": f"ap{number}@example.com"},
    }  # fmt: skip


def invoice(number: int, customers: int, rng: random.Random) -> dict[str, Any]:
    lines = [rng.randrange(1_000, 250_000) for _ in range(3)]
    total, debtor = sum(lines), str(rng.randrange(1, customers + 1))
    doc_id, day = str(10_000 + number), rng.randrange(1, 29)
    address = {"Id": str(number + 7), "Line1": f"{debtor} Alder Street", "Line2": "Building C",
               "City": "Bayshore", "CountrySubDivisionCode": "CA",
               "PostalCode": "94326"}  # fmt: skip
    detail = [
        {"Id": str(n + 1), "LineNum": n + 1, "Description": f"Maintenance visit {number} part {n}",
         "Amount": amount / 100, "DetailType": "SalesItemLineDetail",
         "SalesItemLineDetail": {
             "ItemRef": {"value": str(n + 5), "name": "Maintenance and Repair"},
             "UnitPrice": amount / 100, "Qty": 1,
             "ItemAccountRef": {"value": "45", "name": "Landscaping Services"},
             "TaxCodeRef": {"value": "NON"}}}
        for n, amount in enumerate(lines)
    ]  # fmt: skip
    return {
        "AllowIPNPayment": False, "AllowOnlinePayment": False,
        "AllowOnlineCreditCardPayment": False, "AllowOnlineACHPayment": False,
        "domain": "QBO", "sparse": False, "Id": doc_id, "SyncToken": "1", "MetaData": meta(rng),
        "CustomField": [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}],
        "DocNumber": str(100_000 + number), "TxnDate": f"2026-03-{day:02}",
        "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "LinkedTxn": [{"TxnId": str(500_000 + number), "TxnType": "Payment"}],
        "Line": [*detail, {"Amount": total / 100, "DetailType": "SubTotalLineDetail",
                           "SubTotalLineDetail": {}}],
        "TxnTaxDetail": {"TotalTax": 0},
        "CustomerRef": {"value": debtor, "name": f"Customer {debtor} of Alder Street"},
        "CustomerMemo": {"value": "Thank you for your business and have a great day!"},
        "BillAddr": address, "ShipAddr": address, "FreeFormAddress": False,
        "SalesTermRef": {"value": "3", "name": "Net 30"}, "DueDate": f"2026-04-{day:02}",
        "TotalAmt": total / 100, "ApplyTaxAfterDiscount": False, "PrintStatus": "NeedToPrint",
        "EmailStatus": "NotSet", "BillEmail": {"Address": f"ap{debtor}@example.com"}, "Balance": 0,
    }  # fmt: skip


def payment(number: int, of: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    total = of["TotalAmt"]
    return {
        "CustomerRef": of["CustomerRef"], "DepositToAccountRef": {"value": "4"},
        "PaymentMethodRef": {"value": "2"}, "PaymentRefNum": str(70_000 + number),
        "TotalAmt": total, "UnappliedAmt": 0, "ProcessPayment": False, "domain": "QBO",
        "sparse": False, "Id": str(500_000 + number), "SyncToken": "0", "MetaData": meta(rng),
        "TxnDate": "2026-04-20", "CurrencyRef": {"value": "USD", "name": "United States Dollar"},
        "LinkedTxn": [{"TxnId": str(900_000 + number // 10), "TxnType": "Deposit"}],
        "Line": [{"Amount": total, "LinkedTxn": [{"TxnId": of["Id"], "TxnType": "Invoice"}],
                  "LineEx": {"any": [
                      {"name": "{http://schema.intuit.com/finance/v3}NameValue",
                       "declaredType": "com.intuit.schema.finance.v3.NameValue",
                       "scope": "javax.xml.bind.JAXBElement$GlobalScope", "nil": False,
                       "value": {"Name": name, "Value": value}, "globalScope": True,
                       "typeSubstituted": False}
                      for name, value in (("txnId", of["Id"]),
                                          ("txnOpenBalance", str(total)),
                                          ("txnReferenceNumber", of["DocNumber"]))]}}],
    }  # fmt: skip


class Books:
    """Documents as bytes, and the answers made of them, each kept once it was made."""

    def __init__(self, invoices: int, payments: int, customers: int, seed: int) -> None:
        rng = random.Random(seed)
        billed = [invoice(n, customers, rng) for n in range(invoices)]
        rows: dict[str, list[dict[str, Any]]] = {
            "Customer": [customer(n + 1, rng) for n in range(customers)],
            "Invoice": billed,
            "Payment": [payment(n, billed[n % invoices], rng) for n in range(payments)],
        }
        self.raw = {
            entity: [json.dumps(row, separators=(",", ":")).encode() for row in of]
            for entity, of in rows.items()
        }
        self._made: dict[tuple[str, int, int], bytes] = {}

    def count(self, entity: str) -> int:
        return len(self.raw.get(entity, ()))

    def page(self, entity: str, start: int, most: int) -> bytes:
        key = (entity, start, most)
        if key not in self._made:
            rows = self.raw.get(entity, [])[start - 1 : start - 1 + most]
            inside = b'"%s":[%s],"startPosition":%d,"maxResults":%d' % (
                entity.encode(), b",".join(rows), start, len(rows))  # fmt: skip
            body = b'{"QueryResponse":{%s},"time":"%s"}' % (
                inside if rows else b"", TIME.encode())  # fmt: skip
            self._made[key] = gzip.compress(body, 6)
        return self._made[key]

    def answer(self, statement: str) -> bytes | dict[str, Any]:
        found = _QUERY.match(statement.strip())
        if found is None:
            raise ValueError(statement)
        entity, rest = found["entity"], found["rest"]
        if found["what"] != "*":
            return {"QueryResponse": {"totalCount": self.count(entity)}, "time": TIME}
        start = re.search(r"startposition\s+(\d+)", rest, re.IGNORECASE)
        most = re.search(r"maxresults\s+(\d+)", rest, re.IGNORECASE)
        return self.page(entity, int(start[1]) if start else 1, int(most[1]) if most else 100)


def handler(books: Books) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # or every small answer waits for 40 ms

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            if url.path.startswith("/plain/"):
                first, most = int(asked.get("start", 1)), int(asked.get("most", 1000))
                return self._send(books.page(url.path.rsplit("/", 1)[1], first, most))
            if "/companyinfo/" in url.path:
                described = {"CompanyName": "Bench", "Country": "US", "Id": "1"}
                return self._send({"CompanyInfo": described, "time": TIME})
            if url.path.endswith("/preferences"):
                prefs = {"MultiCurrencyEnabled": False, "HomeCurrency": {"value": "USD"}}
                return self._send({"Preferences": {"CurrencyPrefs": prefs}, "time": TIME})
            if url.path.endswith("/cdc"):
                return self._send({"CDCResponse": [{"QueryResponse": []}], "time": TIME})
            return self._send(books.answer(asked["query"]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if urlsplit(self.path).path.endswith("/batch"):
                items = [
                    {"bId": item["bId"], **self._plain(books.answer(item["Query"]))}
                    for item in json.loads(body)["BatchItemRequest"]
                ]
                return self._send({"BatchItemResponse": items, "time": TIME})
            return self._send(books.answer(body))

        @staticmethod
        def _plain(answer: bytes | dict[str, Any]) -> dict[str, Any]:
            found: dict[str, Any] = (
                answer if isinstance(answer, dict) else json.loads(gzip.decompress(answer))
            )
            return found

        def _send(self, answer: bytes | dict[str, Any]) -> None:
            body = (
                answer if isinstance(answer, bytes) else gzip.compress(json.dumps(answer).encode())
            )
            self.send_response(200)
            self.send_header("Content-Type", "application/json;charset=UTF-8")
            self.send_header("Content-Encoding", "gzip")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: a line per call would be measured too."""

    return Handler


def main() -> None:
    invoices, payments, customers, seed = (int(word) for word in sys.argv[1:5])
    books = Books(invoices, payments, customers, seed)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(books))
    server.daemon_threads = True
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
