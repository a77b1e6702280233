"""--seed takes the word demo, a folder or a CSV, and says in one line what is wrong with it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import dumps
from recoup.plugins.quickbooks.standin.seed_sources import SeedError, open_seed

ROOT = Path(__file__).resolve().parents[4]
HISTORY = ROOT.parent / "shared" / "ar-history" / "b2b-wholesale.csv"
FIXTURES = Path(__file__).with_name("fixtures")


def test_demo_is_a_company_that_ties_out() -> None:
    books = open_seed("demo", until=date(2026, 3, 17))
    assert books.check() == []
    assert books.multicurrency


def test_a_csv_becomes_a_company_in_its_commonest_currency() -> None:
    books = open_seed(str(FIXTURES / "history.csv"), rates={"CAD": Decimal("0.75")})
    assert books.home_currency == "USD"
    assert books.check() == []


def test_a_currency_without_a_rate_is_priced_at_one_and_said() -> None:
    said: list[str] = []
    open_seed(str(FIXTURES / "history.csv"), say=said.append)
    assert said == ["CAD has no --rate and is priced at 1 USD; give --rate CAD=R"]


def test_a_folder_keeps_its_documents_and_makes_up_what_they_refer_to() -> None:
    said: list[str] = []
    books = open_seed(str(FIXTURES / "answers"), say=said.append)
    raw = json.loads((FIXTURES / "answers" / "invoices.json").read_text(), parse_float=Decimal)
    for invoice in raw["QueryResponse"]["Invoice"]:
        assert books.get("Invoice", invoice["Id"]) == invoice
    assert books.get("Customer", "77")["Active"] is False
    assert any("Customer 77" in line for line in said)
    assert any("no A/R account" in line for line in said)


def test_a_company_written_out_as_answers_is_read_back_the_same(tmp_path: Path) -> None:
    books = open_seed("demo", until=date(2026, 3, 17))
    for entity in books.entities():
        page = {"QueryResponse": {entity: books.rows(entity)}, "time": "2026-03-17T08:00:00.000Z"}
        (tmp_path / f"{entity}.json").write_text(dumps(page), encoding="utf-8")
    said: list[str] = []
    again = open_seed(str(tmp_path), say=said.append)
    assert [dumps(again.rows(name)) for name in again.entities()] == [
        dumps(books.rows(name)) for name in books.entities()
    ]
    assert (again.check(), said) == ([], [])


def test_a_folder_says_where_it_does_not_tie_out() -> None:
    said: list[str] = []
    books = open_seed(str(FIXTURES / "answers"), say=said.append)
    assert books.get("Customer", "3")["Balance"] == Decimal("999.00")  # as the folder has it
    assert any("does not tie out in 2 places" in line for line in said)


@pytest.mark.parametrize(
    ("seed", "complaint"),
    [
        ("nowhere.csv", "nowhere.csv: no such file or folder; give demo"),
        (str(FIXTURES / "answers" / "invoices.json"), "is one JSON file; give the folder"),
    ],
)
def test_a_missing_or_wrong_path_is_one_clear_line(seed: str, complaint: str) -> None:
    with pytest.raises(SeedError) as caught:
        open_seed(seed)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_refuses_until_and_rates() -> None:
    with pytest.raises(SeedError, match="--until: a folder is kept as it is"):
        open_seed(str(FIXTURES / "answers"), until=date(2026, 1, 1))
    with pytest.raises(SeedError, match="--rate: a folder is kept as it is"):
        open_seed(str(FIXTURES / "answers"), rates={"CAD": Decimal(1)})


def test_a_rate_must_be_a_positive_number() -> None:
    with pytest.raises(SeedError, match="--rate CAD=0"):
        open_seed(str(FIXTURES / "history.csv"), rates={"CAD": Decimal(0)})


def test_the_demo_has_no_future() -> None:
    clock = Clock(datetime(2026, 3, 17, 20, tzinfo=UTC))
    with pytest.raises(SeedError, match="--until 2026-03-18: lies after today, 2026-03-17"):
        open_seed("demo", until=date(2026, 3, 18), clock=clock)


@pytest.mark.parametrize("until", [None, date(2019, 3, 31), date(2019, 8, 30)])
def test_the_real_history_ties_out_with_and_without_until(until: date | None) -> None:
    if not HISTORY.is_file():
        pytest.skip("needs ../shared/ar-history")
    books = open_seed(str(HISTORY), until=until, clock=Clock(), rates={"CAD": Decimal("0.75")})
    assert books.check() == []
    invoices = books.table("Invoice").values()
    assert any(invoice["Balance"] for invoice in invoices) == (until is not None)
    assert len(invoices) == 32_000 or until is not None
