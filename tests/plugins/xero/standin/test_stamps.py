"""What moves UpdatedDateUTC and what does not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recoup.plugins.xero.standin.books import Books

Enter = Callable[..., str]


@pytest.fixture
def moved(books: Books) -> Callable[[str, str, Callable[[], Any]], bool]:
    """Whether an act, a minute later, moves the stamp of a document."""

    def check(kind: str, id: str, act: Callable[[], Any]) -> bool:
        before = books.get(kind, id)["UpdatedDateUTC"]
        books.clock.advance(timedelta(minutes=1))
        act()
        return bool(books.get(kind, id)["UpdatedDateUTC"] != before)

    return check


def test_a_due_date_moves_the_stamp_only_while_nothing_is_paid(
    books: Books, invoice: Enter, moved: Any
) -> None:
    id = invoice()
    assert moved("Invoices", id, lambda: books.edit_due_date(id, "2026-07-01"))
    books.pay(id, "1")
    assert not moved("Invoices", id, lambda: books.edit_due_date(id, "2026-08-01"))
    assert books.get("Invoices", id)["DueDateString"] == "2026-08-01T00:00:00"


def test_sending_a_part_paid_invoice_does_not_move_the_stamp(
    books: Books, invoice: Enter, moved: Any
) -> None:
    id = invoice()
    books.pay(id, "1")
    assert not moved("Invoices", id, lambda: books.mark_sent(id))
    assert not moved("Invoices", id, lambda: books.expect(id, "2026-08-01"))
    assert moved("Invoices", id, lambda: books.edit_invoice(id, Reference="loud"))


def test_a_contacts_balance_and_role_change_in_silence(books: Books, acme: str, moved: Any) -> None:
    assert books.get("Contacts", acme)["IsCustomer"] is False
    assert not moved("Contacts", acme, lambda: books.create_invoice(acme, "10"))
    assert books.get("Contacts", acme)["IsCustomer"] is True
    assert moved("Contacts", acme, lambda: books.rename(acme, "Other"))


def test_payments_and_allocations_move_both_sides(
    books: Books, invoice: Enter, acme: str, moved: Any
) -> None:
    id, credit = invoice(), books.create_credit_note(acme, "5")["CreditNoteID"]
    assert moved("Invoices", id, lambda: books.pay(id, "1"))
    assert moved("Invoices", id, lambda: books.allocate(credit, id, "1"))
    assert moved("CreditNotes", credit, lambda: books.allocate(credit, id, "1"))


def test_an_import_of_many_invoices_bears_one_instant(books: Books, invoice: Enter) -> None:
    stamps = {books.get("Invoices", invoice())["UpdatedDateUTC"] for _ in range(20)}
    assert len(stamps) == 1


def test_a_changed_due_date_is_invisible_to_a_read_of_changes(
    xero: Any, books: Books, invoice: Enter
) -> None:
    id = invoice()
    books.pay(id, "1")
    books.clock.advance(timedelta(minutes=5))
    books.edit_due_date(id, "2026-09-01")
    since = {"If-Modified-Since": "2026-05-01T00:03:00"}
    assert xero.rows("Invoices", page="1", headers=since) == []
    assert xero.one("Invoices", id)["DueDateString"] == "2026-09-01T00:00:00"
