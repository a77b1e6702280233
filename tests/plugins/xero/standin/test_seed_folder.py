"""A folder of raw answers keeps its documents as they are; what it lacks is made up and said."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.seed_errors import SeedError
from recoup.connector.standin.wire import dumps
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.kinds import KINDS
from recoup.plugins.xero.standin.seed_folder import read_folder
from recoup.plugins.xero.standin.seed_sources import demo_books, open_seed

ANSWERS = Path(__file__).with_name("fixtures") / "answers"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a folder of files: write(name=text or value)."""

    def make(**files: Any) -> Path:
        for name, content in files.items():
            text = content if isinstance(content, str) else json.dumps(content)
            (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
        return tmp_path

    return make


def opened(path: Path) -> tuple[Books, list[str]]:
    said: list[str] = []
    return open_seed(str(path), say=said.append), said


def test_documents_are_kept_to_the_last_place() -> None:
    books, _ = opened(ANSWERS)
    raw = json.loads((ANSWERS / "invoices.json").read_text(), parse_float=Decimal)
    for invoice in raw["Invoices"]:
        assert dumps(books.get("Invoices", invoice["InvoiceID"])) == dumps(invoice)


def test_the_organisation_and_the_tenant_are_those_of_the_recordings() -> None:
    books, _ = opened(ANSWERS)
    assert books.tenant_id == "66666666-aaaa-4bbb-8ccc-000000000001"
    assert (books.name, books.base_currency) == ("Sandpiper Works", "GBP")


def test_contacts_payments_and_credits_only_spoken_of_are_made_up_and_said() -> None:
    books, said = opened(ANSWERS)
    [payment] = books.rows("Payments")
    assert (payment["Amount"], payment["PaymentType"]) == (Decimal("40.00"), "ACCRECPAYMENT")
    [credit] = books.rows("CreditNotes")
    assert (credit["RemainingCredit"], credit["Type"]) == (Decimal("15.00"), "ACCRECCREDIT")
    assert books.rows("Contacts", Name="Osprey Ltd")
    assert [line.split(" are")[0] for line in said] == ["1 Contacts", "1 CreditNotes", "1 Payments"]
    assert books.check() == []


def test_of_two_versions_the_later_is_kept_and_of_equal_ones_the_fuller(write: Write) -> None:
    def page(stamp: int, **more: object) -> dict[str, Any]:
        contact = {"ContactID": "a", "Name": "A", "UpdatedDateUTC": f"/Date({stamp}+0000)/"}
        return {"Contacts": [contact | more]}

    path = write(a_json=page(5, Name="New"), b_json=page(4), c_json=page(5, Name="New", Phones=[]))
    [kept] = read_folder(path).documents["Contacts"].values()
    assert (kept["Name"], kept["Phones"]) == ("New", [])


def test_an_organisation_written_out_as_answers_is_read_back_the_same(write: Write) -> None:
    books = demo_books(Clock(), until=date(2026, 3, 17))
    pages = {f"{kind}_json": dumps({kind: books.rows(kind)}) for kind in KINDS}
    again, said = opened(write(**pages))
    for kind in KINDS:
        assert dumps(again.rows(kind)) == dumps(books.rows(kind)), kind
    assert (again.check(), said) == ([], [])


def test_a_folder_says_where_it_does_not_tie_out(write: Write) -> None:
    raw = json.loads((ANSWERS / "invoices.json").read_text())
    raw["Invoices"][0]["AmountDue"] = 71.0
    _, said = opened(write(a_json=raw))
    assert any("does not tie out in" in line for line in said)


@pytest.mark.parametrize(
    ("files", "complaint"),
    [
        ({}, "holds no .json or .yaml file"),
        ({"a_json": '{"Invoices": ['}, "a.json: line 1: is not JSON"),
        ({"a_json": [1, 2]}, "a.json: is not the body of an API answer"),
        ({"a_json": {"Rows": []}}, "a.json: is not the body of an API answer"),
        ({"a_json": {"Invoices": [{"Total": 1}]}}, "one of Invoices has no InvoiceID"),
        ({"a_json": {"Title": "Forbidden", "Detail": "x"}}, "the answer is an error"),
        ({"a_json": {"ErrorNumber": 10, "Message": "x"}}, "the answer is an error"),
        ({"a_json": {"Reports": []}}, "its files hold no document"),
        ({"a_yaml": "recordings: []"}, "a.yaml: is no recorded traffic"),
        ({"a_yaml": "a: [1"}, "a.yaml: is no recorded traffic"),
    ],
)
def test_a_wrong_folder_is_one_clear_line(
    write: Write, files: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(SeedError) as caught:
        opened(write(**files))
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
