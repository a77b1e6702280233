"""The control account: now by its accounts, on a date by the platform's own report."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from recoup.connector.errors import NotSupported, Skippable
from recoup.connector.money import Money
from recoup.plugins.quickbooks.control import leaf_total, open_entries


def test_now_is_the_sum_of_the_receivables_accounts(world: Any) -> None:
    buyer = world.customer()
    ids = [world.invoice(buyer, "100.00"), world.invoice(buyer, "20.50")]
    world.pay(buyer, "50.00", **{f"i{ids[0]}": "40.00"})
    found = world.ledger().control_totals(None)
    assert found.totals == (Money.of("70.50", "USD"),)
    assert found.as_of is None and found.read_at == world.clock.now()


def test_now_costs_one_call(world: Any) -> None:
    world.ledger().control_totals(None)
    assert sum(world.standin.calls.values()) == 1


def test_each_currency_has_its_own_total(make_world: Callable[..., Any]) -> None:
    world = make_world(multicurrency=True)
    for code, amount in (("USD", "10.00"), ("EUR", "25.00")):
        ref = {"CurrencyRef": {"value": code}}
        buyer = world.customer(f"Buyer {code}", **ref)
        rate = {"ExchangeRate": Decimal("1.08")} if code == "EUR" else {}
        world.invoice(buyer, amount, **ref, **rate)
    totals = world.ledger().control_totals(None).totals
    assert totals == (Money.of("25.00", "EUR"), Money.of("10.00", "USD"))


def test_a_total_finer_than_its_currency_is_not_stated(world: Any) -> None:
    world.invoice(world.customer(), "100.00")
    account = next(a for a in world.books.rows("Account") if "Receivable" in a["AccountType"])
    with world.books.writing():
        doc = {**world.books.amend("Account", account["Id"]), "CurrentBalance": Decimal("10.005")}
        world.books.store("Account", doc, post=False)
    assert world.ledger().control_totals(None).totals == ()


def test_a_past_date_leaves_out_what_came_later(world: Any) -> None:
    buyer = world.customer()
    early = world.invoice(buyer, "100.00", TxnDate="2026-05-01")
    world.invoice(buyer, "40.00", TxnDate="2026-06-20")
    world.pay(buyer, "30.00", **{f"i{early}": "30.00"})
    found = world.ledger().control_totals(date(2026, 5, 31))
    assert found.totals == (Money.of("100.00", "USD"),)
    assert found.as_of == date(2026, 5, 31)


def test_the_parents_subtotal_is_not_added_to_its_jobs(world: Any) -> None:
    parent = world.customer("Parent")
    job = world.customer("Job", ParentRef={"value": parent}, Job=True)
    world.invoice(parent, "10.00", TxnDate="2026-05-01")
    world.invoice(job, "100.00", TxnDate="2026-05-01")
    found = world.ledger().control_totals(date(2026, 5, 31))
    assert found.totals == (Money.of("110.00", "USD"),)


def test_an_empty_report_is_zero(world: Any) -> None:
    assert world.ledger().control_totals(date(2020, 1, 1)).totals == (Money.zero("USD"),)


def test_several_currencies_are_not_proven_for_a_past_date(make_world: Callable[..., Any]) -> None:
    world = make_world(multicurrency=True)
    with pytest.raises(NotSupported, match="home currency only"):
        world.ledger().control_totals(date(2026, 5, 31))


def test_open_entries_name_what_is_no_document(world: Any) -> None:
    buyer = world.customer()
    invoice = world.invoice(buyer, "100.00")
    payment = world.pay(buyer, "30.00")
    receivable = world.books.receivable_account("USD")
    other = world.books.account_named("Sales", "Income", "SalesOfProductIncome")
    lines = [
        {"account": receivable, "amount": Decimal("12.00"), "posting": "Debit", "customer": buyer},
        {"account": other, "amount": Decimal("12.00"), "posting": "Credit"},
    ]
    journal = world.books.journal(lines)["Id"]
    found = world.ledger().control_totals(None, detail=True)
    entries = {entry.document: entry for entry in found.open_entries}
    assert set(entries) == {invoice, payment, f"JE-{journal}"}
    assert entries[payment].amount == Money.of("-30.00", "USD")
    assert entries[f"JE-{journal}"].ref is None and entries[invoice].ref is not None
    assert {entry.customer_id for entry in found.open_entries} == {buyer}


def test_open_entries_of_now_include_documents_of_the_future(world: Any) -> None:
    buyer = world.customer()
    later = (world.clock.now() + timedelta(days=90)).date()
    world.invoice(buyer, "100.00", TxnDate=later.isoformat())
    found = world.ledger().control_totals(None, detail=True)
    assert [entry.amount for entry in found.open_entries] == list(found.totals)


def _report(total: str, *values: str, currency: str = "USD") -> Any:
    rows = [{"ColData": [{"value": "A", "id": "1"}, {"value": value}]} for value in values]
    grand = {"Summary": {"ColData": [{"value": "TOTAL"}, {"value": total}]}, "group": "GrandTotal"}
    return {"Header": {"Currency": currency}, "Rows": {"Row": [*rows, grand]}}


def test_a_report_that_does_not_add_up_proves_nothing() -> None:
    assert leaf_total(_report("1,010.50", "1,000.00", "10.50", ""), "USD").text == "1010.50"
    with pytest.raises(Skippable, match="adds up to"):
        leaf_total(_report("30.00", "10.00"), "USD")
    with pytest.raises(Skippable, match="is in EUR"):
        leaf_total(_report("10.00", "10.00", currency="EUR"), "USD")
    with pytest.raises(Skippable, match="more decimals"):
        leaf_total(_report("10.005", "10.005"), "USD")
    with pytest.raises(Skippable, match="no amount"):
        leaf_total(_report("10.00", "ten"), "USD")


def test_an_unknown_type_in_the_report_keeps_its_word() -> None:
    titles = ["Date", "Transaction Type", "Num", "Customer", "Open Balance"]
    cells = ["2026-01-01", "Statement Charge", "", "A", "5.00"]
    row = {"ColData": [{"value": cell} for cell in cells]}
    row["ColData"][1]["id"], row["ColData"][3]["id"] = "9", "4"
    tree = {"Columns": {"Column": [{"ColTitle": t} for t in titles]}, "Rows": {"Row": [row]}}
    [entry] = open_entries(tree, "USD")
    assert (entry.document, entry.customer_id) == ("Statement Charge-9", "4")
    assert entry.why == "Statement Charge"
