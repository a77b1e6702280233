"""What a person does with money in Xero: receive, batch, refund, set off, take back, match."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from decimal import Decimal

from recoup.connector.standin.wire import Doc, cents, decimal
from recoup.plugins.xero.standin.drafts import (
    NOTHING,
    dated,
    nested_credit,
    nested_payment,
    new_payment,
    settled_by,
)
from recoup.plugins.xero.standin.fault import Fault, not_found, only_status
from recoup.plugins.xero.standin.kinds import CREDITS, LIVE
from recoup.plugins.xero.standin.ledger import (
    Amount,
    Day,
    Ledger,
    is_receivable,
    open_field,
    rate_of,
)
from recoup.plugins.xero.standin.moments import read_day

_PAYS = {
    ("Invoices", True): "ACCRECPAYMENT",
    ("Invoices", False): "ACCPAYPAYMENT",
    ("CreditNotes", True): "ARCREDITPAYMENT",
    ("CreditNotes", False): "APCREDITPAYMENT",
    ("Overpayments", True): "AROVERPAYMENTPAYMENT",
    ("Overpayments", False): "APOVERPAYMENTPAYMENT",
    ("Prepayments", True): "ARPREPAYMENTPAYMENT",
    ("Prepayments", False): "APPREPAYMENTPAYMENT",
}
_OUTWARD = ("ACCPAY", "ACCPAYCREDIT", "SPEND-OVERPAYMENT", "SPEND-PREPAYMENT", "APPREPAYMENT")
NESTS = {"CreditNotes": "CreditNotes", "Overpayments": "Overpayments", "Prepayments": "Prepayments"}


class Money(Ledger, ABC):
    """Payments, refunds, allocations. Every verb is one change and raises Fault."""

    zero_rate_in_ui = True  # payments entered by hand in home money carry CurrencyRate 0

    # -- payments -----------------------------------------------------------------------------

    def settle(
        self,
        kind: str,
        id: str,
        amount: Decimal,
        *,
        on: Day = None,
        account: str | None = None,
        reference: str = "",
        rate: Amount | None = None,
        batch: Doc | None = None,
        by_hand: bool = True,
    ) -> Doc:
        """Pay an invoice, or refund a credit; returns the stored payment, not a copy.

        rate: foreign units per home unit on the day of the money; None is that of the document.
        """
        with self.writing():
            before = self.find(kind, id)
            if before is None:
                raise not_found()
            if before.get("Status") != "AUTHORISED":
                raise Fault("Payment can only be made against Authorised documents")
            amount, day = cents(amount), self.day(on)
            if amount <= 0:
                raise Fault("The payment amount must be greater than 0")
            self.unlocked(day)
            bank = self.account(account)
            home = before["CurrencyCode"] == self.base_currency
            used = rate_of(before) if rate is None or home else decimal(rate)
            foreign_bank = bank.get("CurrencyCode", self.base_currency) == before["CurrencyCode"]
            doc = new_payment(
                id=self.new_id(),
                kind=_PAYS[kind, before.get("Type") not in _OUTWARD],
                day=day,
                amount=amount,
                bank_amount=amount if home or foreign_bank else cents(amount / used),
                rate=NOTHING if home and by_hand and self.zero_rate_in_ui else used,
                reference=reference,
                account=bank,
                settles=settled_by(before, kind),
            )
            if batch is not None:
                doc["BatchPaymentID"] = batch["BatchPaymentID"]
                left_out = ("Payments", "DateString")
                doc["BatchPayment"] = {k: v for k, v in batch.items() if k not in left_out}
            after = self.move_open(kind, id, paid=amount, credited=NOTHING, on=day)
            after.setdefault("Payments", []).append(nested_payment(doc))
            self.store(kind, after)
            return self.store("Payments", doc, new=True)

    def pay(
        self,
        invoice_id: str,
        amount: Amount | None = None,
        *,
        on: Day = None,
        account: str | None = None,
        reference: str = "",
        rate: Amount | None = None,
    ) -> Doc:
        """Receive money for an invoice; None is all that is due, the excess an overpayment."""
        return self.pay_over(
            invoice_id, amount, on=on, account=account, reference=reference, rate=rate
        )[0]

    def pay_over(
        self,
        invoice_id: str,
        amount: Amount | None = None,
        *,
        on: Day = None,
        account: str | None = None,
        reference: str = "",
        rate: Amount | None = None,
    ) -> tuple[Doc, Doc | None]:
        """Like ``pay``; returns the payment and the overpayment that the excess became."""
        with self.writing():
            invoice = self.get("Invoices", invoice_id)
            due = decimal(invoice["AmountDue"])
            asked = due if amount is None else cents(decimal(amount))
            paid = self.settle(
                "Invoices",
                invoice["InvoiceID"],
                min(asked, due),
                on=on,
                account=account,
                reference=reference,
                rate=rate,
            )
            over = None
            if asked > due:
                over = self.overpaid(
                    invoice, asked - due, on=on, account=account, reference=reference, rate=rate
                )
            return self.get("Payments", paid["PaymentID"]), over

    @abstractmethod
    def overpaid(
        self,
        invoice: Doc,
        amount: Decimal,
        *,
        on: Day,
        account: str | None,
        reference: str,
        rate: Amount | None,
    ) -> Doc:
        """Enter what was paid above an invoice as an overpayment; returns it."""

    def batch_pay(
        self,
        amounts: Iterable[tuple[str, Amount]],
        *,
        on: Day = None,
        account: str | None = None,
        reference: str = "",
        by_hand: bool = True,
    ) -> Doc:
        """Receive one sum for several invoices: (invoice id, amount) pairs of home money."""
        with self.writing():
            parts = [(self.by_id("Invoices", id), cents(decimal(part))) for id, part in amounts]
            bank, day = self.account(account), self.day(on)
            types = {self.table("Invoices")[id].get("Type") for id, _ in parts}
            if len(types) != 1:
                raise Fault("All payments of a batch must be of the same type")
            shown = {"AccountID": bank["AccountID"]}
            if bank.get("CurrencyCode"):
                shown["CurrencyCode"] = bank["CurrencyCode"]
            batch: Doc = {"Account": shown, "Reference": reference, "BatchPaymentID": self.new_id()}
            batch |= {**dated("Date", day), "Payments": []}
            batch |= {"Type": "RECBATCH" if types == {"ACCREC"} else "PAYBATCH"}
            batch |= {"Status": "AUTHORISED", "TotalAmount": sum((a for _, a in parts), NOTHING)}
            self.touch(batch)
            batch["IsReconciled"] = False
            for id, part in parts:
                paid = self.settle(
                    "Invoices",
                    id,
                    part,
                    on=day,
                    account=account,
                    reference=reference,
                    batch=batch,
                    by_hand=by_hand,
                )
                line = {"InvoiceID": id, "CurrencyCode": paid["Invoice"]["CurrencyCode"]}
                line |= {key: [] for key in ("Payments", *CREDITS, "LineItems")}
                line |= {"HasErrors": False, "IsDiscounted": False}
                batch["Payments"].append(
                    {
                        "Invoice": line,
                        "PaymentID": paid["PaymentID"],
                        "Amount": paid["Amount"],
                        "BankAmount": paid["BankAmount"],
                    }
                )
            self.store("BatchPayments", batch, new=True)
            return self.get("BatchPayments", batch["BatchPaymentID"])

    def refund(
        self,
        credit_id: str,
        amount: Amount | None = None,
        *,
        on: Day = None,
        account: str | None = None,
        reference: str = "",
        rate: Amount | None = None,
    ) -> Doc:
        """Pay a credit note, overpayment or prepayment back; None is all that remains."""
        with self.writing():
            kind = self.whereabouts(credit_id)
            if kind not in CREDITS:
                raise not_found()
            left = decimal(self.table(kind)[credit_id.lower()]["RemainingCredit"])
            asked = left if amount is None else decimal(amount)
            paid = self.settle(
                kind, credit_id, asked, on=on, account=account, reference=reference, rate=rate
            )
            return self.get("Payments", paid["PaymentID"])

    def delete_payment(self, payment_id: str, *, on: Day = None, whole_batch: bool = False) -> Doc:
        """Remove a payment or refund: it stays as DELETED, its document is open again."""
        del on  # a removal has no date of its own: it works back to the payment's day
        with self.writing():
            doc = self.amend("Payments", payment_id)
            if doc["Status"] == "DELETED":
                raise only_status("deleted")
            if doc.get("BatchPaymentID") and not whole_batch:
                raise Fault("This payment is part of a batch; delete the batch payment instead")
            if doc.get("IsReconciled"):
                raise Fault("This payment has been reconciled with a bank statement line")
            self.unlocked(doc["Date"])
            kind, id = self.settled_kind(doc)
            day, amount = read_day(doc["Date"]), decimal(doc["Amount"])
            after = self.move_open(kind, id, paid=-amount, credited=NOTHING, on=day)
            after["Payments"] = [
                part
                for part in after.get("Payments", [])
                if part.get("PaymentID") != doc["PaymentID"]
            ]
            self.store(kind, after)
            doc["Status"] = "DELETED"
            self.store("Payments", doc)
            return self.get("Payments", payment_id)

    def delete_batch(self, batch_id: str, *, on: Day = None) -> Doc:
        """Delete a batch payment with all of its payments."""
        with self.writing():
            batch = self.amend("BatchPayments", batch_id)
            if batch["Status"] == "DELETED":
                raise only_status("deleted")
            for part in batch["Payments"]:
                self.delete_payment(part["PaymentID"], on=on, whole_batch=True)
            batch["Status"] = "DELETED"
            self.store("BatchPayments", batch)
            return self.get("BatchPayments", batch_id)

    def reconcile(self, payment_id: str, *, on: Day = None, matched: bool = True) -> Doc:
        """Match a payment, or all of a batch, with the bank statement; or undo the match."""
        del on
        with self.writing():
            kind = self.whereabouts(payment_id)
            doc = self.amend(kind, payment_id)
            doc["IsReconciled"] = matched
            self.store(kind, doc)
            for part in doc.get("Payments", []) if kind == "BatchPayments" else []:
                self.reconcile(part["PaymentID"], matched=matched)
            return self.get(kind, payment_id)

    # -- allocations --------------------------------------------------------------------------

    def allocate(
        self,
        credit_id: str,
        invoice_id: str,
        amount: Amount | None = None,
        *,
        on: Day = None,
    ) -> Doc:
        """Set a credit against an invoice, None as far as both allow; returns the allocation."""
        with self.writing():
            kind = self.whereabouts(credit_id)
            credit, invoice = self.find(kind, credit_id), self.get("Invoices", invoice_id)
            if kind not in CREDITS or credit is None:
                raise not_found()
            if credit["Status"] not in LIVE or invoice["Status"] not in LIVE:
                raise Fault("Only authorised documents can be allocated")
            if credit["Contact"]["ContactID"] != invoice["Contact"]["ContactID"]:
                raise Fault("The credit and the invoice must belong to the same contact")
            if credit["CurrencyCode"] != invoice["CurrencyCode"]:
                raise Fault("The credit and the invoice must be in the same currency")
            if is_receivable(kind, credit) != is_receivable("Invoices", invoice):
                raise Fault("Credits of customers settle sales, those of suppliers settle bills")
            left, due = decimal(credit[open_field(kind)]), decimal(invoice["AmountDue"])
            part = min(left, due) if amount is None else cents(decimal(amount))
            if part <= 0:
                raise Fault("The allocation amount must be greater than 0")
            if part > left or part > due:
                raise Fault("Amount is greater than the remaining amount of the document")
            day = self.day(on)
            self.unlocked(day)
            target: Doc = {key: [] for key in ("Payments", *CREDITS, "LineItems")}
            target |= {"HasErrors": False, "IsDiscounted": False}
            shown = {"InvoiceID": invoice["InvoiceID"], "InvoiceNumber": invoice["InvoiceNumber"]}
            entry = {"AllocationID": self.new_id(), "Amount": part, **dated("Date", day)}
            entry |= {"Invoice": {**shown, **target}}
            after = self.move_open(kind, credit_id, paid=part, credited=NOTHING, on=day)
            after.setdefault("Allocations", []).append(entry)
            self.store(kind, after)
            id = invoice["InvoiceID"]
            settled = self.move_open("Invoices", id, paid=NOTHING, credited=part, on=day)
            nested = nested_credit(kind, credit, part)
            settled.setdefault(NESTS[kind], []).append(nested)
            self.store("Invoices", settled)
            return entry

    def unallocate(self, credit_id: str, allocation_id: str, *, on: Day = None) -> Doc:
        """Take one allocation off again; credit and invoice are open as before."""
        del on
        with self.writing():
            kind = self.whereabouts(credit_id)
            entries = self.get(kind, credit_id).get("Allocations", [])
            entry = next((e for e in entries if e.get("AllocationID") == allocation_id), None)
            if entry is None:
                raise not_found()
            self.unlocked(entry["Date"])
            part, day = decimal(entry["Amount"]), read_day(entry["Date"])
            after = self.move_open(kind, credit_id, paid=-part, credited=NOTHING, on=day)
            after["Allocations"] = [e for e in entries if e is not entry]
            self.store(kind, after)
            id = str(entry["Invoice"]["InvoiceID"])
            settled = self.move_open("Invoices", id, paid=NOTHING, credited=-part, on=day)
            _drop_nested(settled, kind, credit_id, part)
            self.store("Invoices", settled)
            return {**entry, "IsDeleted": True}


def _drop_nested(invoice: Doc, kind: str, credit_id: str, part: Decimal) -> None:
    nested = invoice.get(NESTS[kind], [])
    for at, shown in enumerate(nested):
        if shown.get("ID") == credit_id and decimal(shown.get("AppliedAmount")) == part:
            del nested[at]
            return
