"""Money: exact, in one currency, refused when it is not."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recoup.connector import InexactAmount, Money, exponent

CURRENCIES = st.sampled_from(["USD", "EUR", "JPY", "KWD", "CLF"])


@pytest.mark.parametrize(
    ("currency", "decimals"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("XXX", 2)]
)
def test_a_currency_has_its_own_number_of_decimals(currency: str, decimals: int) -> None:
    assert exponent(currency) == decimals


def test_json_gives_an_int_for_a_whole_amount() -> None:
    assert Money.of(100, "USD") == Money.of("100.00", "USD") == Money.of(Decimal(100), "USD")


@pytest.mark.parametrize("value", [0.1, True, False, None, b"1"])
def test_what_is_inexact_or_no_number_type_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="refusing inexact amount"):
        Money.of(value, "USD")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "ten", "NaN", "Infinity", "-Infinity", "1,00"])
def test_text_that_is_no_finite_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not an amount"):
        Money.of(text, "USD")


@given(st.integers(-(10**15), 10**15), CURRENCIES)
def test_minor_units_survive_the_way_there_and_back(minor: int, currency: str) -> None:
    assert Money.from_minor(minor, currency).minor == minor


@given(st.lists(st.integers(-(10**12), 10**12), max_size=20), CURRENCIES)
def test_a_sum_of_money_is_the_sum_of_its_minor_units(minors: list[int], currency: str) -> None:
    total = Money.zero(currency)
    for minor in minors:
        total += Money.from_minor(minor, currency)
    assert total.minor == sum(minors)


@pytest.mark.parametrize(
    ("text", "currency"), [("10.005", "USD"), ("1.5", "JPY"), ("1.0001", "KWD")]
)
def test_an_amount_beyond_its_currency_names_both(text: str, currency: str) -> None:
    with pytest.raises(InexactAmount, match=f"{text} {currency} has more decimals"):
        _ = Money.of(text, currency).minor


@pytest.mark.parametrize("text", ["92233720368547758.08", "-1e20", "1e400"])
def test_an_amount_that_64_bits_do_not_hold_is_refused(text: str) -> None:
    with pytest.raises(InexactAmount, match="larger than can be stored"):
        _ = Money.of(text, "USD").minor
    assert Money.of("92233720368547758.07", "USD").minor == 2**63 - 1


def test_trailing_zeros_are_not_too_many_decimals() -> None:
    assert Money.of("10.5000", "USD").minor == 1050


@pytest.mark.parametrize(
    ("text", "currency", "printed"),
    [
        ("0", "USD", "0.00"),
        ("10", "JPY", "10"),
        ("1.5", "KWD", "1.500"),
        ("-3.1", "USD", "-3.10"),
        ("10.005", "USD", "10.005"),
        ("90071992547409930000000000000.01", "USD", "90071992547409930000000000000.01"),
    ],
)
def test_text_has_the_decimals_of_its_currency(text: str, currency: str, printed: str) -> None:
    assert Money.of(text, currency).text == printed


def test_str_names_the_currency() -> None:
    assert str(Money.of("3", "USD")) == "3.00 USD"


def test_two_currencies_never_mix() -> None:
    dollar, euro = Money.of(1, "USD"), Money.of(1, "EUR")
    for attempt in (dollar.__add__, dollar.__sub__, dollar.__lt__, dollar.__le__):
        with pytest.raises(ValueError, match="cannot mix USD and EUR"):
            attempt(euro)
    assert dollar != euro


def test_money_orders_negates_and_is_falsy_at_zero() -> None:
    one, two = Money.of(1, "USD"), Money.of(2, "USD")
    assert one < two
    assert one <= one
    assert two - one == one
    assert -one == Money.of(-1, "USD")
    assert not Money.zero("USD")
    assert one
