"""A folder of raw API answers is read as it stands."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from recoup.connector.standin.seed_errors import SeedError
from recoup.plugins.quickbooks.standin.seed_folder import Folder, read_folder

Read = Callable[..., Folder]
STAMP = {"CreateTime": "2020-09-29T05:58:07-07:00", "LastUpdatedTime": "2020-09-29T05:58:07-07:00"}
INVOICE = {"Id": "9", "SyncToken": "0", "MetaData": STAMP, "CustomerRef": {"value": "4"}}
CUSTOMER = {"Id": "4", "SyncToken": "0", "MetaData": STAMP, "DisplayName": "Alder Mill"}


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Write each body into a file of its own and read the folder: read({...}, {...})."""

    def write(*bodies: object) -> Folder:
        for number, body in enumerate(bodies):
            text = body if isinstance(body, str) else json.dumps(body)
            (tmp_path / f"{number}.json").write_text(text, encoding="utf-8")
        return read_folder(tmp_path)

    return write


def test_query_pages_single_entities_and_change_answers_are_all_read(read: Read) -> None:
    folder = read(
        {"QueryResponse": {"Invoice": [INVOICE], "startPosition": 1}, "time": "x"},
        {"Customer": CUSTOMER, "time": "x"},
        {"CDCResponse": [{"QueryResponse": [{"Payment": [{"Id": "7"}]}, {}]}], "time": "x"},
        [{"QueryResponse": {}}, {"BatchItemResponse": [{"Term": {"Id": "3"}, "bId": "1"}]}],
    )
    assert {entity: list(table) for entity, table in folder.documents.items()} == {
        "Invoice": ["9"],
        "Customer": ["4"],
        "Payment": ["7"],
        "Term": ["3"],
    }
    assert folder.documents["Invoice"]["9"] == INVOICE


def test_amounts_stay_exact(read: Read) -> None:
    folder = read('{"Invoice": {"Id": "9", "TotalAmt": 100.10, "Balance": 0}}')
    assert str(folder.documents["Invoice"]["9"]["TotalAmt"]) == "100.10"
    assert isinstance(folder.documents["Invoice"]["9"]["TotalAmt"], Decimal)


def test_a_byte_order_mark_is_tolerated(read: Read) -> None:
    assert read("\ufeff" + json.dumps({"Customer": CUSTOMER})).documents["Customer"]


def test_of_two_versions_the_one_changed_last_is_kept(read: Read) -> None:
    later = {**STAMP, "LastUpdatedTime": "2020-09-29T14:00:00Z"}  # an hour
    newer = {**INVOICE, "SyncToken": "2", "MetaData": later}
    folder = read({"Invoice": newer}, {"Invoice": INVOICE})
    assert folder.documents["Invoice"]["9"]["SyncToken"] == "2"


def test_deleted_stubs_are_left_out_and_said(read: Read) -> None:
    folder = read({"Customer": CUSTOMER}, {"Invoice": {"status": "Deleted", "Id": "1"}})
    assert "Invoice" not in folder.documents
    assert any("1 stubs of deleted" in note for note in folder.notes)


def test_company_facts_come_from_company_info_and_preferences(read: Read) -> None:
    folder = read(
        {"CompanyInfo": {"Id": "1", "CompanyName": "Alder", "Country": "CA"}},
        {
            "Preferences": {
                "Id": "1",
                "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "CAD"}},
            }
        },
    )
    assert (folder.company_name, folder.country) == ("Alder", "CA")
    assert (folder.home_currency, folder.multicurrency) == ("CAD", True)


def test_a_customer_that_only_documents_name_is_made_up_inactive(read: Read) -> None:
    folder = read({"Invoice": INVOICE})
    stub = folder.made_up["Customer"]["4"]
    assert stub["Active"] is False
    assert any("Customer 4" in note and "made up" in note for note in folder.notes)


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ('{"Invoice":\n {"Id": }', "0.json: line 2: is not JSON"),
        ("[1, 2]", "0.json: is not the body of an API answer"),
        ('{"rows": []}', "0.json: is not the body of an API answer"),
        ('{"Fault": {"Error": []}}', "0.json: the answer is a Fault"),
        ('{"Invoice": {"TotalAmt": 1}}', "0.json: a document of Invoice has no Id"),
        ('{"QueryResponse": {"Invoice": ["x"]}}', "0.json: Invoice holds 'x'"),
        ('{"QueryResponse": {}}', "hold no document"),
    ],
)
def test_a_file_that_is_no_answer_is_named(read: Read, body: str, complaint: str) -> None:
    with pytest.raises(SeedError) as caught:
        read(body)
    assert complaint in str(caught.value)


def test_a_folder_without_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match=r"holds no \.json file"):
        read_folder(tmp_path)


def test_the_zone_is_read_off_the_stamps(read: Read) -> None:
    assert read({"Customer": CUSTOMER}).time_zone == "America/Los_Angeles"
    stamp = "2020-09-29T05:58:07+10:00"
    elsewhere = {"Id": "5", "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp}}
    assert read({"Customer": elsewhere}).time_zone == "+10:00"


def test_a_zone_that_nobody_knows_is_replaced_and_said(read: Read) -> None:
    company = {"Id": "1", "CompanyName": "Alder", "DefaultTimeZone": "Mars/Olympus"}
    folder = read({"CompanyInfo": company})
    assert folder.time_zone == "America/Los_Angeles"
    assert any("Mars/Olympus" in note for note in folder.notes)
