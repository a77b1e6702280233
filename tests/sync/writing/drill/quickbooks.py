"""The firm on QuickBooks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from drill.firm import Firm, State
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.protocols import Connection
from recoup.connector.standin.clock import Clock
from recoup.connector.standin.listener import Answer, Request
from recoup.plugins.quickbooks.adapter import QuickBooksLedger
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

__all__ = ["QuickBooksFirm"]

KINDS = {
    "Invoice": (DocumentKind.INVOICE, "Balance"),
    "CreditMemo": (DocumentKind.CREDIT_NOTE, "Balance"),
    "Payment": (DocumentKind.PAYMENT, "UnappliedAmt"),
}
API = "minorversion"  # in the address of every call but those for tokens


class _StandIn(StandIn):
    """Breaks after the commit, which is no switch of this stand-in."""

    breaks_after: list[int]  # changing requests to let through, for each 500 that waits
    struck_after = 0

    def handle(self, request: Request) -> Answer:
        answer = super().handle(request)
        if request.method == "POST" and "/v3/company" in request.target:
            if self.breaks_after and self.breaks_after[0] <= 0:
                self.breaks_after.pop(0)
                self.struck_after += 1
                return Answer(500, b'{"message":"Internal Server Error"}')
            if self.breaks_after:
                self.breaks_after[0] -= 1
        return answer


class QuickBooksFirm(Firm):
    platform = "quickbooks"
    discounts = False
    faults: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "throttled_xml": {"kind": "429_xml"},
        "throttled_json": {"kind": "429_json_lower"},
        "throttled_html": {"kind": "429_html"},
        "throttled_403": {"kind": "403_throttle", "match": API},
        "token_expires": {"kind": "expire_token"},
        "token_refused": {"kind": "auth_120", "match": API},
        "broken_500": {"kind": "500"},
        "bad_gateway_502": {"kind": "502"},
        "unavailable_503": {"kind": "503"},
        "late_504": {"kind": "504"},
        "fault_in_200": {"kind": "fault_in_200", "match": API},
        "dropped_before": {"kind": "drop_before"},
        "hangs": {"kind": "hang", "seconds": 0.01},
        "dropped_after": {"kind": "drop_after"},
        "truncated": {"kind": "truncate"},
        "cut_json": {"kind": "cut_json"},
        "broken_500_after": {"kind": "500_after"},
        "refresh_dropped": {"kind": "drop_after", "match": "/oauth2/v1/tokens/bearer"},
    }

    def start(self, clock: Clock) -> StandIn:
        self.books = Books(clock=clock)
        made = _StandIn(self.books, options=Options(rotate="always"))
        made.breaks_after = []
        return made.start()

    def adapter(self, connection: Connection) -> object:
        return QuickBooksLedger(connection)

    @property
    def ledger_id(self) -> str:
        return self.books.realm

    def strike(self, name: str, *, after: int = 0, method: str | None = None) -> None:
        if name == "broken_500_after":
            self.standin.breaks_after.append(after)
        else:
            super().strike(name, after=after, method=method)

    def changes(self, request: Request) -> bool:
        path = request.target.partition("?")[0]
        return super().changes(request) and not path.endswith(("/batch", "/query"))

    def calm(self) -> None:
        super().calm()
        self.standin.breaks_after.clear()

    def struck(self) -> Counter[str]:
        found = super().struck()
        found["broken_500_after"] += self.standin.struck_after
        self.standin.struck_after = 0
        return +found

    def state(self) -> State:
        books = self.books
        documents, allocations, notes = {}, Counter[tuple[str, ...]](), Counter[tuple[str, str]]()
        for entity, (kind, field) in KINDS.items():
            for id, doc in books.table(entity).items():
                if str(doc.get("PrivateNote", "")).startswith("Voided"):
                    continue
                ref = DocumentRef(kind, str(id))
                documents[ref] = (Decimal(doc["TotalAmt"]), Decimal(doc[field]))
                for line in str(doc.get("PrivateNote") or "").split("\n"):
                    notes[str(ref), line] += bool(line)
        for id, doc in books.table("Payment").items():
            for line in doc.get("Line", []):
                for link in line.get("LinkedTxn", []):
                    amount = str(Decimal(line["Amount"]).normalize())
                    allocations[str(id), link["TxnType"], str(link["TxnId"]), amount] += 1
        accounts = [
            Decimal(doc["CurrentBalance"])
            for doc in books.table("Account").values()
            if doc.get("AccountType") == "Accounts Receivable"
        ]
        owed = {str(k): Decimal(doc["Balance"]) for k, doc in books.table("Customer").items()}
        ever = Counter({entity: len(books.table(entity)) for entity in KINDS})
        return State(
            documents, +allocations, sum(accounts, Decimal(0)), owed, notes=+notes, ever=ever
        )

    def broken_rules(self) -> list[str]:
        return self.books.check()

    def add_customer(self, name: str) -> str:
        return str(self.books.create("Customer", {"DisplayName": name})["Id"])

    def add_invoice(self, customer: str, amount: Decimal) -> str:
        return self._form("Invoice", customer, amount)

    def add_money(self, customer: str, amount: Decimal) -> DocumentRef:
        body = {"CustomerRef": {"value": customer}, "TotalAmt": amount}
        return DocumentRef(DocumentKind.PAYMENT, str(self.books.create("Payment", body)["Id"]))

    def add_credit(self, customer: str, amount: Decimal) -> DocumentRef:
        return DocumentRef(DocumentKind.CREDIT_NOTE, self._form("CreditMemo", customer, amount))

    def _form(self, entity: str, customer: str, amount: Decimal) -> str:
        line: dict[str, Any] = {"Amount": amount, "DetailType": "SalesItemLineDetail"}
        line["SalesItemLineDetail"] = {}
        body = {"CustomerRef": {"value": customer}, "Line": [line]}
        return str(self.books.create(entity, body)["Id"])

    def lock(self, until: str) -> None:
        prefs = dict(self.books.rows("Preferences")[0])
        inner = {**prefs.get("AccountingInfoPrefs", {}), "BookCloseDate": until}
        self.books.load("Preferences", {**prefs, "AccountingInfoPrefs": inner})

    def match(self, document: DocumentRef) -> None:
        self.books.bank_match(document.ledger_id)
