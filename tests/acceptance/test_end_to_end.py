"""A firm with the demo company: connect, sync, tie out, report, and a bookkeeper who goes on."""

from __future__ import annotations

import csv
import io
import json
import re
import socket
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

MONEY = re.compile(r"-?\d+(\.\d+)?")
STAMP = "2024-05-20T11:00:00-07:00"
COLUMNS = ["current", "1-30", "31-60", "61-90", "91+", "unapplied", "total"]


def open_invoices(firm: Any) -> list[dict[str, Any]]:
    """Invoices that nothing is set against, the oldest first: in home currency, none of tomorrow,
    none of a customer who was made inactive."""
    today = firm.books.today()
    active = {row["Id"] for row in firm.books.rows("Customer") if row["Active"]}
    found = [
        row
        for row in firm.books.rows("Invoice")
        if row["Balance"] == row["TotalAmt"] != 0
        and not row["LinkedTxn"]
        and row["CurrencyRef"]["value"] == "USD"
        and row["TxnDate"] <= today
        and row["CustomerRef"]["value"] in active
    ]
    return sorted(found, key=lambda row: (row["TxnDate"], int(row["Id"])))


def aging(firm: Any, *words: str) -> dict[str, Any]:
    """The aging by currency."""
    ran = firm.run("report", "aging", "--format", "json", *words)
    assert ran.code == 0, ran.err
    return {found["currency"]: found for found in ran.json}


def payment_of(firm: Any) -> dict[str, Any]:
    """What pays the oldest open invoice, as the admin surface takes it."""
    first = open_invoices(firm)[0]
    paid = [{"TxnId": first["Id"], "TxnType": "Invoice"}]
    body = {
        "CustomerRef": {"value": first["CustomerRef"]["value"]},
        "TotalAmt": first["TotalAmt"],
        "Line": [{"Amount": first["TotalAmt"], "LinkedTxn": paid}],
    }
    return {"entity": "Payment", "body": body}


def total(firm: Any, currency: str = "USD") -> Decimal:
    return Decimal(aging(firm)[currency]["totals"]["total"])


def assert_ties_out(firm: Any) -> None:
    synced = firm.run("sync")
    assert synced.code == 0, synced.err
    tied = firm.run("tieout")
    assert tied.code == 0, tied.out + tied.err
    assert "ties out" in tied.out and "does not" not in tied.out
    assert not firm.books.check()


def test_a_company_is_connected_synced_and_proven(connected: Any) -> None:
    synced = connected.run("sync")
    assert synced.code == 0 and re.search(r"[\d,]+ documents in \d+ calls", synced.out)
    tied = connected.run("tieout")
    assert tied.code == 0 and "ties out" in tied.out
    [company] = connected.run("companies", "--format", "json").json
    assert company["state"] == "connected" and company["synced_at"]


