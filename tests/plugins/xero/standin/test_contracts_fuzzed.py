"""schemathesis asks the stand-in what the contract allows, and judges every answer by it."""

from __future__ import annotations

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.kinds import KINDS
from recoup.plugins.xero.standin.seed_sources import open_seed
from recoup.plugins.xero.standin.server import StandIn

ROOT = Path(__file__).resolve().parents[4]
CONTRACT = ROOT.parent / "shared" / "contracts" / "xero" / "xero_accounting.yaml"

# operation → the collection whose ids fill its path, where it has one
OPERATIONS = {
    "getAccounts": "",
    "getBankTransaction": "BankTransactions",
    "getBankTransactions": "",
    "getBatchPayment": "BatchPayments",
    "getBatchPayments": "",
    "getBrandingThemes": "",
    "getContact": "Contacts",
    "getContactGroups": "",
    "getContactHistory": "Contacts",
    "getContacts": "",
    "getCreditNote": "CreditNotes",
    "getCreditNotes": "",
    "getCurrencies": "",
    "getInvoice": "Invoices",
    "getInvoiceHistory": "Invoices",
    "getInvoices": "",
    "getOnlineInvoice": "Invoices",
    "getOrganisations": "",
    "getOverpayment": "Overpayments",
    "getOverpayments": "",
    "getPayment": "Payments",
    "getPayments": "",
    "getPrepayment": "Prepayments",
    "getPrepayments": "",
    "getReportBalanceSheet": "",
    "getReportTrialBalance": "",
    "getTaxRates": "",
    "getUsers": "",
}


def narrowed(books: Books) -> dict[str, Any]:
    """The contract with these operations alone, ids in paths being those of the books."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    model: dict[str, Any] = yaml.load(CONTRACT.read_text(encoding="utf-8"), Loader=loader)
    paths: dict[str, Any] = {}
    for template, item in model["paths"].items():
        known = OPERATIONS.get(item.get("get", {}).get("operationId", ""))
        if known is not None:
            paths[template] = {"parameters": item.get("parameters", []), "get": item["get"]}
            _fill(model, paths[template], sorted(books.table(known))[:8] if known else [])
    assert len(paths) == len(OPERATIONS)
    return {**model, "paths": paths, "security": []}


def _fill(model: dict[str, Any], item: dict[str, Any], ids: list[str]) -> None:
    for holder in (item, item["get"]):
        parts = [_resolved(model, part) for part in holder.get("parameters", [])]
        holder["parameters"] = [part for part in parts if part["in"] != "header"]
        for part in holder["parameters"]:
            if part["in"] == "path":
                part.pop("example", None)
                part["schema"] = {"type": "string", "enum": ids}
    item["get"].pop("security", None)


def _resolved(model: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in part:
        found: Any = model
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return copy.deepcopy(part)


def run(folder: Path, books: Books, model: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Let schemathesis ask a stand-in of these books, in a process of its own."""
    spec = folder / "contract.json"
    spec.write_text(json.dumps(model, default=str), encoding="utf-8")
    with StandIn([books], 0) as server:
        token = server.issue_grant()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": books.tenant_id}
        words = [sys.executable, "-m", "schemathesis.cli", "run", str(spec)]
        words += ["--url", f"{server.url}/api.xro/2.0", "--phases", "examples,coverage"]
        words += ["--checks", "response_schema_conformance,not_a_server_error"]
        words += ["--mode", "positive", "--max-examples", "4", "--seed", "1", "--no-color"]
        words += ["--warnings", "off", "--header", "Accept: application/json"]
        for name, value in headers.items():
            words += ["--header", f"{name}: {value}"]
        return subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )  # fmt: skip


@pytest.fixture(scope="module")
def books() -> Books:
    if not CONTRACT.is_file():
        pytest.skip("needs ../shared/contracts/xero")
    return open_seed("demo", until=date(2026, 3, 17))


def test_schemathesis_finds_no_answer_against_the_contract(
    books: Books, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    ended = run(tmp_path, books, narrowed(books))
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    cases = re.search(r"(\d+) generated", ended.stdout)
    counted = f"{len(OPERATIONS)} operations, {cases[1] if cases else 'some'} cases"
    record_property("say", f"schemathesis against the Xero stand-in: {counted}, none wrong")


def test_schemathesis_would_see_a_wrong_answer(books: Books, tmp_path: Path) -> None:
    model = narrowed(books)
    invoices = {"/Invoices": model["paths"]["/Invoices"]}
    amount = model["components"]["schemas"]["Invoice"]["properties"]["AmountDue"]
    amount |= {"type": "string"}
    ended = run(tmp_path, books, {**model, "paths": invoices})
    assert ended.returncode == 1
    assert "response_schema_conformance" in ended.stdout.lower().replace(" ", "_") or (
        "violates schema" in ended.stdout
    )


def examples(spec: dict[str, Any], books: Books) -> Iterator[tuple[str, str, object]]:
    """(method, path, body) of every example of a write in the contract, about our documents."""
    ids = {KINDS[kind].id: next(iter(books.table(kind)), "") for kind in KINDS}
    for template, item in spec["paths"].items():
        for method in ("put", "post"):
            content = item.get(method, {}).get("requestBody", {}).get("content", {})
            shown = content.get("application/json", {})
            bodies = [one["value"] for one in shown.get("examples", {}).values() if "value" in one]
            path = re.sub(r"\{(\w+)\}", lambda found: ids.get(found[1], "none"), template)
            for body in bodies or [part for part in [shown.get("example")] if part]:
                yield method.upper(), path, body


def test_every_example_of_a_write_is_answered_as_the_contract_says(contract: Any) -> None:
    books = open_seed("demo", until=date(2026, 3, 17))
    wrong, served = [], 0
    with StandIn(books) as server, requests.Session() as http:
        token = server.issue_grant()["access_token"]
        http.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        http.headers["xero-tenant-id"] = books.tenant_id
        for method, path, body in examples(contract.spec, books):
            text = json.dumps(body, default=str)
            answer = http.request(method, f"{server.url}/api.xro/2.0{path}", data=text)
            if answer.status_code == 404:
                continue  # an endpoint that the stand-in does not have
            served += 1
            if answer.status_code not in (200, 204, 400):
                wrong.append(f"{method} {path}: {answer.status_code}")
            seen = answer.json() if answer.text else {}
            wrong += contract.errors(method, path, answer.status_code, seen)
    assert wrong == []
    assert served >= 20
    assert books.check() == []
