"""The organisation's rules that every change keeps: dates, rates, locks, what is still open."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc, cents, decimal
from recoup.plugins.xero.standin.drafts import NOTHING, ONE, SIX, dated
from recoup.plugins.xero.standin.fault import Fault, locked, not_found
from recoup.plugins.xero.standin.kinds import CREDITS, KINDS, LIVE, RECEIVABLE_CREDITS, kind_of
from recoup.plugins.xero.standin.moments import day_stamp, read_day
from recoup.plugins.xero.standin.shelf import Shelf

Day = date | str | None
Amount = Decimal | int | str


def rate_of(doc: Doc) -> Decimal:
    """Foreign units per home unit at which a document stands; 0 and absent count as 1."""
    return decimal(doc.get("CurrencyRate")) or Decimal(1)


def open_field(kind: str) -> str:
    """The field that says what of a document is still open."""
    return "AmountDue" if kind == "Invoices" else "RemainingCredit"


def is_receivable(kind: str, doc: Doc) -> bool:
    """Whether a document stands in the Accounts Receivable account, whatever its status."""
    if kind == "Invoices":
        return doc.get("Type") == "ACCREC"
    return kind in CREDITS and doc.get("Type") in RECEIVABLE_CREDITS


class Ledger(Shelf):
    """A shelf that knows what is open, per contact and in the control account."""

    def __init__(
        self,
        tenant_id: str,
        zone: ZoneInfo,
        clock: Clock,
        currency: str,
        rates: Mapping[str, Decimal] | None,
    ) -> None:
        super().__init__(tenant_id, zone, clock)
        self.base_currency = currency
        self.rates = dict(rates or {})
        self.control = NOTHING  # Accounts Receivable in home units, kept with every change
        self.live: set[str] = set()  # contacts whose documents changed since they were loaded
        self._open: dict[str, dict[tuple[str, str], None]] = {}

    # -- what is derived ----------------------------------------------------------------------

    def moved(self, kind: str, id: str, before: Doc | None, after: Doc | None) -> None:
        """Keep the control account and the open documents of each contact."""
        if kind != "Invoices" and kind not in CREDITS:
            return
        for doc, sign in ((before, -1), (after, 1)):
            if doc is None:
                continue
            self.control += sign * self.worth(kind, doc)
            contact = str((doc.get("Contact") or {}).get("ContactID"))
            if sign < 0:
                self._open.get(contact, {}).pop((kind, id), None)
            elif doc.get("Status") in LIVE and decimal(doc.get(open_field(kind))):
                self._open.setdefault(contact, {})[kind, id] = None

    def worth(self, kind: str, doc: Doc) -> Decimal:
        """What is open of a document in home units, credits negative; 0 outside receivables."""
        if doc.get("Status") not in LIVE or not is_receivable(kind, doc):
            return NOTHING
        left = cents(decimal(doc.get(open_field(kind))) / rate_of(doc))
        return left if kind == "Invoices" else -left

    def open_of(self, contact_id: str) -> list[tuple[str, Doc]]:
        """The open documents of a contact with their kinds."""
        return [(kind, self._rows[kind][id]) for kind, id in self._open.get(contact_id, ())]

    def forget(self) -> None:
        """Empty the shelf and the control account."""
        super().forget()
        self.control = NOTHING
        self._open.clear()

    # -- days, rates, locks -------------------------------------------------------------------

    def day(self, on: Day) -> date:
        """The day that is meant; None is today in the organisation's zone."""
        return self.today() if on is None else read_day(on)

    def organisation(self) -> Doc:
        """The stored entry of the organisation."""
        return next(iter(self._rows["Organisations"].values()), {})

    def lock_day(self) -> date | None:
        """The last locked day; None when nothing is locked."""
        entry = self.organisation()
        days = [entry.get(field) for field in ("PeriodLockDate", "EndOfYearLockDate")]
        return max((read_day(day) for day in days if day), default=None)

    def unlocked(self, *days: object) -> None:
        """Raises Fault when one of the days lies in a locked period."""
        last = self.lock_day()
        if last is not None and any(day and read_day(day) <= last for day in days):
            raise locked(last.isoformat())

    def rate_for(self, currency: str, rate: Amount | None = None) -> Decimal:
        """CurrencyRate of a new document: as given, else of the organisation's price list."""
        if currency == self.base_currency:
            return ONE
        if rate is not None and decimal(rate) > 0:
            return decimal(rate).quantize(SIX)
        price = self.rates.get(currency)
        return ONE if not price else (1 / price).quantize(SIX)

    # -- finding ------------------------------------------------------------------------------

    def contact(self, contact_id: str) -> Doc:
        """The stored contact by id, or by name when there is one of that name."""
        doc = self.find("Contacts", contact_id)
        if doc is None:
            doc = self.named_contact(contact_id)
        if doc is None:
            raise Fault("A contact must be specified for this type of transaction")
        return doc

    def named_contact(self, name: str) -> Doc | None:
        """The active contact of that name, whatever its case."""
        wanted = name.strip().casefold()
        for id in self._numbers.get(("name", wanted), ()):
            doc = self._rows["Contacts"][id]
            if doc.get("ContactStatus") == "ACTIVE":
                return doc
        return None

    def account(self, wanted: str | None) -> Doc:
        """An account that takes payments, by id or code; None is the first bank of home money."""
        for doc in self._rows["Accounts"].values():
            if wanted is None:
                home = doc.get("CurrencyCode", self.base_currency) == self.base_currency
                if doc.get("Type") == "BANK" and home:
                    return doc
            elif wanted in (doc["AccountID"], doc.get("Code")):
                if doc.get("Type") != "BANK" and not doc.get("EnablePaymentsToAccount"):
                    raise Fault("Account is not valid for payments", "Account is not of type BANK")
                return doc
        raise Fault("Account could not be found")

    def tax_percent(self, tax_type: str) -> Decimal:
        """The rate of a tax type; an unknown one is refused."""
        rate = self._rows["TaxRates"].get(tax_type.lower())
        if rate is None:
            raise Fault(f"The TaxType code '{tax_type}' does not exist or cannot be used")
        return decimal(rate.get("EffectiveRate"))

    def whereabouts(self, id: str) -> str:
        """The kind of the invoice, credit, payment, batch or contact of that id."""
        for kind in ("Invoices", *CREDITS, "Payments", "BatchPayments", "Contacts"):
            if id.lower() in self._rows[kind]:
                return kind
        raise not_found()

    def settled_kind(self, payment: Doc) -> tuple[str, str]:
        """The (kind, id) of what a payment settles or refunds."""
        for field in ("Invoice", "CreditNote", "Overpayment", "Prepayment"):
            part = payment.get(field)
            if part:
                id = str(part.get(f"{field}ID") or part.get("InvoiceID") or "").lower()
                for kind in ("Invoices", *CREDITS):
                    if id in self._rows[kind]:
                        return kind, id
        raise not_found()

    # -- storing ------------------------------------------------------------------------------

    def store(self, kind: str, doc: Doc, *, new: bool = False, touch: bool = True) -> Doc:
        """Stamp and store a document and report it."""
        if touch:
            self.touch(doc)
        self.put(kind, doc)
        if "Contact" in doc:
            self.live.add(str(doc["Contact"]["ContactID"]))
        known = KINDS[kind]
        self.tell(kind, str(doc[known.id]).lower(), "CREATE" if new else "UPDATE")
        return doc

    def move_open(self, kind: str, id: str, *, paid: Decimal, credited: Decimal, on: date) -> Doc:
        """Settle (or, negative, unsettle) part of a document; returns the altered copy, unstored.

        Raises Fault when more is asked than is open.
        """
        doc = self.amend(kind, id)
        field = open_field(kind)
        left = decimal(doc.get(field)) - paid - credited
        if left < 0:
            raise Fault("Payment amount exceeds the amount outstanding on this document")
        doc[field] = cents(left)
        if kind == "Invoices":
            doc["AmountPaid"] = cents(decimal(doc.get("AmountPaid")) + paid)
            doc["AmountCredited"] = cents(decimal(doc.get("AmountCredited")) + credited)
        if doc.get("Status") in LIVE:
            doc["Status"] = "AUTHORISED" if left else "PAID"
        if left:
            doc.pop("FullyPaidOnDate", None)
        elif kind in ("Invoices", "CreditNotes"):
            doc["FullyPaidOnDate"] = day_stamp(max([on, *_settled_days(doc)]))
        return doc

    def set_day(self, doc: Doc, field: str, day: date) -> None:
        """Write a date and its twin into a document."""
        doc.update(dated(field, day) if f"{field}String" in doc else {field: day_stamp(day)})

    def by_id(self, kind: str, id: str) -> str:
        """The id of a document given by id or number. Raises Fault 404."""
        doc: dict[str, Any] | None = self.find(kind, id)
        if doc is None:
            raise not_found()
        return str(doc[kind_of(kind).id]).lower()


def _settled_days(doc: Doc) -> list[date]:
    parts = doc.get("Payments", []) + doc.get("CreditNotes", []) + doc.get("Allocations", [])
    return [read_day(part["Date"]) for part in parts if part.get("Date")]
