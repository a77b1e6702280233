"""The oddities of the demo business: one small story for each trap of the ledger.

They are told with contacts of their own, so that ordinary trade does not disturb them; the comment
before each says what a reader of the books is meant to stumble over. Those that live beside the
sales ledger are in `seed_demo_edges`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from recoup.plugins.sage.standin import seed_corrections as correct
from recoup.plugins.sage.standin.seed_demo_diary import Demo
from recoup.plugins.sage.standin.seed_documents import Payload
from recoup.plugins.sage.standin.seed_filing import Part

DAY = timedelta(days=1)


def plan_oddities(demo: Demo) -> None:
    """Plan every story of the sales ledger; each happens before *demo.today*."""
    for story in (
        _on_account,
        _overpaid,
        _credit_notes,
        _discounts,
        _many_legs,
        _drafts,
        _voids,
        _bounced,
        _numbers,
        _dates,
    ):
        story(demo)


def _full(demo: Demo, document: Payload) -> Part:
    return Part(document, demo.register.open_amount(document))


def _on_account(demo: Demo) -> None:
    # Money before any invoice. One part is allocated later, one waits; the balance is negative.
    contact = demo.contact("Ardglass Prepaid")

    def prepay(at: datetime) -> None:
        payment = demo.receive(at, contact, Decimal("750.00"))
        rest = payment["payment_on_account"]
        invoice = demo.invoice(at + 9 * DAY, contact, Decimal("300.00"))

        def use(at: datetime) -> None:
            part = Decimal("300.00")
            demo.register.allocate(at, contact, [Part(invoice, part)], [Part(rest, part)])

        demo.plan_at(at + 12 * DAY, use)
        demo.plan_at(at + 30 * DAY, lambda at: _used(demo.receive(at, contact, Decimal("120.50"))))

        def send_back(at: datetime) -> None:
            part = Part(rest, Decimal("200.00"))
            demo.register.pay(at, contact, part.amount, [part], transaction_type="CUSTOMER_REFUND")

        demo.plan_at(at + 33 * DAY, send_back)

    demo.plan(75, prepay)


def _used(_: object) -> None:
    """An event answers nothing."""


def _overpaid(demo: Demo) -> None:
    # The same invoice paid twice, and one paid with too much: the rest goes on account.
    contact = demo.contact("Bellanagh Double Payers")

    def twice(at: datetime) -> None:
        first = demo.invoice(at, contact, Decimal("412.40"))
        second = demo.invoice(at + timedelta(minutes=4), contact, Decimal("300.00"))
        owed = Decimal("412.40")
        demo.plan_at(
            at + 20 * DAY, lambda at: _used(demo.receive(at, contact, owed, Part(first, owed)))
        )
        demo.plan_at(at + 22 * DAY, lambda at: _used(demo.receive(at, contact, owed)))
        demo.plan_at(
            at + 31 * DAY,
            lambda at: _used(
                demo.receive(at, contact, Decimal("350.00"), Part(second, Decimal("300.00")))
            ),
        )
        demo.plan_at(at + 34 * DAY, lambda at: _used(demo.invoice(at, contact, Decimal("90.00"))))

    demo.plan(88, twice)


def _credit_notes(demo: Demo) -> None:
    # One stays open, one is applied, one is applied in part, one is paid back.
    contact, register = demo.contact("Carrigeen Returns"), demo.register

    def story(at: datetime) -> None:
        demo.credit_note(at, contact, Decimal("64.20"))
        invoice = demo.invoice(at, contact, Decimal("500.00"), vat=True)
        whole = demo.credit_note(at + timedelta(hours=1), contact, Decimal("180.00"), vat=True)
        partly = demo.credit_note(at + timedelta(hours=2), contact, Decimal("100.00"), vat=True)
        back = demo.credit_note(at + timedelta(hours=3), contact, Decimal("45.00"))

        def apply(at: datetime) -> None:
            full = _full(demo, whole)
            register.allocate(at, contact, [Part(invoice, full.amount)], [full])
            some = Decimal("75.00")
            later = at + timedelta(minutes=2)
            register.allocate(later, contact, [Part(invoice, some)], [Part(partly, some)])

        demo.plan_at(at + 3 * DAY, apply)

        def refund(at: datetime) -> None:
            part = _full(demo, back)
            register.pay(at, contact, part.amount, [part], transaction_type="CUSTOMER_REFUND")

        demo.plan_at(at + 6 * DAY, refund)

    demo.plan(60, story)


def _discounts(demo: Demo) -> None:
    # Paid early, less two per cent: the discount settles and is no money. Once with a part left.
    contact = demo.contact("Derryquin Cash Discount")

    def story(at: datetime) -> None:
        whole = demo.invoice(at, contact, Decimal("1000.00"), vat=True)
        part = demo.invoice(at + timedelta(minutes=9), contact, Decimal("640.00"))

        def early(at: datetime) -> None:
            taken = Part(whole, Decimal("1205.40"), Decimal("24.60"))
            some = Part(part, Decimal("294.00"), Decimal("6.00"))
            demo.receive(at, contact, taken.amount + some.amount, taken, some)

        demo.plan_at(at + 5 * DAY, early)

    demo.plan(58, story)


def _many_legs(demo: Demo) -> None:
    # One allocation over several documents on both sides: nobody can say which paid which.
    contact, register = demo.contact("Owenbeg Many Legs"), demo.register

    def story(at: datetime) -> None:
        owed = [demo.invoice(at, contact, Decimal(net)) for net in ("120.00", "80.00", "45.50")]
        credit = demo.credit_note(at + DAY, contact, Decimal("90.00"))
        rest = demo.receive(at + 2 * DAY, contact, Decimal("140.00"))["payment_on_account"]

        def mix(at: datetime) -> None:
            debits = [_full(demo, owed[0]), _full(demo, owed[1]), Part(owed[2], Decimal("20.00"))]
            credits = [_full(demo, credit), Part(rest, Decimal("130.00"))]
            register.allocate(at, contact, debits, credits)

        demo.plan_at(at + 4 * DAY, mix)

        def undone(at: datetime) -> None:
            part = Decimal("10.00")
            wrong = register.allocate(at, contact, [Part(owed[2], part)], [Part(rest, part)])
            demo.plan_at(at + DAY, lambda at: correct.delete_allocation(register, at, wrong))

        demo.plan_at(at + 8 * DAY, undone)

    demo.plan(45, story)


def _drafts(demo: Demo) -> None:
    # Neither a draft nor a pro-forma is owed; all of them show one number.
    contact, register = demo.contact("Garradrimna Drafts"), demo.register

    def story(at: datetime) -> None:
        for status, net in (("DRAFT", "2200.00"), ("PRO_FORMA", "510.00")):
            demo.invoice(at, contact, Decimal(net), number="SI-DRAFT", status=status)
        draft = demo.invoice(at, contact, Decimal("730.00"), number="SI-DRAFT", status="DRAFT")
        dropped = demo.invoice(at, contact, Decimal("15.00"), number="SI-DRAFT", status="DRAFT")

        def release(at: datetime) -> None:
            correct.release(register, at, draft, str(register.count("invoice number")))
            register.drop("sales_invoices", dropped)

        demo.plan_at(at + 3 * DAY, release)

    demo.plan(28, story)


def _voids(demo: Demo) -> None:
    contact, register = demo.contact("Inver Disputes"), demo.register

    def story(at: datetime) -> None:
        invoice = demo.invoice(at, contact, Decimal("1310.00"), vat=True)
        note = demo.credit_note(at, contact, Decimal("33.00"))
        reason = "Raised for the wrong customer"
        demo.plan_at(at + 5 * DAY, lambda at: correct.void(register, at, invoice, reason))
        demo.plan_at(at + 6 * DAY, lambda at: correct.void(register, at, note, "Typed twice"))

    demo.plan(47, story)


def _bounced(demo: Demo) -> None:
    # A cheque bounces: the receipt is deleted, the invoice is open again and later paid in part.
    contact, register = demo.contact("Inver Disputes"), demo.register

    def story(at: datetime) -> None:
        invoice = demo.invoice(at, contact, Decimal("845.00"), notes="Disputed")
        cheque = register.pay(
            at + timedelta(hours=3), contact, Decimal("900.00"),
            [Part(invoice, Decimal("845.00"))], reference="008001", method="CHECK",
        )  # fmt: skip
        demo.plan_at(at + 8 * DAY, lambda at: correct.delete_payment(register, at, cheque))
        some = Decimal("100.00")
        demo.plan_at(
            at + 12 * DAY, lambda at: _used(demo.receive(at, contact, some, Part(invoice, some)))
        )

    demo.plan(46, story)


def _numbers(demo: Demo) -> None:
    # A number is a label: one is used twice. A stored reference is longer than the API takes.
    contact = demo.contact("Hagfield Samples")
    long = "Purchase order 4500017732 / stall 12"
    demo.plan(52, lambda at: _used(demo.invoice(at, contact, Decimal("75.00"), number="SI-7")))
    demo.plan(51, lambda at: _used(demo.invoice(at, contact, Decimal("81.00"), reference=long)))
    # A genuine invoice of nothing: free samples. It is paid from the start.
    demo.plan(49, lambda at: _used(demo.invoice(at, contact, Decimal(0))))

    # An import wrote more invoices in one second than fit on a page of 200.
    def imported(at: datetime) -> None:
        for index in range(230):
            number = f"OLD-{index + 1:04d}"
            demo.invoice(at, contact, Decimal(f"{5 + index % 9}.50"), number=number)

    demo.plan(120, imported)

    def paid_at_once(at: datetime) -> None:
        old = [i for i in demo.register.all("sales_invoices") if i["displayed_as"][:4] == "OLD-"]
        parts = [_full(demo, invoice) for invoice in old[:200]]
        total = sum((part.amount for part in parts), Decimal(0))
        demo.receive(at, contact, total, *parts)

    demo.plan(100, paid_at_once)


def _dates(demo: Demo) -> None:
    # One invoice falls due today, one is dated a fortnight ahead.
    contact = demo.contact("Hagfield Samples")
    ahead = demo.today + 14 * DAY
    due = demo.today.isoformat()
    demo.plan(30, lambda at: _used(demo.invoice(at, contact, Decimal("640.00"), due_date=due)))
    demo.plan(3, lambda at: _used(demo.invoice(at, contact, Decimal("410.00"), issued_on=ahead)))
