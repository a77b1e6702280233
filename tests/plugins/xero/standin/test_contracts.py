"""Every answer of the stand-in is what Xero's OpenAPI document says, operation by operation.

Types, formats and enums are judged by jsonschema, with the schemas that the folder's
conftest reads. Fields that no schema has stand in BEYOND with the reason why they are sent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.kinds import KINDS
from recoup.plugins.xero.standin.seed_sources import open_seed
from recoup.plugins.xero.standin.server import StandIn

ROOT = Path(__file__).resolve().parents[4]
RECORDED = ROOT.parent / "shared" / "recordings" / "xero"
FIXTURES = Path(__file__).with_name("fixtures")

ENVELOPE = {"Id", "Status", "ProviderName", "DateTimeUTC"}  # the schemas have the lists alone
# Fields of answers that no schema has, as Schema.field, each with its reason. A reason that no
# answer needs any longer fails.
TWIN = "real answers carry the text twin of the date"
NESTED = "real invoices show applied credits with it"
REFUSED = "the refused document stands in Elements whole; the schema names ids alone"
BEYOND = {
    "Allocation.AllocationId": "the contract's own example of a deletion spells it so",
    "Allocation.DateString": TWIN,
    "BankTransaction.DateString": TWIN,
    "CreditNote.DateString": TWIN,
    "CreditNote.ID": "real answers and the contract's example have it",
    "Element.Amount": REFUSED,
    "Element.HasValidationErrors": REFUSED,
    "Element.Name": REFUSED,
    "Element.PaymentID": REFUSED,
    "Element.Type": REFUSED,
    "Invoice.DateString": TWIN,
    "Invoice.DueDateString": TWIN,
    "Invoice.HasValidationErrors": "answers to writes have it on every element",
    "LineItemTracking.Options": "real answers have it, always empty",
    "Overpayment.DateString": TWIN,
    "Overpayment.HasErrors": NESTED,
    "Overpayment.ID": "the contract's example has it",
    "Payment.DateString": TWIN,
    "Prepayment.DateString": TWIN,
    "Prepayment.HasErrors": NESTED,
    "Prepayment.ID": "the contract's example has it",
}


@dataclass(frozen=True)
class Asked:
    """One request and its answer."""

    method: str
    template: str  # the path as the document writes it
    status: int
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.template} -> {self.status}"


def resolved(spec: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part of the contract, its references followed."""
    while "$ref" in part:
        found: Any = spec
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def schema_of(contract: Any, asked: Asked) -> dict[str, Any] | None:
    """The schema of an answer; None where the contract describes none."""
    responses = contract.spec["paths"][asked.template][asked.method.lower()]["responses"]
    answer = resolved(contract.spec, responses.get(str(asked.status), {}))
    content = answer.get("content", {}).get("application/json")
    return None if content is None else dict(content["schema"])


def violations(contract: Any, schema: dict[str, Any], body: object) -> Iterator[str]:
    """What of a body is against its schema, in words."""
    checks = jsonschema.FormatChecker(["uuid"])
    judge = jsonschema.Draft7Validator({**contract.root, **schema}, format_checker=checks)
    for error in judge.iter_errors(body):
        yield f"{error.json_path}: {error.message[:200]}"


def beyond(
    spec: dict[str, Any], schema: dict[str, Any], body: object, name: str = ""
) -> Iterator[str]:
    """Yield Schema.field for every field that no schema has, however deep."""
    name = schema.get("$ref", name).rpartition("/")[2]
    schema = resolved(spec, schema)
    if isinstance(body, list):
        for part in body:
            yield from beyond(spec, schema.get("items", {}), part, name)
    elif isinstance(body, dict) and "properties" in schema:
        for field, value in body.items():
            if field in schema["properties"]:
                known = schema["properties"][field]
                yield from beyond(spec, known, value, f"{name}.{field}")
            else:
                yield f"{name}.{field}"


# -- asking -------------------------------------------------------------------------------------


Ask = Callable[..., Asked]


@contextmanager
def asking(books: Books) -> Iterator[Ask]:
    """Serve the books: ask(method, template, *ids, body=None, **query) fills the template."""
    with StandIn(books) as server, requests.Session() as http:
        token = server.issue_grant()["access_token"]
        http.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        http.headers["xero-tenant-id"] = books.tenant_id

        def ask(method: str, template: str, *ids: str, body: object = None, **query: Any) -> Asked:
            given = iter(ids)
            path = re.sub(r"\{\w+\}", lambda _: next(given), template)
            url = f"{server.url}/api.xro/2.0{path}"
            answer = http.request(method, url, params=query, json=body)
            return Asked(method, template, answer.status_code, answer.text and answer.json())

        yield ask


