"""Whatever people do, in any order and from many threads, the books stay true."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import requests

from recoup.plugins.xero.standin.books import Books, Fault
from recoup.plugins.xero.standin.proof import receivable
from recoup.plugins.xero.standin.server import StandIn

FIRST = date(2026, 1, 1)


class Chaos:
    """Random acts of a person; what is refused is refused whole."""

    def __init__(self, books: Books, seed: int) -> None:
        self.books = books
        self.chance = Random(seed)
        self.contacts = [books.create_contact(f"Contact {n}")["ContactID"] for n in range(3)]

    def _day(self) -> date:
        return FIRST + timedelta(days=self.chance.randrange(90))

    def _amount(self) -> Decimal:
        return Decimal(self.chance.randrange(1, 20_000)) / 100

    def _one(self, *kinds: str) -> str:
        ids = [id for kind in kinds for id in self.books.table(kind)]
        return self.chance.choice(ids) if ids else "none"

    def act(self) -> None:
        books, chance = self.books, self.chance
        credit, who = self._one("CreditNotes", "Overpayments", "Prepayments"), self._one("Contacts")
        money = {"currency": chance.choice([None, "USD"]), "on": self._day()}
        acts: list[Callable[[], Any]] = [
            lambda: books.create_invoice(
                who, self._amount(), status=chance.choice(["DRAFT", "AUTHORISED"]), **money
            ),
            lambda: books.create_invoice(who, self._amount(), **money),
            lambda: books.create_credit_note(who, self._amount(), **money),
            lambda: books.create_overpayment(who, self._amount(), **money),
            lambda: books.create_prepayment(who, self._amount(), **money),
            lambda: books.pay(self._one("Invoices"), self._amount(), on=self._day(), rate="0.7"),
            lambda: books.pay(self._one("Invoices"), on=self._day()),
            lambda: books.batch_pay([(self._one("Invoices"), self._amount()) for _ in range(2)]),
            lambda: books.allocate(credit, self._one("Invoices"), on=self._day()),
            lambda: books.allocate(credit, self._one("Invoices"), self._amount(), on=self._day()),
            lambda: books.refund(credit, self._amount(), on=self._day()),
            lambda: books.delete_payment(self._one("Payments")),
            lambda: books.delete_batch(self._one("BatchPayments")),
            lambda: books.void(self._one("Invoices", "CreditNotes", "Overpayments")),
            lambda: books.approve(self._one("Invoices")),
            lambda: books.delete(self._one("Invoices")),
            lambda: books.edit_invoice(self._one("Invoices"), amount=self._amount()),
            lambda: books.edit_due_date(self._one("Invoices"), self._day()),
            lambda: books.merge_contacts(*chance.sample(self.contacts, 2)),
            lambda: books.rename(who, f"Renamed {chance.random()}"),
            lambda: books.lock_books(chance.choice([None, FIRST])),
            self._unallocate,
        ]
        books.clock.advance(timedelta(seconds=chance.randrange(3600)))
        chance.choice(acts)()

    def _unallocate(self) -> None:
        for kind in ("CreditNotes", "Overpayments", "Prepayments"):
            for id, doc in self.books.table(kind).items():
                if doc["Allocations"]:
                    self.books.unallocate(id, doc["Allocations"][0]["AllocationID"])
                    return


@pytest.mark.parametrize("seed", range(12))
def test_any_acts_in_any_order_leave_the_books_true(books: Books, seed: int) -> None:
    chaos, done = Chaos(books, seed), 0
    for _ in range(150):
        before = books.control
        try:
            chaos.act()
        except Fault:
            assert books.control == before
        else:
            done += 1
    assert books.check() == []
    assert done > 40
    assert receivable(books, None) == books.control


def test_eight_companies_on_eight_threads_never_mix_up(books: Books) -> None:
    others = [
        Books(f"0d81fb35-6a55-4af6-8f07-6e6b2bd1b0f{n}", name=f"Company {n}", clock=books.clock)
        for n in range(7)
    ]
    with StandIn([books, *others]) as standin:
        wrong: list[str] = []

        def read(tenant: str) -> None:
            token = standin.issue_grant([tenant])["access_token"]
            headers = {"Authorization": f"Bearer {token}", "xero-tenant-id": tenant}
            headers["Accept"] = "application/json"
            with requests.Session() as session:
                for _ in range(15):
                    place = f"{standin.url}/api.xro/2.0/Organisation"
                    shown = session.get(place, headers=headers).json()["Organisations"][0]
                    if shown["OrganisationID"] != tenant:
                        wrong.append(tenant)

        threads = [threading.Thread(target=read, args=(t,)) for t in standin.companies]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (wrong, standin.wrong_tenant) == ([], 0)
        assert standin.calls == {"GET Organisations": 120}
