"""xero-python, as it is, drives the stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal

import pytest

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.server import StandIn

pytest.importorskip("xero_python")

import urllib3
from xero_python.accounting import (
    Account,
    AccountingApi,
    Allocation,
    Allocations,
    Contact,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    LineItem,
    Payment,
    Payments,
)
from xero_python.api_client import ApiClient, Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.exceptions import AccountingBadRequestException
from xero_python.identity import IdentityApi

Enter = Callable[..., str]


@pytest.fixture
def client(standin: StandIn) -> Iterator[ApiClient]:
    """A client of the SDK with the settings of a local server and no retries of its own."""
    token = {**standin.issue_grant(), "expires_at": 4_000_000_000.0}
    token["scope"] = token["scope"].split()
    configuration = Configuration()
    configuration.oauth2_token = OAuth2Token("id", "secret")
    made = ApiClient(
        configuration,
        oauth2_token_getter=lambda: token,
        oauth2_token_saver=token.update,
    )
    made.rest_client.pool_manager.connection_pool_kw["retries"] = urllib3.Retry(False)
    yield made
    made.rest_client.pool_manager.clear()


@pytest.fixture
def api(client: ApiClient, standin: StandIn) -> AccountingApi:
    return AccountingApi(client, base_url=f"{standin.url}/api.xro/2.0")


def test_connections_are_read(client: ApiClient, standin: StandIn, books: Books) -> None:
    [link] = IdentityApi(client, base_url=standin.url).get_connections()
    assert (str(link.tenant_id), link.tenant_name) == (books.tenant_id, "Demo Company")


def test_the_sdk_refreshes_by_itself(
    client: ApiClient, standin: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenApi, "refresh_token_url", f"{standin.url}/connect/token")
    held = dict(client.get_oauth2_token())
    renewed = client.refresh_oauth2_token()
    assert renewed["refresh_token"] != held["refresh_token"]
    assert renewed["expires_in"] == 1800


def test_models_read_every_list(
    api: AccountingApi, books: Books, invoice: Enter, acme: str
) -> None:
    id = invoice("100.00", on="2026-04-01")
    books.pay_over(id, "130")
    books.create_prepayment(acme, "5")
    books.create_credit_note(acme, "7")
    books.batch_pay([(invoice("1"), "1")])
    tenant = books.tenant_id
    [shown, _] = api.get_invoices(tenant, page=1, page_size=100, order="InvoiceNumber").invoices
    assert (shown.date, shown.total, shown.status) == (date(2026, 4, 1), Decimal(100), "PAID")
    assert {p.payment_type for p in api.get_payments(tenant).payments} == {"ACCRECPAYMENT"}
    assert api.get_overpayments(tenant).overpayments[0].remaining_credit == 30
    assert api.get_prepayments(tenant).prepayments[0].remaining_credit == 5
    assert api.get_credit_notes(tenant).credit_notes[0].remaining_credit == 7
    assert api.get_batch_payments(tenant).batch_payments[0].total_amount == 1
    assert len(api.get_bank_transactions(tenant).bank_transactions) == 1
    assert "090" in {account.code for account in api.get_accounts(tenant).accounts}
    assert api.get_organisations(tenant).organisations[0].base_currency.value == "NZD"
    assert api.get_contacts(tenant, page=1).contacts[0].balances.accounts_receivable
    assert api.get_report_trial_balance(tenant).reports[0].report_name == "Trial Balance"
    assert api.get_tax_rates(tenant).tax_rates


def test_raw_answers_are_read_without_the_models(
    api: AccountingApi, books: Books, invoice: Enter
) -> None:
    invoice()
    answer = api.get_invoices(
        books.tenant_id,
        "2026-04-30T00:00:00",
        page=1,
        page_size=1000,
        order="InvoiceID ASC",
        _preload_content=False,
    )
    body = json.loads(answer.data, parse_float=Decimal)
    assert body["pagination"]["itemCount"] == 1
    assert answer.headers["X-MinLimit-Remaining"]


def test_documents_are_written(api: AccountingApi, books: Books, acme: str) -> None:
    tenant = books.tenant_id
    line = LineItem(description="Work", quantity=1.0, unit_amount=80.0, account_code="200")
    asked = Invoice(
        type="ACCREC",
        contact=Contact(contact_id=acme),
        line_items=[line],
        date=date(2026, 5, 1),
        due_date=date(2026, 5, 20),
        status="AUTHORISED",
    )
    made = api.create_invoices(tenant, Invoices(invoices=[asked]), idempotency_key="op-1").invoices[
        0
    ]
    settled = Invoice(invoice_id=made.invoice_id)
    paid = Payment(
        invoice=settled,
        account=Account(code="090"),
        date=date(2026, 5, 2),
        amount=30.0,
        reference="op-2",
    )
    [kept] = api.create_payments(tenant, Payments(payments=[paid])).payments
    assert kept.amount == 30
    credit = books.create_credit_note(acme, "50")["CreditNoteID"]
    part = Allocation(amount=50.0, date=date(2026, 5, 3), invoice=settled)
    api.create_credit_note_allocation(tenant, credit, Allocations(allocations=[part]))
    assert books.get("Invoices", made.invoice_id)["Status"] == "PAID"
    note = HistoryRecords(history_records=[HistoryRecord(details="Reminded")])
    api.create_invoice_history(tenant, made.invoice_id, note)
    assert api.get_online_invoice(tenant, made.invoice_id).online_invoices[0].online_invoice_url
    assert books.check() == []


def test_a_refusal_arrives_as_the_exception_of_the_sdk(api: AccountingApi, books: Books) -> None:
    with pytest.raises(AccountingBadRequestException) as caught:
        api.create_payments(books.tenant_id, Payments(payments=[Payment(amount=1.0)]))
    assert caught.value.status == 400
    assert "Payment must be against" in str(caught.value.body)
