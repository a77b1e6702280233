"""The diary of the demo business: fourteen months of ordinary trade, planned and then played.

Events are planned with their instant and entered in order, so that numbers, balances and stamps
grow as they would by hand. Everything comes from one seeded random generator.
"""

from __future__ import annotations

import calendar
import heapq
import random
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from recoup.plugins.sage.standin import seed_demo_cast as cast
from recoup.plugins.sage.standin.amounts import ZERO
from recoup.plugins.sage.standin.seed_documents import Firm, Payload, Worth, cents, hex_id, line
from recoup.plugins.sage.standin.seed_filing import Chart, Part
from recoup.plugins.sage.standin.seed_register import Register

ZONE = ZoneInfo("Europe/Dublin")
DAYS = 426  # fourteen months
VAT_PERCENT = Decimal(23)

Event = Callable[[datetime], None]


class Demo:
    """The business while its history is played.

    today: nothing is entered on it or later; the last entries are of the day before.
    """

    def __init__(
        self,
        today: date,
        seed: int,
        *,
        business_id: str,
        name: str,
        rates: Mapping[str, Decimal],
        moves: bool,
        chart: Chart | None,
    ) -> None:
        self.today = today
        self.random = random.Random(seed)
        firm = Firm(business_id=business_id, name=name, home=cast.HOME, country="IE", zone=ZONE)
        opened = datetime.combine(today - timedelta(days=DAYS + 30), time(8), tzinfo=ZONE)
        self._rates = {code: Decimal(rate) for code, rate in cast.RATES.items()} | dict(rates)
        self.register = Register(firm, opened, self.price, moves=moves, chart=chart)
        self.opened = opened
        self.contacts: dict[tuple[str, str], Payload] = {}
        self._events: list[tuple[datetime, int, Event]] = []
        self._planned = 0
        for index, member in enumerate(cast.CAST):
            self._enrol(member, opened + timedelta(minutes=7 * index + 60))

    def _enrol(self, member: cast.Customer, at: datetime) -> None:
        letters = "".join(letter for letter in member.name if letter.isalpha())[:6].upper()
        reference = f"{letters}{self.register.count('contact reference'):03d}"
        self.contacts[member.name, member.currency] = self.register.contact(
            at,
            member.name,
            member.currency,
            reference=reference,
            email=member.email,
            credit_days=member.credit_days,
            credit_terms=member.credit_terms,
        )

    def contact(self, name: str, currency: str = cast.HOME) -> Payload:
        return self.contacts[name, currency]

    def price(self, currency: str, day: date) -> Decimal:
        """The rate of the month: it wanders two per cent around that of the cast."""
        wander = Decimal(100 + (day.year * 12 + day.month) * 3 % 5 - 2) / 100
        return self._rates.get(currency, Decimal(1)) * wander

    # -- the diary ----------------------------------------------------------------------------

    def plan(self, days_ago: int, event: Event, *, hour: int = 11) -> None:
        """Have *event* happen so many days before today, at the hour, company time."""
        day = self.today - timedelta(days=days_ago)
        # A few seconds apart, as a person types.
        apart = timedelta(seconds=self._planned * 37 % 3300)
        self.plan_at(datetime.combine(day, time(hour), tzinfo=ZONE) + apart, event)

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

    # -- ordinary trade -----------------------------------------------------------------------

    def due_on(self, issued_on: date, contact: Payload) -> date:
        """The due date by the contact's terms, else by the default of the business."""
        days = contact.get("credit_days")
        days = cast.DEFAULT_DAYS if days is None else days
        if contact.get("credit_terms") == cast.MONTH_END:
            last = calendar.monthrange(issued_on.year, issued_on.month)[1]
            return issued_on.replace(day=last) + timedelta(days=days)
        return issued_on + timedelta(days=days)

    def worth(self, contact: Payload, on: date, net: Decimal, *, vat: bool) -> Worth:
        """Amounts of a sale at the rate of the day."""
        currency = contact["currency"]["id"]
        if not vat:
            return self.register.worth(currency, on, net, ZERO, cast.NO_VAT_RATE)
        tax = cents(net * VAT_PERCENT / 100)
        return self.register.worth(currency, on, net, tax, cast.VAT_RATE)

    def invoice(
        self,
        at: datetime,
        contact: Payload,
        net: Decimal | None = None,
        *,
        vat: bool = False,
        number: str | None = None,
        issued_on: date | None = None,
        status: str = "UNPAID",
        **fields: object,
    ) -> Payload:
        """Issue an invoice by the contact's terms; no amount means some goods at random.

        number: shown as it is, in place of the next one of the series.
        """
        day = issued_on or self.register.firm.day(at)
        prefix = "SI-" if number is None else ""
        number = number or str(self.register.count("invoice number"))
        fields.setdefault("due_date", self.due_on(day, contact).isoformat())
        lines, worth = self._lines(contact, day, net, vat=vat, key=number)
        return self.register.form(
            "sales_invoices", at, contact, worth, number=number, issued_on=day, lines=lines,
            status=status, prefix=prefix, **fields,
        )  # fmt: skip

    def credit_note(
        self, at: datetime, contact: Payload, net: Decimal, *, vat: bool = False
    ) -> Payload:
        """Issue a credit note for returned goods."""
        day = self.register.firm.day(at)
        number = str(self.register.count("credit note number"))
        worth = self.worth(contact, day, net, vat=vat)
        lines = [
            line(hex_id("SCN", number, contact["id"]), "Returned", worth, self.register.chart.sales)
        ]
        return self.register.form(
            "sales_credit_notes", at, contact, worth, number=number, issued_on=day, lines=lines,
            prefix="SCN-",
        )  # fmt: skip

    def _lines(
        self, contact: Payload, day: date, net: Decimal | None, *, vat: bool, key: str
    ) -> tuple[list[Payload], Worth]:
        chance = self.random
        wanted = [("Larder goods", net)] if net is not None else []
        if net is None:
            for name, low, high in chance.sample(cast.GOODS, chance.randint(1, 3)):
                wanted.append((name, Decimal(chance.randint(low * 100, high * 100)) / 100))
        lines: list[Payload] = []
        parts: list[Worth] = []
        for name, amount in wanted:
            assert amount is not None
            worth = self.worth(contact, day, amount, vat=vat)
            ident = hex_id(contact["id"], key, len(lines))
            lines.append(line(ident, name, worth, self.register.chart.sales))
            parts.append(worth)
        first = parts[0]
        total_net = sum((part.net for part in parts), ZERO)
        total_tax = sum((part.tax for part in parts), ZERO)
        return lines, Worth(total_net, total_tax, first.currency, first.rate, first.tax_rate)

    def receive(self, at: datetime, contact: Payload, total: Decimal, *parts: Part) -> Payload:
        """Take a receipt; what settles nothing goes on account."""
        method = self.random.choice(("ELECTRONIC", "ELECTRONIC", "CHECK", "CREDIT_DEBIT"))
        reference = f"{self.random.randint(100000, 999999)}" if method == "CHECK" else ""
        return self.register.pay(at, contact, total, parts, method=method, reference=reference)


