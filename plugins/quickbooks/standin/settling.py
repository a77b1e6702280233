"""What payments do to the documents they settle, and deposits to the payments they hold."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from recoup.connector.standin.wire import Doc, decimal
from recoup.plugins.quickbooks.standin.amounts import money
from recoup.plugins.quickbooks.standin.fault import business, deposited, invalid_reference
from recoup.plugins.quickbooks.standin.ledger import Ledger, Target, links_of, settled_entity

WITH_BALANCE = ("Invoice", "CreditMemo")
DEPOSITABLE = ("Payment", "SalesReceipt", "RefundReceipt")


def balance_payment(ledger: Ledger, payment: Doc) -> None:
    """Set UnappliedAmt so that TotalAmt + credits = settled debits + unapplied.

    Raises Fault: an unknown document, one of another currency, or more applied than there is.
    """
    customer = str((payment.get("CustomerRef") or {}).get("value") or "")
    own = str(payment["Id"])
    debits = credits = Decimal(0)
    for (entity, id), amount in links_of(payment).items():
        settled = ledger.find(entity, id)
        if settled is None:
            raise invalid_reference(f"{entity} transaction", id)
        if ledger.currency_of(settled) != ledger.currency_of(payment):
            raise business(f"{entity} {id} is in another currency than the payment")
        if amount < 0:
            raise business("An amount applied must be 0 or greater")
        _, side = ledger.side_of(entity, id, customer)
        if entity not in WITH_BALANCE:
            refuse_overpaid(ledger, entity, settled, {**ledger.paid(entity, id), own: amount})
        if side > 0:
            debits += amount
        else:
            credits += amount
    total = decimal(payment.get("TotalAmt"))
    unapplied = total + credits - debits
    if total < 0 or unapplied < 0:
        raise business("The amount applied is more than the amount received")
    if unapplied > total:
        raise business("More credit is used than there are charges to set it against")
    payment["UnappliedAmt"] = money(unapplied)


def refuse_overpaid(ledger: Ledger, entity: str, doc: Doc, payers: Mapping[str, Decimal]) -> None:
    """Raise Fault where payments settle more of a journal, deposit or check than it posts."""
    most = max((abs(line[2]) for line in ledger.direct_lines(entity, doc)), default=Decimal(0))
    if sum(payers.values(), Decimal(0)) > most:
        raise business("The amount applied is more than the open balance of the transaction")


def refuse_change_of_settled(ledger: Ledger, entity: str, before: Doc, doc: Doc) -> None:
    """Raise Fault when a document that payments settle would post something else to A/R."""
    if ledger.paid(entity, str(doc["Id"])):
        old, new = (list(ledger.direct_lines(entity, one)) for one in (before, doc))
        if old != new:
            raise business("The transaction is linked to payments; unapply them first")


def relink(ledger: Ledger, before: Doc | None, after: Doc | None) -> None:
    """Bring the settled documents from the links of *before* to those of *after*, once each."""
    old, new = links_of(before), links_of(after)
    payment_id = str((after or before or {})["Id"])
    for target in dict.fromkeys([*old, *new]):
        entity, id = target
        change = new.get(target, Decimal(0)) - old.get(target, Decimal(0))
        appears = (target in new) != (target in old)
        if (not change and not appears) or ledger.find(entity, id) is None:
            continue
        if entity in WITH_BALANCE:
            doc = ledger.touch(ledger.amend(entity, id))
            ledger.set_balance(doc, decimal(doc.get("Balance")) - change)
            if entity == "Invoice":
                _link(doc, payment_id, "Payment", present=target in new)
            ledger.store(entity, doc)


def refresh_line_ex(ledger: Ledger, targets: set[Target]) -> None:
    """Recompute txnOpenBalance in every payment of the targets: no LUT, no SyncToken moves."""
    payers = {payer for target in targets for payer in ledger.paid(*target)}
    for id in payers:
        payment = ledger.amend("Payment", id)
        for line in payment.get("Line", []):
            _write_line_ex(ledger, line)
        if payment != ledger.find("Payment", id):
            ledger.store("Payment", payment, post=False)


def _write_line_ex(ledger: Ledger, line: Doc) -> None:
    for link in line.get("LinkedTxn", [])[:1]:
        entity = settled_entity(link["TxnType"])
        settled = ledger.find(entity, str(link["TxnId"]))
        if settled is None:
            continue
        values = {"txnId": str(link["TxnId"])}
        if entity in WITH_BALANCE:
            open_before = decimal(settled.get("Balance")) + decimal(line.get("Amount"))
            values["txnOpenBalance"] = f"{open_before:.2f}"
        if settled.get("DocNumber"):
            values["txnReferenceNumber"] = str(settled["DocNumber"])
        line["LineEx"] = {"any": [_name_value(name, value) for name, value in values.items()]}


def _name_value(name: str, value: str) -> Doc:
    return {
        "name": "{http://schema.intuit.com/finance/v3}NameValue",
        "declaredType": "com.intuit.schema.finance.v3.NameValue",
        "scope": "javax.xml.bind.JAXBElement$GlobalScope",
        "value": {"Name": name, "Value": value},
        "nil": False,
        "globalScope": True,
        "typeSubstituted": False,
    }


def _link(doc: Doc, id: str, kind: str, *, present: bool) -> None:
    links = [
        link for link in doc.get("LinkedTxn", []) if (link["TxnId"], link["TxnType"]) != (id, kind)
    ]
    if present:
        links.append({"TxnId": id, "TxnType": kind})
    doc["LinkedTxn"] = links


def release(ledger: Ledger, entity: str, id: str) -> None:
    """Take a document that goes away out of every payment that settles it.

    A payment keeps its money as unapplied. A credit that loses its charge is given back, and a
    zero payment that only joined the two disappears.
    """
    for payment_id in ledger.paid(entity, id):
        before = ledger.amend("Payment", payment_id)
        after = ledger.touch(ledger.amend("Payment", payment_id))
        after["Line"] = [
            line for line in after["Line"] if (entity, id) not in links_of({"Line": [line]})
        ]
        _even_out(ledger, after)
        if not decimal(after.get("TotalAmt")) and not after["Line"]:
            relink(ledger, before, None)
            ledger.remove("Payment", payment_id)
            ledger.announce("Payment", payment_id, "Delete")
        else:
            balance_payment(ledger, after)
            relink(ledger, before, after)
            ledger.store("Payment", after)
            ledger.announce("Payment", payment_id, "Update")


def _even_out(ledger: Ledger, payment: Doc) -> None:
    """Shorten lines from the end until credits and debits fit the money received."""
    customer = str((payment.get("CustomerRef") or {}).get("value") or "")
    total = decimal(payment.get("TotalAmt"))
    sides = []
    for line in payment["Line"]:
        [(entity, id)] = links_of({"Line": [line]})
        sides.append(ledger.side_of(entity, id, customer)[1])
    amounts = [decimal(line["Amount"]) for line in payment["Line"]]
    unapplied = total - sum((s * a for s, a in zip(sides, amounts, strict=True)), Decimal(0))
    for at in reversed(range(len(sides))):
        # Too much credit: shorten credit lines. Too many charges: shorten charge lines.
        excess = unapplied - total if sides[at] < 0 else -unapplied
        cut = min(max(excess, Decimal(0)), amounts[at])
        amounts[at] -= cut
        unapplied += cut if sides[at] > 0 else -cut
    for line, amount in zip(payment["Line"], amounts, strict=True):
        line["Amount"] = money(amount)
    payment["Line"] = [line for line in payment["Line"] if decimal(line["Amount"])]


def deposit_links(deposit: Doc | None) -> list[Target]:
    """Return the payments and receipts that a deposit holds."""
    return [
        (link["TxnType"], str(link["TxnId"]))
        for line in (deposit or {}).get("Line", [])
        for link in line.get("LinkedTxn", [])
        if link["TxnType"] in DEPOSITABLE
    ]


def relink_deposit(ledger: Ledger, before: Doc | None, after: Doc | None) -> None:
    """Give deposited payments their Deposit link, or take it: neither LUT nor SyncToken moves."""
    old, new = deposit_links(before), deposit_links(after)
    deposit_id = str((after or before or {})["Id"])
    for entity, id in dict.fromkeys([*old, *new]):
        held = ledger.find(entity, id)
        if held is None:
            if (entity, id) in new:
                raise invalid_reference(f"{entity} transaction", id)
            continue
        present = (entity, id) in new
        if present and any(link["TxnId"] != deposit_id for link in deposit_of(held)):
            raise business(f"{entity} {id} has been deposited already")
        doc = ledger.amend(entity, id)
        _link(doc, deposit_id, "Deposit", present=present)
        if not doc["LinkedTxn"] and entity != "Payment":
            del doc["LinkedTxn"]
        ledger.store(entity, doc, post=False)


def deposit_of(doc: Doc) -> list[Doc]:
    """Return the Deposit links of a payment or receipt."""
    return [link for link in doc.get("LinkedTxn", []) if link["TxnType"] == "Deposit"]


def refuse_deposited(doc: Doc) -> None:
    """Raise Fault 6540 when the money of a document lies in a deposit."""
    if deposit_of(doc):
        raise deposited()
