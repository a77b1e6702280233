"""Behaviour 7: a requestid replays its answer, also after a restart, and per company."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import requests

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn


def test_the_same_request_is_answered_as_before(books: Books, qbo: Any) -> None:
    first = qbo.post("customer", {"DisplayName": "Acme"}, requestid="r1")
    books.clock.unfreeze()
    again = qbo.post("customer", {"DisplayName": "Acme"}, requestid="r1")
    assert again == first
    assert len(books.rows("Customer")) == 1


def test_an_empty_requestid_is_none(qbo: Any, code: Any) -> None:
    qbo.post("customer", {"DisplayName": "Acme"}, requestid="")
    assert code(qbo.post("customer", {"DisplayName": "Acme"}, requestid="")) == "6240"


def test_another_request_under_the_same_id_is_refused(qbo: Any, code: Any) -> None:
    qbo.post("customer", {"DisplayName": "Acme"}, requestid="r1")
    assert code(qbo.post("customer", {"DisplayName": "Other"}, requestid="r1")) == "6000"


def test_a_refusal_is_not_remembered(company: Any, qbo: Any, code: Any) -> None:
    company.customer("Acme")
    body = {"DisplayName": "Acme"}
    assert code(qbo.post("customer", body, requestid="r1")) == "6240"
    company.books.rename("Customer", "1", "Else")
    assert qbo.post("customer", body, requestid="r1")["Customer"]["DisplayName"] == "Acme"


def test_deletes_voids_and_batches_replay_too(company: Any, books: Books, qbo: Any) -> None:
    invoice = company.invoice(company.customer())
    body = {"Id": invoice, "SyncToken": "0"}
    for operation in ("void", "delete"):
        first = qbo.post("invoice", body, operation=operation, requestid=operation)
        assert "Fault" not in first
        assert qbo.post("invoice", body, operation=operation, requestid=operation) == first
        body["SyncToken"] = "1"
    item = {"bId": "1", "operation": "create", "Customer": {"DisplayName": "B"}}
    batch = {"BatchItemRequest": [item]}
    assert qbo.post("batch", batch, requestid="b") == qbo.post("batch", batch, requestid="b")


def test_companies_do_not_share_request_ids(client_of: Any) -> None:
    pair = [Books("1001"), Books("1002")]
    with StandIn(pair) as standin:
        for books in pair:
            client_of(standin, books.realm).post("customer", {"DisplayName": "A"}, requestid="r")
            assert len(books.rows("Customer")) == 1


def test_two_at_once_make_one_document(books: Books, qbo: Any, standin: Any) -> None:
    url = f"{qbo.base}/customer?requestid=same"
    headers = {"Authorization": qbo.http.headers["Authorization"]}
    texts: list[str] = []

    def send() -> None:
        body = '{"DisplayName":"Acme"}'
        texts.append(requests.post(url, data=body, headers=headers, timeout=10).text)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(texts)) == 1
    assert len(books.rows("Customer")) == 1


@pytest.fixture
def state(tmp_path: Path) -> Options:
    return Options(state=str(tmp_path / "standin.state"))


def test_answers_documents_and_grants_survive_a_restart(client_of: Any, state: Options) -> None:
    with StandIn(Books("1001"), options=state) as standin:
        first = client_of(standin)
        made = first.post("customer", {"DisplayName": "Acme"}, requestid="r1")
        refresh = first.grant["refresh_token"]
    books = Books("1001")
    with StandIn(books, options=state) as standin:
        again = client_of(standin)
        assert again.post("customer", {"DisplayName": "Acme"}, requestid="r1") == made
        assert len(books.rows("Customer")) == 1
        headers = {"authorization": "Basic YTpi"}
        form = f"grant_type=refresh_token&refresh_token={refresh}"
        assert standin.consent.token(headers, form)["expires_in"] == 3600


def test_a_restart_keeps_tombstones_balances_and_the_next_id(
    client_of: Any, company_of: Any, state: Options
) -> None:
    with StandIn(Books("1001"), options=state) as standin:
        company = company_of(standin.books)
        customer = company.customer()
        kept, gone = company.invoice(customer, "40"), company.invoice(customer, "60")
        standin.books.delete("Invoice", gone)
    books = Books("1001")
    with StandIn(books, options=state) as standin:
        assert [id for id, _ in books.tombstones("Invoice")] == [gone]
        assert books.get("Customer", customer)["Balance"] == 40
        assert books.check() == []
        assert company_of(books).invoice(customer) == str(int(gone) + 1)
        assert kept in books.table("Invoice")


SERVE = """
import sys
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.serve import serve
serve([Books("1001")], 0, state=sys.argv[1])
"""


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    body, answers = '{"DisplayName":"Acme"}', []
    for _ in range(2):
        command = [sys.executable, "-c", SERVE, str(tmp_path / "state")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            granted = requests.post(f"{url}/admin/grant", json={}, timeout=5).json()
            headers = {"Authorization": f"Bearer {granted['access_token']}"}
            path = f"{url}/v3/company/1001/customer?requestid=r1"
            answers.append(requests.post(path, data=body, headers=headers, timeout=5).text)
            process.kill()
    assert answers[0] == answers[1]


def test_a_file_that_is_no_state_is_named(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("this is not a database, only a text that is long enough to be read" * 20)
    with pytest.raises(ValueError, match=r"notes\.txt is not a state file"):
        StandIn(Books(), options=Options(state=str(path)))
