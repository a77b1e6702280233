"""--seed takes the word demo, a folder or a CSV, and says in one line what is wrong with it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.history import HEADER
from recoup.connector.standin.wire import dumps
from recoup.plugins.sage.standin.seed_sources import SeedError, open_seed

ROWS = (
    "100,Alder Mill,U1,GBP,250.00,2019-03-08,2019-04-07,2019-04-05",
    "102,Brook Dairy,CA1,CAD,1000.01,2019-03-11,2019-03-31,",
    "103,Alder Mill,U1,GBP,7.00,2019-03-12,2019-04-11,",
)


@pytest.fixture
def history(tmp_path: Path) -> str:
    path = tmp_path / "history.csv"
    path.write_text("\n".join([",".join(HEADER), *ROWS]) + "\n", encoding="utf-8")
    return str(path)


def test_demo_is_an_irish_business_that_ties_out() -> None:
    [books] = open_seed("demo", until=date(2026, 3, 17))
    assert books.check() == []
    assert (books.base_currency, books.country) == ("EUR", "IE")


def test_several_demo_businesses_differ_in_name_id_and_history() -> None:
    every = open_seed("demo", until=date(2026, 3, 17), companies=6)
    assert len({books.name for books in every}) == 6
    assert len({books.debtors() for books in every}) == 6
    ids = [set(books.table("sales_invoices")) for books in every]
    assert not set.intersection(*ids)


def test_a_csv_becomes_a_business_in_its_commonest_currency(history: str) -> None:
    [books] = open_seed(history, rates={"CAD": Decimal("0.75")})
    assert (books.name, books.base_currency, books.country) == ("history", "GBP", "GB")
    assert books.check() == []
    assert books.debtors() == Decimal("757.01")
    banks = {bank["displayed_as"]: bank["currency"]["id"] for bank in books.rows("bank_accounts")}
    assert banks == {"Current (1200)": "GBP"}  # nobody has paid in dollars


def test_a_currency_without_a_rate_is_priced_at_one_and_said(history: str) -> None:
    said: list[str] = []
    open_seed(history, say=said.append)
    assert said == ["CAD has no --rate and is priced at 1 GBP; give --rate CAD=R"]


@pytest.mark.parametrize("seed", ["demo", "history"])
def test_a_business_written_out_as_answers_is_read_back_the_same(
    tmp_path: Path, history: str, seed: str
) -> None:
    [books] = open_seed(seed if seed == "demo" else history)
    folder = tmp_path / "answers"
    folder.mkdir()
    business = {"id": books.business_id, "displayed_as": books.name, "$path": "/businesses/1"}
    (folder / "businesses.json").write_text(dumps({"$items": [business]}), encoding="utf-8")
    for kind in books.kinds():
        rows = [*books.rows(kind), *books.tombstones(kind).values()]
        body = rows[0] if kind.endswith("settings") else {"$total": len(rows), "$items": rows}
        (folder / f"{kind}.json").write_text(dumps(body), encoding="utf-8")
    said: list[str] = []
    [again] = open_seed(str(folder), say=said.append)
    assert {kind: again.rows(kind) for kind in books.kinds()} == {
        kind: books.rows(kind) for kind in books.kinds()
    }
    assert (again.check(), said) == ([], [])


def test_a_folder_says_where_it_does_not_tie_out(tmp_path: Path, history: str) -> None:
    [books] = open_seed(history)
    for kind in ("contacts", "contact_payments", "sales_invoices"):
        rows = books.rows(kind)
        if kind == "contacts":
            rows[0]["balance"] = "999.0"
        text = dumps({"$total": len(rows), "$items": rows})
        (tmp_path / f"{kind}.json").write_text(text, encoding="utf-8")
    said: list[str] = []
    [again] = open_seed(str(tmp_path), say=said.append)
    assert again.rows("contacts")[0]["balance"] == "999.0"  # as the folder has it
    assert any("does not tie out in 1 places" in line for line in said)


def test_a_folder_with_a_chart_of_accounts_of_its_own_is_posted_there(
    tmp_path: Path, history: str
) -> None:
    [books] = open_seed(history)
    for kind in ("ledger_accounts", "contacts", "contact_payments", "sales_invoices"):
        page = {"$items": books.rows(kind)}
        (tmp_path / f"{kind}.json").write_text(dumps(page), encoding="utf-8")
    [again] = open_seed(str(tmp_path))
    assert again.business_id != books.business_id
    assert again.accounts == books.accounts
    names = [account["displayed_as"] for account in again.rows("ledger_accounts")]
    assert len(names) == len(set(names))
    assert again.check() == []
    assert again.debtors() == books.debtors()


def test_a_missing_or_wrong_path_is_one_clear_line(tmp_path: Path) -> None:
    single = tmp_path / "invoice.json"
    single.write_text(json.dumps({"$items": []}), encoding="utf-8")
    for seed, complaint in (
        ("nowhere.csv", "nowhere.csv: no such file or folder; give demo"),
        (str(single), "is one JSON file; give the folder"),
    ):
        with pytest.raises(SeedError) as caught:
            open_seed(seed)
        assert complaint in str(caught.value)
        assert "\n" not in str(caught.value)


def test_a_folder_refuses_until_and_rates_and_only_the_demo_repeats(tmp_path: Path) -> None:
    with pytest.raises(SeedError, match="--until: a folder is kept as it is"):
        open_seed(str(tmp_path), until=date(2026, 1, 1))
    with pytest.raises(SeedError, match="--rate: a folder is kept as it is"):
        open_seed(str(tmp_path), rates={"CAD": Decimal(1)})
    with pytest.raises(SeedError, match="--companies: only the demo can be repeated"):
        open_seed(str(tmp_path), companies=2)


def test_a_rate_must_be_a_positive_number(history: str) -> None:
    with pytest.raises(SeedError, match="--rate CAD=0"):
        open_seed(history, rates={"CAD": Decimal(0)})


def test_the_demo_has_no_future() -> None:
    clock = Clock(datetime(2026, 3, 17, 20, tzinfo=UTC))
    with pytest.raises(SeedError, match="--until 2026-03-18: lies after today, 2026-03-17"):
        open_seed("demo", until=date(2026, 3, 18), clock=clock)
