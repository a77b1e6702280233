"""The register in which an invented organisation is written, event by event.

It keeps what the ledger would keep by itself: amounts due, statuses, links in both directions and
the instants of the last change. It owes nothing to the stand-in's own accounting, so that each can
find the other wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from recoup.connector.standin.wire import cents
from recoup.plugins.xero.standin import seed_documents as shape
from recoup.plugins.xero.standin.moments import bare_stamp, day_stamp, stamp
from recoup.plugins.xero.standin.seed_documents import SIX, ZERO, Firm, Payload

ORDER = (
    "Account", "Contact", "Invoice", "CreditNote", "BankTransaction", "Overpayment", "Prepayment",
    "BatchPayment", "Payment", "_Note",
)  # fmt: skip
LISTS = {"CreditNote": "CreditNotes", "Overpayment": "Overpayments", "Prepayment": "Prepayments"}
OPEN = ("AUTHORISED", "PAID")


class Register:
    """Every document of an organisation that is being invented.

    price: home units for one unit of a currency on a day. accounts: code → account as the chart
    has it; bank accounts of a foreign currency say so.
    """

    def __init__(
        self,
        firm: Firm,
        price: Callable[[str, date], Decimal],
        accounts: Callable[[str], Payload],
    ) -> None:
        self.firm = firm
        self._price = price
        self._account = accounts
        self._documents: dict[str, dict[str, Payload]] = {}
        self._last: dict[str, int] = {}

    def documents(self) -> Iterator[tuple[str, Payload]]:
        """(kind, payload) of everything, masters before what refers to them."""
        for kind in ORDER:
            for payload in self._documents.get(kind, {}).values():
                yield kind, payload

    def all(self, kind: str) -> list[Payload]:
        return list(self._documents.get(kind, {}).values())

    def ident(self, kind: str) -> str:
        self._last[kind] = self._last.get(kind, 0) + 1
        return self.firm.ident(kind, self._last[kind])

    def keep(self, kind: str, payload: Payload) -> Payload:
        self._documents.setdefault(kind, {})[payload[f"{kind}ID"]] = payload
        return payload

    def touch(self, payload: Payload, at: datetime) -> None:
        payload["UpdatedDateUTC"] = stamp(at)

    def rate(self, currency: str, day: date) -> Decimal:
        """CurrencyRate: units of *currency* for one home unit, six places."""
        if currency == self.firm.home:
            return Decimal(1).quantize(SIX)
        return (1 / self._price(currency, day)).quantize(SIX)

    def note(self, kind: str, payload: Payload, at: datetime, text: str) -> None:
        """Write *text* into the history of a document; its UpdatedDateUTC stays."""
        entry: Payload = {"NoteID": self.ident("Note")}
        entry["Of"] = f"{kind}s/{payload[f'{kind}ID']}"
        entry |= {"Changes": "Note", "DateUTC": bare_stamp(at), "User": "System Generated"}
        self._documents.setdefault("_Note", {})[entry["NoteID"]] = {**entry, "Details": text}

    # -- masters and documents --------------------------------------------------------------

    def contact(self, at: datetime, name: str, **fields: Any) -> Payload:
        """A contact; fields as in `seed_documents.contact`."""
        return self.keep("Contact", shape.contact(self.ident("Contact"), at, name, **fields))

    def line(self, amount: Decimal, description: str, **fields: Any) -> Payload:
        return shape.line(self.ident("LineItem"), amount, description, **fields)

    def invoice(
        self,
        at: datetime,
        who: Payload,
        lines: Sequence[Payload],
        *,
        currency: str,
        issued_on: date | None = None,
        kind: str = "ACCREC",
        **fields: Any,
    ) -> Payload:
        """Enter an invoice (ACCREC) or a bill (ACCPAY); fields as in `seed_documents.invoice`."""
        day = issued_on or self.firm.day(at)
        made = shape.invoice(
            self.ident("Invoice"), at, who, lines, issued_on=day, currency=currency,
            rate=self.rate(currency, day), kind=kind, **fields,
        )  # fmt: skip
        who["IsCustomer" if kind == "ACCREC" else "IsSupplier"] = True
        self._settle(made, day)
        return self.keep("Invoice", made)

    def credit(
        self,
        kind: str,
        at: datetime,
        who: Payload,
        lines: Sequence[Payload],
        *,
        type_name: str,
        currency: str,
        **fields: Any,
    ) -> Payload:
        """Enter a CreditNote, an Overpayment or a Prepayment."""
        day = self.firm.day(at)
        made = shape.credit(
            kind, self.ident(kind), at, who, lines, type_name=type_name, issued_on=day,
            currency=currency, rate=self.rate(currency, day), **fields,
        )  # fmt: skip
        return self.keep(kind, made)

    def received(
        self, kind: str, at: datetime, who: Payload, amount: Decimal, currency: str, reference: str
    ) -> Payload:
        """Money in advance or too much: an Overpayment or Prepayment with its bank entry."""
        line = self.line(amount, f"{kind} received", account=self._account("610")["Code"])
        made = self.credit(
            kind, at, who, [line], type_name=f"RECEIVE-{kind.upper()}", currency=currency,
            Reference=reference,
        )  # fmt: skip
        self.bank_entry(
            at, who, made["Type"], [line], currency, reference, **{f"{kind}ID": made["ID"]}
        )
        return made

    def bank_entry(
        self,
        at: datetime,
        who: Payload,
        type_name: str,
        lines: Sequence[Payload],
        currency: str,
        reference: str,
        **fields: Any,
    ) -> Payload:
        """Money in or out of the bank that is coded straight to accounts; fields override."""
        bank, day = self._account("090"), self.firm.day(at)
        made: Payload = {"BankTransactionID": self.ident("BankTransaction")}
        made["BankAccount"] = {key: bank[key] for key in ("AccountID", "Code", "Name")}
        made |= {"Type": type_name, "Reference": reference, "IsReconciled": True}
        made |= {"HasAttachments": False, "Contact": shape.contact_ref(who)}
        made |= {**shape.twins("Date", day), "Status": "AUTHORISED"}
        made |= shape.totals(lines, tax=not type_name.endswith("OVERPAYMENT"))
        made |= {"UpdatedDateUTC": stamp(at), "CurrencyCode": currency}
        made |= {"CurrencyRate": self.rate(currency, day), **fields}
        return self.keep("BankTransaction", made)

    # -- money ------------------------------------------------------------------------------

    def pay(
        self,
        at: datetime,
        invoice: Payload,
        amount: Decimal,
        *,
        reference: str = "",
        reconciled: bool = True,
        rate: Decimal | None = None,
        bank: str = "090",
        batch: Payload | None = None,
    ) -> Payload:
        """Set money against an invoice or a bill.

        rate: the CurrencyRate that the payment shows, where it is not that of the day; 0 is what
        the ledger shows for a rate that it does not know.
        """
        kind = "ACCRECPAYMENT" if invoice["Type"] == "ACCREC" else "ACCPAYPAYMENT"
        made = self._money(
            at, shape.invoice_ref(invoice), amount, kind, reference=reference,
            reconciled=reconciled, rate=rate, bank=bank, batch=batch,
        )  # fmt: skip
        invoice["Payments"].append(shape.paid_with(made))
        invoice["AmountPaid"] += amount
        invoice["AmountDue"] -= amount
        self._settle(invoice, self.firm.day(at))
        self.touch(invoice, at)
        return made

    def refund(
        self, at: datetime, kind: str, credit: Payload, amount: Decimal, reference: str = ""
    ) -> Payload:
        """Pay back what is left of a credit."""
        types = {"CreditNote": "ARCREDITPAYMENT", "Overpayment": "AROVERPAYMENTPAYMENT"}
        made = self._money(
            at, shape.credit_ref(kind, credit), amount, types.get(kind, "ARPREPAYMENTPAYMENT"),
            reference=reference, reconciled=True, rate=None, bank="090", batch=None,
        )  # fmt: skip
        credit["Payments"].append(shape.paid_with(made))
        self._use(credit, amount, at)
        return made

    def _money(
        self,
        at: datetime,
        document: Payload,
        amount: Decimal,
        kind: str,
        *,
        reference: str,
        reconciled: bool,
        rate: Decimal | None,
        bank: str,
        batch: Payload | None,
    ) -> Payload:
        account, day = self._account(bank), self.firm.day(at)
        currency = document["CurrencyCode"]
        of_day = self.rate(currency, day)
        same = account.get("CurrencyCode", self.firm.home) == currency
        made: Payload = {"PaymentID": self.ident("Payment")}
        if batch is not None:
            made["BatchPaymentID"] = batch["BatchPaymentID"]
            shown = ("Account", "BatchPaymentID", "Date", "Type", "Status", "TotalAmount",
                     "UpdatedDateUTC", "IsReconciled")  # fmt: skip
            made["BatchPayment"] = {name: batch[name] for name in shown}
        made |= shape.twins("Date", day)
        made |= {"BankAmount": amount if same else cents(amount / of_day), "Amount": amount}
        made |= {"Reference": reference, "CurrencyRate": of_day if rate is None else rate}
        made |= {"PaymentType": kind, "Status": "AUTHORISED"}
        made |= {"UpdatedDateUTC": stamp(at), "HasAccount": True}
        made |= {"IsReconciled": reconciled}
        made["Account"] = {name: account[name] for name in ("AccountID", "Code")}
        return self.keep("Payment", {**made, "Invoice": document, "HasValidationErrors": False})

    def batch(
        self, at: datetime, parts: Sequence[tuple[Payload, Decimal]], *, reference: str = ""
    ) -> Payload:
        """One receipt for several invoices of one currency."""
        account = self._account("090")
        total = sum((amount for _, amount in parts), ZERO)
        made: Payload = {"Account": {"AccountID": account["AccountID"]}, "Reference": reference}
        made |= {"BatchPaymentID": self.ident("BatchPayment")}
        made |= {**shape.twins("Date", self.firm.day(at)), "Payments": []}
        made |= {"Type": "RECBATCH", "Status": "AUTHORISED", "TotalAmount": total}
        made |= {"UpdatedDateUTC": stamp(at), "IsReconciled": True}
        self.keep("BatchPayment", made)
        for invoice, amount in parts:
            payment = self.pay(at, invoice, amount, reference=reference, batch=made)
            shown = {name: invoice[name] for name in ("InvoiceID", "CurrencyCode")}
            paid = {name: payment[name] for name in ("PaymentID", "Amount", "BankAmount")}
            made["Payments"].append({"Invoice": shown, **paid})
        return made

    # -- credits ----------------------------------------------------------------------------

    def allocate(
        self, at: datetime, kind: str, credit: Payload, invoice: Payload, amount: Decimal
    ) -> None:
        """Set a credit against an invoice or a bill."""
        day = self.firm.day(at)
        shown = {name: invoice[name] for name in ("InvoiceID", "InvoiceNumber")}
        entry: Payload = {"AllocationID": self.ident("Allocation"), "Amount": amount}
        credit["Allocations"].append({**entry, "Date": day_stamp(day), "Invoice": shown})
        invoice[LISTS[kind]].append(shape.credited_with(kind, credit, amount))
        invoice["AmountCredited"] += amount
        invoice["AmountDue"] -= amount
        self._settle(invoice, day)
        self.touch(invoice, at)
        self._use(credit, amount, at)

    def _use(self, credit: Payload, amount: Decimal, at: datetime) -> None:
        credit["RemainingCredit"] -= amount
        if not credit["RemainingCredit"]:
            credit["Status"] = "PAID"
            if "CreditNoteID" in credit:
                credit["FullyPaidOnDate"] = day_stamp(self.firm.day(at))
        self.touch(credit, at)

    def _settle(self, invoice: Payload, day: date) -> None:
        """PAID when nothing is due, AUTHORISED when something is."""
        if invoice["Status"] not in OPEN:
            return
        paid = not invoice["AmountDue"]
        invoice["Status"] = "PAID" if paid else "AUTHORISED"
        if paid:
            invoice["FullyPaidOnDate"] = day_stamp(day)
        else:
            invoice.pop("FullyPaidOnDate", None)
