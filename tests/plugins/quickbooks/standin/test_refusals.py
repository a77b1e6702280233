"""Behaviour 6: what the API refuses, with code and text; batches fail item by item."""

from __future__ import annotations

import json
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.books import Books


def error(answer: Any) -> tuple[str, str]:
    [one] = answer["Fault"]["Error"]
    return one["code"], one["Detail"]


def test_a_stale_token_is_5010(company: Any, qbo: Any) -> None:
    invoice = company.invoice(company.customer())
    body = {"Id": invoice, "SyncToken": "7", "sparse": True, "PrivateNote": "x"}
    answer = qbo.raw("POST", "invoice", json.dumps(body))
    assert answer.status_code == 400
    code, detail = error(answer.json())
    assert (code, detail[:20]) == ("5010", "Stale Object Error :")
    assert answer.json()["Fault"]["type"] == "ValidationFault"


def test_applying_a_payment_makes_a_held_token_stale(company: Any, qbo: Any) -> None:
    customer = company.customer()
    invoice = company.invoice(customer)
    company.payment(customer, "5", {invoice: "5"})
    answer = qbo.post("invoice", {"Id": invoice, "SyncToken": "0"}, operation="void")
    assert error(answer)[0] == "5010"


@pytest.mark.parametrize("entity", ["invoice", "payment", "customer"])
def test_what_is_not_there_is_610(qbo: Any, entity: str) -> None:
    assert error(qbo.get(f"{entity}/404"))[0] == "610"
    body = {"Id": "404", "SyncToken": "0", "sparse": True}
    assert error(qbo.post(entity, body))[0] == "610"


def test_an_inactive_customer_is_610_for_new_documents(
    company: Any, books: Books, qbo: Any
) -> None:
    customer = company.customer()
    books.deactivate("Customer", customer)
    body = {"CustomerRef": {"value": customer}, "TotalAmt": 5}
    code, detail = error(qbo.post("payment", body))
    assert code == "610"
    assert "made inactive" in detail


def test_an_unknown_field_is_2010_and_a_missing_one_2020(company: Any, qbo: Any) -> None:
    code, detail = error(qbo.post("invoice", {"BadJson": True}))
    assert code == "2010"
    assert 'Unrecognized field "BadJson"' in detail
    assert error(qbo.post("invoice", {"CustomerRef": {"value": company.customer()}}))[0] == "2020"
    assert error(qbo.post("payment", {"TotalAmt": 5}))[0] == "2020"
    assert error(qbo.raw("POST", "invoice", "{nonsense").json())[0] == "2010"


def test_ids_are_numbers(qbo: Any) -> None:
    answer = qbo.get("customer/1.5")
    detail = "Id should be a valid number. Supplied value:1.5"
    assert error(answer) == ("2030", detail)
    assert "time" not in answer


def test_references_must_exist(company: Any, qbo: Any) -> None:
    body = {"CustomerRef": {"value": "99"}, "TotalAmt": 5}
    assert error(qbo.post("payment", body))[0] == "2500"
    line = {"Amount": 5, "LinkedTxn": [{"TxnId": "99", "TxnType": "Invoice"}]}
    body = {"CustomerRef": {"value": company.customer()}, "TotalAmt": 5, "Line": [line]}
    assert error(qbo.post("payment", body))[0] == "2500"


def test_names_are_unique_over_customers_vendors_and_employees(
    company: Any, books: Books, qbo: Any
) -> None:
    customer = company.customer("Weiskopf")
    for entity in ("customer", "vendor", "employee"):
        assert error(qbo.post(entity, {"DisplayName": "weiskopf"}))[0] == "6240"
    books.deactivate("Customer", customer)
    made = qbo.post("customer", {"DisplayName": "Weiskopf"})["Customer"]
    again = books.deactivate("Customer", made["Id"])
    assert again["DisplayName"] == "Weiskopf (deleted-1)"
    back = books.update("Customer", {"Id": customer, "Active": True}, True)
    assert back["DisplayName"] == "Weiskopf"


def test_a_number_used_twice_is_6140_when_the_company_numbers_itself(
    company: Any, books: Books, qbo: Any
) -> None:
    customer = company.customer()
    company.invoice(customer, DocNumber="A-1")
    company.invoice(customer, DocNumber="A-1")  # legal as long as the platform numbers
    prefs = books.get("Preferences", "1")
    prefs["SalesFormsPrefs"]["CustomTxnNumbers"] = True
    books.update("Preferences", prefs, True)
    line = {"Amount": 1, "DetailType": "SalesItemLineDetail"}
    body = {"CustomerRef": {"value": customer}, "Line": [line], "DocNumber": "A-1"}
    code, detail = error(qbo.post("invoice", body))
    assert code == "6140"
    assert "DocNumber=A-1" in detail
    twin = qbo.post("invoice", body, include="allowduplicatedocnum")
    assert twin["Invoice"]["DocNumber"] == "A-1"


