"""Payloads as Sage Accounting v3.1 sends them, less what the stand-in fills in by itself.

Amounts are strings without spare zeros ("250.0"), instants are UTC to the second, dates are the
company's own. Nothing here keeps account; that is the register's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

from recoup.plugins.sage.standin.amounts import stamp, text
from recoup.plugins.sage.standin.vocabulary import ref, ref_to, word

Payload = dict[str, Any]

CENT = Decimal("0.01")
ONE = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firm:
    """What decides the shape of every document of one business."""

    business_id: str  # 32 hex digits
    name: str
    home: str  # ISO 4217
    country: str  # GB, IE or CA
    zone: ZoneInfo

    def day(self, at: datetime) -> date:
        """The company-local date of an instant."""
        return at.astimezone(self.zone).date()


def cents(amount: Decimal) -> Decimal:
    """Round to two places, halves away from zero."""
    return amount.quantize(CENT, ROUND_HALF_UP)


def hex_id(*parts: object) -> str:
    """32 hex digits that follow from the parts alone."""
    return blake2b("/".join(map(str, parts)).encode(), digest_size=16).hexdigest()


def head(kind: str, ident: str, name: str, at: datetime) -> Payload:
    """The fields every entity opens with."""
    when = stamp(at)
    return {**ref(kind, ident, name), "created_at": when, "updated_at": when}


@dataclass(frozen=True, slots=True)
class Worth:
    """The amounts of one document, in its currency and in that of the business."""

    net: Decimal
    tax: Decimal
    currency: str
    rate: Decimal  # home units per unit of the currency
    tax_rate: str | None = None  # an id such as IE_STANDARD

    @property
    def total(self) -> Decimal:
        return self.net + self.tax

    def home(self, amount: Decimal) -> Decimal:
        """The worth of *amount* in home currency, to the cent."""
        return amount if self.rate == ONE else cents(amount * self.rate)

    def home_fields(self) -> Payload:
        """net, tax and total in the currency of the business."""
        net, total = self.home(self.net), self.home(self.total)
        return {
            "base_currency_net_amount": text(net),
            "base_currency_tax_amount": text(total - net),
            "base_currency_total_amount": text(total),
        }

    def fields(self) -> Payload:
        """net, tax and total, in the currency and in that of the business."""
        return {
            "net_amount": text(self.net),
            "tax_amount": text(self.tax),
            "total_amount": text(self.total),
            "currency": word("currencies", self.currency),
            "exchange_rate": text(self.rate),
            **self.home_fields(),
        }


def line(ident: str, description: str, worth: Worth, ledger: Payload) -> Payload:
    """One line of an invoice or a credit note, of quantity one."""
    net = text(worth.net)
    return {
        "id": ident,
        "displayed_as": description,
        "description": description,
        "product": None,
        "service": None,
        "ledger_account": ledger,
        "quantity": "1.0",
        "unit_price": net,
        "net_amount": net,
        "tax_rate": word("tax_rates", worth.tax_rate) if worth.tax_rate else None,
        "tax_amount": text(worth.tax),
        "tax_breakdown": [],
        "total_amount": text(worth.total),
        "unit_price_includes_tax": False,
        **worth.home_fields(),
        "discount_amount": "0.0",
        "discount_percentage": "0.0",
    }


def form(
    kind: str,
    ident: str,
    at: datetime,
    *,
    contact: Payload,
    number: str,
    prefix: str,
    issued_on: date,
    worth: Worth,
    lines: Sequence[Payload],
    status: str,
    transaction: Payload | None,
) -> Payload:
    """What a sales invoice and a sales credit note have in common; nothing is paid on it yet.

    prefix: shown before the number, but no part of it.
    """
    document = head(kind, ident, prefix + number, at)
    document |= {
        "transaction": transaction,
        "transaction_type": word("transaction_types", kind.removesuffix("s").upper()),
        "contact": ref_to(contact),
        "contact_name": contact["name"],
        "contact_reference": contact["reference"],
        "date": issued_on.isoformat(),
        **worth.fields(),
        "inverse_exchange_rate": text(_inverse(worth.rate)),
        "total_paid": "0.0",
        "outstanding_amount": "0.0",
        "base_currency_outstanding_amount": "0.0",
        "status": word("artefact_statuses", status),
        "sent": status == "UNPAID",
    }
    word_of = "invoice" if kind == "sales_invoices" else "credit_note"
    document |= {f"{word_of}_number_prefix": prefix, f"{word_of}_number": number}
    document[f"{word_of}_lines"] = list(lines)
    return document


@lru_cache(maxsize=256)
def _inverse(rate: Decimal) -> Decimal:
    return ONE if rate == ONE else (ONE / rate).quantize(Decimal("0.000001"))
