"""Businesses as ``/businesses`` lists them: which are alive, and where they are.

Source: the Sage Accounting User Accounts API. Lists may carry the name alone.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from recoup.connector.errors import Retriable
from recoup.plugins.sage.decode import BYTE_ORDER_MARK, read_object, read_page

__all__ = [
    "Business",
    "country_code",
    "is_promised",
    "not_promised",
    "read_list",
    "read_one",
]

PROMISED = {"GB": "the United Kingdom", "IE": "Ireland", "CA": "Canada"}
_ALSO = {"UK": "GB"}


class _Country(msgspec.Struct, gc=False):
    id: str | None = None


class _Subscription(msgspec.Struct, gc=False):
    id: str | None = None
    active: bool | None = None


class Business(msgspec.Struct, kw_only=True):
    """One business. subscriptions and country are None where the list left them out."""

    id: str
    name: str = ""
    displayed_as: str | None = None
    country: _Country | None = None
    subscriptions: list[_Subscription] | None = None

    @property
    def country_id(self) -> str:
        """ISO 3166 alpha-2; empty where Sage does not say."""
        return country_code(self.country.id if self.country is not None else None)

    @property
    def is_active(self) -> bool:
        """Whether a subscription is alive; a business that lists none at all is taken to be."""
        return self.subscriptions is None or any(one.active for one in self.subscriptions)

    @property
    def is_promised(self) -> bool:
        return not self.country_id or self.country_id in PROMISED


_business = msgspec.json.Decoder(Business)


def country_code(text: str | None) -> str:
    code = (text or "").strip().upper()
    return _ALSO.get(code, code)


def is_promised(country: str) -> bool:
    return country_code(country) in PROMISED


def not_promised(what: str, country: str) -> str:
    """The one line for a business of another country."""
    places = ", ".join(PROMISED.values())
    return f"{what} is in {country_code(country)}: recoup reads Sage books of {places} only"


def read_list(body: bytes) -> list[Business]:
    """Read a list of businesses."""
    return [_read(row.raw, row.ledger_id) for row in read_page(body).rows]


def read_one(body: bytes) -> Business:
    """Read one business. Raises Retriable for one that is not as described."""
    try:
        return _business.decode(read_object(body.removeprefix(BYTE_ORDER_MARK)))
    except msgspec.MsgspecError as error:
        raise Retriable(
            f"Sage's answer about the business cannot be read: {error}",
            retry_after=timedelta(minutes=1),
        ) from None


def _read(raw: bytes, business_id: str) -> Business:
    """One row; of one that is not as described the id alone, so that the others are not lost."""
    try:
        return _business.decode(raw)
    except msgspec.MsgspecError:
        return Business(id=business_id)
