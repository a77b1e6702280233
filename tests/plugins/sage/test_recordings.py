"""Real answers of Sage Accounting are split and kept as they came."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from recoup.plugins.sage.context import read_date
from recoup.plugins.sage.decode import BYTE_ORDER_MARK, read_page

LISTS = ("BankAccount", "Business", "Product", "SalesInvoice")


def recorded(shared: Path, name: str) -> bytes:
    return (shared / "recordings" / "sage" / name).read_bytes()


@pytest.mark.parametrize("name", LISTS)
def test_a_recorded_list_is_split_into_its_own_objects(shared: Path, name: str) -> None:
    body = recorded(shared, f"GetAll_{name}.json")
    tree: Any = json.loads(body.removeprefix(BYTE_ORDER_MARK))
    page = read_page(body)
    assert page.total == tree["$total"]
    assert [msgspec.json.decode(row.raw) for row in page.rows] == tree["$items"]


def test_the_recorded_dates_are_read_or_none(shared: Path) -> None:
    tree = json.loads(recorded(shared, "DatesTestData.json").removeprefix(BYTE_ORDER_MARK))
    assert {name: read_date(text) for name, text in tree.items()} == {
        "FinishForChristmas": date(2021, 12, 23),
        "ChristmasEve": date(2021, 12, 24),
        "ChristmasDay": None,
        "BoxingDay": None,
        "NewYearsDay": None,
    }
