"""The organisation, its accounts, its control account, and single documents read live."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from recoup.connector.errors import Fatal, NotSupported, Retriable, Skippable
from recoup.connector.facades import Ledger
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.pages import Payload, Tombstone
from recoup.connector.platforms import LedgerPlatform
from recoup.plugins import xero
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.chart import bank_account, sales_account
from recoup.plugins.xero.consent import XeroConsent
from recoup.plugins.xero.control import control_totals, read_control
from recoup.plugins.xero.limits import day_budget
from recoup.plugins.xero.related import names_in
from recoup.plugins.xero.slices import condition, first_slices, halves
from recoup.plugins.xero.structs import AccountObject

NOBODY = "11111111-2222-4333-8444-555555555555"


def account(code: str, kind: str = "BANK", **facts: Any) -> AccountObject:
    return AccountObject(account_id=f"id-{code}", code=code, type=kind, **facts)


def test_the_platform_announces_itself_without_its_library(server: Any) -> None:
    [platform] = xero.ledger_platforms()
    assert isinstance(platform, LedgerPlatform) and platform.name == "xero"
    assert platform.reads_budget is not None
    assert platform.reads_budget(server.connection) == day_budget(server.connection)
    assert isinstance(platform.open_ledger(server.connection), XeroLedger)


def test_an_official_address_is_the_platform_itself(server: Any) -> None:
    consent = XeroConsent(server.connection.app, "https://api.xero.com/", server.clock)
    assert consent.authorize_url("x", "s", "c").startswith("https://login.xero.com/")


def test_several_currencies_are_told_by_their_list(world: Any) -> None:
    assert not world.ledger().describe_company().multicurrency
    world.books.load("Currencies", {"Code": "USD", "Description": "US dollar"})
    assert world.ledger().describe_company().multicurrency


def test_the_later_of_two_lock_dates_holds(world: Any) -> None:
    entry = world.books.organisation()
    locks = {"PeriodLockDate": "/Date(1767139200000)/", "EndOfYearLockDate": "/Date(0)/"}
    world.books.load("Organisations", {**entry, **locks})
    assert world.ledger().describe_company().books_closed_on == date(2025, 12, 31)


def test_an_organisation_without_a_base_currency_is_not_finished(server: Any) -> None:
    server.rows("Organisations", {"OrganisationID": "o"})
    with pytest.raises(Fatal, match="base currency"):
        XeroLedger(server.connection).describe_company()


def test_money_goes_to_the_only_account_or_to_the_named_one() -> None:
    chart = [account("090"), account("091", currency_code="USD"), account("099", status="ARCHIVED")]
    assert bank_account(chart, None, "NZD", "NZD") == "id-090"
    assert bank_account(chart, None, "USD", "NZD") == "id-091"
    assert bank_account(chart, "091", "NZD", "NZD") == "id-091"
    for named, currency in (("099", "NZD"), (None, "EUR")):
        with pytest.raises(Skippable):
            bank_account(chart, named, currency, "NZD")


def test_a_fee_goes_to_the_first_sales_account() -> None:
    chart = [account("260", "REVENUE"), account("200", "SALES"), account("400", "EXPENSE")]
    assert sales_account(chart) == "200"
    with pytest.raises(Skippable, match="item_id"):
        sales_account([account("400", "EXPENSE")])


def test_an_account_that_is_left_out_of_the_trial_balance_holds_nothing(world: Any) -> None:
    ledger = world.ledger()
    assert ledger.control_totals(None).totals[0].text == "0.00"
    world.pull()
    assert not world.mirror.parked


def test_a_trial_balance_without_the_account_reads_as_zero(server: Any) -> None:
    server.rows("Reports", {"Rows": [{"RowType": "Section", "Rows": []}]})
    stated = read_control(server.client(), "debtors")
    [record] = Ledger(XeroLedger(server.connection)).map_payloads([stated.payload])
    assert "base currency" in str(record)
    assert b'"0.00"' in stated.payload.raw


def test_open_items_are_not_listed_and_a_cut_report_is_no_report(server: Any) -> None:
    with pytest.raises(NotSupported):
        control_totals(server.client(), "debtors", "NZD", None, detail=True)
    server.rows("Reports", {"Rows": "none"})
    with pytest.raises(Retriable):
        read_control(server.client(), "debtors")


def test_documents_are_read_one_by_one_where_xero_lists_no_ids(world: Any) -> None:
    buyer = world.customer()
    note = str(world.books.create_credit_note(buyer, "10.00")["CreditNoteID"])
    over = str(world.books.create_overpayment(buyer, "20.00")["OverpaymentID"])
    refs = [DocumentRef(DocumentKind.CREDIT_NOTE, note), DocumentRef(DocumentKind.REFUND, NOBODY)]
    ledger = world.ledger()
    wanted = [*ledger.source_types(refs), ("Overpayment", over), ("Moon", "1"), ("Invoice", "1")]
    found = ledger.fetch(wanted)
    assert [payload.ledger_id for payload in found.payloads] == [note, over]
    assert found.tombstones == [Tombstone("Payment", NOBODY)]


def test_the_control_account_is_read_live_like_a_document(world: Any) -> None:
    world.pull()
    [key] = [key for key in world.mirror.records if key[0] == "TrialBalance"]
    assert [p.ledger_id for p in world.ledger().fetch([key]).payloads] == [key[1]]


def test_forty_ids_share_a_call(world: Any) -> None:
    buyer = world.customer()
    ids = [world.invoice(buyer) for _ in range(45)]
    at = len(world.standin.log)
    found = world.ledger().fetch([("Invoice", id) for id in ids])
    assert len(found.payloads) == 45
    assert world.asked(at) == ["Invoices", "Invoices"]


def paid(world: Any, many: int) -> list[str]:
    buyer = world.customer()
    return [str(world.books.pay(world.invoice(buyer))["PaymentID"]) for _ in range(many)]


def test_twenty_payments_share_a_call_and_only_the_missing_are_asked_for_alone(world: Any) -> None:
    ids = paid(world, 25)
    at = len(world.standin.log)
    found = world.ledger().fetch([("Payment", id) for id in [*ids, NOBODY]])
    assert {p.ledger_id for p in found.payloads} == set(ids)
    assert found.tombstones == [Tombstone("Payment", NOBODY)]
    assert world.asked(at) == ["Payments", "Payments", f"Payments/{NOBODY}"]


def test_payments_are_read_alone_where_xero_refuses_the_filter(world: Any) -> None:
    ids = paid(world, 3)
    world.options.high_volume = 2
    found = world.ledger().fetch([("Payment", id) for id in ids])
    assert {p.ledger_id for p in found.payloads} == set(ids)


def test_what_cannot_be_read_names_nothing() -> None:
    rows = [b"[]", b'{"Type":"ACCPAY","Contact":{"ContactID":"c"}}', b'{"Contact":7}']
    named = names_in([Payload("Invoice", "1", row) for row in rows])
    assert named == ((), ())


def test_a_year_is_halved_down_to_a_day() -> None:
    parts = first_slices(date(2026, 6, 30))
    assert (parts[0], parts[-1]) == ("/2000-01-01", "2028-01-01/")
    assert condition(parts[0]) == "Date<DateTime(2000,01,01)"
    assert condition("2026-01-01/2027-01-01") == (
        "Date>=DateTime(2026,01,01) AND Date<DateTime(2027,01,01)"
    )
    part: str | None = "2026-01-01/2027-01-01"
    while part is not None and (both := halves(part)) is not None:
        part = both[1]
    assert part == "2026-12-31/2027-01-01"
    assert halves("/2000-01-01") is halves("2028-01-01/") is None
