"""What hangs on a document: history, mail, page, print, files; and contact balances."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn

Enter = Callable[..., str]


def test_a_note_is_written_and_read_newest_first(xero: Any, invoice: Enter) -> None:
    id = invoice()
    for text in ("Reminder 1", "Reminder 2"):
        body = {"HistoryRecords": [{"Details": text}]}
        xero.put(f"Invoices/{id}/History", body)
    shown = xero.get(f"Invoices/{id}/History")["HistoryRecords"]
    assert [note["Details"] for note in shown] == ["Reminder 2", "Reminder 1"]
    assert shown[0]["Changes"] == "Note"
    assert xero.raw("PUT", f"Invoices/{id}/History", {"Details": ""}).status_code == 400


def test_mail_is_sent_with_an_empty_answer_and_marks_the_invoice(xero: Any, invoice: Enter) -> None:
    id = invoice()
    answer = xero.raw("POST", f"Invoices/{id}/Email", "")
    assert (answer.status_code, answer.content) == (204, b"")
    assert xero.one("Invoices", id)["SentToContact"] is True


def test_no_mail_goes_out_of_a_draft_or_to_nobody(xero: Any, books: Books, invoice: Enter) -> None:
    assert xero.raw("POST", f"Invoices/{invoice(status='DRAFT')}/Email", "").status_code == 400
    nobody = books.create_contact("Nobody")["ContactID"]
    id = books.create_invoice(nobody, "1")["InvoiceID"]
    assert xero.raw("POST", f"Invoices/{id}/Email", "").status_code == 400


def test_an_online_invoice_exists_of_approved_ones_only(xero: Any, invoice: Enter) -> None:
    id = invoice()
    [page] = xero.get(f"Invoices/{id}/OnlineInvoice")["OnlineInvoices"]
    assert page["OnlineInvoiceUrl"].startswith("https://in.xero.com/")
    draft = invoice(status="DRAFT")
    assert xero.raw("GET", f"Invoices/{draft}/OnlineInvoice").status_code == 400


def test_a_print_is_a_pdf(xero: Any, invoice: Enter) -> None:
    id = invoice()
    for path, headers in (
        (f"Invoices/{id}/pdf", {}),
        (f"Invoices/{id}", {"Accept": "application/pdf"}),
    ):
        answer = xero.raw("GET", path, headers=headers)
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.content.startswith(b"%PDF")


def test_a_file_is_attached_listed_and_fetched(xero: Any, invoice: Enter) -> None:
    id = invoice()
    sent = {"headers": {"Content-Type": "text/plain"}, "IncludeOnline": "true"}
    xero.put(f"Invoices/{id}/Attachments/terms.txt", b"thirty days", **sent)
    [file] = xero.get(f"Invoices/{id}/Attachments")["Attachments"]
    assert (file["ContentLength"], file["IncludeOnline"]) == (11, True)
    assert xero.raw("GET", f"Invoices/{id}/Attachments/terms.txt").content == b"thirty days"
    assert xero.one("Invoices", id)["HasAttachments"] is True


def test_xero_says_whether_it_reminds_by_itself(xero: Any, books: Books) -> None:
    assert xero.get("InvoiceReminders/Settings")["InvoiceReminders"] == [{"Enabled": False}]
    books.reminders_enabled = True
    assert xero.get("InvoiceReminders/Settings")["InvoiceReminders"] == [{"Enabled": True}]


def balances(xero: Any, acme: str) -> Any:
    return xero.one("Contacts", acme)["Balances"]["AccountsReceivable"]


def test_a_contacts_balance_is_net_of_credits_unless_switched(
    xero: Any, books: Books, invoice: Enter, acme: str, options: Options
) -> None:
    invoice("100", on="2026-03-01", due="2026-03-20")
    invoice("40")
    books.create_credit_note(acme, "30")
    assert balances(xero, acme) == {"Outstanding": 110, "Overdue": 100}
    options.credits_in_balances = False
    assert balances(xero, acme) == {"Outstanding": 140, "Overdue": 100}


def test_a_contacts_balance_is_in_home_money_unless_switched(
    xero: Any, books: Books, acme: str, options: Options
) -> None:
    books.create_invoice(acme, "50", currency="USD", rate="0.5")
    assert balances(xero, acme)["Outstanding"] == 100
    options.balances_in_base = False
    assert balances(xero, acme)["Outstanding"] == 50


def test_what_is_overdue_grows_as_days_pass(
    standin: StandIn, xero: Any, books: Books, invoice: Enter, acme: str
) -> None:
    invoice("100", due="2026-05-10")
    assert balances(xero, acme)["Overdue"] == 0
    books.clock.advance(timedelta(days=10))
    xero.use(standin.issue_grant()["access_token"])
    assert balances(xero, acme)["Overdue"] == 100


def test_balances_and_merges_show_only_when_paged_or_by_id(
    xero: Any, books: Books, invoice: Enter, acme: str
) -> None:
    invoice()
    gone = books.create_contact("Gone")["ContactID"]
    books.merge_contacts(acme, gone)
    asked = {"includeArchived": "true"}
    bare = {row["ContactID"]: row for row in xero.rows("Contacts", **asked)}
    assert "Balances" not in bare[acme]
    assert "MergedToContactID" not in bare[gone]
    full = {row["ContactID"]: row for row in xero.rows("Contacts", page="1", **asked)}
    assert full[acme]["Balances"]["AccountsReceivable"]["Outstanding"] == 100
    assert full[gone]["MergedToContactID"] == acme
    slim = {r["ContactID"]: r for r in xero.rows("Contacts", summaryOnly="true", **asked)}
    assert "MergedToContactID" not in slim[gone]


def test_a_loaded_balance_stands_until_something_changes(
    xero: Any, books: Books, acme: str
) -> None:
    raw = books.get("Contacts", acme)
    side = {"Outstanding": 7, "Overdue": 0}
    books.load("Contacts", {**raw, "Balances": {"AccountsReceivable": side}})
    assert balances(xero, acme)["Outstanding"] == 7
    books.create_invoice(acme, "5")
    assert balances(xero, acme)["Outstanding"] == 5
