"""What people do in the books leaves every figure in agreement with every other."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from recoup.plugins.sage.standin.books import Books, Clock, Fault


def state(books: Books, id: str) -> tuple[str, str]:
    doc = books.get("sales_invoices", id)
    return doc["status"]["id"], doc["outstanding_amount"]


def test_a_receipt_pays_an_invoice_and_the_rest_goes_on_account(
    books: Books, customer: str
) -> None:
    invoice = books.create_invoice(customer, "120.00", tax="20")["id"]
    payment = books.receive(customer, "150", {invoice: "120"})
    assert state(books, invoice) == ("PAID", "0.0")
    assert payment["payment_on_account"]["outstanding_amount"] == "30.0"
    assert books.contact(customer)["balance"] == "-30.0"
    assert books.check() == []


def test_a_discount_settles_besides_the_money(books: Books, customer: str) -> None:
    invoice = books.create_invoice(customer, "100")["id"]
    payment = books.receive(customer, "95", {invoice: "95"}, discounts={invoice: "5"})
    doc = books.get("sales_invoices", invoice)
    assert payment["total_amount"] == "95.0" and payment["payment_on_account"] is None
    assert doc["payments_allocations_total_discount"] == "5.0"
    assert (doc["total_paid"], doc["outstanding_amount"]) == ("100.0", "0.0")
    assert books.check() == []


def test_money_on_account_is_allocated_by_its_own_id_and_the_legs_sum_to_zero(
    books: Books, customer: str
) -> None:
    invoice = books.create_invoice(customer, "100")["id"]
    held = books.pay_on_account(customer, "60")["payment_on_account"]["id"]
    with pytest.raises(Fault, match="sum to zero"):
        books.allocate(customer, {invoice: "60", held: "-59"})
    made = books.allocate(customer, {invoice: "60", held: "-60"})
    assert [part["amount"] for part in made["allocated_artefacts"]] == ["60.0", "-60.0"]
    assert state(books, invoice) == ("PART_PAID", "40.0")
    books.unallocate(made["id"])
    assert state(books, invoice) == ("UNPAID", "100.0")
    assert books.tombstones("contact_allocations")[made["id"]]["deleted_at"]
    assert books.check() == []


def test_a_settled_document_is_refused_by_a_text_that_does_not_say_which(
    books: Books, customer: str
) -> None:
    paid, open_ = (books.create_invoice(customer, "10")["id"] for _ in range(2))
    books.receive(customer, "10", {paid: "10"})
    with pytest.raises(Fault) as refusal:
        books.receive(customer, "20", {open_: "10", paid: "10"})
    assert refusal.value.message == "You can only pay unpaid or part-paid invoices."
    assert state(books, open_) == ("UNPAID", "10.0")
    assert len(books.rows("contact_payments")) == 1


def test_a_payment_can_be_taken_off_everything_and_deleted(books: Books, customer: str) -> None:
    invoice = books.create_invoice(customer, "100")["id"]
    payment = books.receive(customer, "100", {invoice: "100"})["id"]
    freed = books.edit_payment(payment, {})
    assert freed["allocated_artefacts"] == []
    assert freed["payment_on_account"]["total_amount"] == "100.0"
    assert state(books, invoice) == ("UNPAID", "100.0")
    books.delete_payment(payment)
    assert books.contact(customer)["balance"] == "100.0"
    assert books.check() == []


def test_allocated_money_on_account_holds_its_payment(books: Books, customer: str) -> None:
    invoice = books.create_invoice(customer, "100")["id"]
    payment = books.pay_on_account(customer, "100")
    books.allocate(customer, {invoice: "100", payment["payment_on_account"]["id"]: "-100"})
    with pytest.raises(Fault, match="is allocated"):
        books.delete_payment(payment["id"])
    with pytest.raises(Fault, match="is allocated"):
        books.edit_payment(payment["id"], {}, total_amount="50.0")
    assert books.check() == []


def test_a_refund_pays_back_a_credit_note_or_money_on_account(books: Books, customer: str) -> None:
    credit = books.create_credit_note(customer, "30")["id"]
    held = books.pay_on_account(customer, "50")["payment_on_account"]["id"]
    books.refund(customer, "70", {credit: "20", held: "50"})
    assert books.get("sales_credit_notes", credit)["outstanding_amount"] == "10.0"
    assert books.contact(customer)["balance"] == "-10.0"
    assert books.check() == []


def test_a_void_invoice_owes_nothing_and_a_paid_one_cannot_be_voided(
    books: Books, customer: str
) -> None:
    paid, entered = (books.create_invoice(customer, "10")["id"] for _ in range(2))
    books.receive(customer, "4", {paid: "4"})
    with pytest.raises(Fault, match="must be removed first"):
        books.void(paid)
    void = books.void(entered, "Twice")
    assert (void["status"]["id"], void["void_reason"]) == ("VOID", "Twice")
    assert (void["total_amount"], void["outstanding_amount"]) == ("10.0", "0.0")
    assert books.contact(customer)["balance"] == "6.0"
    assert books.check() == []


def test_a_draft_owes_nothing_until_it_is_released(books: Books, customer: str) -> None:
    draft = books.create_invoice(customer, "10", status="DRAFT")
    assert (draft["transaction"], draft["invoice_number"]) == (None, "SI-DRAFT")
    assert draft["outstanding_amount"] == "0.0"
    assert books.contact(customer)["balance"] == "0.0"
    released = books.release("sales_invoices", draft["id"])
    assert (released["displayed_as"], released["outstanding_amount"]) == ("SI-1", "10.0")
    assert released["transaction"]["id"] in books.posted
    assert books.check() == []


def test_a_new_amount_must_cover_what_was_paid(books: Books, customer: str) -> None:
    invoice = books.create_invoice(customer, "100")["id"]
    books.receive(customer, "60", {invoice: "60"})
    with pytest.raises(Fault, match="less than the amount paid"):
        books.edit_invoice(invoice, amount="50")
    books.edit_invoice(invoice, amount="80", due_date="2026-09-01")
    assert state(books, invoice) == ("PART_PAID", "20.0")
    assert books.contact(customer)["balance"] == "20.0"
    assert books.check() == []


def test_an_opening_balance_never_says_what_is_open(books: Books, customer: str) -> None:
    opening = books.opening_balance(customer, "500", on="2025-01-01")
    books.receive(customer, "120", {opening["id"]: "120"})
    shown = books.get("contact_opening_balances", opening["id"])
    assert not {"outstanding_amount", "status", "payments_allocations"} & set(shown)
    assert books.contact(customer)["balance"] == "380.0"
    with pytest.raises(Fault, match="unpaid or part-paid"):
        books.receive(customer, "400", {opening["id"]: "381"})
    assert books.check() == []


def test_quick_entries_settle_like_invoices_and_credits(books: Books, customer: str) -> None:
    invoice = books.create_quick_entry(customer, "40")["id"]
    credit = books.create_quick_entry(customer, "15", entry_type="CREDIT_NOTE")["id"]
    books.allocate(customer, {invoice: "15", credit: "-15"})
    assert books.get("sales_quick_entries", invoice)["outstanding_amount"] == "25.0"
    assert books.get("sales_quick_entries", credit)["status"]["id"] == "PAID"
    with pytest.raises(Fault, match="must be removed first"):
        books.delete_entry("sales_quick_entries", credit)
    assert books.check() == []


def test_what_is_withheld_is_not_collected(books: Books, customer: str) -> None:
    cis = books.create_invoice(customer, "1200", tax="200", withheld="200")
    assert cis["is_cis"] is True and cis["total_after_cis_deduction"] == "1000.0"
    assert cis["outstanding_amount"] == "1000.0"
    irish = Books(country="IE", base_currency="EUR", clock=Clock())
    contact = irish.create_contact("Acme")["id"]
    held = irish.create_invoice(contact, "1000", withheld="200")
    assert held["is_cis"] is False and held["withholding_tax_amount"] == "200.0"
    assert held["outstanding_amount"] == "800.0"
    assert books.check() == irish.check() == []


def test_exchange_differences_keep_the_control_account_true() -> None:
    books = Books(clock=Clock(), rates={"EUR": Decimal("0.85")})
    euro = books.create_contact("Acme", currency="EUR")["id"]
    invoice = books.create_invoice(euro, "100.01")["id"]
    first = books.receive(euro, "33.33", {invoice: "33.33"}, rate=Decimal("0.9"))["id"]
    books.receive(euro, "70", {invoice: "66.68"}, rate=Decimal("0.81"))
    assert state(books, invoice) == ("PAID", "0.0")
    assert books.check() == []
    books.edit_payment(first, {})
    assert books.check() == []
    assert books.contact(euro)["balance"] == "-3.32"


def test_a_contact_has_one_currency_and_its_reference_stays_taken(
    books: Books, customer: str
) -> None:
    books.create_invoice(customer, "1")
    with pytest.raises(Fault, match="Currency cannot be changed"):
        books.edit_contact(customer, currency={"id": "EUR"})
    gone = books.create_contact("Gone", reference="GONE")["id"]
    books.delete_contact(gone)
    with pytest.raises(Fault, match="already been taken"):
        books.create_contact("Again", reference="gone")
    with pytest.raises(Fault, match="too long"):
        books.create_contact("Long", reference="ELEVENCHARS")


def test_a_new_name_shows_in_references_and_not_in_what_was_issued(
    books: Books, customer: str
) -> None:
    invoice = books.create_invoice(customer, "1")["id"]
    before = books.get("sales_invoices", invoice)
    books.rename(customer, "Acme & Sons")
    after = books.get("sales_invoices", invoice)
    assert after["contact"]["displayed_as"] == "Acme & Sons (ACME)"
    assert after["contact_name"] == "Acme"
    assert after["updated_at"] == before["updated_at"]


def test_loaded_documents_show_the_new_name_too(books: Books, customer: str) -> None:
    invoice = books.create_invoice(customer, "1")
    other = Books("b" * 32, clock=books.clock)
    other.load("contacts", books.get("contacts", customer))
    other.load("sales_invoices", invoice)
    other.rename(customer, "New")
    shown = other.get("sales_invoices", invoice["id"])
    assert shown["contact"]["displayed_as"] == "New (ACME)"
    assert {**shown, "contact": None} == {**invoice, "contact": None}


def test_a_locked_period_takes_no_change(books: Books, customer: str) -> None:
    old = books.create_invoice(customer, "10", on="2026-03-01")["id"]
    payment = books.pay_on_account(customer, "5", on="2026-03-02")["id"]
    books.lockdown("2026-03-31")
    for change in (
        lambda: books.create_invoice(customer, "1", on="2026-03-31"),
        lambda: books.void(old),
        lambda: books.delete_payment(payment),
        lambda: books.edit_invoice(old, notes="late"),
    ):
        with pytest.raises(Fault, match="lockdown"):
            change()
    books.lockdown(None)
    books.void(old)
    assert books.check() == []


def test_a_journal_on_trade_debtors_is_known_to_no_contact(books: Books, customer: str) -> None:
    books.create_invoice(customer, "100")
    books.journal("7.50", on="2026-04-30")
    assert books.debtors() == Decimal("107.5")
    assert books.debtors("2026-04-29") == 0
    assert books.contact(customer)["balance"] == "100.0"
    assert books.check() == []


def test_terms_give_the_due_date(books: Books) -> None:
    def due(**terms: Any) -> str:
        contact = books.create_contact("Acme", **terms)["id"]
        return str(books.create_invoice(contact, "1", on="2026-01-15")["due_date"])

    assert due() == "2026-02-14"
    assert due(credit_days=10) == "2026-01-25"
    assert due(credit_days=10, credit_terms="month_end_invoice") == "2026-02-10"
    assert due(credit_terms="immediate_invoice") == "2026-01-15"


@pytest.mark.parametrize("moves", [False, True])
def test_whether_settling_moves_a_document_is_a_switch(moves: bool) -> None:
    from datetime import UTC, datetime, timedelta

    books = Books(clock=Clock(datetime(2026, 5, 1, tzinfo=UTC)), moves_on_allocation=moves)
    customer = books.create_contact("Acme")["id"]
    invoice = books.create_invoice(customer, "10")
    payment = books.pay_on_account(customer, "10")
    books.clock.advance(timedelta(minutes=1))
    books.allocate(customer, {invoice["id"]: "10", payment["payment_on_account"]["id"]: "-10"})
    moved = [
        books.get("sales_invoices", invoice["id"])["updated_at"] != invoice["updated_at"],
        books.get("contact_payments", payment["id"])["updated_at"] != payment["updated_at"],
    ]
    assert moved == [moves, moves]


def test_loaded_documents_stay_as_they_are_and_the_ledger_follows(
    books: Books, customer: str
) -> None:
    invoice = books.create_invoice(customer, "100")["id"]
    books.receive(customer, "130", {invoice: "40"})
    other = Books("b" * 32, clock=books.clock)
    for kind in ("contacts", "bank_accounts", "sales_invoices", "contact_payments"):
        for doc in books.rows(kind):
            other.load(kind, doc)
    assert other.rows("sales_invoices") == books.rows("sales_invoices")
    assert other.check() == []
    assert other.debtors() == books.debtors() == -30
    other.receive(customer, "60", {invoice: "60"})
    assert other.get("sales_invoices", invoice)["status"]["id"] == "PAID"
    assert other.create_invoice(customer, "1")["displayed_as"] == "SI-2"
    assert other.check() == []


def test_the_check_finds_what_is_untrue(books: Books, customer: str) -> None:
    invoice = books.create_invoice(customer, "100")["id"]
    books.put(
        "sales_invoices", {**books.need("sales_invoices", invoice), "outstanding_amount": "90.0"}
    )
    told = books.check()
    assert any("SI-1: 100.0 less 0 is not 90.0" in line for line in told)
    assert any(line.startswith(f"contact {customer}") for line in told)


def test_a_bank_reconciled_payment_stays_as_it_is(books: Books, customer: str) -> None:
    payment = books.pay_on_account(customer, "10")["id"]
    assert books.bank_match(payment)["editable"] is False
    for change in (lambda: books.delete_payment(payment), lambda: books.edit_payment(payment, {})):
        with pytest.raises(Fault, match="bank reconciled"):
            change()


@pytest.mark.parametrize("country", ["GB", "IE"])
def test_a_new_amount_moves_what_is_withheld_and_all_figures_with_it(country: str) -> None:
    books = Books(country=country)
    customer = books.create_contact("Builder")["id"]
    invoice = books.create_invoice(customer, "120.00", tax="20.00", withheld="20.00")["id"]
    books.receive(customer, "40", {invoice: "40"})
    doc = books.edit_invoice(invoice, amount="240.00", tax="40.00")
    assert (doc["withholding_tax_amount"], doc["outstanding_amount"]) == ("40.0", "160.0")
    assert doc["total_after_cis_deduction"] == ("200.0" if country == "GB" else None)
    assert books.contact(customer)["balance"] == "160.0"
    assert books.debtors() == Decimal(160)
    assert books.check() == []


def test_books_notice_a_document_that_contradicts_itself(books: Books, customer: str) -> None:
    invoice = books.create_invoice(customer, "120.00", tax="20.00", withheld="20.00")["id"]
    doc = books.get("sales_invoices", invoice)
    books.put("sales_invoices", {**doc, "withholding_tax_amount": "30.0"})
    assert any("less 30.0 withheld is not 100" in line for line in books.check())
    books.put("sales_invoices", {**doc, "base_currency_outstanding_amount": "120.0"})
    assert any("100.0 is open, in the base currency 120.0" in line for line in books.check())


def test_money_on_account_that_is_gone_settles_nothing(books: Books, customer: str) -> None:
    invoice = books.create_invoice(customer, "100")["id"]
    receipt = books.pay_on_account(customer, "60")
    gone = receipt["payment_on_account"]["id"]
    books.edit_payment(receipt["id"], {invoice: "60"})
    books.edit_payment(receipt["id"], {})
    with pytest.raises(Fault, match="could not be found") as refusal:
        books.refund(customer, "60", {gone: "60"})
    assert refusal.value.status == 422
    with pytest.raises(Fault, match="could not be found"):
        books.allocate(customer, {invoice: "60", gone: "-60"})
    assert books.check() == []
