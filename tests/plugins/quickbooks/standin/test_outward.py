"""Behaviour 11: intuit_tid, prints, e-mails, payment links, attachments."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
import requests

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn


def test_every_answer_has_its_own_tid(standin: StandIn, qbo: Any) -> None:
    standin.faults.next("503", match="customer/9")
    answers = [
        qbo.raw("GET", "companyinfo/1"),
        qbo.raw("GET", "customer/404"),
        qbo.raw("GET", "customer/9"),
        requests.get(f"{standin.url}/v3/company/1/customer/1", timeout=5),
        requests.get(f"{standin.url}/nowhere", timeout=5),
        requests.post(f"{standin.url}/oauth2/v1/tokens/bearer", timeout=5),
    ]
    tids = {answer.headers["intuit_tid"] for answer in answers}
    assert len(tids) == len(answers)
    assert {served.tid for served in standin.log} >= tids


def test_a_print_is_a_pdf(company: Any, qbo: Any) -> None:
    customer = company.customer()
    invoice, payment = company.invoice(customer), company.payment(customer, "5")
    for path in (f"invoice/{invoice}/pdf", f"payment/{payment}/pdf"):
        answer = qbo.raw("GET", path)
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")
        assert answer.content.rstrip().endswith(b"%%EOF")
    assert qbo.raw("GET", "invoice/404/pdf").json()["Fault"]["Error"][0]["code"] == "610"


def test_sending_marks_the_invoice_and_overwrites_its_address(
    company: Any, standin: StandIn, qbo: Any
) -> None:
    invoice = company.invoice(company.customer(), BillEmail={"Address": "old@example.com"})
    sent = qbo.raw("POST", f"invoice/{invoice}/send", "", sendTo="a+b@example.com").json()
    sent = sent["Invoice"]
    assert (sent["EmailStatus"], sent["SyncToken"]) == ("EmailSent", "1")
    assert sent["DeliveryInfo"]["DeliveryTime"] == "2026-05-01T12:00:00-07:00"
    assert sent["BillEmail"]["Address"] == "a+b@example.com"
    outbox = standin.apis[standin.books.realm].mail
    assert outbox.sent == [("Invoice", invoice, "a+b@example.com")]


def test_sending_needs_an_address_and_is_not_idempotent_by_itself(
    company: Any, standin: StandIn, qbo: Any, code: Any
) -> None:
    invoice = company.invoice(company.customer())
    assert code(qbo.post(f"invoice/{invoice}/send")) == "6000"
    for _ in range(2):
        qbo.raw("POST", f"invoice/{invoice}/send", "", sendTo="a@example.com")
    for _ in range(2):
        qbo.raw("POST", f"invoice/{invoice}/send", "", sendTo="a@example.com", requestid="r")
    assert len(standin.apis[standin.books.realm].mail.sent) == 3


def test_the_e_mails_of_a_day_are_counted(company: Any, client_of: Any, books: Books) -> None:
    invoice = company.invoice(company.customer(), BillEmail={"Address": "a@example.com"})
    with StandIn(books, options=Options(emails_per_day=2)) as standin:
        client = client_of(standin)
        path = f"invoice/{invoice}/send"
        assert [client.raw("POST", path, "").status_code for _ in range(3)] == [200, 200, 400]
        books.clock.advance(timedelta(days=1))
        client.use(standin.issue_grant()["access_token"])
        assert client.raw("POST", path, "").status_code == 200


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({"AllowOnlineACHPayment": True, "BillEmail": {"Address": "a@example.com"}}, True),
        ({"AllowOnlineACHPayment": True, "BillEmail": {"Address": "nobody"}}, False),
        ({"BillEmail": {"Address": "a@example.com"}}, False),
        ({"AllowOnlineCreditCardPayment": True}, False),
    ],
)
def test_a_payment_link_needs_to_be_asked_for_and_to_be_possible(
    company: Any, qbo: Any, more: dict[str, Any], shown: bool
) -> None:
    id = company.invoice(company.customer(), **more)
    asked = qbo.get(f"invoice/{id}", include="invoiceLink")["Invoice"]
    assert ("InvoiceLink" in asked) is shown
    assert "InvoiceLink" not in qbo.get(f"invoice/{id}")["Invoice"]
    assert "InvoiceLink" not in qbo.rows("select * from Invoice")[0]


def multipart(refs: list[dict[str, Any]]) -> tuple[str, str]:
    about = {"FileName": "a.txt", "ContentType": "text/plain"}
    if refs:
        about["AttachableRef"] = refs  # type: ignore[assignment]
    parts = (("file_metadata_01", json.dumps(about)), ("file_content_01", "hello"))
    body = "".join(
        f'--XX\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\n\r\n{text}\r\n'
        for name, text in parts
    )
    return body + "--XX--\r\n", "multipart/form-data; boundary=XX"


def test_an_upload_is_answered_with_its_attachable(company: Any, qbo: Any) -> None:
    invoice = company.invoice(company.customer())
    body, kind = multipart([{"EntityRef": {"type": "Invoice", "value": invoice}}])
    qbo.http.headers["Content-Type"] = kind
    [part] = qbo.raw("POST", "upload", body).json()["AttachableResponse"]
    assert part["Attachable"]["Size"] == 5
    assert part["Attachable"]["AttachableRef"][0]["IncludeOnSend"] is False
    assert qbo.get(f"attachable/{part['Attachable']['Id']}")["Attachable"]["FileName"] == "a.txt"


def test_a_failed_upload_is_a_fault_inside_200(company: Any, qbo: Any) -> None:
    body, kind = multipart([{"EntityRef": {"type": "Estimate", "value": "75"}}])
    qbo.http.headers["Content-Type"] = kind
    answer = qbo.raw("POST", "upload", body)
    assert answer.status_code == 200
    [part] = answer.json()["AttachableResponse"]
    assert part["Fault"]["Error"][0]["code"] == "6000"
    assert "Estimate 75" in part["Fault"]["Error"][0]["Detail"]