LISTS = (
    "Accounts", "BankTransactions", "BankTransfers", "BatchPayments", "BrandingThemes",
    "ContactGroups", "Contacts", "CreditNotes", "Currencies", "Invoices", "Overpayments",
    "Payments", "PaymentServices", "Prepayments", "Quotes", "RepeatingInvoices", "TaxRates",
    "Users",
)  # fmt: skip
PAGED = (
    "BankTransactions", "Contacts", "CreditNotes", "Invoices", "Overpayments", "Payments",
    "Prepayments",
)  # fmt: skip
SINGLE = (*PAGED, "BatchPayments", "Accounts", "Users")


def readings(ask: Ask, books: Books) -> Iterator[Asked]:
    """Every list whole, paged and as a summary; every document of a kind; history; reports."""
    yield ask("GET", "/Organisation")
    for name in LISTS:
        yield ask("GET", f"/{name}")
    for name in PAGED:
        yield ask("GET", f"/{name}", page=1, pageSize=1000, includeArchived="true")
    for name in ("Invoices", "Contacts"):
        yield ask("GET", f"/{name}", page=1, summaryOnly="true")
    yield ask("GET", "/Invoices", Statuses="AUTHORISED,DRAFT", order="InvoiceID ASC")
    for name in SINGLE:
        field = KINDS[name].id
        for row in books.rows(name)[:5]:
            yield ask("GET", f"/{name}/{{{field}}}", row[field])
            if name not in ("Accounts", "Users"):
                yield ask("GET", f"/{name}/{{{field}}}/History", row[field])
    for row in books.rows("Invoices", Status="AUTHORISED", Type="ACCREC")[:2]:
        yield ask("GET", "/Invoices/{InvoiceID}/OnlineInvoice", row["InvoiceID"])
        yield ask("GET", "/Invoices/{InvoiceID}/Attachments", row["InvoiceID"])
    theme = books.rows("BrandingThemes")[0]["BrandingThemeID"]
    yield ask("GET", "/BrandingThemes/{BrandingThemeID}/PaymentServices", theme)
    yield ask("GET", "/InvoiceReminders/Settings")
    yield from reports(ask, books)


def reports(ask: Ask, books: Books) -> Iterator[Asked]:
    contact = books.rows("Invoices", Type="ACCREC")[0]["Contact"]["ContactID"]
    yield ask("GET", "/Reports/AgedReceivablesByContact", contactId=contact)
    for name in ("TrialBalance", "BalanceSheet"):
        yield ask("GET", f"/Reports/{name}")
        yield ask("GET", f"/Reports/{name}", date="2026-02-28")


def writings(ask: Ask, books: Books) -> Iterator[Asked]:
    """What an adapter writes: contacts, invoices, money, credits, allocations, notes."""
    made = ask("PUT", "/Contacts", body={"Contacts": [{"Name": "Newcomer & Co"}]})
    yield made
    who = {"ContactID": made.body["Contacts"][0]["ContactID"]}
    line = {"Description": "Sign", "Quantity": 1, "UnitAmount": 100, "AccountCode": "200"}
    form = {"Contact": who, "LineItems": [line], "Status": "AUTHORISED", "Date": "2026-03-02"}
    form |= {"DueDate": "2026-04-01", "LineAmountTypes": "NoTax"}
    sale = {**form, "Type": "ACCREC"}
    entered = ask("PUT", "/Invoices", body={"Invoices": [sale, sale, sale]})
    yield entered
    first, second, third = ({"InvoiceID": row["InvoiceID"]} for row in entered.body["Invoices"])
    bank = {"Code": "090"}
    money = {"Invoice": first, "Account": bank, "Date": "2026-03-05", "Amount": 40}
    paid = ask("PUT", "/Payments", body={"Payments": [money]})
    yield paid
    parts = [{"Invoice": one, "Amount": 30} for one in (second, third)]
    batch = {"Account": bank, "Date": "2026-03-06", "Payments": parts}
    yield ask("PUT", "/BatchPayments", body={"BatchPayments": [batch]})
    credit = ask("PUT", "/CreditNotes", body={"CreditNotes": [{**form, "Type": "ACCRECCREDIT"}]})
    yield credit
    note = credit.body["CreditNotes"][0]["CreditNoteID"]
    allocated = ask(
        "PUT", "/CreditNotes/{CreditNoteID}/Allocations", note,
        body={"Allocations": [{"Amount": 20, "Date": "2026-03-07", "Invoice": second}]},
    )  # fmt: skip
    yield allocated
    yield ask("PUT", "/Invoices/{InvoiceID}/History", first["InvoiceID"],
              body={"HistoryRecords": [{"Details": "Rang them"}]})  # fmt: skip
    yield ask("GET", "/Invoices/{InvoiceID}/History", first["InvoiceID"])
    yield ask("POST", "/Invoices/{InvoiceID}/Email", first["InvoiceID"], body={})
    payment = paid.body["Payments"][0]["PaymentID"]
    yield ask("POST", "/Payments/{PaymentID}", payment, body={"Status": "DELETED"})
    ident = allocated.body["Allocations"][0]["AllocationID"]
    yield ask("DELETE", "/CreditNotes/{CreditNoteID}/Allocations/{AllocationID}", note, ident)


