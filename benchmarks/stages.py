"""The three platforms in this process, on one clock that is moved: demo companies behind their
stand-in with its limits on, a workspace that is connected to them, and a bookkeeper."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from recoup.connector.model import Company
from recoup.connector.protocols import TokenSet
from recoup.connector.standin.clock import Clock
from recoup.sync.connections import book
from recoup.sync.pull.attempt import Pulled, attempt
from recoup.sync.store.companies import CompanyRow, list_companies
from recoup.sync.workspace import Workspace

__all__ = ["MIDNIGHT", "Stage", "stages"]

MIDNIGHT = datetime(2026, 11, 23, tzinfo=UTC)
HOOKED = "http://127.0.0.1/hooks"  # nobody listens: what is posted is taken in this process
KEY = "a key of webhooks"


class SharedTime:
    """The stand-in's clock as the store's and the adapters' own: who waits moves it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def now(self) -> datetime:
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        self.clock.advance(timedelta(seconds=seconds))


class Stage(ABC):
    """Demo companies of one ledger, connected and pulled once."""

    ledger = ""
    webhooks = True

    def __init__(self, folder: Path, companies: int, seed: int) -> None:
        self.clock = Clock(MIDNIGHT)
        self.rng = random.Random(seed)
        self.books = self.open_books(companies)
        self.standin = self.open_standin().start()
        Workspace.init(folder)
        self.workspace = Workspace.open(folder, environment={}, clock=SharedTime(self.clock))
        self._connect()
        with self.workspace.store.read() as conn:
            self.companies = list_companies(conn)

    def close(self) -> None:
        self.workspace.close()
        self.standin.stop()

    # what the platforms do each in their way

    @abstractmethod
    def open_books(self, companies: int) -> list[Any]: ...

    @abstractmethod
    def open_standin(self) -> Any: ...

    @abstractmethod
    def id_of(self, books: Any) -> str: ...

    def home_of(self, books: Any) -> str:
        return str(books.base_currency)

    @abstractmethod
    def act(self, books: Any) -> None:
        """Bill a customer, or have one pay the last bill."""

    @abstractmethod
    def peaks(self) -> Mapping[str, tuple[float, float]]:
        """How far each limit was used up at most until now: name → (used, limit)."""

    @abstractmethod
    def refused(self) -> int:
        """Calls that a limit refused until now."""

    def grants(self) -> list[tuple[dict[str, Any], list[Any]]]:
        """Token answers, each with the books that it reaches: all of them in one."""
        return [(self.standin.issue_grant(), self.books)]

    # what is the same everywhere

    def _connect(self) -> None:
        now = self.clock.now()
        for at, (answer, reached) in enumerate(self.grants()):
            tokens = TokenSet(
                access_token=answer["access_token"],
                refresh_token=answer["refresh_token"],
                access_expires_at=now + timedelta(seconds=answer["expires_in"]),
                refresh_expires_at=now + timedelta(days=30),
            )
            self.workspace.vault.save(f"grant-{at}", tokens)
            described = [
                Company(
                    ledger=self.ledger,
                    ledger_id=self.id_of(books),
                    name=self.id_of(books),
                    home_currency=self.home_of(books),
                )
                for books in reached
            ]
            book(
                self.workspace.store,
                described,
                base_url=self.standin.url,
                grant_id=f"grant-{at}",
                at=now,
            )

    @property
    def calls(self) -> int:
        """API calls answered so far, those for tokens apart."""
        return sum(self.standin.calls.values()) - int(self.standin.calls["oauth"])

    @property
    def refreshes(self) -> int:
        return int(self.standin.calls["oauth"])

    def sync(self, company: CompanyRow) -> Pulled:
        """Sync one company as recoup sync does; a limit is waited out on the moved clock."""
        while True:
            pulled = attempt(self.workspace, company, _nobody, wait=timedelta(0))
            wait = getattr(pulled.error, "retry_after", None)
            if pulled.error is None:
                return pulled
            if wait is None:
                raise pulled.error
            self.clock.advance(wait)

    def subscribe(self) -> None:
        self.standin.webhooks.subscribe(HOOKED, KEY)

    def hinted(self) -> set[str]:
        """Deliver what webhooks there are; returns the ledger's ids of the companies they name."""
        consent = self.workspace.consent(self.workspace.platform(self.ledger), self.standin.url)
        named: set[str] = set()

        def post(url: str, body: bytes, headers: dict[str, str]) -> int:
            if not consent.verify_webhook(headers, body, KEY):
                return 401
            named.update(hint.company_id for hint in consent.parse_webhook(body))
            return 200

        self.standin.webhooks.deliver(post)
        return named


def _nobody(company: CompanyRow, progress: object) -> None:
    """Progress that nobody looks at."""