def test_a_redirect_to_a_port_of_ones_own_is_listened_at(firm: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    redirect = f"http://localhost:{port}/callback"
    again = firm.connect(firm.standin.url, "--redirect-uri", redirect)
    assert again.code == 0 and "Connected again" in again.out, again.err


def test_a_redirect_to_https_is_pasted_back(firm: Any) -> None:
    words = ("--base-url", firm.standin.url, "--no-browser")
    redirect = "https://www.example.com/recoup"
    with firm.spawn("connect", "quickbooks", *words, "--redirect-uri", redirect) as process:
        asked = next(line for line in process.stdout if line.startswith("http")).strip()
        landed = firm.where_consent_leads(asked)
        assert landed.startswith(f"{redirect}?")
        out, err = process.communicate(f"{landed}\n", timeout=60)
    assert process.returncode == 0 and "Connected again" in out, err


def test_the_command_line_is_quiet_on_stderr_when_all_is_well(firm: Any) -> None:
    for words in (["sync"], ["tieout"], ["companies"], ["plugins"], ["report", "aging"]):
        ran = firm.run(*words)
        assert (ran.code, ran.err) == (0, ""), words


@pytest.mark.parametrize("shape", ["table", "json", "csv"])
@pytest.mark.parametrize("report", ["aging", "open-items", "statement"])
def test_every_report_comes_in_every_format(report: str, shape: str, firm: Any) -> None:
    customer = open_invoices(firm)[0]["CustomerRef"]["value"]
    words = [customer] if report == "statement" else []
    ran = firm.run("report", report, *words, "--format", shape)
    assert (ran.code, ran.err) == (0, "") and ran.out.strip()
    if shape == "json":
        assert isinstance(ran.json, list) and ran.json
    if shape == "csv":
        header, *rows = csv.reader(io.StringIO(ran.out))
        assert rows and all(len(row) == len(header) for row in rows)


def test_the_aging_has_the_shape_that_scripts_rely_on(firm: Any) -> None:
    usd = aging(firm)["USD"]
    assert set(usd) >= {
        "company", "as_of", "basis", "currency", "buckets", "rows", "totals", "control"
    }  # fmt: skip
    assert usd["basis"] == "due" and [*usd["buckets"], "unapplied", "total"] == COLUMNS
    for row in [*usd["rows"], usd["totals"]]:
        assert all(isinstance(row[c], str) and MONEY.fullmatch(row[c]) for c in COLUMNS)
    assert set(usd["control"]) == {"ledger", "ours", "difference", "explained", "proven"}


def test_buckets_and_unapplied_are_the_open_documents_and_the_control_account(firm: Any) -> None:
    for currency, found in aging(firm).items():
        parts = [Decimal(found["totals"][column]) for column in COLUMNS]
        control = found["control"]
        explained = sum(Decimal(entry["amount"]) for entry in control["explained"])
        assert sum(parts[:-1]) == parts[-1] == Decimal(control["ours"]), currency
        assert Decimal(control["ours"]) + explained == Decimal(control["ledger"]), currency
        assert control["proven"] is True
        for column in COLUMNS:
            assert sum(Decimal(row[column]) for row in found["rows"]) == Decimal(
                found["totals"][column]
            )


def test_what_stands_between_is_named_by_its_ledger_id(firm: Any) -> None:
    explained = aging(firm)["USD"]["control"]["explained"]
    named = {entry["document"].split("-")[0]: entry for entry in explained}
    assert set(named) == {"JE", "DEP", "INV"}
    assert re.fullmatch(r"JE-\d+:\d+", named["JE"]["document"])
    assert "dated" in named["INV"]["why"]  # tomorrow's invoice is in the ledger's balance today


def test_a_company_of_several_currencies_is_aged_in_each_and_at_home(firm: Any) -> None:
    each, home = aging(firm), aging(firm, "--home-currency")
    assert list(each) == ["USD", "EUR", "JPY"] and list(home) == ["USD"]
    assert "." not in each["JPY"]["totals"]["total"]
    assert Decimal(home["USD"]["totals"]["total"]) > Decimal(each["USD"]["totals"]["total"])


def test_jobs_are_rolled_up_to_their_customer_or_stand_apart(firm: Any) -> None:
    together, apart = aging(firm)["USD"], aging(firm, "--apart")["USD"]
    assert together["totals"] == apart["totals"]
    jobs = {c["Id"] for c in firm.books.rows("Customer") if c.get("ParentRef")}
    assert not jobs & {row["customer_id"] for row in together["rows"]}
    assert jobs & {row["customer_id"] for row in apart["rows"]}


def test_a_past_day_takes_back_what_was_applied_since(firm: Any) -> None:
    payment = firm.books.get("Payment", firm.keep("create", **payment_of(firm))["Id"])
    day_before = date.fromisoformat(payment["TxnDate"]) - timedelta(days=1)
    words = ("--as-of", day_before.isoformat())
    before = aging(firm, *words)["USD"]["rows"]
    assert_ties_out(firm)
    assert aging(firm, *words)["USD"]["rows"] == before
    assert Decimal(aging(firm, "--as-of", payment["TxnDate"])["USD"]["totals"]["total"]) < sum(
        Decimal(row["total"]) for row in before
    )


def test_nothing_new_costs_one_call(firm: Any) -> None:
    firm.calls()  # once a day the company itself is looked at again
    assert firm.calls() == 1
    assert firm.calls() == 1


def test_fifty_changed_documents_cost_at_most_three_calls(firm: Any) -> None:
    for row in firm.books.rows("Invoice")[:50]:
        firm.keep("update", entity="Invoice", body={"Id": row["Id"], "DueDate": "2031-01-31"})
    assert firm.calls() <= 3
    assert_ties_out(firm)


def test_deletions_of_several_kinds_are_confirmed_by_one_batch(firm: Any) -> None:
    doomed = open_invoices(firm)[-10:]
    payment = firm.keep("create", **payment_of(firm))
    assert_ties_out(firm)
    before, batches = total(firm), firm.standin.calls["batch"]
    for row in doomed:
        firm.keep("delete", entity="Invoice", id=row["Id"])
    firm.keep("delete", entity="Payment", id=payment["Id"])
    assert firm.calls() == 2
    assert firm.standin.calls["batch"] == batches + 1
    deleted = sum(Decimal(row["TotalAmt"]) for row in doomed)
    assert total(firm) == before - deleted + Decimal(payment["TotalAmt"])
    assert_ties_out(firm)


def test_a_bookkeepers_day_is_followed_to_the_cent(firm: Any) -> None:
    first, second, third, fourth = open_invoices(firm)[-4:]
    customer = {"value": first["CustomerRef"]["value"]}
    paid = firm.keep(
        "create", entity="Payment", body={"CustomerRef": customer, "TotalAmt": first["TotalAmt"]}
    )
    firm.keep("apply", payment=paid["Id"], amounts={first["Id"]: first["TotalAmt"]})
    firm.keep("deposit", payments=[paid["Id"]])
    firm.keep("void", entity="Invoice", id=second["Id"])
    firm.keep("delete", entity="Invoice", id=third["Id"])
    firm.keep("rename", entity="Customer", id=fourth["CustomerRef"]["value"], name="Renamed")
    synced = firm.run("sync")
    assert synced.code == 0 and "1 deleted" in synced.out
    assert_ties_out(firm)
    items = firm.run("report", "open-items", "--format", "csv").out
    gone = {str(row["DocNumber"]) for row in (first, second, third)}
    assert not gone & set(re.findall(r"[\w-]+", items))
    assert "Renamed" in items


def test_a_merged_customer_leaves_its_documents_to_the_other(firm: Any) -> None:
    invoices = open_invoices(firm)
    tops = {c["Id"]: c for c in firm.books.rows("Customer") if not c.get("ParentRef")}
    keep, gone = list(
        dict.fromkeys(
            i["CustomerRef"]["value"] for i in invoices if i["CustomerRef"]["value"] in tops
        )
    )[:2]
    rows = {row["customer_id"]: Decimal(row["total"]) for row in aging(firm)["USD"]["rows"]}
    firm.keep("merge_customers", keep=keep, gone=gone)
    assert_ties_out(firm)
    merged = {row["customer_id"]: Decimal(row["total"]) for row in aging(firm)["USD"]["rows"]}
    assert gone not in merged and merged[keep] == rows[keep] + rows[gone]


def test_a_journal_entry_on_the_control_account_explains_the_difference(firm: Any) -> None:
    customer = open_invoices(firm)[0]["CustomerRef"]["value"]
    accounts = [a for a in firm.books.rows("Account") if a["CurrencyRef"]["value"] == "USD"]
    ar = next(a["Id"] for a in accounts if a["AccountType"] == "Accounts Receivable")
    other = next(a["Id"] for a in accounts if a["AccountType"] == "Income")
    lines = [
        {"account": ar, "amount": 12.34, "posting": "Debit", "customer": customer},
        {"account": other, "amount": 12.34, "posting": "Credit"},
    ]
    entry = firm.keep("journal", lines=lines)
    assert_ties_out(firm)
    explained = {
        e["document"].split(":")[0]: Decimal(e["amount"])
        for e in aging(firm)["USD"]["control"]["explained"]
    }
    assert explained[f"JE-{entry['Id']}"] == Decimal("12.34")


def test_the_statement_of_a_customer_closes_where_the_aging_stands(firm: Any) -> None:
    row = max(aging(firm)["USD"]["rows"], key=lambda row: Decimal(row["total"]))
    ran = firm.run("report", "statement", row["customer_id"], "--format", "json")
    assert ran.code == 0, ran.err
    [statement] = [found for found in ran.json if found["currency"] == "USD"]
    assert Decimal(statement["closing"]) == Decimal(row["total"])


def test_open_items_add_up_to_the_aging(firm: Any) -> None:
    ran = firm.run("report", "open-items", "--format", "json")
    assert ran.code == 0, ran.err
    for found in ran.json:
        assert Decimal(found["total"]) == total(firm, found["currency"])


def test_books_of_one_currency_are_proven_for_a_past_day(
    firm_of: Callable[[str], Any], tmp_path: Path
) -> None:
    (tmp_path / "trade.csv").write_text(
        "invoice,customer,business_unit,currency,amount,issued_on,due_on,paid_on\n"
        "1,Harbour Books,,USD,100.10,2024-03-01,2024-03-31,2024-05-02\n"
        "2,Harbour Books,,USD,250,2024-04-01,2024-05-01,\n"
        "3,Quay Press,,USD,80.05,2024-04-15,2024-05-15,2024-04-20\n"
    )
    firm = firm_of(str(tmp_path / "trade.csv"))
    tied = firm.run("tieout", "--as-of", "2024-04-30", "--format", "json")
    assert tied.code == 0, tied.out + tied.err
    assert tied.json[0]["proven"] is True
    assert tied.json[0]["totals"]["USD"]["ledger"] == "350.10"


def test_on_postgresql_the_same_figures_come_out(firm: Any, postgres_address: str) -> None:
    expected = aging(firm)
    settings = firm.home / "recoup.toml"
    settings.write_text(f'database = "{postgres_address}"\n' + settings.read_text())
    assert firm.connect(firm.standin.url).code == 0
    assert_ties_out(firm)
    assert aging(firm) == expected


def test_a_folder_of_raw_bodies_comes_through_to_the_report(
    firm_of: Callable[[str], Any], tmp_path: Path
) -> None:
    bodies = tmp_path / "bodies"
    bodies.mkdir()
    stamp = {"CreateTime": "2024-05-04T09:00:00-07:00", "LastUpdatedTime": STAMP}
    owner = {"Id": "7", "SyncToken": "0", "DisplayName": "Harbour Books", "Balance": 200.10}
    customer = {**owner, "Active": True, "CurrencyRef": {"value": "USD"}, "MetaData": stamp}
    common = {"CustomerRef": {"value": "7"}, "CurrencyRef": {"value": "USD"}, "MetaData": stamp}
    invoice: dict[str, Any] = {
        "Id": "8",
        "SyncToken": "1",
        "DocNumber": "H-1",
        "TxnDate": "2024-05-04",
    }
    invoice |= {"DueDate": "2024-06-03", "TotalAmt": 300.10, "Balance": 200.10, **common}
    paid = {"TxnId": "8", "TxnType": "Invoice"}
    payment: dict[str, Any] = {
        "Id": "9",
        "SyncToken": "0",
        "TxnDate": "2024-05-20",
        "TotalAmt": 100.00,
        **common,
    }
    payment |= {"UnappliedAmt": 0, "Line": [{"Amount": 100.00, "LinkedTxn": [paid]}]}
    invoice["LinkedTxn"] = [{"TxnId": "9", "TxnType": "Payment"}]
    answers = [{"QueryResponse": {"Customer": [customer]}}, {"Invoice": invoice}]
    answers.append({"QueryResponse": {"Payment": [payment]}})
    for number, answer in enumerate(answers):
        (bodies / f"{number}.json").write_text(json.dumps(answer), encoding="utf-8")
    firm = firm_of(str(bodies))
    assert firm.run("tieout").code == 0
    [row] = aging(firm, "--as-of", "2024-06-30")["USD"]["rows"]
    assert (row["customer"], row["1-30"], row["total"]) == ("Harbour Books", "200.10", "200.10")
