"""Reports: TrialBalance, BalanceSheet and AgedReceivablesByContact as at a day.

Accounts Receivable is what the tie-out needs and is exact. The other accounts follow from the
documents that the stand-in knows; what is left over stands in Realised Currency Gains, so that
every report balances.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from recoup.connector.standin.wire import Doc, cents, decimal, dumps
from recoup.plugins.xero.standin import profile, proof
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.fault import Fault, not_found
from recoup.plugins.xero.standin.kinds import CREDITS, LIVE, RECEIVABLE_CREDITS
from recoup.plugins.xero.standin.ledger import is_receivable, rate_of
from recoup.plugins.xero.standin.moments import bare_stamp, read_day

ZERO = Decimal("0.00")


def serve(books: Books, path: list[str], query: Mapping[str, str]) -> str:
    """The member ``Reports`` of one report. Raises Fault."""
    asked = {name.lower(): value for name, value in query.items()}
    makers = {
        "TrialBalance": _trial_balance,
        "BalanceSheet": _balance_sheet,
        "AgedReceivablesByContact": _aged,
    }
    if len(path) != 1 or path[0] not in makers:
        raise not_found()
    day = _day(asked.get("date"), books.today())
    report = {
        "ReportID": path[0],
        **makers[path[0]](books, day, asked),
        "ReportDate": _long(books.today()),
        "UpdatedDateUTC": bare_stamp(books.clock.now()),
        "Fields": [],
    }
    return f'"Reports":[{dumps(report)}]'


def _day(text: str | None, default: date) -> date:
    if not text:
        return default
    try:
        return read_day(text)
    except ValueError:
        raise Fault(f"{text!r} is no date") from None


def _long(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


# -- balances ---------------------------------------------------------------------------------


def balances(books: Books, day: date) -> dict[str, Decimal]:
    """Debit balance in home units of each account by id, credit negative, as at a day."""
    found: dict[str, Decimal] = defaultdict(lambda: ZERO)
    accounts = _accounts(books)
    debtors = accounts["debtors"]
    found[debtors] = proof.receivable(books, day)
    for kind in ("Invoices", *CREDITS):
        for doc in books.table(kind).values():
            if doc.get("Status") in LIVE and read_day(doc["Date"]) <= day:
                _income(books, kind, doc, accounts, found)
    for entry in books.table("BankTransactions").values():
        if entry.get("Status") == "AUTHORISED" and read_day(entry["Date"]) <= day:
            _coded(entry, accounts, found)
    for payment in books.table("Payments").values():
        if payment.get("Status") == "AUTHORISED" and read_day(payment["Date"]) <= day:
            _money(payment, accounts, found)
    found[accounts["gains"]] -= sum(found.values(), ZERO)
    return found


def _accounts(books: Books) -> dict[str, str]:
    found: dict[str, str] = {}
    words = {"DEBTORS": "debtors", "CREDITORS": "creditors", "GST": "tax"}
    for id, doc in books.table("Accounts").items():
        found.setdefault(str(doc.get("Code")), id)
        word = words.get(str(doc.get("SystemAccount")))
        if word:
            found[word] = id
    names = {"debtors": profile.DEBTORS, "creditors": profile.CREDITORS, "tax": profile.TAX,
             "sales": profile.SALES, "gains": profile.GAINS, "bank": profile.BANK}  # fmt: skip
    for word, (code, name) in names.items():
        found.setdefault(word, found.get(code) or profile.same(books.tenant_id, name))
    return found


def _income(
    books: Books, kind: str, doc: Doc, accounts: Mapping[str, str], found: dict[str, Decimal]
) -> None:
    rate = rate_of(doc)
    total = cents(decimal(doc.get("Total")) / rate)
    tax = cents(decimal(doc.get("TotalTax")) / rate)
    sale = is_receivable(kind, doc)
    sign = 1 if (kind == "Invoices") == sale else -1  # of the account opposite: credit is positive
    if kind in ("Overpayments", "Prepayments"):
        bank = accounts["bank"]
        found[bank] += total if doc.get("Type") in RECEIVABLE_CREDITS else -total
        if not sale:
            found[accounts["creditors"]] += total
        return
    if not sale:
        found[accounts["creditors"]] -= total if kind == "Invoices" else -total
    found[accounts["tax"]] -= sign * tax
    lines = doc.get("LineItems") or []
    code = str(lines[0].get("AccountCode")) if lines else ""
    found[accounts.get(code, accounts["sales"])] -= sign * (total - tax)


def _coded(entry: Doc, accounts: Mapping[str, str], found: dict[str, Decimal]) -> None:
    """Money coded straight away; what came on account stands in its credit already."""
    sign = {"RECEIVE": 1, "SPEND": -1}.get(str(entry.get("Type")), 0)
    total = sign * cents(decimal(entry.get("Total")) / rate_of(entry))
    bank = (entry.get("BankAccount") or {}).get("AccountID") or accounts["bank"]
    lines = entry.get("LineItems") or []
    code = str(lines[0].get("AccountCode")) if lines else ""
    found[str(bank)] += total
    found[accounts.get(code, accounts["sales"])] -= total


def _money(payment: Doc, accounts: Mapping[str, str], found: dict[str, Decimal]) -> None:
    kind = str(payment.get("PaymentType"))
    rate = rate_of(payment)
    worth = cents(decimal(payment.get("BankAmount", payment.get("Amount"))))
    shown = (payment.get("Account") or {}).get("AccountID") or accounts["bank"]
    inward = kind in ("ACCRECPAYMENT", "APCREDITPAYMENT", "APOVERPAYMENTPAYMENT",
                      "APPREPAYMENTPAYMENT")  # fmt: skip
    found[str(shown)] += worth if inward else -worth
    if kind.startswith(("ACCPAY", "AP")):
        booked = cents(decimal(payment.get("Amount")) / rate)
        found[accounts["creditors"]] += booked if kind == "ACCPAYPAYMENT" else -booked


# -- the reports ------------------------------------------------------------------------------


def _cell(value: str, account: str | None, name: str = "account") -> Doc:
    if account is None:
        return {"Value": value}
    return {"Value": value, "Attributes": [{"Value": account, "Id": name}]}


def _row(
    values: list[str], account: str | None = None, kind: str = "Row", name: str = "account"
) -> Doc:
    return {"RowType": kind, "Cells": [_cell(value, account, name) for value in values]}


def _section(title: str, rows: list[Doc]) -> Doc:
    return {"RowType": "Section", "Title": title, "Rows": rows}


def _named(books: Books, id: str) -> Doc:
    known = books.table("Accounts").get(id)
    if known is not None:
        return known
    built_in = (
        (profile.DEBTORS, "ASSET"), (profile.CREDITORS, "LIABILITY"), (profile.TAX, "LIABILITY"),
        (profile.SALES, "REVENUE"), (profile.GAINS, "EXPENSE"), (profile.BANK, "ASSET"),
    )  # fmt: skip
    for (code, name), group in built_in:
        if profile.same(books.tenant_id, name) == id:
            return {"Code": code, "Name": name, "Class": group, "Type": ""}
    return {"Code": "", "Name": "Suspense", "Class": "ASSET", "Type": ""}


def _trial_balance(books: Books, day: date, asked: Mapping[str, str]) -> Doc:
    del asked
    groups: dict[str, list[Doc]] = defaultdict(list)
    totals = [ZERO, ZERO]
    for id, value in sorted(balances(books, day).items()):
        account = _named(books, id)
        code = account.get("Code")
        name = f"{account['Name']} ({code})" if code else str(account["Name"])
        debit, credit = (f"{value:.2f}", "") if value >= 0 else ("", f"{-value:.2f}")
        if value >= 0:
            totals[0] += value
        else:
            totals[1] -= value
        # Debit and Credit are those of the month, which nobody ties out; YTD is the balance.
        groups[str(account.get("Class"))].append(_row([name, debit, credit, debit, credit], id))
    titles = {"REVENUE": "Revenue", "EXPENSE": "Expenses", "ASSET": "Assets",
              "LIABILITY": "Liabilities", "EQUITY": "Equity"}  # fmt: skip
    rows = [_row_header(["Account", "Debit", "Credit", "YTD Debit", "YTD Credit"])]
    rows += [_section(titles[group], groups[group]) for group in titles if groups[group]]
    summed = [f"{total:.2f}" for total in totals]
    rows.append(_section("", [_row(["Total", *summed, *summed], kind="SummaryRow")]))
    return {
        "ReportName": "Trial Balance",
        "ReportType": "TrialBalance",
        "ReportTitles": ["Trial Balance", books.name, f"As at {_long(day)}"],
        "Rows": rows,
    }


def _row_header(values: list[str]) -> Doc:
    return {"RowType": "Header", "Cells": [{"Value": value} for value in values]}


def _balance_sheet(books: Books, day: date, asked: Mapping[str, str]) -> Doc:
    del asked
    groups: dict[str, list[tuple[str, str, Decimal]]] = defaultdict(list)
    for id, value in sorted(balances(books, day).items()):
        account = _named(books, id)
        title = {"ASSET": "Current Assets", "LIABILITY": "Current Liabilities"}.get(
            str(account.get("Class")), "Equity"
        )
        if account.get("Type") == "BANK":
            title = "Bank"
        groups[title].append((id, str(account["Name"]), value))
    rows = [_row_header(["", f"{day:%d %b %Y}"]), _section("Assets", [])]
    assets = ZERO
    for title in ("Bank", "Current Assets"):
        part = sum((value for _, _, value in groups[title]), ZERO)
        assets += part
        rows.append(_group(title, [(i, n, v) for i, n, v in groups[title]], part))
    rows.append(_section("", [_row(["Total Assets", f"{assets:.2f}"])]))
    owed = [(i, n, -v) for i, n, v in groups["Current Liabilities"]]
    debts = sum((value for _, _, value in owed), ZERO)
    rows += [_section("Liabilities", []), _group("Current Liabilities", owed, debts)]
    rows.append(_section("", [_row(["Total Liabilities", f"{debts:.2f}"])]))
    rows.append(_section("", [_row(["Net Assets", f"{assets - debts:.2f}"])]))
    earned = -sum((value for _, _, value in groups["Equity"]), ZERO)
    equity = [_row(["Current Year Earnings", f"{earned:.2f}"])]
    equity.append(_row(["Total Equity", f"{earned:.2f}"], kind="SummaryRow"))
    rows.append(_section("Equity", equity))
    return {
        "ReportName": "Balance Sheet",
        "ReportType": "BalanceSheet",
        "ReportTitles": ["Balance Sheet", books.name, f"As at {_long(day)}"],
        "Rows": rows,
    }


def _group(title: str, accounts: list[tuple[str, str, Decimal]], total: Decimal) -> Doc:
    rows = [_row([name, f"{value:.2f}"], id) for id, name, value in accounts]
    return _section(title, [*rows, _row([f"Total {title}", f"{total:.2f}"], kind="SummaryRow")])


def _aged(books: Books, day: date, asked: Mapping[str, str]) -> Doc:
    contact = asked.get("contactid")
    if not contact:
        raise Fault("The contactId parameter is required")
    owner = books.get("Contacts", contact)
    first = _day(asked.get("fromdate"), date.min)
    last = _day(asked.get("todate"), day)
    left = proof.open_on(books, day)
    rows, total = [], ZERO
    for kind, id in books.of_contact(str(owner["ContactID"])):
        doc = books.table(kind)[id]
        if kind != "Invoices" or (kind, id) not in left or not left[kind, id]:
            continue
        if not first <= read_day(doc["Date"]) <= last:
            continue
        due = left[kind, id]
        total += due
        rows.append(_row(_aged_cells(doc, due, day), str(doc["InvoiceID"]), name="invoiceID"))
    rows.sort(key=lambda row: str(row["Cells"][0]["Value"]))
    summary = ["Total", "", "", "", f"{total:.2f}", "", "", f"{total:.2f}"]
    heads = ["Date", "Number", "Due Date", "", "Total", "Paid", "Credited", "Due"]
    return {
        "ReportName": "Aged Receivables By Contact",
        "ReportType": "AgedReceivablesByContact",
        "ReportTitles": ["Invoices", str(owner["Name"]), f"Showing payments to {_long(day)}"],
        "Rows": [
            _row_header(heads),
            _section("", [*rows, _row(summary, kind="SummaryRow")]),
            _section("", [_row(["Closing Balance", *[""] * 6, f"{total:.2f}"])]),
        ],
    }


def _aged_cells(doc: Doc, due: Decimal, day: date) -> list[str]:
    days = (day - read_day(doc["DueDate"])).days if doc.get("DueDate") else 0
    credited = decimal(doc.get("AmountCredited"))
    total = decimal(doc.get("Total"))
    return [
        f"{read_day(doc['Date'])} 00:00:00",
        str(doc.get("InvoiceNumber", "")),
        f"{read_day(doc['DueDate'])} 00:00:00" if doc.get("DueDate") else "",
        f"{days} days overdue" if days > 0 else "",
        f"{total:.2f}",
        f"{max(total - due - credited, ZERO):.2f}",
        f"{min(credited, total - due):.2f}",
        f"{due:.2f}",
    ]
