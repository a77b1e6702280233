"""What the bookkeeper does in QuickBooks, chosen by two small numbers.

Every verb takes the books and two numbers that pick documents and amounts, and says whether
anything happened: a history of verbs and numbers is replayed exactly by its seed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from harness.picking import amount as _amount
from harness.picking import day as _day
from harness.picking import pick as _pick
from harness.picking import rotated as _rotated
from recoup.plugins.quickbooks.standin.books import Books

__all__ = ["OFTEN", "VERBS"]

Doc = dict[str, Any]
Verb = Callable[[Books, int, int], bool]


def _docs(books: Books, entity: str) -> list[Doc]:
    with books.lock:
        found = [books.copy_of(doc) for doc in books.table(entity).values()]
    return sorted(found, key=lambda doc: int(doc["Id"]))


def _posted(books: Books, entity: str) -> list[Doc]:
    return [d for d in _docs(books, entity) if not str(d.get("PrivateNote", "")).startswith("Void")]


def _buyer(books: Books, n: int) -> str:
    found = [c for c in _docs(books, "Customer") if c.get("Active", True)]
    chosen = _pick(found, n)
    return str((chosen or books.create("Customer", {"DisplayName": f"Customer {n}"}))["Id"])


def _line(amount: Decimal) -> Doc:
    return {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}


def _account(books: Books, kind: str) -> str | None:
    found = [a["Id"] for a in _docs(books, "Account") if a.get("AccountType") == kind]
    return str(found[0]) if found else None


def create_customer(books: Books, a: int, b: int) -> bool:
    number = len(books.table("Customer"))
    body: Doc = {"DisplayName": f"Buyer {number} of {a}"}
    parent = _pick([c for c in _docs(books, "Customer") if not c.get("Job")], a)
    if b % 3 == 0 and parent is not None:
        body |= {"Job": True, "ParentRef": {"value": parent["Id"]}, "BillWithParent": b % 2 == 0}
    books.create("Customer", body)
    return True


def create_invoice(books: Books, a: int, b: int) -> bool:
    body = {"CustomerRef": {"value": _buyer(books, a)}, "Line": [_line(_amount(b))]}
    books.create("Invoice", {**body, "TxnDate": _day(books, b)})
    return True


def edit_invoice(books: Books, a: int, b: int) -> bool:
    chosen = _pick([d for d in _posted(books, "Invoice") if d["Balance"] == d["TotalAmt"]], a)
    if chosen is None:
        return False
    books.update("Invoice", {"Id": chosen["Id"], "Line": [_line(_amount(b))]}, True)
    return True


def pay_invoice(books: Books, a: int, b: int) -> bool:
    chosen = _pick([d for d in _posted(books, "Invoice") if d["Balance"]], a)
    if chosen is None:
        return False
    part = chosen["Balance"] if b % 2 else (chosen["Balance"] / 2).quantize(Decimal("0.01"))
    link = {"TxnId": chosen["Id"], "TxnType": "Invoice"}
    body = {"CustomerRef": chosen["CustomerRef"], "TotalAmt": part + (b % 5)}
    books.create("Payment", {**body, "Line": [{"Amount": part, "LinkedTxn": [link]}]})
    return True


def receive_payment(books: Books, a: int, b: int) -> bool:
    books.create("Payment", {"CustomerRef": {"value": _buyer(books, a)}, "TotalAmt": _amount(b)})
    return True


def _open_of(books: Books, customer: str) -> list[Doc]:
    found = _posted(books, "Invoice")
    return [d for d in found if d["Balance"] and d["CustomerRef"]["value"] == customer]


def apply_payment(books: Books, a: int, b: int) -> bool:
    for payment in _rotated([d for d in _posted(books, "Payment") if d["UnappliedAmt"]], a):
        invoice = _pick(_open_of(books, payment["CustomerRef"]["value"]), b)
        if invoice is not None:
            part = min(payment["UnappliedAmt"], invoice["Balance"])
            books.apply(payment["Id"], {invoice["Id"]: part})
            return True
    return False


def unapply_payment(books: Books, a: int, b: int) -> bool:
    chosen = _pick([d for d in _posted(books, "Payment") if d["Line"] and d["TotalAmt"]], a)
    if chosen is None:
        return False
    books.unapply(chosen["Id"])
    return True


def create_credit(books: Books, a: int, b: int) -> bool:
    body = {"CustomerRef": {"value": _buyer(books, a)}, "Line": [_line(_amount(b) / 4)]}
    body["Line"][0]["Amount"] = body["Line"][0]["Amount"].quantize(Decimal("0.01"))
    books.create("CreditMemo", body)
    return True


def apply_credit(books: Books, a: int, b: int) -> bool:
    for credit in _rotated([d for d in _docs(books, "CreditMemo") if d["Balance"]], a):
        invoice = _pick(_open_of(books, credit["CustomerRef"]["value"]), b)
        if invoice is not None:
            part = min(credit["Balance"], invoice["Balance"])
            books.apply_credit(credit["Id"], {invoice["Id"]: part})
            return True
    return False


def deposit(books: Books, a: int, b: int) -> bool:
    free = [d for d in _posted(books, "Payment") if d["TotalAmt"] and not d.get("LinkedTxn")]
    chosen = _rotated(free, a)[: 1 + b % 2]
    if not chosen:
        return False
    books.deposit([d["Id"] for d in chosen])
    return True


def journal(books: Books, a: int, b: int) -> bool:
    customer = _buyer(books, a)
    receivable = _account(books, "Accounts Receivable")
    other = _account(books, "Other Current Asset") or _account(books, "Bank")
    if receivable is None or other is None:
        return False
    side, against = ("Debit", "Credit") if b % 2 else ("Credit", "Debit")
    on_account = {"account": receivable, "amount": _amount(b), "posting": side}
    books.journal(
        [
            {**on_account, "customer": customer},
            {"account": other, "amount": _amount(b), "posting": against},
        ]
    )
    return True


def void_invoice(books: Books, a: int, b: int) -> bool:
    return _void(books, "Invoice", a)


def void_payment(books: Books, a: int, b: int) -> bool:
    return _void(books, "Payment", a)


def _void(books: Books, entity: str, a: int) -> bool:
    chosen = _pick(_posted(books, entity), a)
    if chosen is None:
        return False
    books.void(entity, chosen["Id"])
    return True


def _delete(entity: str) -> Verb:
    def delete(books: Books, a: int, b: int) -> bool:
        chosen = _pick(_docs(books, entity), a)
        if chosen is None:
            return False
        books.delete(entity, chosen["Id"])
        return True

    return delete


def merge_customers(books: Books, a: int, b: int) -> bool:
    found = _docs(books, "Customer")
    keep = _pick(found, a)
    gone = _pick(found, b)
    if keep is None or gone is None or keep["Id"] == gone["Id"] or len(found) < 3:
        return False
    books.merge_customers(keep["Id"], gone["Id"])
    return True


def rename_customer(books: Books, a: int, b: int) -> bool:
    chosen = _pick(_docs(books, "Customer"), a)
    if chosen is None:
        return False
    books.rename("Customer", chosen["Id"], f"Renamed {b} {chosen['Id']}")
    return True


def deactivate_customer(books: Books, a: int, b: int) -> bool:
    chosen = _pick([c for c in _docs(books, "Customer") if c.get("Active", True)], a)
    if chosen is None:
        return False
    books.deactivate("Customer", chosen["Id"])
    return True


def month_end(books: Books, a: int, b: int) -> bool:
    """More changes in one go than one answer of change data capture holds."""
    buyer = _buyer(books, a)
    for n in range(18):
        body = {"CustomerRef": {"value": buyer}, "Line": [_line(_amount(b + n))]}
        books.create("Invoice", body)
        books.clock.advance(timedelta(seconds=2))
    return True


VERBS: dict[str, Verb] = {
    "create_customer": create_customer,
    "create_invoice": create_invoice,
    "edit_invoice": edit_invoice,
    "pay_invoice": pay_invoice,
    "receive_payment": receive_payment,
    "apply_payment": apply_payment,
    "unapply_payment": unapply_payment,
    "create_credit": create_credit,
    "apply_credit": apply_credit,
    "deposit": deposit,
    "journal": journal,
    "void_invoice": void_invoice,
    "void_payment": void_payment,
    "delete_invoice": _delete("Invoice"),
    "delete_payment": _delete("Payment"),
    "delete_credit": _delete("CreditMemo"),
    "delete_deposit": _delete("Deposit"),
    "delete_journal": _delete("JournalEntry"),
    "merge_customers": merge_customers,
    "rename_customer": rename_customer,
    "deactivate_customer": deactivate_customer,
    "month_end": month_end,
}

# Documents first, so that there is something to settle, void and delete.
OFTEN = (
    "create_invoice",
    "pay_invoice",
    "receive_payment",
    "apply_payment",
    "create_credit",
    "create_invoice",
    "apply_credit",
    "month_end",
)
