"""What a receipt or allocation touched is read when it must be, and not oftener."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from recoup.connector.money import Money

HOUR = timedelta(hours=1)
GBP_100 = Money.of("100", "GBP")


def balance(world: Any, invoice: str) -> Money:
    found: Money = world.mirror.records["sales_invoices", invoice].balance
    return found


def test_a_receipt_deleted_while_we_read_opens_its_invoice(world: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    payment = world.books.receive(contact, "100", {invoice: "100"})["id"]
    world.pull()
    world.clock.advance(HOUR)
    world.books.edit_payment(payment, {invoice: "100"}, reference="seen in this pass")
    world.clock.advance(HOUR)
    world.standin.faults.between_pages(
        lambda: world.books.delete_payment(payment), match="contact_payments?"
    )
    world.pull()
    world.pull()
    assert balance(world, invoice) == GBP_100


def test_a_receipt_edited_and_deleted_between_two_pulls_opens_both(world: Any) -> None:
    contact = world.customer()
    first, second = world.invoice(contact), world.invoice(contact)
    payment = world.books.receive(contact, "100", {first: "100"})["id"]
    world.pull()
    world.clock.advance(HOUR)
    world.books.edit_payment(payment, {second: "100"})
    world.clock.advance(timedelta(minutes=1))
    world.books.delete_payment(payment)
    world.pull()
    assert (balance(world, first), balance(world, second)) == (GBP_100, GBP_100)


def test_the_pass_after_the_first_does_not_look_into_everything_again(world: Any) -> None:
    contact = world.customer()
    for _ in range(40):
        invoice = world.invoice(contact)
        world.books.receive(contact, "10", {invoice: "10"})
    world.clock.advance(timedelta(minutes=5))
    pages = world.pull()
    assert sum(page.calls for page in pages) < 40


def test_a_receipt_used_on_account_is_read_again(world: Any) -> None:
    contact = world.customer()
    invoice = world.invoice(contact)
    payment = world.books.pay_on_account(contact, "30")
    world.pull()
    world.clock.advance(HOUR)
    over = payment["payment_on_account"]["id"]
    world.books.allocate(contact, {invoice: "30", over: "-30"})
    world.pull()
    assert world.mirror.records["contact_payments", payment["id"]].balance == Money.of("0", "GBP")
    assert balance(world, invoice) == Money.of("70", "GBP")


@pytest.mark.parametrize("killed_after", range(1, 12))
def test_a_pass_killed_anywhere_forgets_no_edit(
    make_world: Callable[..., Any], killed_after: int
) -> None:
    world = make_world()
    contact = world.customer()
    first, second = world.invoice(contact), world.invoice(contact)
    payment = world.books.receive(contact, "100", {first: "100"})["id"]
    ledger = world.ledger()
    for number, page in enumerate(ledger.pull(None), 1):
        world.mirror.take(ledger, page)
        world.cursor = page.cursor
        if number == killed_after:
            break
    world.clock.advance(timedelta(seconds=30))
    world.books.edit_payment(payment, {second: "100"})
    world.pull()
    assert (balance(world, first), balance(world, second)) == (GBP_100, Money.of("0", "GBP"))
