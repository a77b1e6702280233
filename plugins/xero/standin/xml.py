"""XML, in which Xero answers whoever does not ask for JSON."""

from __future__ import annotations

from datetime import UTC
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

from recoup.plugins.xero.standin.moments import instant_of, read_ms

_ONE = {
    "Addresses": "Address",
    "Phones": "Phone",
    "Tracking": "TrackingCategory",
    "BatchPayments": "BatchPayment",
    "TaxComponents": "TaxComponent",
    "ReportTitles": "ReportTitle",
    "Currencies": "Currency",
    "TrackingCategories": "TrackingCategory",
    "PaymentTerms": "PaymentTerm",
}


def document(root: str, members: dict[str, Any]) -> str:
    """A whole document of JSON values."""
    return f'<?xml version="1.0" encoding="utf-8"?><{root}>{_members(members)}</{root}>'


def _members(members: dict[str, Any]) -> str:
    return "".join(_element(name, value) for name, value in members.items() if value is not None)


def _element(name: str, value: Any) -> str:
    if name == "pagination":
        name = "Pagination"
    if isinstance(value, list):
        one = _ONE.get(name, name.removesuffix("s"))
        return f"<{name}>{''.join(_element(one, part) for part in value)}</{name}>"
    if isinstance(value, dict):
        return f"<{name}>{_members(value)}</{name}>"
    return f"<{name}>{escape(_plain(value))}</{name}>"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str) and value.startswith("/Date("):
        at = instant_of(read_ms(value)).astimezone(UTC).replace(tzinfo=None)
        return at.isoformat(timespec="milliseconds" if at.microsecond else "seconds")
    return str(value)
