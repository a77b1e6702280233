"""The oddities of the demo organisation: one small story for each trap of the ledger.

They are told with customers of their own, so that ordinary trade does not disturb them; the comment
before each group says what a reader of the books is meant to stumble over. Credits have a file of
their own.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from recoup.plugins.xero.standin import seed_corrections as correct
from recoup.plugins.xero.standin.seed_demo_diary import ZONE, Demo, Event
from recoup.plugins.xero.standin.seed_documents import Payload


def plan_oddities(demo: Demo) -> None:
    """Plan every story; each happens before *demo.today*."""
    _drafts(demo)
    _voids(demo)
    _payments_taken_back(demo)
    _receipts_for_several(demo)
    _import(demo)
    _contacts(demo)
    _dates_and_notes(demo)
    _payables(demo)
    _bank(demo)


def _drafts(demo: Demo) -> None:
    # A draft owes nothing yet; one has no due date; one was thrown away; one was approved late.
    name, register = "Ironbark Drafts", demo.register

    def drafts(at: datetime) -> None:
        demo.invoice(at, name, Decimal("1250.00"), status="DRAFT")
        demo.invoice(at + timedelta(minutes=2), name, Decimal("75.00"), status="DRAFT", due_on=None)
        thrown = demo.invoice(at + timedelta(minutes=5), name, Decimal("310.00"), status="DRAFT")
        waiting = demo.invoice(at + timedelta(minutes=9), name, Decimal("640.00"), status="DRAFT")
        late = demo.invoice(at + timedelta(minutes=12), name, Decimal("415.50"), status="DRAFT")

        def decide(at: datetime) -> None:
            correct.move_on(register, at, thrown, "DELETED")
            correct.move_on(register, at + timedelta(minutes=1), waiting, "SUBMITTED")
            correct.move_on(register, at + timedelta(minutes=3), late, "AUTHORISED")

        demo.plan_at(at + timedelta(days=2), decide)

    demo.plan(23, drafts)


def _voids(demo: Demo) -> None:
    # A voided invoice keeps its total; nothing is due on it.
    def voided(at: datetime) -> None:
        wrong = demo.invoice(at, "Kiln Row Voids", Decimal("980.00"))
        demo.invoice(at + timedelta(minutes=20), "Kiln Row Voids", Decimal("890.00"))
        demo.plan_at(at + timedelta(days=4), lambda at: correct.void(demo.register, at, wrong))

    demo.plan(61, voided)
    # An invoice of nothing is paid as soon as it is approved.
    demo.plan(44, lambda at: demo.invoice(at, "Kiln Row Voids", Decimal("0.00")))


def _payments_taken_back(demo: Demo) -> None:
    # A cheque bounces: the payment is DELETED and still listed, the invoice is open again; later
    # a part is paid for good, and the rest is in dispute, which only a note says.
    def bounced(at: datetime) -> None:
        kept = demo.invoice(at, "Dewlap Disputes", Decimal("845.00"))
        payment = demo.receive(at + timedelta(hours=3), kept, Decimal("845.00"), reconciled=False)
        demo.plan_at(
            at + timedelta(days=8),
            lambda at: correct.delete_payment(demo.register, at, payment, kept),
        )
        demo.plan_at(
            at + timedelta(days=12),
            lambda at: demo.receive(at, kept, Decimal("100.00"), reconciled=True),
        )
        said = "Disputed: the second panel is the wrong colour. On hold until it is replaced."
        demo.plan_at(
            at + timedelta(days=20), lambda at: demo.register.note("Invoice", kept, at, said)
        )
        # The due date of a partly paid invoice moves without the ledger's clock moving.
        later = at.astimezone(ZONE).date() + timedelta(days=75)
        demo.plan_at(at + timedelta(days=21), lambda _: correct.put_off(kept, later))

    demo.plan(57, bounced)


def _receipts_for_several(demo: Demo) -> None:
    # One receipt settles three invoices, one of them in part; another was deleted whole.
    name, register = "Jaybird Mixed Dealings", demo.register

    def invoices(at: datetime) -> None:
        three = [
            demo.invoice(at + timedelta(minutes=5 * turn), name, Decimal(amount))
            for turn, amount in enumerate(("220.00", "365.50", "1040.00"))
        ]

        def receipt(at: datetime) -> None:
            parts = [(one, one["AmountDue"]) for one in three[:2]]
            register.batch(at, [*parts, (three[2], Decimal("414.50"))], reference="REMIT 1")

        demo.plan_at(at + timedelta(days=31), receipt)
        two = [
            demo.invoice(at + timedelta(days=3, minutes=turn), name, Decimal(amount))
            for turn, amount in enumerate(("150.00", "99.99"))
        ]

        def mistaken(at: datetime) -> None:
            parts = [(one, one["AmountDue"]) for one in two]
            batch = register.batch(at, parts, reference="REMIT 2")
            demo.plan_at(
                at + timedelta(days=1), lambda at: correct.delete_batch(register, at, batch)
            )

        demo.plan_at(at + timedelta(days=36), mistaken)

    demo.plan(96, invoices)


def _import(demo: Demo) -> None:
    # A file import writes fifty invoices in one instant.
    def imported(at: datetime) -> None:
        who = demo.contacts["Everdon Imports"]
        made = correct.import_file(demo.register, at, who, 50, Decimal("20.00"), "GBP")
        for turn, invoice in enumerate(made[:30]):
            paid_at = at + timedelta(days=6 + turn % 9, minutes=turn)
            demo.plan_at(paid_at, _pay_whole(demo, invoice))

    demo.plan(140, imported)


def _pay_whole(demo: Demo, invoice: Payload) -> Event:
    return lambda at: demo.receive(at, invoice, invoice["AmountDue"])


def _contacts(demo: Demo) -> None:
    register = demo.register
    # Renamed after its invoice: the invoice shows the new name and was not touched.
    old = demo.contacts["Fernhill Old Name"]
    demo.plan(95, lambda at: demo.invoice(at, "Fernhill Old Name", Decimal("318.00")))
    demo.plan(40, lambda at: correct.rename(register, at, old, "Fernhill & Daughters"))
    # Archived while it owes; the invoice stays open.
    closed = demo.contacts["Gorsewell Closed Down"]
    demo.plan(130, lambda at: demo.invoice(at, "Gorsewell Closed Down", Decimal(1475)))
    demo.plan(19, lambda at: correct.archive(register, at, closed))
    # Entered twice and merged: the invoices of both stand under the one that is kept.
    twin, double = (demo.contacts[f"Hollin Twin{more}"] for more in ("", " (duplicate)"))
    demo.plan(80, lambda at: demo.invoice(at, "Hollin Twin", Decimal("205.00")))
    demo.plan(70, lambda at: demo.invoice(at, "Hollin Twin (duplicate)", Decimal("188.80")))
    demo.plan(25, lambda at: correct.merge(register, at, double, twin))


def _dates_and_notes(demo: Demo) -> None:
    # One falls due today, one is dated ahead, one was never sent and is overdue, one is promised.
    def due_today(at: datetime) -> None:
        demo.invoice(at, "Jaybird Mixed Dealings", Decimal("640.00"), due_on=demo.today)

    def ahead(at: datetime) -> None:
        issued_on = demo.today + timedelta(days=14)
        demo.invoice(at, "Jaybird Mixed Dealings", Decimal("410.00"), issued_on=issued_on)

    def unsent(at: datetime) -> None:
        demo.invoice(at, "Kiln Row Voids", Decimal("72.00"), SentToContact=False)

    def promised(at: datetime) -> None:
        invoice = demo.invoice(at, "Dewlap Disputes", Decimal("530.00"))
        correct.expect(invoice, demo.today + timedelta(days=9))
        said = "Rang accounts: they will pay after their stock count."
        demo.register.note("Invoice", invoice, at + timedelta(days=33), said)

    demo.plan(30, due_today)
    demo.plan(3, ahead)
    demo.plan(66, unsent)
    demo.plan(48, promised)


def _payables(demo: Demo) -> None:
    # A supplier's credit and a customer who also sends bills: none of it is receivable.
    def bill(at: datetime) -> None:
        register, who = demo.register, demo.contacts["Jaybird Mixed Dealings"]
        lines = [register.line(Decimal("260.00"), "Subcontracted fitting", account="400")]
        register.invoice(at, who, lines, currency="GBP", kind="ACCPAY", number="JB-77",
                         due_on=at.date() + timedelta(days=14))  # fmt: skip
        supplier = demo.contacts["Merrow Metals"]
        lines = [register.line(Decimal("45.00"), "Short delivery", account="400")]
        register.credit("CreditNote", at + timedelta(hours=1), supplier, lines,
                        type_name="ACCPAYCREDIT", currency="GBP", CreditNoteNumber="MM-CR-9",
                        Reference="")  # fmt: skip

    demo.plan(52, bill)


def _bank(demo: Demo) -> None:
    # Coded straight to accounts without any invoice: none of it is receivable, one was deleted.
    register = demo.register

    def coded(at: datetime) -> None:
        trader, power = demo.contacts["Jaybird Mixed Dealings"], demo.contacts["Sedgeley Power"]
        till = [register.line(Decimal("48.00"), "Counter sale", tax_type="OUTPUT2")]
        register.bank_entry(at, trader, "RECEIVE", till, "GBP", "Counter")
        rent = [register.line(Decimal("310.00"), "Meter deposit", account="400")]
        later = at + timedelta(hours=1)
        register.bank_entry(later, power, "SPEND", rent, "GBP", "Meter")
        twice = [register.line(Decimal("48.00"), "Counter sale", tax_type="OUTPUT2")]
        gone = {"Status": "DELETED", "IsReconciled": False}
        register.bank_entry(later, trader, "RECEIVE", twice, "GBP", "Counter", **gone)

    demo.plan(37, coded)
