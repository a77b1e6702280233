"""The oddities of the demo company: one small story for each trap of the ledger.

They are told with customers of their own, so that ordinary trade does not disturb them; the comment
before each group says what a reader of the books is meant to stumble over.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from recoup.plugins.quickbooks.standin import seed_corrections as correct
from recoup.plugins.quickbooks.standin.seed_demo_diary import Demo, bank
from recoup.plugins.quickbooks.standin.seed_documents import ZERO, Payload, item_line, subtotal_line
from recoup.plugins.quickbooks.standin.seed_register import EXPENSE, INCOME, Applied


def plan_oddities(demo: Demo) -> None:
    """Plan every story; each happens before *demo.today*."""
    _unapplied(demo)
    _credits(demo)
    _voids_and_gaps(demo)
    _receivables_without_documents(demo)
    _numbers(demo)
    _names(demo)
    _dates(demo)
    _sales_without_receivables(demo)
    _estimates(demo)


def _unapplied(demo: Demo) -> None:
    # A deposit on account with no invoice at all: the customer's balance is negative.
    prepaid = demo.customers["Ashdown Prepaid"]
    demo.plan(75, lambda at: _used(demo.receive(at, prepaid, Decimal("750.00"))))
    demo.plan(12, lambda at: _used(demo.receive(at, prepaid, Decimal("120.50"))))

    # The same invoice paid twice, and one paid with too much: the rest stays unapplied.
    def twice(at: datetime) -> None:
        payer = demo.customers["Bickerstaff Double Payers"]
        first = demo.invoice(at, "Bickerstaff Double Payers", Decimal("412.40"))
        second = demo.invoice(at + timedelta(minutes=4), "Bickerstaff Double Payers", Decimal(300))
        paid_at = at + timedelta(days=20)
        demo.plan_at(paid_at, lambda at: _used(_pay(demo, payer, at, first, "412.40")))
        paid_at += timedelta(days=2)
        demo.plan_at(paid_at, lambda at: _used(demo.receive(at, payer, Decimal("412.40"))))
        demo.plan_at(
            paid_at + timedelta(days=9),
            lambda at: _used(demo.receive(at, payer, Decimal("350.00"), (second, Decimal(300)))),
        )
        demo.plan_at(paid_at, lambda at: _used(demo.invoice(at, payer["DisplayName"], Decimal(90))))

    demo.plan(88, twice)


def _pay(demo: Demo, payer: Payload, at: datetime, invoice: Payload, amount: str) -> Payload:
    return demo.receive(at, payer, Decimal(amount), (invoice, Decimal(amount)))


def _used(_: object) -> None:
    """An event answers nothing."""


def _credit_memo(demo: Demo, at: datetime, name: str, amount: Decimal) -> Payload:
    line = item_line(1, amount, demo.register.item("Returned goods"), description="Returned")
    lines = [line, subtotal_line(amount)]
    customer = demo.customers[name]
    return demo.register.sale(
        "CreditMemo", at, customer, lines, amount, number=f"CM-{demo.number()}"
    )


def _credits(demo: Demo) -> None:
    name = "Crumlin Returns"
    customer = demo.customers[name]

    def story(at: datetime) -> None:
        # One credit memo stays open; one is applied whole by a payment of nothing.
        _credit_memo(demo, at, name, Decimal("64.20"))
        credited = demo.invoice(at, name, Decimal("500.00"))
        memo = _credit_memo(demo, at + timedelta(hours=1), name, Decimal("180.00"))
        parts = [
            Applied("Invoice", credited, Decimal("180.00")),
            Applied("CreditMemo", memo, Decimal("180.00")),
        ]
        demo.plan_at(
            at + timedelta(days=3), lambda at: _used(demo.register.pay(at, customer, ZERO, parts))
        )
        # One is combined with cash, and leaves a rest on the memo.
        mixed = demo.invoice(at, name, Decimal("275.00"))
        partly = _credit_memo(demo, at + timedelta(hours=2), name, Decimal("100.00"))

        def combine(at: datetime) -> None:
            payment = demo.register.pay(
                at,
                customer,
                Decimal("200.00"),
                [
                    Applied("Invoice", mixed, Decimal("275.00")),
                    Applied("CreditMemo", partly, Decimal("75.00")),
                ],
                number="2077",
                method="Check",
            )
            demo.undeposited.append(("Payment", payment))

        demo.plan_at(at + timedelta(days=6), combine)

    demo.plan(60, story)


def _voids_and_gaps(demo: Demo) -> None:
    def voided(at: datetime) -> None:
        invoice = demo.invoice(at, "Ivybridge Disputes", Decimal("1310.00"))
        demo.plan_at(
            at + timedelta(days=5), lambda at: correct.void_invoice(demo.register, at, invoice)
        )
        kept = demo.invoice(at, "Ivybridge Disputes", Decimal("845.00"), PrivateNote="Disputed")
        payment = demo.register.pay(
            at + timedelta(hours=3),
            demo.customers["Ivybridge Disputes"],
            Decimal("845.00"),
            [Applied("Invoice", kept, Decimal("845.00"))],
            number="8001",
            method="Check",
        )  # the cheque bounces: the payment is voided and the invoice is open again
        demo.plan_at(
            at + timedelta(days=8), lambda at: correct.void_payment(demo.register, at, payment)
        )
        # Later a part of it is paid for good; the rest stays in dispute.
        payer = demo.customers["Ivybridge Disputes"]
        demo.plan_at(
            at + timedelta(days=12), lambda at: _used(_pay(demo, payer, at, kept, "100.00"))
        )

    demo.plan(47, voided)
    # Transactions that were deleted leave a hole in the ids.
    for days_ago in (200, 199, 90, 21):
        demo.plan(days_ago, lambda _: demo.register.skip_ids(2))


def _receivables_without_documents(demo: Demo) -> None:
    register, name = demo.register, "Gossamer Write-offs"
    customer = demo.customers[name]

    def journals(at: datetime) -> None:
        demo.invoice(at, name, Decimal("960.00"))
        income = register.account_ref("Late fee income", INCOME)
        fee = correct.journal(
            register,
            at + timedelta(days=1),
            customer,
            Decimal("38.50"),
            posting="Debit",
            against=income,
            note="Late payment interest",
            number="JE-1",
        )  # a debit on A/R, paid like an invoice
        part = Applied("JournalEntry", fee, Decimal("38.50"), line="0")

        def settle(at: datetime) -> None:
            payment = register.pay(at, customer, Decimal("38.50"), [part], method="Check")
            demo.undeposited.append(("Payment", payment))

        demo.plan_at(at + timedelta(days=10), settle)
        correct.journal(
            register,
            at + timedelta(days=2),
            customer,
            Decimal("115.25"),
            posting="Credit",
            against=register.account_ref("Bad debts", EXPENSE),
            note="Part write-off, not yet applied",
            number="JE-2",
        )  # a credit on A/R, still open

    demo.plan(110, journals)

    # Money banked straight against A/R: a deposit line with a customer and no payment.
    def counter(at: datetime) -> None:
        demo.invoice(at, "Dunmore Counter Sales", Decimal("230.00"))
        line = correct.receivable_line(
            register, demo.customers["Dunmore Counter Sales"], Decimal("55.00")
        )
        register.deposit(at + timedelta(days=1), [], currency="USD", others=[line])
        register.balance_moved(demo.customers["Dunmore Counter Sales"]["Id"], at)

    demo.plan(33, counter)


def _numbers(demo: Demo) -> None:
    # The number of a document is a label: one is used twice, one document has none.
    demo.plan(52, lambda at: _used(demo.invoice(at, "Hawksmoor Samples", number="1001")))
    demo.plan(51, lambda at: _used(demo.invoice(at, "Hawksmoor Samples", number="1001")))
    demo.plan(50, lambda at: _used(demo.invoice(at, "Hawksmoor Samples", number="none")))
    # A genuine invoice of nothing: free samples. It is not void.
    demo.plan(49, lambda at: _used(demo.invoice(at, "Hawksmoor Samples", ZERO)))


def _names(demo: Demo) -> None:
    old = demo.customers["Eglantine Old Name"]
    demo.plan(95, lambda at: _used(demo.invoice(at, "Eglantine Old Name", Decimal("318.00"))))
    demo.plan(40, lambda at: correct.rename(demo.register, at, old, "Eglantine & Daughters"))
    closing = demo.customers["Farthingale Closing Down"]
    demo.plan(130, lambda at: _used(demo.invoice(at, "Farthingale Closing Down", Decimal(1475))))
    demo.plan(70, lambda at: _used(demo.invoice(at, "Farthingale Closing Down", Decimal("88.80"))))
    demo.plan(19, lambda at: correct.deactivate(demo.register, at, closing))


def _dates(demo: Demo) -> None:
    # One invoice falls due today, one is dated a fortnight ahead.
    def due_today(at: datetime) -> None:
        demo.invoice(at, "Hawksmoor Samples", Decimal("640.00"), DueDate=demo.today.isoformat())

    def ahead(at: datetime) -> None:
        issued_on = demo.today + timedelta(days=14)
        demo.invoice(at, "Jessamine Estimates", Decimal("410.00"), issued_on=issued_on)

    demo.plan(30, due_today)
    demo.plan(3, ahead)


def _sales_without_receivables(demo: Demo) -> None:
    register = demo.register
    undeposited = register.account_ref(
        "Undeposited Funds", ("Asset", "Other Current Asset", "UndepositedFunds")
    )

    def over_the_counter(at: datetime) -> None:
        line = item_line(1, Decimal("48.00"), register.item("Workshop supplies"))
        lines = [line, subtotal_line(Decimal("48.00"))]
        fields: dict[str, Any] = {
            "PaymentMethodRef": register.payment_method("Cash"),
            "DepositToAccountRef": undeposited,
        }
        receipt = register.sale(
            "SalesReceipt", at, None, lines, Decimal("48.00"), number=demo.number(), **fields
        )
        named = register.sale(
            "SalesReceipt",
            at,
            demo.customers["Dunmore Counter Sales"],
            [dict(line) for line in lines],
            Decimal("48.00"),
            number=demo.number(),
            **fields,
        )
        demo.plan_at(at + timedelta(hours=5), lambda at: _till(demo, at, receipt, named))

    demo.plan(26, over_the_counter)

    def refund(at: datetime) -> None:
        line = item_line(1, Decimal("22.00"), register.item("Returned goods"))
        register.sale(
            "RefundReceipt",
            at,
            demo.customers["Dunmore Counter Sales"],
            [line, subtotal_line(Decimal("22.00"))],
            Decimal("22.00"),
            number=demo.number(),
            DepositToAccountRef=register.bank("USD"),
        )

    demo.plan(24, refund)


def _till(demo: Demo, at: datetime, *receipts: Payload) -> None:
    """Bank the till's receipts and keep a float back."""
    received = [("SalesReceipt", receipt) for receipt in receipts]
    demo.register.deposit(at, received, currency="USD", cash_back=Decimal("20.00"))
    bank(demo, at + timedelta(minutes=3))


def _estimates(demo: Demo) -> None:
    register, name = demo.register, "Jessamine Estimates"
    customer = demo.customers[name]

    def offer(at: datetime, status: str, amount: str) -> Payload:
        total = Decimal(amount)
        line = item_line(1, total, register.item("Site survey"))
        lines = [line, subtotal_line(total)]
        return register.sale(
            "Estimate", at, customer, lines, total, number=demo.number(), TxnStatus=status
        )

    demo.plan(28, lambda at: _used(offer(at, "Pending", "2200.00")))
    demo.plan(80, lambda at: _used(offer(at, "Rejected", "5100.00")))

    def accepted(at: datetime) -> None:
        estimate = offer(at, "Closed", "730.00")
        invoice = demo.invoice(
            at + timedelta(days=2),
            name,
            Decimal("730.00"),
            LinkedTxn=[{"TxnId": estimate["Id"], "TxnType": "Estimate"}],
        )
        estimate["LinkedTxn"] = [{"TxnId": invoice["Id"], "TxnType": "Invoice"}]
        register.touch(estimate, at + timedelta(days=2))

    demo.plan(64, accepted)
