"""Behaviour 2: the query language, its bounds, its faults and its orders."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn


def test_a_page_holds_a_hundred_rows_unless_asked(company: Any, qbo: Any) -> None:
    for number in range(105):
        company.customer(f"C{number:03}")
    assert len(qbo.rows("select * from Customer")) == 100
    assert len(qbo.rows("select * from Customer maxresults 1000")) == 105


@pytest.mark.parametrize(
    ("sql", "code", "said"),
    [
        ("select * from Custmoer", "4001", "invalid context declaration: Custmoer"),
        ("select * from Customer startposition 0", "4001", "value 0 is too small"),
        ("select * from Customer maxresults 1001", "4001", "value 1001 is too large"),
        ("select * from customer", "4001", "invalid context declaration: customer"),
        ("select * from Customer maxresults 1.5", "4000", "<INTEGER>"),
        ("selct * from Customer", "4000", "Encountered"),
        ("select Id from Customer", "4000", "Encountered"),
        ("select * from Customer where Id = '1' or Id = '2'", "4000", "Encountered"),
        ("select * from Customer where DisplayName = 'O'Neil'", "4000", "QueryParserError"),
        ("select * from Customer where DisplayName = 'O\u2019Neil'", "4000", "Lexical error"),
        ("select * from Customer where DisplayName = 'A\u2013B'", "4000", "(8211)"),
        ("select * from Invoice where EmailStatus = 'NotSet'", "4001", "not queryable"),
        ("", "2020", "query"),
    ],
)
def test_a_bad_statement_earns_its_own_fault(
    company: Any, qbo: Any, sql: str, code: str, said: str
) -> None:
    company.invoice(company.customer())
    answer = qbo.raw("POST", "query", sql)
    error = answer.json()["Fault"]["Error"][0]
    assert answer.status_code == 400
    assert error["code"] == code
    assert said in error["Detail"]


def test_an_apostrophe_is_escaped_with_a_backslash(company: Any, qbo: Any) -> None:
    id = company.customer("Amy's Bird Sanctuary")
    assert qbo.ids(r"select * from Customer where DisplayName = 'Amy\'s Bird Sanctuary'") == [id]


def test_get_and_post_ask_the_same(company: Any, qbo: Any) -> None:
    company.customer("Robertson & Associates")
    sql = "SELECT * FROM Customer WHERE DisplayName = 'Robertson & Associates'"
    assert qbo.get("query", query=sql)["QueryResponse"] == qbo.query(sql)


def test_inactive_entries_show_only_when_asked_for(company: Any, books: Books, qbo: Any) -> None:
    kept, gone = company.customer("Kept"), company.customer("Gone")
    books.deactivate("Customer", gone)
    assert qbo.ids("select * from Customer") == [kept]
    assert qbo.query("select count(*) from Customer") == {"totalCount": 1}
    every = "select * from Customer where Active in (true, false) orderby Id"
    assert [row["DisplayName"] for row in qbo.rows(every)] == ["Kept", "Gone (deleted)"]
    assert qbo.ids("select * from Customer where Active = false") == [gone]


def test_every_operator_compares_by_the_kind_of_the_field(company: Any, qbo: Any) -> None:
    customer = company.customer()
    small, middle, large = (company.invoice(customer, amount) for amount in ("9", "10", "100"))
    for where, expected in (
        ("Balance > '9.99'", [middle, large]),
        ("Balance <= '10'", [small, middle]),
        ("Balance = '100.0' and CustomerRef = '1'", [large]),
        (f"Id IN ('{small}', '{large}')", [small, large]),
        ("DocNumber LIKE '%2'", [middle]),
        ("TxnDate >= '2026-05-01' AND DueDate < '2026-07-01'", [small, middle, large]),
        ("MetaData.CreateTime < '2026-05-01T00:00:00Z'", []),
        ("MetaData.LastUpdatedTime >= '2026-05-01T12:00:00-07:00'", [small, middle, large]),
        ("MetaData.LastUpdatedTime < '2026-05-01T19:00:00.000Z'", []),
    ):
        assert qbo.ids(f"select * from Invoice where {where} orderby Id") == expected, where


def test_ids_are_ordered_as_numbers_unless_switched(company: Any, books: Books) -> None:
    for number in range(12):
        company.customer(f"C{number}")
    from recoup.plugins.quickbooks.standin import query

    statement = query.parse("select * from Customer order by Id desc")
    assert query.select(books, statement)[:3] == ["12", "11", "10"]
    assert query.select(books, statement, lexical_ids=True)[:3] == ["9", "8", "7"]


def test_transactions_come_newest_first_and_the_switch_turns_them(
    company: Any, books: Books, client_of: Any
) -> None:
    customer = company.customer()
    made = []
    for _ in range(3):
        made.append(company.invoice(customer))
        books.clock.advance(timedelta(seconds=1))
    company.payment(customer, "5", {made[0]: "5"})
    for oldest_first, expected in ((False, [made[0], made[2], made[1]]), (True, None)):
        with StandIn(books, options=Options(oldest_first=oldest_first)) as standin:
            found = client_of(standin).ids("select * from Invoice")
            assert found == (expected or [made[1], made[2], made[0]])


def test_customers_come_by_their_full_name(company: Any, qbo: Any) -> None:
    zoe = company.customer("Zoe")
    abe = company.customer("Abe")
    job = company.customer("Job", ParentRef={"value": abe})
    assert qbo.ids("select * from Customer") == [abe, job, zoe]


def test_order_takes_several_fields_and_both_spellings(company: Any, qbo: Any) -> None:
    customer = company.customer()
    first, second = company.invoice(customer, "5"), company.invoice(customer, "5")
    third = company.invoice(customer, "4")
    assert qbo.ids("select * from Invoice ORDERBY Balance DESC, Id DESC") == [second, first, third]
    assert qbo.ids("select * from Invoice ORDER BY Balance, Id") == [third, first, second]
    assert qbo.ids("select * from Invoice orderby Id maxresults 1 startposition 2") == [second]


def test_a_page_beyond_the_end_is_empty(company: Any, qbo: Any) -> None:
    company.customer()
    assert qbo.query("select * from Customer startposition 2") == {}
