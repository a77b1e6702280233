"""Behaviour 5: change data capture."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from recoup.plugins.quickbooks.standin.books import Books

SINCE = "2026-05-01T11:00:00-07:00"


def cdc(qbo: Any, entities: str, since: str = SINCE) -> list[Any]:
    answer = qbo.get("cdc", entities=entities, changedSince=since)
    [only] = answer["CDCResponse"]
    return list(only["QueryResponse"])


def test_each_entity_has_its_element_and_an_idle_one_is_empty(company: Any, qbo: Any) -> None:
    invoice = company.invoice(company.customer())
    found = cdc(qbo, "Invoice,Payment,customer")
    assert [list(part)[:1] for part in found] == [["Invoice"], [], ["Customer"]]
    assert found[0]["Invoice"][0] == qbo.get(f"invoice/{invoice}")["Invoice"]
    assert (found[0]["startPosition"], found[0]["maxResults"], found[0]["totalCount"]) == (1, 1, 1)


def test_the_instant_counts_whatever_offset_it_is_written_in(
    company: Any, books: Books, qbo: Any
) -> None:
    company.customer("Before")
    books.clock.advance(timedelta(minutes=1))
    company.customer("After")
    for since in ("2026-05-01T12:01:00-07:00", "2026-05-01T19:01:00Z", "2026-05-01T12:01:00"):
        [part] = cdc(qbo, "Customer", since)
        assert [row["DisplayName"] for row in part["Customer"]] == ["After"], since


def test_a_deleted_document_is_a_stub(company: Any, books: Books, qbo: Any) -> None:
    invoice = company.invoice(company.customer())
    books.clock.advance(timedelta(minutes=5))
    books.delete("Invoice", invoice)
    [part] = cdc(qbo, "Invoice")
    meta = {"LastUpdatedTime": "2026-05-01T12:05:00-07:00"}
    stub = {"domain": "QBO", "status": "Deleted", "Id": invoice, "MetaData": meta}
    assert part["Invoice"] == [stub]


def test_a_merged_customer_is_reported_deleted(company: Any, books: Books, qbo: Any) -> None:
    keep, gone = company.customer("Keep"), company.customer("Gone")
    books.merge_customers(keep, gone)
    [part] = cdc(qbo, "Customer")
    assert {row["Id"]: row.get("status") for row in part["Customer"]} == {
        keep: None,
        gone: "Deleted",
    }


def test_a_thousand_objects_are_shared_by_all_entities_in_silence(
    company: Any, books: Books, qbo: Any
) -> None:
    now = books.local()
    for entity, count in (("Invoice", 600), ("Payment", 600), ("Customer", 5)):
        for id in range(1, count + 1):
            books.load(entity, {"Id": str(id), "MetaData": {"LastUpdatedTime": now}})
    sizes = [part.get("maxResults", 0) for part in cdc(qbo, "Invoice,Payment,Customer")]
    assert sizes == [600, 400, 0]


def test_more_than_thirty_days_back_is_refused(qbo: Any, code: Any) -> None:
    old = qbo.get("cdc", entities="Invoice", changedSince="2026-04-01T11:00:00-07:00")
    assert code(old) == "2090"
    assert code(qbo.get("cdc", entities="Invoice", changedSince="yesterday")) == "2090"
    assert code(qbo.get("cdc", changedSince=SINCE)) == "2020"


def test_tax_entities_are_not_covered(qbo: Any, code: Any) -> None:
    for entity in ("TaxCode", "TaxRate", "TaxAgency", "TimeActivity", "Nonsense"):
        assert code(qbo.get("cdc", entities=f"Invoice,{entity}", changedSince=SINCE)) == "4001"


def test_the_switch_reports_a_living_document_deleted(company: Any, standin: Any, qbo: Any) -> None:
    invoice = company.invoice(company.customer())
    standin.faults.next("false_deleted", ids=[invoice])
    assert cdc(qbo, "Customer,Invoice")[1]["Invoice"][0]["status"] == "Deleted"
    assert qbo.get(f"invoice/{invoice}")["Invoice"]["Balance"] == 100
    assert "status" not in cdc(qbo, "Invoice")[0]["Invoice"][0]


def test_a_poisoned_record_fails_the_call_as_long_as_it_would_show(
    company: Any, books: Books, standin: Any, qbo: Any, code: Any
) -> None:
    invoice = company.invoice(company.customer())
    standin.faults.poisoned.add(("Invoice", invoice))
    failed = qbo.get("cdc", entities="Invoice,Customer", changedSince=SINCE)
    assert code(failed) == "4002"
    assert cdc(qbo, "Customer")[0]["maxResults"] == 1
    assert qbo.ids("select * from Invoice") == [invoice]
    assert cdc(qbo, "Invoice", "2026-05-01T12:00:01-07:00") == [{}]
    standin.faults.next("poison_4002")
    assert code(qbo.get("cdc", entities="Customer", changedSince=SINCE)) == "4002"
