"""From the text of --seed to the books of one or more businesses.

A seed is the word `demo`, a folder of raw API answers or a CSV history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.history import read_rows
from recoup.connector.standin.seed_errors import SeedError
from recoup.plugins.sage.standin import seed_demo_cast as cast
from recoup.plugins.sage.standin.books import Books
from recoup.plugins.sage.standin.ledger import CHART, SALES
from recoup.plugins.sage.standin.seed_demo import business, demo_register
from recoup.plugins.sage.standin.seed_demo_diary import ZONE
from recoup.plugins.sage.standin.seed_documents import Firm, Payload
from recoup.plugins.sage.standin.seed_filing import Chart, Filing
from recoup.plugins.sage.standin.seed_folder import Folder, read_folder
from recoup.plugins.sage.standin.seed_history import history_register
from recoup.plugins.sage.standin.vocabulary import ref, word

__all__ = ["SeedError", "open_seed"]

HISTORY_BUSINESS = "5a6e0000000000000000000000000002"
FOLDER_BUSINESS = "5a6e0000000000000000000000000003"


def open_seed(
    seed: str,
    *,
    until: date | None = None,
    rates: Mapping[str, Decimal] | None = None,
    clock: Clock | None = None,
    say: Callable[[str], None] | None = None,
    companies: int = 1,
    quirks: str = "2025",
    moves_on_allocation: bool = False,
) -> list[Books]:
    """The books that a seed describes, those of the first business first.

    until: the last day that has happened; for the demo, its today. A folder is kept as it is and
    takes neither `until` nor `rates` (home units per unit of a currency). companies: how many
    demo businesses, each with a history of its own. say: told, line by line, what was assumed or
    made up. Raises SeedError with one line to print; nothing is opened then.
    """
    tell = say or (lambda _: None)
    clock = clock or Clock()
    rates = rates or {}
    for currency, rate in rates.items():
        if not rate.is_finite() or rate <= 0:
            raise SeedError(f"--rate {currency}={rate}: a rate must be a positive number")
    make = _Maker(clock, quirks, moves_on_allocation)
    if seed == "demo":
        return [make.demo(number, until, rates) for number in range(1, companies + 1)]
    if companies != 1:
        raise SeedError("--companies: only the demo can be repeated; leave it out")
    path = Path(seed)
    if not path.exists():
        raise SeedError(f"{seed}: no such file or folder; give demo, a folder of JSON or a CSV")
    try:
        if path.is_dir():
            if until is not None or rates:
                given = "--until" if until is not None else "--rate"
                raise SeedError(f"{given}: a folder is kept as it is; leave {given} out")
            return make.folder(read_folder(path, FOLDER_BUSINESS), tell)
        if path.suffix.lower() == ".json":
            raise SeedError(f"{seed}: is one JSON file; give the folder that holds it")
        return [make.history(path, until, rates, tell)]
    except OSError as error:
        raise SeedError(f"{error.filename}: cannot be read: {error.strerror}") from error


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes books that share a clock and the answers to the platform's open questions."""

    clock: Clock
    quirks: str
    moves: bool

    def demo(self, number: int, until: date | None, rates: Mapping[str, Decimal]) -> Books:
        """The demo business of a number as it stands today, or on *until*."""
        today = self.clock.now().astimezone(ZONE).date()
        if until is not None and until > today:
            raise SeedError(f"--until {until}: lies after today, {today}; choose an earlier day")
        ident, name = business(number)
        prices = {code: Decimal(rate) for code, rate in cast.RATES.items()} | dict(rates)
        books = self._books(ident, name, cast.HOME, "IE", prices)
        register = demo_register(
            until or today, seed=number, business_id=ident, name=name, rates=prices,
            moves=self.moves, chart=_chart(books),
        )  # fmt: skip
        return _enter(books, register)

    def history(
        self,
        path: Path,
        until: date | None,
        rates: Mapping[str, Decimal],
        tell: Callable[[str], None],
    ) -> Books:
        """The business of a CSV history."""
        opened: list[Books] = []

        def chart(firm: Firm) -> Chart:
            opened.append(self._books(firm.business_id, firm.name, firm.home, firm.country, rates))
            return _chart(opened[0])

        register, notes = history_register(
            read_rows(path), name=path.stem, business_id=HISTORY_BUSINESS, until=until,
            rates=rates, moves=self.moves, chart=chart,
        )  # fmt: skip
        for note in notes:
            tell(note)
        return _enter(opened[0], register)

    def folder(self, folder: Folder, tell: Callable[[str], None]) -> list[Books]:
        """The businesses of a folder: its documents exactly, and what they lack made up."""
        everyone = [
            self._books(ident, name, folder.home_currency, folder.country, {})
            for ident, name in folder.businesses
        ]
        books = everyone[0]
        _adopt_chart(books, folder.documents.get("ledger_accounts", {}).values())
        for table in (folder.documents, folder.made_up):
            for kind, documents in table.items():
                for payload in documents.values():
                    books.load(kind, payload)
        for note in folder.notes:
            tell(note)
        findings = books.check()
        if findings:
            tell(f"the folder does not tie out in {len(findings)} places; first: {findings[0]}")
        return everyone

    def _books(
        self, ident: str, name: str, home: str, country: str, rates: Mapping[str, Decimal]
    ) -> Books:
        return Books(
            ident,
            name=name,
            base_currency=home,
            country=country,
            clock=self.clock,
            rates=rates,
            quirks=self.quirks,
            moves_on_allocation=self.moves,
        )


def _chart(books: Books) -> Chart:
    """The accounts of the books: a bank account for every currency, the first for the home one."""
    own = books.rows("bank_accounts")[0]
    banks = {books.base_currency: ref("bank_accounts", own["id"], own["displayed_as"])}

    def bank(currency: str) -> Payload:
        if currency not in banks:
            made = books.add_bank(f"Current {currency}", 1200 + len(banks))
            books.put("bank_accounts", {**made, "currency": word("currencies", currency)})
            banks[currency] = ref("bank_accounts", made["id"], made["displayed_as"])
        return banks[currency]

    return Chart(books.account_ref(books.accounts[SALES]), bank)


def _adopt_chart(books: Books, loaded: Iterable[Payload]) -> None:
    """Post to the accounts that a folder has, by nominal code, in place of the books' own."""
    by_code = {str(account.get("nominal_code")): account for account in loaded}
    for role, code, *_ in CHART:
        account = by_code.get(str(code))
        if account is not None and account["id"] != books.accounts[role]:
            books.bury("ledger_accounts", books.accounts[role])
            books.accounts[role] = account["id"]


def _enter(books: Books, register: Filing) -> Books:
    """Put what a register holds into the books, which fill in what it leaves out."""
    for kind, payload in register.documents():
        if payload.get("deleted_at"):
            books.put_gone(kind, payload)
        else:
            books.put(kind, payload)
        books.note_loaded(kind, payload)
        if "contact" in payload:  # one reference for all, so that a new name shows on each
            books.contact_refs.setdefault(payload["contact"]["id"], payload["contact"])
    books.absorb()
    return books