class XeroStage(Stage):
    ledger = "xero"

    def open_books(self, companies: int) -> list[Any]:
        from recoup.plugins.xero.standin.seed_sources import open_seeds

        return list(open_seeds("demo", companies, clock=self.clock))

    def open_standin(self) -> Any:
        from recoup.plugins.xero.standin.options import Options
        from recoup.plugins.xero.standin.server import StandIn

        self.minute = self.day = self.app = 0
        return StandIn(self.books, options=Options(throttle=True, throttle_clock="books"))

    def id_of(self, books: Any) -> str:
        return str(books.tenant_id)

    def act(self, books: Any) -> None:
        last = getattr(books, "last_bill", None)
        if last is not None:
            books.pay(last)
            books.last_bill = None
            return
        people = [row for row in books.rows("Contacts") if row.get("IsCustomer")]
        made = books.create_invoice(self.rng.choice(people)["ContactID"], Decimal("120.00"))
        books.last_bill = made["InvoiceID"]

    def peaks(self) -> Mapping[str, tuple[float, float]]:
        limits, options = self.standin.limits, self.standin.options
        used = [limits.used(books.tenant_id) for books in self.books]
        self.minute = max(self.minute, *(one["minute"] for one in used))
        self.day = max(self.day, *(one["day"] for one in used))
        left = int(limits.headers(self.books[0].tenant_id)["X-AppMinLimit-Remaining"])
        self.app = max(self.app, options.app_per_minute - left)
        at_once = max(limits.most_at_once.values(), default=0)
        return {
            "company and minute": (self.minute, options.per_minute),
            "company and day": (self.day, options.per_day),
            "at once": (at_once, options.concurrent),
            "app and minute": (self.app, options.app_per_minute),
        }

    def refused(self) -> int:
        return sum(self.standin.limits.refused.values())


class SageStage(Stage):
    ledger = "sage"
    webhooks = False

    def open_books(self, companies: int) -> list[Any]:
        from recoup.plugins.sage.standin.seed_sources import open_seed

        return list(open_seed("demo", clock=self.clock, companies=companies))

    def open_standin(self) -> Any:
        from recoup.plugins.sage.standin.options import Options
        from recoup.plugins.sage.standin.server import StandIn

        self.day = 0
        return StandIn(self.books, options=Options(throttle=True, throttle_clock="books"))

    def id_of(self, books: Any) -> str:
        return str(books.business_id)

    def act(self, books: Any) -> None:
        last = getattr(books, "last_bill", None)
        if last is not None:
            owner, bill, total = last
            books.receive(owner, total, {bill: total})
            books.last_bill = None
            return
        owner = self.rng.choice([row["id"] for row in books.rows("contacts") if _buys(row)])
        made = books.create_invoice(owner, Decimal("120.00"))
        books.last_bill = (owner, made["id"], Decimal("120.00"))

    def peaks(self) -> Mapping[str, tuple[float, float]]:
        throttle, options = self.standin.throttle, self.standin.options
        self.day = max(self.day, throttle.today())
        return {
            "company and minute": (throttle.most_a_minute, options.per_minute),
            "app and day": (self.day, options.per_day),
            "at once": (throttle.most_at_once, options.concurrent),
        }

    def refused(self) -> int:
        return int(self.standin.throttle.refused)


def _buys(row: Mapping[str, Any]) -> bool:
    is_customer = any(kind["id"] == "CUSTOMER" for kind in row["contact_types"])
    return is_customer and row["currency"]["id"] == "EUR" and row.get("is_active", True)


class QuickBooksStage(Stage):
    ledger = "quickbooks"

    def open_books(self, companies: int) -> list[Any]:
        from recoup.plugins.quickbooks.standin.seed_sources import open_seed

        found = [open_seed("demo", clock=self.clock) for _ in range(companies)]
        for at, books in enumerate(found):
            books.realm = str(int(books.realm) + at)
        return found

    def open_standin(self) -> Any:
        from recoup.plugins.quickbooks.standin.options import Options
        from recoup.plugins.quickbooks.standin.server import StandIn

        return StandIn(self.books, options=Options(throttle=True, throttle_clock="books"))

    def grants(self) -> list[tuple[dict[str, Any], list[Any]]]:
        return [(self.standin.issue_grant(books.realm), [books]) for books in self.books]

    def id_of(self, books: Any) -> str:
        return str(books.realm)

    def home_of(self, books: Any) -> str:
        return str(books.rows("Preferences")[0]["CurrencyPrefs"]["HomeCurrency"]["value"])

    def act(self, books: Any) -> None:
        last = getattr(books, "last_bill", None)
        if last is not None:
            paid = [{"TxnId": last["Id"], "TxnType": "Invoice"}]
            part = {"Amount": last["TotalAmt"], "LinkedTxn": paid}
            body = {"CustomerRef": last["CustomerRef"], "TotalAmt": last["TotalAmt"]}
            books.create("Payment", {**body, "Line": [part]})
            books.last_bill = None
            return
        bills = [row for row in books.rows("Invoice") if row["CurrencyRef"]["value"] == "USD"]
        line = {"Amount": Decimal("120.00"), "DetailType": "SalesItemLineDetail",
                "SalesItemLineDetail": {"ItemRef": {"value": "1"}}}  # fmt: skip
        owner = {"value": self.rng.choice(bills)["CustomerRef"]["value"]}
        books.last_bill = books.create("Invoice", {"CustomerRef": owner, "Line": [line]})

    def peaks(self) -> Mapping[str, tuple[float, float]]:
        """The stand-in keeps no record of its windows; what it refuses is seen in its log."""
        return {}

    def refused(self) -> int:
        return sum(entry.status == 429 for entry in self.standin.log)


def stages() -> list[Callable[[Path, int, int], Stage]]:
    """What makes each stage: in which folder, of how many companies, from which seed."""
    return [QuickBooksStage, XeroStage, SageStage]
