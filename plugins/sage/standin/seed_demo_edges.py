"""The demo's oddities beside the invoices: entries, balances brought forward, contacts, vendors."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from recoup.plugins.sage.standin import seed_corrections as correct
from recoup.plugins.sage.standin.seed_demo_diary import Demo
from recoup.plugins.sage.standin.seed_documents import Payload
from recoup.plugins.sage.standin.seed_filing import Part

DAY = timedelta(days=1)


def plan_edges(demo: Demo) -> None:
    """Plan every story; each happens before *demo.today*."""
    for story in (
        _quick_entries,
        _outside_vat,
        _brought_forward,
        _builders,
        _names,
        _closed,
        _nobody,
        _vendors,
    ):
        story(demo)


def _quick_entries(demo: Demo) -> None:
    # Entries without a form behind them: old ones have no due date, one was deleted.
    contact, register = demo.contact("Knocknagree Ledger Card"), demo.register

    def entry(at: datetime, kind: str, net: str, *, due: int | None) -> Payload:
        day = register.firm.day(at)
        worth = demo.worth(contact, day, Decimal(net), vat=True)
        return register.entry(
            at, kind, contact, worth, issued_on=day, details="As per ledger card",
            reference=f"QE-{register.count('quick entry')}",
            due_on=None if due is None else day + due * DAY,
        )  # fmt: skip

    def story(at: datetime) -> None:
        old = entry(at, "INVOICE", "415.00", due=None)
        entry(at + DAY, "INVOICE", "96.30", due=None)
        late = entry(at + 2 * DAY, "INVOICE", "210.00", due=30)
        credit = entry(at + 3 * DAY, "CREDIT_NOTE", "60.00", due=None)
        entry(at + 4 * DAY, "CREDIT_NOTE", "12.50", due=14)
        wrong = entry(at + 4 * DAY, "INVOICE", "999.00", due=30)
        demo.plan_at(at + 5 * DAY, lambda at: correct.delete_entry(register, at, wrong))

        def settle(at: datetime) -> None:
            part = Part(credit, register.open_amount(credit))
            register.allocate(at, contact, [Part(old, part.amount)], [part])
            rest = Part(late, Decimal("150.00"))
            demo.receive(at + DAY, contact, rest.amount, rest)

        demo.plan_at(at + 9 * DAY, settle)

    demo.plan(90, story)


def _outside_vat(demo: Demo) -> None:
    # Entered without VAT: net, tax and ledger account are null.
    contact, register = demo.contact("Noggin Lane Market Stall"), demo.register

    def story(at: datetime) -> None:
        day = register.firm.day(at)
        for index, net in enumerate(("38.00", "41.25")):
            worth = register.worth("EUR", day, Decimal(net))
            register.entry(
                at + index * DAY, "INVOICE", contact, worth, issued_on=day, due_on=day + 7 * DAY,
                reference=f"QE-{register.count('quick entry')}", vat=False,
            )  # fmt: skip

    demo.plan(35, story)


def _brought_forward(demo: Demo) -> None:
    # Opening balances say nothing of what is open: paid in part, paid whole, owed the other way.
    contact, register = demo.contact("Mullach Brought Forward"), demo.register

    def bring(at: datetime, kind: str, total: str, reference: str, days: int) -> Payload:
        day = register.firm.day(demo.opened) - days * DAY
        worth = register.worth("EUR", day, Decimal(total))
        return register.opening_balance(
            at, kind, contact, worth, issued_on=day, reference=reference
        )

    def story(at: datetime) -> None:
        part = bring(at, "INVOICE", "1840.00", "OB-1", 12)
        whole = bring(at, "INVOICE", "260.00", "OB-2", 31)
        bring(at, "INVOICE", "77.70", "OB-3", 70)
        credit = bring(at, "CREDIT_NOTE", "95.00", "OB-4", 5)
        bring(at, "CREDIT_NOTE", "18.00", "OB-5", 4)

        def settle(at: datetime) -> None:
            parts = [Part(part, Decimal("900.00")), Part(whole, Decimal("260.00"))]
            demo.receive(at, contact, Decimal("1160.00"), *parts)
            taken = Decimal("95.00")
            register.allocate(at + DAY, contact, [Part(part, taken)], [Part(credit, taken)])

        demo.plan_at(at + 20 * DAY, settle)

    demo.plan(400, story)


def _builders(demo: Demo) -> None:
    # The customer keeps construction tax back: less than the total can be collected.
    contact, register = demo.contact("Lisbellaw Builders"), demo.register

    def story(at: datetime) -> None:
        contact["cis_registered"], contact["ni_based"] = True, True
        paid = demo.invoice(at, contact, Decimal("2000.00"), vat=True)
        correct.deduct_cis(register, paid, Decimal("1500.00"))
        left = demo.invoice(at + DAY, contact, Decimal("800.00"))
        correct.deduct_cis(register, left, Decimal("800.00"))

        def settle(at: datetime) -> None:
            whole = Part(paid, register.open_amount(paid))
            demo.receive(at, contact, whole.amount, whole)
            some = Part(left, Decimal("240.00"))
            demo.receive(at + DAY, contact, some.amount, some)

        demo.plan_at(at + 28 * DAY, settle)

    demo.plan(64, story)


def _names(demo: Demo) -> None:
    # Renamed with an invoice out: what was issued keeps the old name.
    contact = demo.contact("Errigal Old Name")

    def issue(at: datetime) -> None:
        demo.invoice(at, contact, Decimal("318.00"))

    demo.plan(95, issue)
    demo.plan(40, lambda at: demo.register.rename(at, contact, "Errigal & Daughters"))


def _closed(demo: Demo) -> None:
    # Put away with invoices open: gone from the screens, still owing.
    contact = demo.contact("Finisk Closed Down")

    def issue(at: datetime) -> None:
        demo.invoice(at, contact, Decimal("1475.00"), vat=True)
        demo.invoice(at + 60 * DAY, contact, Decimal("88.80"))

    demo.plan(130, issue)
    demo.plan(19, lambda at: correct.deactivate(at, contact))


def _nobody(demo: Demo) -> None:
    # One contact was deleted: it owes nothing, and its reference stays taken. One was forgotten by
    # request and has paid. One is the platform's own.
    register = demo.register

    def enter(at: datetime) -> None:
        gone = register.contact(at, "Typed In Error", "EUR", reference="ERROR1")
        demo.plan_at(at + DAY, lambda at: correct.tombstone(at, gone))
        forgotten = register.contact(at, "Obfuscated", "EUR", reference="X0001")
        invoice = demo.invoice(at, forgotten, Decimal("64.00"))

        def forget(at: datetime) -> None:
            part = Part(invoice, register.open_amount(invoice))
            demo.receive(at, forgotten, part.amount, part)
            forgotten["gdpr_obfuscated"] = True

        demo.plan_at(at + 9 * DAY, forget)
        register.contact(at, "Walk-in Sales", "EUR", reference="", system=True)

    demo.plan(300, enter)


def _vendors(demo: Demo) -> None:
    # What the business itself owes looks alike and is no receivable.
    register = demo.register

    def story(at: datetime) -> None:
        vendor = register.contact(
            at, "Burren Beeswax Works", "EUR", reference="BURREN01", contact_type="VENDOR"
        )
        day = register.firm.day(at)
        worth = register.worth("EUR", day, Decimal("520.00"))
        owed = register.opening_balance(
            at, "INVOICE", vendor, worth, issued_on=day, reference="OB-V1"
        )

        def settle(at: datetime) -> None:
            part = Part(owed, Decimal("200.00"))
            payment = register.pay(
                at, vendor, Decimal("300.00"), [part], transaction_type="VENDOR_PAYMENT"
            )
            rest = Part(payment["payment_on_account"], Decimal("60.00"))
            register.allocate(at + DAY, vendor, [Part(owed, rest.amount)], [rest])

        demo.plan_at(at + 14 * DAY, settle)

    demo.plan(140, story)
