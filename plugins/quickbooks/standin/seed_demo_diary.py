"""The diary of the demo company: fourteen months of ordinary trade, planned and then played.

Events are planned with their instant and entered in order, so that ids, balances and links grow
as they would by hand. Everything comes from one seeded random generator.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from recoup.plugins.quickbooks.standin import seed_demo_cast as cast
from recoup.plugins.quickbooks.standin.seed_documents import (
    ZERO,
    Firm,
    Payload,
    cents,
    discount_line,
    group_line,
    item_line,
    subtotal_line,
    tax_detail,
)
from recoup.plugins.quickbooks.standin.seed_register import DISCOUNTS, Applied, Register

ZONE = ZoneInfo("America/Los_Angeles")
DAYS = 426  # fourteen months
TAX_PERCENT = Decimal("8.25")

Event = Callable[[datetime], None]


class Demo:
    """The company while its history is played.

    today: nothing is entered on it or later; the last entries are of the day before.
    """

    def __init__(self, today: date, seed: int, rates: Mapping[str, Decimal]) -> None:
        self.today = today
        self.random = random.Random(seed)
        firm = Firm(name=cast.FIRM, home="USD", multicurrency=True, country="US", zone=ZONE)
        opened = datetime.combine(today - timedelta(days=DAYS + 30), time(8), tzinfo=ZONE)
        self._rates = {code: Decimal(rate) for code, rate in cast.RATES.items()} | dict(rates)
        self.register = Register(firm, opened, self.price)
        self.terms = {
            name: self.register.term(name, **fields) for name, fields in cast.TERMS.items()
        }
        self.customers: dict[str, Payload] = {}
        self.undeposited: list[tuple[str, Payload]] = []
        self._members: dict[str, cast.Customer] = {}
        self._numbers = iter(range(1001, 10_000))
        self._events: list[tuple[datetime, int, Event]] = []
        self._planned = 0
        for index, member in enumerate(cast.CAST):
            self._enrol(member, opened + timedelta(minutes=7 * index + 60))

    def _enrol(self, member: cast.Customer, at: datetime) -> None:
        parent = self.customers[member.parent] if member.parent else None
        self.customers[member.name] = self.register.customer(
            at,
            member.name,
            member.currency,
            parent=parent,
            bill_with_parent=member.bill_with_parent,
            email=member.email,
            terms=self.terms[member.terms],
        )
        self._members[member.name] = member

    def price(self, currency: str, day: date) -> Decimal:
        """The rate of the month: it wanders two per cent around that of the cast."""
        wander = Decimal(100 + (day.year * 12 + day.month) * 3 % 5 - 2) / 100
        return (self._rates.get(currency, Decimal(1)) * wander).normalize()

    # -- the diary --------------------------------------------------------------------------

    def plan(self, days_ago: int, event: Event, *, hour: int = 11) -> None:
        """Have *event* happen so many days before today, at the hour, company time."""
        day = self.today - timedelta(days=days_ago)
        # A few minutes apart, as a person types.
        minutes = timedelta(seconds=self._planned * 37 % 3300)
        self.plan_at(datetime.combine(day, time(hour), tzinfo=ZONE) + minutes, event)

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
        return str(next(self._numbers))

    def due_on(self, issued_on: date, terms: str) -> date:
        """The due date by the terms: so many days, or the day of the month they name."""
        rule = cast.TERMS[terms]
        if "DueDays" in rule:
            return issued_on + timedelta(days=rule["DueDays"])
        day = issued_on.replace(day=rule["DayOfMonthDue"])
        while (day - issued_on).days < rule["DueNextMonthDays"]:
            day = (day.replace(day=1) + timedelta(days=32)).replace(day=rule["DayOfMonthDue"])
        return day

    def invoice(
        self, at: datetime, name: str, amount: Decimal | None = None, **fields: object
    ) -> Payload:
        """Issue an invoice by the customer's terms; no amount means a basket of goods.

        fields: put on the document; `number` and `issued_on` override what would be chosen.
        """
        member, customer = self._members[name], self.customers[name]
        issued_on = fields.pop("issued_on", None) or at.astimezone(ZONE).date()
        assert isinstance(issued_on, date)
        number = fields.pop("number", None) or self.number()
        fields.setdefault("DueDate", self.due_on(issued_on, member.terms).isoformat())
        fields.setdefault("SalesTermRef", {"value": self.terms[member.terms]})
        if member.email:
            fields.setdefault("BillEmail", {"Address": member.email})
        lines, total, tax = self.basket(member, amount)
        return self.register.sale(
            "Invoice",
            at,
            customer,
            lines,
            total,
            number=None if number == "none" else str(number),
            issued_on=issued_on,
            tax=tax,
            **fields,
        )

    def basket(
        self, member: cast.Customer, amount: Decimal | None
    ) -> tuple[list[Payload], Decimal, Payload | None]:
        """(lines, total, tax detail): one line of *amount*, or some goods at random."""
        if amount is not None:
            line = item_line(1, amount, self.register.item("Workshop supplies"))
            return [line, subtotal_line(amount)], amount, None
        chance, lines = self.random, list[Payload]()
        for index, (name, low, high) in enumerate(chance.sample(cast.GOODS, chance.randint(1, 3))):
            worth = Decimal(chance.randint(low * 100, high * 100)) / 100
            if member.currency == "JPY":
                worth = Decimal(chance.randint(low, high) * 100)
            line = item_line(
                index + 1,
                worth,
                self.register.item(name),
                description=name,
                qty=Decimal(chance.choice((1, 1, 2, 3, 5))),
                taxable=member.taxable,
            )
            lines.append(line)
        if len(lines) == 3 and chance.random() < 0.15:
            bundle = self.register.item("Starter workshop (bundle)")
            lines = [group_line(1, bundle, lines)]
        total = sum((line["Amount"] for line in lines), ZERO)
        lines.append(subtotal_line(total))
        if member.currency == "USD" and chance.random() < 0.06:
            off = cents(total * 5 / 100)
            account = self.register.account_ref("Discounts given", DISCOUNTS)
            lines.append(discount_line(off, Decimal(5), account))
            total -= off
        tax = tax_detail(total, TAX_PERCENT) if member.taxable else None
        return lines, total + (tax["TotalTax"] if tax else ZERO), tax

    def receive(
        self, at: datetime, payer: Payload, total: Decimal, *invoices: tuple[Payload, Decimal]
    ) -> Payload:
        """Take a payment for invoices; it waits among the undeposited funds."""
        method = self.random.choice(("Check", "Check", "Bank transfer", "Credit Card"))
        number = str(self.random.randint(1000, 9999)) if method == "Check" else None
        parts = [Applied("Invoice", invoice, amount) for invoice, amount in invoices]
        payment = self.register.pay(at, payer, total, parts, number=number, method=method)
        self.undeposited.append(("Payment", payment))
        return payment

    def payer(self, name: str) -> Payload:
        """Who sends the money: the customer, or whoever is billed for the job."""
        member = self._members[name]
        while member.parent is not None and member.bill_with_parent:
            member = self._members[member.parent]
        return self.customers[member.name]


def plan_trade(demo: Demo) -> None:
    """Every customer with a rhythm is invoiced at it and pays by habit; Fridays are bank days."""
    for member in cast.CAST:
        for _ in range(member.invoices):
            days_ago = demo.random.randint(1, DAYS)
            while (demo.today - timedelta(days=days_ago)).weekday() > 4:
                days_ago = demo.random.randint(1, DAYS)
            demo.plan(days_ago, _issue(demo, member), hour=demo.random.randint(9, 16))
    friday = demo.today - timedelta(days=(demo.today.weekday() - 4) % 7)
    for week in range(DAYS // 7):
        days_ago = (demo.today - friday).days + 7 * week
        demo.plan(days_ago, lambda at: bank(demo, at), hour=17)


def _issue(demo: Demo, member: cast.Customer) -> Event:
    def issue(at: datetime) -> None:
        invoice = demo.invoice(at, member.name)
        late = demo.random.gauss(member.late_days, 6)
        due = datetime.combine(date.fromisoformat(invoice["DueDate"]), time(14), tzinfo=ZONE)
        paid_at = max(due + timedelta(days=round(late)), at + timedelta(hours=2))
        in_part = demo.random.random() < 0.07 and member.currency == "USD"
        demo.plan_at(paid_at, _settle(demo, member, invoice, in_part=in_part))

    return issue


def _settle(demo: Demo, member: cast.Customer, invoice: Payload, *, in_part: bool) -> Event:
    def settle(at: datetime) -> None:
        owed = invoice["Balance"]
        if in_part:
            part = cents(owed * 6 / 10)
            demo.receive(at, demo.payer(member.name), part, (invoice, part))
            demo.plan_at(at + timedelta(days=30), _settle(demo, member, invoice, in_part=False))
        elif owed:
            demo.receive(at, demo.payer(member.name), owed, (invoice, owed))

    return settle


def bank(demo: Demo, at: datetime) -> None:
    """Deposit what was received, one deposit per currency."""
    by_currency: dict[str, list[tuple[str, Payload]]] = {}
    for kind, payload in demo.undeposited:
        if payload["TotalAmt"]:
            by_currency.setdefault(payload["CurrencyRef"]["value"], []).append((kind, payload))
    for order, (currency, received) in enumerate(sorted(by_currency.items())):
        demo.register.deposit(at + timedelta(seconds=order), received, currency=currency)
    demo.undeposited = []
