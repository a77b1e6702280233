"""A business describes itself, and one of another country is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.errors import UsageError
from recoup.plugins.sage import ledger_platforms, reads_budget
from recoup.plugins.sage.businesses import read_list
from recoup.plugins.sage.company import read_books
from recoup.plugins.sage.faults import SubscriptionInactive


@pytest.mark.parametrize(("country", "currency"), [("GB", "GBP"), ("IE", "EUR"), ("CA", "CAD")])
def test_the_promised_countries_are_described(
    make_world: Callable[..., Any], country: str, currency: str
) -> None:
    world = make_world(country=country, base_currency=currency)
    world.books.lockdown(date(2025, 12, 31))
    found = world.ledger().describe_company()
    assert (found.ledger, found.ledger_id) == ("sage", world.books.business_id)
    assert (found.country, found.home_currency) == (country, currency)
    assert found.books_closed_on == date(2025, 12, 31)


def test_another_country_is_refused_in_one_line(world: Any) -> None:
    world.books.country = "ES"
    with pytest.raises(UsageError) as refusal:
        world.ledger().describe_company()
    assert "is in ES: recoup reads Sage books of the United Kingdom, Ireland, Canada only" in str(
        refusal.value
    )


def test_without_a_subscription_there_is_nothing_to_describe(world: Any) -> None:
    world.books.subscription_active = False
    with pytest.raises(SubscriptionInactive, match="renew it"):
        world.ledger().describe_company()


def test_the_recorded_businesses_are_read(shared: Path) -> None:
    body = (shared / "recordings" / "sage" / "GetAll_Business.json").read_bytes()
    found = read_list(body)
    assert len(found) == 274
    assert all(one.subscriptions is None and one.is_active for one in found)


def test_the_recorded_settings_are_read(shared: Path) -> None:
    from recoup.plugins.sage.decode import read_object

    body = (shared / "recordings" / "sage" / "FinancialSettings.json").read_bytes()

    class Recorded:
        def settings(self, path: str) -> bytes:
            return read_object(body)

    books = read_books(Recorded())  # type: ignore[arg-type]
    assert books == ("GBP", False, None)


def test_the_plugin_announces_itself_without_being_opened(world: Any) -> None:
    [platform] = ledger_platforms()
    assert (platform.name, platform.title, platform.extra) == ("sage", "Sage Accounting", "sage")
    assert reads_budget(world.connection()).limit == 1_296_000
