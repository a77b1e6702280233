"""A folder of raw answers keeps its documents exactly and says what it made up."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.standin.seed_errors import SeedError
from recoup.plugins.sage.standin.seed_folder import Folder, read_folder

BUSINESS = "5a6e00000000000000000000000000ff"
Read = Callable[..., Folder]
CONTACT = {
    "id": "c4", "displayed_as": "Alder (A1)", "$path": "/contacts/c4", "name": "Alder",
    "reference": "A1", "updated_at": "2024-03-01T10:00:00Z",
}  # fmt: skip
INVOICE = {
    "id": "i9", "displayed_as": "SI-1", "$path": "/sales_invoices/i9",
    "created_at": "2024-03-01T10:00:00Z", "updated_at": "2024-03-02T10:00:00Z",
    "contact": {"id": "c4", "displayed_as": "Alder (A1)", "$path": "/contacts/c4"},
    "contact_name": "Alder", "total_amount": "95.5",
    "currency": {"id": "EUR", "displayed_as": "Euro (EUR)", "$path": "/currencies/EUR"},
}  # fmt: skip


def page(*items: dict[str, Any]) -> dict[str, Any]:
    return {"$total": len(items), "$page": 1, "$next": None, "$back": None,
            "$itemsPerPage": 20, "$items": list(items)}  # fmt: skip


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write each body to a file of its own and read the folder."""

    def write(*bodies: object) -> Folder:
        for number, body in enumerate(bodies):
            text = body if isinstance(body, str) else json.dumps(body)
            (tmp_path / f"{number}.json").write_text(text, encoding="utf-8")
        return read_folder(tmp_path, BUSINESS)

    return write


def test_pages_single_documents_and_lists_of_answers_are_read(read: Read) -> None:
    settings = {"$path": "/financial_settings", "base_currency": {"id": "CAD"}}
    folder = read(page(INVOICE), [CONTACT, page({**INVOICE, "id": "i10"})], settings)
    assert {kind: list(table) for kind, table in folder.documents.items()} == {
        "sales_invoices": ["i9", "i10"],
        "contacts": ["c4"],
        "financial_settings": [""],
    }
    assert folder.documents["sales_invoices"]["i9"] == INVOICE
    assert (folder.home_currency, folder.country) == ("CAD", "CA")


def test_without_settings_the_commonest_currency_is_taken_and_said(read: Read) -> None:
    folder = read(page(CONTACT), page(INVOICE))
    assert (folder.home_currency, folder.country) == ("EUR", "IE")
    assert folder.notes == ["financial_settings are not in the folder: EUR is taken as home"]


def test_a_byte_order_mark_is_tolerated(read: Read) -> None:
    assert read("\ufeff" + json.dumps(page(CONTACT))).documents["contacts"]


def test_of_two_versions_the_one_changed_last_is_kept(read: Read) -> None:
    newer = {**INVOICE, "updated_at": "2024-03-02T11:30:00+01:00", "reference": "later"}
    folder = read(page(newer), page(INVOICE))
    assert folder.documents["sales_invoices"]["i9"]["reference"] == "later"


def test_a_sparse_row_does_not_hide_the_whole_document(read: Read) -> None:
    sparse = {key: INVOICE[key] for key in ("id", "displayed_as", "$path")}
    folder = read(page(INVOICE), page(sparse))
    assert folder.documents["sales_invoices"]["i9"] == INVOICE


def test_businesses_are_those_of_the_consent(read: Read) -> None:
    rows = [
        {"id": f"b{number}", "displayed_as": f"Firm {number}", "$path": f"/businesses/b{number}"}
        for number in (1, 2)
    ]
    folder = read(page(*rows), page(CONTACT))
    assert folder.businesses == [("b1", "Firm 1"), ("b2", "Firm 2")]
    assert "2 businesses are listed: the documents are Firm 1's" in folder.notes


def test_a_contact_that_only_documents_name_is_made_up_inactive(read: Read) -> None:
    folder = read(page(INVOICE))
    assert folder.made_up["contacts"]["c4"]["is_active"] is False
    assert any("contact c4 (Alder) is only named in sales_invoices" in n for n in folder.notes)


def test_what_holds_no_document_is_left_out_and_said(read: Read) -> None:
    folder = read(page(CONTACT), {"Easter": "2024-03-31"})
    assert "1.json holds no document and was left out" in folder.notes


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('{"$items":\n [{"id": }]}', "0.json: line 2: is not JSON"),
        ("[1, 2]", "0.json: is not the body of an API answer"),
        ('{"$items": ["x"]}', "0.json: $items holds 'x'"),
        ('[{"$severity": "error", "$message": "No"}]', "0.json: the answer is an error"),
        ('{"$items": []}', "hold no document"),
        ("{}", "hold no document"),
    ],
)
def test_a_file_that_is_no_answer_is_named(read: Read, body: str, complaint: str) -> None:
    with pytest.raises(SeedError) as caught:
        read(body)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match=r"holds no \.json file"):
        read_folder(tmp_path, BUSINESS)
