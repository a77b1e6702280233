"""The shape of answers: XML unless JSON is asked for, the envelope, dates, absent fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options

Enter = Callable[..., str]


def test_without_a_word_the_answer_is_xml(xero: Any, invoice: Enter) -> None:
    id = invoice(on="2026-02-26")
    answer = xero.raw("GET", "Invoices", headers={"Accept": "*/*"})
    assert answer.headers["Content-Type"].startswith("text/xml")
    tree = ElementTree.fromstring(answer.text)
    assert tree.tag == "Response"
    assert tree.findtext("Invoices/Invoice/InvoiceID") == id
    assert tree.findtext("Invoices/Invoice/Date") == "2026-02-26T00:00:00"
    assert tree.findtext("Invoices/Invoice/LineAmountTypes") == "NoTax"


def test_a_refusal_is_xml_too(xero: Any) -> None:
    answer = xero.raw("PUT", "Payments", {}, headers={"Accept": "*/*"})
    tree = ElementTree.fromstring(answer.text)
    assert (answer.status_code, tree.tag, tree.findtext("ErrorNumber")) == (
        400,
        "ApiException",
        "10",
    )


def test_the_envelope_has_an_id_a_status_a_provider_and_the_servers_time(xero: Any) -> None:
    answer = xero.get("Contacts")
    assert list(answer)[:4] == ["Id", "Status", "ProviderName", "DateTimeUTC"]
    assert answer["Status"] == "OK"
    assert answer["DateTimeUTC"] == "/Date(1777593600250)/"


def test_dates_stand_at_midnight_utc_beside_their_plain_twins(xero: Any, invoice: Enter) -> None:
    row = xero.one("Invoices", invoice(on="2020-01-31", due="2020-02-10"))
    assert (row["Date"], row["DateString"]) == ("/Date(1580428800000+0000)/", "2020-01-31T00:00:00")
    assert row["DueDateString"] == "2020-02-10T00:00:00"
    assert re.fullmatch(r"/Date\(\d{13}\+0000\)/", row["UpdatedDateUTC"])
    assert row["UpdatedDateUTC"] == "/Date(1777593600250+0000)/"  # with its milliseconds


def test_the_spelled_stamp_can_be_switched_off(xero: Any, invoice: Enter, options: Options) -> None:
    id = invoice()
    assert xero.one("Invoices", id)["UpdatedDateUTCString"] == "2026-05-01T00:00:00Z"
    options.updated_string = False
    assert "UpdatedDateUTCString" not in xero.one("Invoices", id)


def test_a_field_without_a_value_is_absent(
    xero: Any, books: Books, invoice: Enter, acme: str
) -> None:
    id = invoice(status="DRAFT")
    books.pay(invoice(), "1")
    assert not {"DueDate", "FullyPaidOnDate", "SentToContact"} & set(xero.one("Invoices", id))
    assert not {"ContactNumber", "MergedToContactID"} & set(xero.one("Contacts", acme))
    for kind in ("Invoices", "Contacts", "Payments", "Accounts", "Organisation"):
        assert ":null" not in xero.raw("GET", kind).text


def test_amounts_keep_their_places(xero: Any, invoice: Enter) -> None:
    invoice("1234567890.10")
    assert '"Total":1234567890.10' in xero.raw("GET", "Invoices").text


def test_large_answers_are_zipped_for_whoever_accepts(xero: Any, invoice: Enter) -> None:
    for _ in range(5):
        invoice()
    plain = xero.raw("GET", "Invoices", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    zipped = xero.raw("GET", "Invoices", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.json()["Invoices"] == plain.json()["Invoices"]
