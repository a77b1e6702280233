"""What was open on a date: every item on A/R, later payments undone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from recoup.connector.standin.wire import Doc, cents, decimal
from recoup.plugins.quickbooks.standin.entities import HIDDEN
from recoup.plugins.quickbooks.standin.ledger import Ledger, Target, links_of

TITLES = {
    "Invoice": "Invoice",
    "CreditMemo": "Credit Memo",
    "Payment": "Payment",
    "JournalEntry": "Journal Entry",
    "Deposit": "Deposit",
    "Purchase": "Check",
    HIDDEN: "Statement Charge",
}


@dataclass(frozen=True)
class OpenItem:
    """One item on A/R; amounts in home currency, credits negative."""

    entity: str
    id: str
    customer_id: str
    number: str
    txn_on: date
    due_on: date
    amount: Decimal
    open: Decimal


def open_items(ledger: Ledger, on: date, *, undo_later: bool) -> Iterator[OpenItem]:
    """Yield what was open at the end of *on*.

    undo_later: payments dated after *on* are taken back. Without it the balances of today count
    for the documents dated up to *on*.
    """
    dates = {
        (entity, id): date.fromisoformat(str(doc["TxnDate"]))
        for entity in TITLES
        for id, doc in ledger.table(entity).items()
        if doc.get("TxnDate")
    }
    for (entity, id), txn_on in dates.items():
        if txn_on > on:
            continue
        doc = ledger.table(entity)[id]
        for customer, amount, left in _parts(
            ledger, entity, doc, on if undo_later else None, dates
        ):
            rate = ledger.rate_of(doc) if ledger.multicurrency else Decimal(1)
            due = doc.get("DueDate") if entity == "Invoice" else None
            yield OpenItem(
                entity, id, customer, str(doc.get("DocNumber") or doc.get("PaymentRefNum") or ""),
                txn_on, date.fromisoformat(due) if due else txn_on,
                cents(amount * rate), cents(left * rate),
            )  # fmt: skip


def _parts(
    ledger: Ledger, entity: str, doc: Doc, on: date | None, dates: dict[Target, date]
) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Yield (customer, amount, open amount), signed, for each customer of a document."""
    id = str(doc["Id"])
    customer = str((doc.get("CustomerRef") or {}).get("value") or "")

    def after(target: Target) -> bool:
        return on is not None and target in dates and dates[target] > on

    later = Decimal(0)
    for payer, amount in ledger.paid(entity, id).items():
        if after(("Payment", payer)):
            later += amount
    if entity in ("Invoice", "CreditMemo"):
        sign = 1 if entity == "Invoice" else -1
        yield (
            customer,
            sign * decimal(doc.get("TotalAmt")),
            sign * (decimal(doc.get("Balance")) + later),
        )
    elif entity == HIDDEN:
        yield customer, decimal(doc["Amount"]), decimal(doc["Amount"])
    elif entity == "Payment":
        left = decimal(doc.get("UnappliedAmt"))
        for target, amount in links_of(doc).items():
            if after(target):
                left += ledger.side_of(*target, customer)[1] * amount
        yield customer, -decimal(doc.get("TotalAmt")), -left
    else:
        sums: dict[str, Decimal] = {}
        for owner, _, amount in ledger.direct_lines(entity, doc):
            sums[owner] = sums.get(owner, Decimal(0)) + amount
        payers = ledger.paid(entity, id)
        for owner, amount in sums.items():
            settled = Decimal(0)
            for payer, part in payers.items():
                paying = ledger.table("Payment")[payer]
                named = str((paying.get("CustomerRef") or {}).get("value") or "")
                whose, sign = ledger.side_of(entity, id, named)
                if whose == owner and not after(("Payment", payer)):
                    settled += sign * part
            yield owner, amount, amount - settled
