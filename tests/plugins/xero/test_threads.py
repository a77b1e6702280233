"""Eight organisations of two consents on eight threads, with the store's own vault."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recoup.connector.facades import Ledger
from recoup.connector.protocols import ClientApp, Connection, TokenSet
from recoup.connector.standin.clock import Clock
from recoup.connector.testing import Mirror
from recoup.connector.testing.fakes import NOON, OpenGate
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.standin import oauth
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.server import StandIn
from recoup.sync.store.engine import Store, open_store

APP = ClientApp(client_id="client", client_secret="not-a-secret")
MANY, GRANTS = 8, ("alder", "birch")


class BooksTime:
    """The clock of the books as ours: who waits moves it on for everybody."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def now(self) -> datetime:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


class Practice:
    """Eight organisations with an invoice each over its number; every other one is birch's."""

    def __init__(self, folder: Path) -> None:
        self.time = BooksTime(Clock(NOON))
        books = [self._organisation(number) for number in range(MANY)]
        self.standin = StandIn(books, options=Options(throttle=True, throttle_clock="books"))
        self.store: Store = open_store(folder / "recoup.db", clock=self.time)
        self.vault, self.gate = self.store.vault(), OpenGate()
        self.mirrors = [Mirror() for _ in books]
        for at, grant in enumerate(GRANTS):
            reached = [one.tenant_id for one in books[at :: len(GRANTS)]]
            granted = self.standin.issue_grant(reached, person=grant)
            ends = NOON + timedelta(seconds=granted["expires_in"])
            tokens = TokenSet(
                access_token=granted["access_token"],
                refresh_token=granted["refresh_token"],
                access_expires_at=ends,
            )
            self.vault.save(grant, tokens)

    def _organisation(self, number: int) -> Books:
        tenant = f"c2cc9b6e-9458-4c7d-93cc-{number:012x}"
        books = Books(tenant, name=f"Organisation {number}", clock=self.time.clock)
        books.create_invoice(books.create_contact("Buyer")["ContactID"], f"{number + 1}.00")
        return books

    def ledger(self, number: int) -> Ledger:
        reached = Connection(
            ledger="xero",
            company_id=self.standin.all_books[number].tenant_id,
            grant_id=GRANTS[number % len(GRANTS)],
            base_url=self.standin.url,
            app=APP,
            vault=self.vault,
            gate=self.gate,
            clock=self.time,
            home_currency="NZD",
        )
        return Ledger(XeroLedger(reached))

    def pull_all(self) -> list[Any]:
        """Pull all eight at once, each as a process that has just started does."""

        def pull(number: int) -> list[str]:
            mirror = self.mirrors[number]
            mirror.pull(self.ledger(number))
            return [amount.text for amount in mirror.open_amounts().values()]

        with ThreadPoolExecutor(MANY) as threads:
            return list(threads.map(pull, range(MANY)))

    def refreshes(self) -> list[int]:
        return [self.vault.read(grant).generation - 1 for grant in GRANTS]


@pytest.fixture
def practice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Practice]:
    """A refresh token serves once: whoever sends one that was used has lost the consent."""
    monkeypatch.setattr(oauth, "GRACE", timedelta(0))
    opened = Practice(tmp_path)
    with opened.standin:
        yield opened
        opened.store.close()
    assert opened.standin.wrong_tenant == 0
    assert opened.standin.limits.refused == {}


OWN = [[f"{number + 1}.00"] for number in range(MANY)]


def test_eight_threads_read_eight_organisations_and_none_twice(practice: Practice) -> None:
    assert practice.pull_all() == OWN
    assert {entry.status for entry in practice.standin.log} == {200}
    assert practice.refreshes() == [0, 0]


def test_tokens_that_die_under_eight_threads_are_renewed_once_for_each_consent(
    practice: Practice,
) -> None:
    practice.standin.consent.expire_access()
    assert practice.pull_all() == OWN
    assert practice.refreshes() == [1, 1]
    practice.time.sleep(26 * 60)  # too old to be used on, not yet dead
    assert practice.pull_all() == OWN
    assert practice.refreshes() == [2, 2]


def test_tokens_that_die_in_the_middle_again_and_again_lose_nobody(practice: Practice) -> None:
    for round_number, tenant in enumerate(list(practice.standin.companies)[:3], 1):
        practice.standin.faults.next("expire_token", match=tenant, after=3)
        assert practice.pull_all() == OWN
        assert sum(practice.refreshes()) == round_number


def test_a_consent_that_is_withdrawn_stops_its_own_four_alone(practice: Practice) -> None:
    mine = [grant for grant in practice.standin.consent.grants if grant.person == "birch"]
    for grant in mine:
        grant.revoked = True
    practice.standin.consent.expire_access()

    def ends(number: int) -> str:
        try:
            practice.ledger(number).describe_company()
        except Exception as error:  # noqa: BLE001 - its class is what is looked at
            return type(error).__name__
        return "answered"

    with ThreadPoolExecutor(MANY) as threads:
        found = list(threads.map(ends, range(MANY)))
    assert found == ["answered", "NeedsReconnect"] * 4
