"""The credits of the demo organisation: notes, money in advance and money too much."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from recoup.plugins.xero.standin import seed_corrections as correct
from recoup.plugins.xero.standin.seed_demo_diary import Demo
from recoup.plugins.xero.standin.seed_documents import Payload

RETURNS = "Croxley Returns"
ADVANCE = "Amberley Advance Bookings"
TWICE = "Broxwood Double Payers"


def plan_credits(demo: Demo) -> None:
    """Plan every story; each happens before *demo.today*."""
    demo.plan(60, lambda at: _notes(demo, at))
    demo.plan(58, lambda at: _foreign_note(demo, at))
    demo.plan(88, lambda at: _paid_twice(demo, at))
    demo.plan(75, lambda at: _in_advance(demo, at))


def _note(
    demo: Demo, at: datetime, name: str, amount: str, number: int, *, currency: str = "GBP"
) -> Payload:
    line = demo.register.line(Decimal(amount), "Returned goods")
    return demo.register.credit(
        "CreditNote", at, demo.contacts[name], [line], type_name="ACCRECCREDIT",
        currency=currency, CreditNoteNumber=f"CN-{number:04}", Reference="Returned",
    )  # fmt: skip


def _notes(demo: Demo, at: datetime) -> None:
    register = demo.register
    # One stays open, one is a draft, one is voided.
    _note(demo, at, RETURNS, "64.20", 1)
    correct.move_on(register, at, _note(demo, at, RETURNS, "31.00", 2), "DRAFT")
    wrong = _note(demo, at, RETURNS, "18.00", 3)
    demo.plan_at(at + timedelta(days=1), lambda at: correct.void(register, at, wrong))
    # One is applied whole, over two invoices; one in part, the rest is paid back.
    first, second = (demo.invoice(at, RETURNS, Decimal(amount)) for amount in ("500.00", "275.00"))
    whole, part = _note(demo, at, RETURNS, "180.00", 4), _note(demo, at, RETURNS, "100.00", 5)

    def apply(at: datetime) -> None:
        register.allocate(at, "CreditNote", whole, first, Decimal("120.00"))
        register.allocate(at, "CreditNote", whole, second, Decimal("60.00"))
        register.allocate(at, "CreditNote", part, first, Decimal("70.00"))

    demo.plan_at(at + timedelta(days=3), apply)
    demo.plan_at(
        at + timedelta(days=9),
        lambda at: register.refund(at, "CreditNote", part, Decimal("30.00"), "Refund CN-0005"),
    )
    demo.plan_at(at + timedelta(days=30), lambda at: demo.receive(at, first, first["AmountDue"]))


def _foreign_note(demo: Demo, at: datetime) -> None:
    # In a foreign currency, applied when the rate of the month is another.
    name = "Fensterbau Käßmeier KG"
    invoice = demo.invoice(at, name, Decimal("900.00"))
    note = _note(demo, at + timedelta(hours=2), name, "150.00", 6, currency="EUR")
    demo.plan_at(
        at + timedelta(days=33),
        lambda at: demo.register.allocate(at, "CreditNote", note, invoice, Decimal("150.00")),
    )


def _paid_twice(demo: Demo, at: datetime) -> None:
    register, who = demo.register, demo.contacts[TWICE]
    first = demo.invoice(at, TWICE, Decimal("412.40"))
    second = demo.invoice(at + timedelta(minutes=4), TWICE, Decimal("300.00"))
    third = demo.invoice(at + timedelta(minutes=9), TWICE, Decimal("90.00"))
    demo.plan_at(at + timedelta(days=20), lambda at: demo.receive(at, first, Decimal("412.40")))

    # The same invoice paid again: the whole sum is an overpayment; a part settles another invoice.
    def again(at: datetime) -> None:
        over = register.received("Overpayment", at, who, Decimal("412.40"), "GBP", "Paid twice")
        demo.plan_at(
            at + timedelta(days=6),
            lambda at: register.allocate(at, "Overpayment", over, third, Decimal("90.00")),
        )

    demo.plan_at(at + timedelta(days=22), again)

    # Too much for one invoice: a payment and an overpayment of the rest, which is paid back.
    def too_much(at: datetime) -> None:
        demo.receive(at, second, Decimal("300.00"))
        over = register.received("Overpayment", at, who, Decimal("50.00"), "GBP", "Too much")
        demo.plan_at(
            at + timedelta(days=5),
            lambda at: register.refund(at, "Overpayment", over, Decimal("50.00"), "Paid back"),
        )

    demo.plan_at(at + timedelta(days=31), too_much)
    # And one that nobody has looked at yet, in a foreign currency.
    abroad = demo.contacts["Redwater Trading Post LLC"]
    demo.plan_at(
        at + timedelta(days=50),
        lambda at: register.received(
            "Overpayment", at, abroad, Decimal("125.00"), "USD", "Unknown"
        ),
    )


def _in_advance(demo: Demo, at: datetime) -> None:
    register, who = demo.register, demo.contacts[ADVANCE]
    # A deposit that no invoice has met yet, and one that went into two.
    register.received("Prepayment", at, who, Decimal("750.00"), "GBP", "Deposit, spring works")
    used = register.received(
        "Prepayment", at + timedelta(minutes=6), who, Decimal("400.00"), "GBP", "Deposit"
    )

    def invoiced(at: datetime) -> None:
        for amount, taken in (("260.00", "260.00"), ("310.00", "140.00")):
            invoice = demo.invoice(at, ADVANCE, Decimal(amount))
            register.allocate(at, "Prepayment", used, invoice, Decimal(taken))

    demo.plan_at(at + timedelta(days=15), invoiced)
