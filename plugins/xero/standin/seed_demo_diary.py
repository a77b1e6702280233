"""The diary of the demo organisation: fourteen months of ordinary trade, planned and then played.

Events are planned with their instant and entered in order, so that amounts due, statuses and links
grow as they would by hand. Everything comes from one seeded random generator.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from recoup.connector.standin.wire import cents
from recoup.plugins.xero.standin import seed_corrections as correct
from recoup.plugins.xero.standin import seed_demo_cast as cast
from recoup.plugins.xero.standin.moments import read_day
from recoup.plugins.xero.standin.seed_chart import EURO_BANK
from recoup.plugins.xero.standin.seed_documents import SIX, ZERO, Firm, Payload
from recoup.plugins.xero.standin.seed_register import Register

ZONE = ZoneInfo("Europe/London")
DAYS = 426  # fourteen months
BILLS = 60

Event = Callable[[datetime], object]


class Demo:
    """The organisation while its history is played.

    today: nothing is entered on it or later; the last entries are of the day before.
    """

    def __init__(
        self,
        today: date,
        seed: int,
        firm: Firm,
        accounts: Callable[[str], Payload],
        rates: Mapping[str, Decimal],
    ) -> None:
        self.today = today
        self.random = random.Random(seed)
        self._rates = dict(rates)
        self.register = Register(firm, self.price, accounts)
        self.contacts: dict[str, Payload] = {}
        self.members: dict[str, cast.Customer] = {}
        self._numbers = iter(range(1, 10_000))
        self._events: list[tuple[datetime, int, Event]] = []
        self._planned = 0
        opened = datetime.combine(today - timedelta(days=DAYS + 30), time(8), tzinfo=ZONE)
        for index, member in enumerate(cast.CAST):
            self._enrol(member, opened + timedelta(minutes=7 * index + 60))
        for index, name in enumerate(cast.SUPPLIERS):
            at = opened + timedelta(minutes=11 * index + 30)
            self.contacts[name] = self.register.contact(
                at, name, email=f"sales{index}@bill.example"
            )

    def _enrol(self, member: cast.Customer, at: datetime) -> None:
        foreign = member.currency if member.currency != self.register.firm.home else None
        self.contacts[member.name] = self.register.contact(
            at, member.name, email=member.email, currency=foreign, terms=cast.TERMS[member.terms]
        )
        self.members[member.name] = member

    def price(self, currency: str, day: date) -> Decimal:
        """The rate of the month: it wanders two per cent around that of the cast."""
        wander = Decimal(100 + (day.year * 12 + day.month) * 3 % 5 - 2) / 100
        return self._rates.get(currency, Decimal(1)) * wander

    # -- the diary --------------------------------------------------------------------------

    def plan(self, days_ago: int, event: Event, *, hour: int = 11) -> None:
        """Have *event* happen so many days before today, at the hour, local time."""
        day = self.today - timedelta(days=days_ago)
        # A few minutes apart, as a person types.
        offset = timedelta(seconds=self._planned * 37 % 3300, milliseconds=self._planned * 7 % 1000)
        self.plan_at(datetime.combine(day, time(hour), tzinfo=ZONE) + offset, event)

    def plan_at(self, at: datetime, event: Event) -> None:
        self._planned += 1
        heapq.heappush(self._events, (at, self._planned, event))

    def play(self) -> Register:
        """Enter everything that was planned before today began; the rest has not happened."""
        midnight = datetime.combine(self.today, time(0), tzinfo=ZONE)
        while self._events and self._events[0][0] < midnight:
            at, _, event = heapq.heappop(self._events)
            event(at)
        return self.register

    # -- ordinary trade ---------------------------------------------------------------------

    def number(self) -> str:
        return f"INV-{next(self._numbers):04}"

    def due_on(self, issued_on: date, terms: str) -> date:
        """The due date by the terms of the cast."""
        days, kind = cast.TERMS[terms]
        if kind == "DAYSAFTERBILLDATE":
            return issued_on + timedelta(days=days)
        first_of_next = (issued_on.replace(day=1) + timedelta(days=32)).replace(day=1)
        if kind == "OFFOLLOWINGMONTH":
            return first_of_next.replace(day=days)
        return first_of_next + timedelta(days=days - 1)

    def invoice(
        self,
        at: datetime,
        name: str,
        amount: Decimal | None = None,
        *,
        currency: str | None = None,
        **fields: Any,
    ) -> Payload:
        """Issue an invoice by the customer's terms; no amount means goods at random.

        amount: the total, without VAT. fields: as in `seed_documents.invoice`; they override
        what would be chosen.
        """
        member, currency = self.members[name], currency or self.members[name].currency
        issued_on = fields.get("issued_on") or at.astimezone(ZONE).date()
        lines = self.goods(currency) if amount is None else [self.register.line(amount, "Signage")]
        chosen: dict[str, Any] = {
            "number": self.number(),
            "due_on": self.due_on(issued_on, member.terms),
            "reference": f"PO {self.random.randint(1000, 9999)}",
        }
        if self.random.random() < 0.8:
            chosen["SentToContact"] = True
        who = self.contacts[name]
        return self.register.invoice(at, who, lines, currency=currency, **{**chosen, **fields})

    def goods(self, currency: str) -> list[Payload]:
        chance, lines = self.random, list[Payload]()
        tax = "OUTPUT2" if currency == self.register.firm.home else "ZERORATEDOUTPUT"
        for name, low, high in chance.sample(cast.GOODS, chance.randint(1, 3)):
            quantity = chance.choice((1, 1, 1, 2, 4))
            worth = Decimal(chance.randint(low * 25, high * 25)) / 25
            lines.append(
                self.register.line(cents(worth) * quantity, name, tax_type=tax, quantity=quantity)
            )
        return lines

    def receive(self, at: datetime, invoice: Payload, amount: Decimal, **fields: Any) -> Payload:
        """Take money for an invoice; what is older than a week or so is reconciled."""
        day = at.astimezone(ZONE).date()
        old = (self.today - day).days > 9
        fields.setdefault("reconciled", old and self.random.random() < 0.9)
        if invoice["CurrencyCode"] == "EUR" and self.random.random() < 0.5:
            fields.setdefault("bank", EURO_BANK)
        if self.random.random() < 0.6:  # as the ledger shows most payments: no rate at all
            fields.setdefault("rate", ZERO.quantize(SIX))
        fields.setdefault("reference", invoice["InvoiceNumber"])
        return self.register.pay(at, invoice, amount, **fields)


def plan_trade(demo: Demo) -> None:
    """Every customer with a rhythm is invoiced at it and pays by habit; suppliers send bills."""
    for member in cast.CAST:
        for turn in range(member.invoices):
            currency = member.second_currency if turn % 3 == 2 else None
            event = _issue(demo, member, currency)
            demo.plan(_weekday(demo), event, hour=demo.random.randint(9, 16))
    for turn in range(BILLS):
        demo.plan(_weekday(demo), _bill(demo, cast.SUPPLIERS[turn % 4]), hour=10)


def _weekday(demo: Demo) -> int:
    days_ago = demo.random.randint(1, DAYS)
    while (demo.today - timedelta(days=days_ago)).weekday() > 4:
        days_ago = demo.random.randint(1, DAYS)
    return days_ago


def _issue(demo: Demo, member: cast.Customer, currency: str | None) -> Event:
    def issue(at: datetime) -> None:
        invoice = demo.invoice(at, member.name, currency=currency)
        late = round(demo.random.gauss(member.late_days, 6))
        due = datetime.combine(read_day(invoice["DueDate"]), time(14), tzinfo=ZONE)
        paid_at = max(due + timedelta(days=late), at + timedelta(hours=2))
        in_part = demo.random.random() < 0.07
        if late > 20 and demo.random.random() < 0.5:
            correct.expect(invoice, paid_at.date())
        demo.plan_at(paid_at, _settle(demo, invoice, in_part=in_part))

    return issue


def _settle(demo: Demo, invoice: Payload, *, in_part: bool) -> Event:
    def settle(at: datetime) -> None:
        owed = invoice["AmountDue"]
        if in_part:
            demo.receive(at, invoice, cents(owed * 6 / 10))
            demo.plan_at(at + timedelta(days=30), _settle(demo, invoice, in_part=False))
        elif owed:
            demo.receive(at, invoice, owed)

    return settle


def _bill(demo: Demo, name: str) -> Event:
    def bill(at: datetime) -> None:
        chance, register = demo.random, demo.register
        worth = Decimal(chance.randint(2000, 90_000)) / 100
        what = chance.choice(cast.BILLED)
        lines = [register.line(worth, what, tax_type="INPUT2", account="400")]
        entered = register.invoice(
            at, demo.contacts[name], lines, currency=register.firm.home, kind="ACCPAY",
            number=f"{name[:2].upper()}-{chance.randint(100, 999)}",
            due_on=at.astimezone(ZONE).date() + timedelta(days=21),
        )  # fmt: skip
        settle = _settle(demo, entered, in_part=False)
        demo.plan_at(at + timedelta(days=chance.randint(15, 40)), settle)

    return bill
