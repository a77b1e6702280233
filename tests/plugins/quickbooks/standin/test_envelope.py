"""Behaviour 1: envelopes, strings and numbers exactly as on the wire."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import requests

from recoup.connector.standin.wire import dumps, loads


def test_an_empty_page_is_an_empty_object(qbo: Any) -> None:
    assert qbo.query("select * from Invoice") == {}


def test_a_page_names_its_start_and_its_size(company: Any, qbo: Any) -> None:
    for name in "ABC":
        company.customer(name)
    page = qbo.query("select * from Customer startposition 2 maxresults 5")
    assert (page["startPosition"], page["maxResults"]) == (2, 2)


def test_total_count_equals_the_page_and_only_some_entities_carry_it(
    company: Any, qbo: Any
) -> None:
    customer = company.customer()
    for _ in range(3):
        company.invoice(customer)
        company.payment(customer, "1")
    assert qbo.query("select * from Invoice maxresults 2")["totalCount"] == 2
    assert "totalCount" not in qbo.query("select * from Payment maxresults 2")
    assert "totalCount" not in qbo.query("select * from Customer")


def test_a_count_is_only_a_total(company: Any, qbo: Any) -> None:
    company.customer()
    assert qbo.query("select count(*) from Customer") == {"totalCount": 1}


def test_amounts_have_two_places_but_zero_is_bare(company: Any, qbo: Any) -> None:
    company.invoice(company.customer(), "100")
    text = qbo.raw("POST", "query", "select * from Invoice").text
    assert '"TotalAmt":100.00' in text
    assert '"TotalTax":0}' in text


def test_a_loaded_document_is_served_letter_by_letter(books: Any, qbo: Any) -> None:
    text = (
        '{"Id":"7","SyncToken":"3","TotalAmt":12345678901234.50,"Balance":0,"Unheard":{"Of":[]},'
        '"Qty":3.5,"MetaData":{"LastUpdatedTime":"2026-01-02T03:04:05-08:00"},"Note":"\\u0007é—"}'
    )
    books.load("Invoice", loads(text))
    row = qbo.raw("POST", "query", "select * from Invoice").text
    assert dumps(loads(text)) in row


def test_ids_and_sync_tokens_are_strings_and_nulls_are_left_out(company: Any, qbo: Any) -> None:
    id = company.invoice(company.customer(), PrivateNote=None)
    invoice = qbo.get(f"invoice/{id}")["Invoice"]
    assert invoice["Id"] == id
    assert invoice["SyncToken"] == "0"
    assert "PrivateNote" not in invoice
    assert "null" not in dumps(invoice)


def test_a_single_currency_company_shows_no_exchange_fields(company: Any, qbo: Any) -> None:
    id = company.invoice(company.customer())
    fields = qbo.get(f"invoice/{id}")["Invoice"].keys()
    assert not fields & {"ExchangeRate", "HomeTotalAmt", "HomeBalance", "Deposit", "InvoiceLink"}


def test_a_single_read_stands_under_its_entity_with_the_time(company: Any, qbo: Any) -> None:
    id = company.customer()
    answer = qbo.get(f"customer/{id}")
    assert list(answer) == ["Customer", "time"]
    assert answer["time"] == "2026-05-01T12:00:00.250-07:00"


def test_company_info_answers_to_one_and_to_the_realm(qbo: Any) -> None:
    one = qbo.get("companyinfo/1")["CompanyInfo"]
    assert one == qbo.get(f"companyinfo/{qbo.realm}")["CompanyInfo"]
    assert qbo.rows("select * from CompanyInfo") == [one]
    assert qbo.get("preferences")["Preferences"]["CurrencyPrefs"]["MultiCurrencyEnabled"] is False


def test_a_long_answer_is_zipped_when_asked_and_plain_when_not(company: Any, qbo: Any) -> None:
    for number in range(5):
        company.customer(f"C{number}")
    url, headers = f"{qbo.base}/query", {"Authorization": qbo.http.headers["Authorization"]}
    for encoding, zipped in (("gzip", True), ("gzip;q=0", False), ("identity", False)):
        answer = requests.post(
            url,
            data="select * from Customer",
            headers={**headers, "Accept-Encoding": encoding},
            timeout=5,
        )
        assert (answer.headers.get("Content-Encoding") == "gzip") is zipped
        assert len(answer.json()["QueryResponse"]["Customer"]) == 5


def test_decimals_keep_every_place_through_the_writer() -> None:
    value = {"a": Decimal("1E+2"), "b": Decimal("0.00000001"), "c": Decimal("-0.10"), "d": 0}
    assert dumps(value) == '{"a":100,"b":0.00000001,"c":-0.10,"d":0}'