def test_a_bank_matched_payment_is_6480(company: Any, books: Books, qbo: Any) -> None:
    payment = company.payment(company.customer(), "5")
    books.bank_match(payment)
    body = {"Id": payment, "SyncToken": "0"}
    assert error(qbo.post("payment", body, operation="delete"))[0] == "6480"
    assert error(qbo.post("payment", body, operation="update", include="void"))[0] == "6480"


def test_texts_have_their_length_and_names_their_letters(company: Any, qbo: Any) -> None:
    line = {"Amount": 1, "DetailType": "SalesItemLineDetail"}
    body = {"CustomerRef": {"value": company.customer()}, "Line": [line]}
    assert error(qbo.post("invoice", {**body, "DocNumber": "9" * 22}))[0] == "2050"
    assert error(qbo.post("invoice", {**body, "PrivateNote": "x" * 4001}))[0] == "2050"
    assert error(qbo.post("customer", {"DisplayName": "A:B"}))[0] == "6000"
    assert error(qbo.post("invoice", {**body, "TxnDate": "2026-02-30"}))[0] == "2090"


def test_an_impossible_path_is_an_unsupported_operation(qbo: Any) -> None:
    code, detail = error(qbo.get("customer/1/5"))
    assert code == "500"
    assert f"/v3/company/{qbo.realm}/customer/1/5" in detail
    assert error(qbo.get("unicorn/1"))[0] == "500"
    assert error(qbo.get("reports/ProfitAndLoss"))[0] == "500"
    assert (
        error(qbo.post("customer", {"Id": "1", "SyncToken": "0"}, operation="delete"))[0] == "610"
    )


def test_batch_items_succeed_and_fail_apart(company: Any, qbo: Any) -> None:
    customer = company.customer("Acme")
    invoice = company.invoice(customer)
    items = [
        {"bId": "a", "operation": "create", "Vendor": {"DisplayName": "Boraski"}},
        {"bId": "b", "operation": "delete", "Invoice": {"Id": "404", "SyncToken": "0"}},
        {"bId": "c", "operation": "update", "Invoice": {"Id": invoice, "SyncToken": "9"}},
        {"bId": "d", "Query": f"select * from Invoice where Id = '{invoice}'"},
        {"bId": "e", "Query": "select * from Nope"},
        {"bId": "f", "operation": "create", "Customer": {"DisplayName": "Acme"}},
    ]
    answer = qbo.raw("POST", "batch", json.dumps({"BatchItemRequest": items}))
    assert answer.status_code == 200
    found = {part.pop("bId"): part for part in answer.json()["BatchItemResponse"]}
    assert found["a"]["Vendor"]["DisplayName"] == "Boraski"
    assert [error(found[key])[0] for key in "bcef"] == ["610", "5010", "4001", "6240"]
    assert found["d"]["QueryResponse"]["Invoice"][0]["Id"] == invoice


def test_a_failed_item_undoes_only_itself(company: Any, books: Books, qbo: Any) -> None:
    customer = company.customer()
    line = {"Amount": 9, "LinkedTxn": [{"TxnId": "404", "TxnType": "Invoice"}]}
    good = {"CustomerRef": {"value": customer}, "TotalAmt": 5}
    items = [
        {"bId": "1", "operation": "create", "Payment": good},
        {"bId": "2", "operation": "create", "Payment": {**good, "Line": [line]}},
        {"bId": "3", "operation": "create", "Payment": good},
    ]
    qbo.post("batch", {"BatchItemRequest": items})
    assert len(books.rows("Payment")) == 2
    assert books.get("Customer", customer)["Balance"] == -10
    assert books.check() == []


def test_a_batch_can_void_by_its_options(company: Any, books: Books, qbo: Any) -> None:
    payment = company.payment(company.customer(), "5")
    body = {"Id": payment, "SyncToken": "0", "sparse": True}
    item = {"bId": "1", "operation": "update", "optionsData": "void", "Payment": body}
    qbo.post("batch", {"BatchItemRequest": [item]})
    assert books.get("Payment", payment)["PrivateNote"] == "Voided"


def test_the_thirty_first_item_is_refused(books: Books, qbo: Any) -> None:
    items = [
        {"bId": str(n), "operation": "create", "Customer": {"DisplayName": f"C{n}"}}
        for n in range(31)
    ]
    assert error(qbo.post("batch", {"BatchItemRequest": items}))[0] == "6000"
    assert books.rows("Customer") == []
    assert len(qbo.post("batch", {"BatchItemRequest": items[:30]})["BatchItemResponse"]) == 30


def test_a_list_entry_is_never_deleted(company: Any, qbo: Any) -> None:
    body = {"Id": company.customer(), "SyncToken": "0"}
    assert error(qbo.post("customer", body, operation="delete"))[0] == "500"
