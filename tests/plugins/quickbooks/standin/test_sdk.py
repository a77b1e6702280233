"""The real python-quickbooks drives the stand-in, with the requests it emits itself."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import requests

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.server import StandIn

quickbooks = pytest.importorskip("quickbooks")


class Session(requests.Session):
    """What the library needs of a session: request() and access_token."""

    access_token = ""


@pytest.fixture
def sdk(standin: StandIn) -> Iterator[Any]:
    client = quickbooks.QuickBooks(
        company_id=standin.books.realm, minorversion=75, use_decimal=True
    )
    with Session() as session:
        session.access_token = str(standin.issue_grant()["access_token"])
        client.session = session
        client.api_url_v3 = f"{standin.url}/v3"
        yield client


def test_objects_are_created_read_changed_and_deleted(sdk: Any, books: Books) -> None:
    from quickbooks.objects.customer import Customer
    from quickbooks.objects.invoice import Invoice

    customer = Customer()
    customer.DisplayName = "Amy's Bird Sanctuary"
    customer.save(qb=sdk)
    body = {"CustomerRef": {"value": customer.Id}, "Line": [_line("112.50")]}
    invoice = Invoice.from_json(body).save(qb=sdk)
    assert invoice.TotalAmt == Decimal("112.50")
    again = Invoice.get(invoice.Id, qb=sdk)
    again.PrivateNote = "checked"
    again = again.save(qb=sdk)
    assert again.SyncToken == "1"
    assert Customer.filter(DisplayName="Amy's Bird Sanctuary", qb=sdk)[0].Balance == Decimal(
        "112.5"
    )
    again.delete(qb=sdk)
    assert Invoice.all(qb=sdk) == []
    assert books.check() == []


def _line(amount: str) -> dict[str, Any]:
    detail = {"ItemRef": {"value": "1"}}
    kind = "SalesItemLineDetail"
    return {"Amount": float(amount), "DetailType": kind, kind: detail}


def test_raw_calls_answer_raw_bodies(sdk: Any, company: Any) -> None:
    customer = company.customer()
    invoice = company.invoice(customer)
    assert sdk.query("select count(*) from Invoice")["QueryResponse"]["totalCount"] == 1
    assert sdk.get_single_object("Invoice", invoice)["Invoice"]["Balance"] == 100
    changed = sdk.change_data_capture("Invoice,Payment", "2026-05-01T18:00:00Z")
    assert changed["CDCResponse"][0]["QueryResponse"][1] == {}
    report = sdk.get_report("AgedReceivables", {"report_date": "2026-05-01"})
    assert report["Rows"]["Row"][-1]["group"] == "GrandTotal"
    assert sdk.download_pdf("Invoice", invoice).startswith(b"%PDF")


def test_voids_sends_and_batches(sdk: Any, company: Any, books: Books) -> None:
    from quickbooks.batch import batch_create
    from quickbooks.objects.customer import Customer
    from quickbooks.objects.invoice import Invoice
    from quickbooks.objects.payment import Payment

    customer = company.customer()
    invoice, payment = company.invoice(customer), company.payment(customer, "5")
    Invoice.get(invoice, qb=sdk).send(qb=sdk, send_to="a+b@example.com")
    assert books.get("Invoice", invoice)["EmailStatus"] == "EmailSent"
    Invoice.get(invoice, qb=sdk).void(qb=sdk)
    Payment.get(payment, qb=sdk).void(qb=sdk)
    assert books.get("Payment", payment)["PrivateNote"] == "Voided"
    made = []
    for name in "XYZ":
        made.append(Customer())
        made[-1].DisplayName = name
    assert len(batch_create(made, qb=sdk).successes) == 3


def test_an_attachment_is_uploaded(sdk: Any, company: Any, tmp_path: Any) -> None:
    from quickbooks.objects.attachable import Attachable

    invoice = company.invoice(company.customer())
    path = tmp_path / "note.txt"
    path.write_text("hello")
    attachment = Attachable.from_json(
        {
            "FileName": "note.txt",
            "ContentType": "text/plain",
            "AttachableRef": [{"EntityRef": {"type": "Invoice", "value": invoice}}],
        }
    )
    attachment._FilePath = str(path)
    attachment.save(qb=sdk)
    assert attachment.Id == "1"


def test_faults_become_its_exceptions(sdk: Any, standin: StandIn) -> None:
    from quickbooks.exceptions import (
        AuthorizationException,
        ObjectNotFoundException,
        QuickbooksException,
        ValidationException,
    )
    from quickbooks.objects.invoice import Invoice

    with pytest.raises(ObjectNotFoundException):
        Invoice.get(404, qb=sdk)
    with pytest.raises(ValidationException):
        sdk.query("select * from Nothing")
    standin.faults.next("429_xml")
    with pytest.raises(QuickbooksException, match="Error reading json"):
        sdk.query("select * from Invoice")
    sdk.session.access_token = "old"
    with pytest.raises(AuthorizationException):
        sdk.query("select * from Invoice")
