"""A real history of 32,000 invoices: what recoup says equals what the CSV says."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

CUTS = [date(2019, 1, 31), date(2019, 3, 29), date(2019, 6, 30)]
DAYS = [date(2019, 2, 28), date(2019, 6, 14), date(2019, 10, 31)]


def aged(path: Path, as_of: date, basis: str) -> dict[tuple[str, str], dict[str, Decimal]]:
    """Age the CSV by itself: (currency, customer) → bucket → amount, nothing of ours in it."""
    found: dict[tuple[str, str], dict[str, Decimal]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            issued, due = date.fromisoformat(row["issued_on"]), date.fromisoformat(row["due_on"])
            paid = date.fromisoformat(row["paid_on"]) if row["paid_on"] else date.max
            if issued > as_of or paid <= as_of:
                continue
            days = (as_of - (due if basis == "due" else issued)).days
            if days <= 0:
                bucket = "current"
            elif days <= 30:
                bucket = "1-30"
            elif days <= 60:
                bucket = "31-60"
            elif days <= 90:
                bucket = "61-90"
            else:
                bucket = "91+"
            buckets = found.setdefault((row["currency"], row["customer"]), {})
            buckets[bucket] = buckets.get(bucket, Decimal(0)) + Decimal(row["amount"])
    return found


def open_by_currency(path: Path, as_of: date) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for (currency, _), buckets in aged(path, as_of, "due").items():
        sums[currency] = sums.get(currency, Decimal(0)) + sum(buckets.values())
    return sums


@pytest.mark.parametrize("cut", CUTS, ids=str)
def test_a_history_cut_at_a_day_ties_out_with_what_was_open_then(
    cut: date, history: Path, standin_process: Any, desk_at: Any, tmp_path: Path
) -> None:
    with standin_process("--seed", str(history), "--until", cut.isoformat()) as address:
        desk = desk_at(tmp_path / "firm")
        assert desk.connect(address).code == 0
        synced = desk.wait("sync")
        assert synced.code == 0, synced.err
        tied = desk.wait("tieout", "--format", "json")
    assert tied.code == 0, tied.out + tied.err
    [company] = tied.json
    said = {currency: Decimal(control["ours"]) for currency, control in company["totals"].items()}
    assert said == open_by_currency(history, cut)
    assert all(amount > 0 for amount in said.values()) and company["proven"]


@pytest.fixture(scope="module")
def whole(
    history: Path, standin_process: Any, desk_at: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Any]:
    """A workspace with the whole history in it, synced once."""
    with standin_process("--seed", str(history)) as address:
        desk = desk_at(tmp_path_factory.mktemp("whole") / "firm")
        assert desk.connect(address).code == 0
        synced = desk.wait("sync")
        assert synced.code == 0, synced.err
        yield desk


@pytest.mark.parametrize("basis", ["due", "issue"])
@pytest.mark.parametrize("as_of", DAYS, ids=str)
def test_the_aging_of_a_past_day_equals_the_csv_customer_by_customer(
    as_of: date, basis: str, history: Path, whole: Any
) -> None:
    words = ["--format", "json", "--as-of", as_of.isoformat(), "--basis", basis]
    reported = whole.run("report", "aging", *words)
    assert reported.code == 0, reported.err
    ours: dict[tuple[str, str], dict[str, Decimal]] = {}
    for aging in reported.json:
        assert aging["buckets"] == ["current", "1-30", "31-60", "61-90", "91+"]
        for row in aging["rows"]:
            # The books keep a customer of two currencies as two, the second named after its own.
            name = row["customer"].removesuffix(f" ({aging['currency']})")
            amounts = {bucket: Decimal(row[bucket]) for bucket in aging["buckets"]}
            ours[aging["currency"], name] = {b: a for b, a in amounts.items() if a}
            assert Decimal(row["unapplied"]) == 0
            assert Decimal(row["total"]) == sum(amounts.values())
    expected = aged(history, as_of, basis)
    assert {currency for currency, _ in expected} == {"USD", "CAD"}
    assert ours == expected


def test_at_the_end_of_the_history_nothing_is_open_and_the_ledger_agrees(whole: Any) -> None:
    tied = whole.run("tieout", "--format", "json")
    assert tied.code == 0, tied.out + tied.err
    totals = tied.json[0]["totals"]
    assert {c: Decimal(t["ledger"]) for c, t in totals.items()} == {"USD": 0, "CAD": 0}