def plan_trade(demo: Demo) -> None:
    """Every customer with a rhythm is invoiced at it and pays by habit."""
    for member in cast.CAST:
        for _ in range(member.invoices):
            days_ago = demo.random.randint(1, DAYS)
            while (demo.today - timedelta(days=days_ago)).weekday() > 4:
                days_ago = demo.random.randint(1, DAYS)
            demo.plan(days_ago, _issue(demo, member), hour=demo.random.randint(9, 16))


def _issue(demo: Demo, member: cast.Customer) -> Event:
    def issue(at: datetime) -> None:
        contact = demo.contact(member.name, member.currency)
        invoice = demo.invoice(at, contact, vat=member.vat)
        late = demo.random.gauss(member.late_days, 6)
        due = datetime.combine(date.fromisoformat(invoice["due_date"]), time(14), tzinfo=ZONE)
        paid_at = max(due + timedelta(days=round(late)), at + timedelta(hours=2))
        in_part = demo.random.random() < 0.07
        demo.plan_at(paid_at, _settle(demo, contact, invoice, in_part=in_part))

    return issue


def _settle(demo: Demo, contact: Payload, invoice: Payload, *, in_part: bool) -> Event:
    def settle(at: datetime) -> None:
        owed = demo.register.open_amount(invoice)
        if in_part:
            part = cents(owed * 6 / 10)
            demo.receive(at, contact, part, Part(invoice, part))
            later = _settle(demo, contact, invoice, in_part=False)
            demo.plan_at(at + timedelta(days=30), later)
        elif owed:
            demo.receive(at, contact, owed, Part(invoice, owed))

    return settle
