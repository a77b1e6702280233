"""Companies and grants on file: what names them, and what they may not become."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from recoup.connector.errors import Fatal, UsageError
from recoup.connector.model import Company
from recoup.sync.store.companies import (
    CompanyRow,
    add_company,
    find_company,
    list_companies,
    make_slug,
    update_company,
)
from recoup.sync.store.engine import Store

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def company(name: str = "Fox & Sons Ltd.", ledger_id: str = "9130", **told: object) -> Company:
    plain = Company(ledger="quickbooks", ledger_id=ledger_id, name=name, home_currency="USD")
    return replace(plain, **told)  # type: ignore[arg-type]


def add(store: Store, described: Company, base_url: str | None = None) -> CompanyRow:
    with store.write() as conn:
        return add_company(conn, described, base_url=base_url, grant_id="g", at=AT)


def find(store: Store, wanted: str | None) -> CompanyRow:
    with store.read() as conn:
        return find_company(conn, wanted)


def test_a_company_comes_back_as_it_was_described(store: Store) -> None:
    told = company(time_zone="America/Denver", books_closed_on=date(2025, 12, 31))
    row = add(store, told)
    assert (row.slug, row.base_url, row.connected_at) == ("fox-sons-ltd", None, AT)
    assert (row.time_zone, row.books_closed_on) == ("America/Denver", date(2025, 12, 31))
    assert find(store, None) == row


def test_the_same_books_connected_again_keep_their_id_and_slug(store: Store) -> None:
    first = add(store, company())
    again = add(store, company(name="Fox Brothers"))
    assert (again.company_id, again.slug) == (first.company_id, first.slug)
    assert again.name == "Fox Brothers"


def test_the_same_id_behind_another_address_is_another_company(store: Store) -> None:
    real = add(store, company())
    toy = add(store, company(), base_url="http://127.0.0.1:8000")
    assert toy.company_id != real.company_id and toy.slug == "fox-sons-ltd-2"


def test_a_changed_home_currency_stops_and_changes_nothing(store: Store) -> None:
    row = add(store, company())
    with pytest.raises(Fatal, match="changed from USD to EUR: connect it in a new workspace"):
        add(store, company(home_currency="EUR"))
    assert find(store, None) == row


def test_other_books_never_take_over_a_row(store: Store) -> None:
    row = add(store, company())
    with pytest.raises(Fatal, match="is quickbooks 9130, not 1"), store.write() as conn:
        update_company(conn, row, company(ledger_id="1"))


@pytest.mark.parametrize("wanted", ["fox-sons-ltd", "9130", "FOX & sons ltd."])
def test_a_company_is_found_by_slug_ledger_id_or_name(store: Store, wanted: str) -> None:
    add(store, company("Elm GmbH", "77"))
    expected = add(store, company())
    assert find(store, wanted) == expected


def test_an_ambiguous_or_unknown_name_lists_the_slugs(store: Store) -> None:
    with pytest.raises(UsageError, match="no company is connected: run recoup connect"):
        find(store, None)
    add(store, company("Elm", "1")), add(store, company("Elm", "2"))
    with pytest.raises(UsageError, match="several companies, name one of: elm, elm-2"):
        find(store, None)
    with pytest.raises(UsageError, match="'ELM' names several companies"):
        find(store, "ELM")
    with pytest.raises(UsageError, match="no company 'oak', name one of: elm, elm-2"):
        find(store, "oak")


def test_companies_are_listed_by_slug(store: Store) -> None:
    add(store, company("Yew", "1")), add(store, company("Ash", "2"))
    with store.read() as conn:
        assert [row.slug for row in list_companies(conn)] == ["ash", "yew"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Müller & Söhne", "muller-sohne"),
        ("株式会社", "quickbooks-9130"),
        ("2024", "quickbooks-9130"),
    ],
)
def test_a_slug_can_be_typed_and_is_no_number(name: str, slug: str) -> None:
    assert make_slug(company(name), set()) == slug


def test_a_long_name_gives_a_short_slug() -> None:
    assert len(make_slug(company("very " * 30), set())) <= 40