def refusals(ask: Ask) -> Iterator[Asked]:
    """Requests that the ledger refuses."""
    yield ask("PUT", "/Contacts", body={"Contacts": [{"Name": ""}]})
    yield ask("PUT", "/Invoices", body={"Invoices": [{"Type": "ACCREC"}]})
    yield ask("PUT", "/Payments", body={"Payments": [{"Amount": 1}]})
    yield ask("PUT", "/Invoices", body={"Invoices": [{"Type": "ACCREC", "LineItems": [{}]}]},
              summarizeErrors="false")  # fmt: skip


SEEDS = ("demo", "recorded", "history.csv")


def opened(seed: str) -> Books:
    if seed == "recorded":
        if not RECORDED.is_dir():
            pytest.skip("needs ../shared/recordings/xero")
        return open_seed(str(RECORDED))
    if seed == "demo":
        return open_seed("demo", until=date(2026, 3, 17))
    return open_seed(str(FIXTURES / seed))


@pytest.fixture(scope="module")
def answers() -> dict[str, list[Asked]]:
    """Every answer that is judged, by the seed of the organisation."""
    found: dict[str, list[Asked]] = {}
    for seed in SEEDS:
        books = opened(seed)
        with asking(books) as ask:
            found[seed] = [*readings(ask, books), *writings(ask, books), *refusals(ask)]
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_every_answer_is_what_the_contract_says(
    contract: Any, answers: dict[str, list[Asked]], seed: str
) -> None:
    wrong: list[str] = []
    for asked in answers[seed]:
        schema = schema_of(contract, asked)
        if schema is not None:
            wrong += [f"{asked}: {problem}" for problem in violations(contract, schema, asked.body)]
        elif asked.status != 204:
            wrong.append(f"{asked}: the contract has no such answer: {asked.body}")
    assert wrong == []


def test_fields_that_the_contract_does_not_have_are_listed_with_a_reason(
    contract: Any, answers: dict[str, list[Asked]]
) -> None:
    found: dict[str, str] = {}
    for seed, all_asked in answers.items():
        for asked in all_asked:
            schema = schema_of(contract, asked)
            inner = {key: one for key, one in (asked.body or {}).items() if key not in ENVELOPE}
            for name in beyond(contract.spec, schema or {}, inner):
                found.setdefault(name, f"{seed}: {asked}")
    assert {name: asked for name, asked in found.items() if name not in BEYOND} == {}
    assert set(BEYOND) - set(found) == set(), "listed fields that no answer sends"


WRONG = {"Status": "SETTLED", "AmountDue": "12.00", "InvoiceID": "12", "Payments": {}}


@pytest.mark.parametrize(("field", "value"), WRONG.items())
def test_a_wrong_value_would_be_seen(contract: Any, field: str, value: object) -> None:
    invoice = {"InvoiceID": "11111111-aaaa-4bbb-8ccc-000000000001", field: value}
    schema = schema_of(contract, Asked("GET", "/Invoices", 200, None))
    assert schema is not None
    assert list(violations(contract, schema, {"Invoices": [invoice]}))


def test_a_field_of_another_name_would_be_seen(contract: Any) -> None:
    schema = {"$ref": "#/components/schemas/Payments"}
    body = {"Payments": [{"Amount": 1, "Invoice": {"Amuont": 1, "Contact": {"Nmae": "A"}}}]}
    assert list(beyond(contract.spec, schema, body)) == ["Invoice.Amuont", "Contact.Nmae"]
