"""The four tie-out identities: proof that the books are true, and the balances they demand."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from recoup.connector.standin.wire import decimal
from recoup.plugins.quickbooks.standin.amounts import money
from recoup.plugins.quickbooks.standin.chart import RECEIVABLE
from recoup.plugins.quickbooks.standin.ledger import Amounts, Ledger, links_of


def _rolled_up(ledger: Ledger, own: Amounts) -> Amounts:
    rolled: Amounts = defaultdict(Decimal)
    for id, amount in own.items():
        for ancestor in ledger.lineage(id):
            rolled[ancestor] += amount
    return rolled


def settle(ledger: Ledger) -> None:
    """Write the balances the documents demand; LUT and SyncToken stay as they are."""
    customers, accounts = ledger.totals()
    rolled = _rolled_up(ledger, customers)
    for id, customer in list(ledger.table("Customer").items()):
        new = {"Balance": money(customers[id]), "BalanceWithJobs": money(rolled[id])}
        if any(customer.get(key) != value for key, value in new.items()):
            ledger.store("Customer", {**customer, **new}, post=False)
    for id, account in list(ledger.table("Account").items()):
        if account.get("AccountType") == RECEIVABLE:
            balance = money(accounts[id])
            if account.get("CurrentBalance") != balance:
                new = {"CurrentBalance": balance, "CurrentBalanceWithSubAccounts": balance}
                ledger.store("Account", {**account, **new}, post=False)


def violations(ledger: Ledger) -> list[str]:
    """Return every identity that does not hold, one line each."""
    found = [*_documents(ledger), *payment_violations(ledger)]
    customers, accounts = ledger.totals()
    rolled = _rolled_up(ledger, customers)
    for id, customer in ledger.table("Customer").items():
        for field, wanted in (("Balance", customers[id]), ("BalanceWithJobs", rolled[id])):
            if decimal(customer.get(field)) != wanted:
                found.append(f"Customer {id}: {field} is {customer.get(field)}, not {wanted}")
    for id in customers.keys() - ledger.table("Customer").keys():
        if customers[id]:
            found.append(f"Customer {id}: owes {customers[id]} and does not exist")
    for id, account in ledger.table("Account").items():
        if account.get("AccountType") == RECEIVABLE:
            stated = decimal(account.get("CurrentBalance"))
            if stated != accounts[id]:
                found.append(f"Account {id}: CurrentBalance is {stated}, not {accounts[id]}")
    return found


def _documents(ledger: Ledger) -> list[str]:
    found = []
    for entity in ("Invoice", "CreditMemo"):
        for id, doc in ledger.table(entity).items():
            paid = sum(ledger.paid(entity, id).values(), Decimal(0))
            if decimal(doc.get("TotalAmt")) - decimal(doc.get("Balance")) != paid:
                found.append(
                    f"{entity} {id}: TotalAmt {doc.get('TotalAmt')} − Balance "
                    f"{doc.get('Balance')} is not the {paid} its payments set against it"
                )
    return found


def payment_violations(ledger: Ledger) -> list[str]:
    """Return the payments whose money is not what they applied plus what is left."""
    found = []
    for id, payment in ledger.table("Payment").items():
        customer = str((payment.get("CustomerRef") or {}).get("value") or "")
        applied = Decimal(0)
        for (entity, target), amount in links_of(payment).items():
            applied += ledger.side_of(entity, target, customer)[1] * amount
        total, left = decimal(payment.get("TotalAmt")), decimal(payment.get("UnappliedAmt"))
        if total != applied + left:
            found.append(f"Payment {id}: TotalAmt {total} is not applied {applied} + left {left}")
    return found
