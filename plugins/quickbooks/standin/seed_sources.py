"""From the text of --seed to the books of a company.

A seed is the word `demo`, a folder of raw API answers or a CSV history.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.history import read_rows
from recoup.connector.standin.seed_errors import SeedError
from recoup.plugins.quickbooks.standin import seed_demo_cast as cast
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.seed_demo import demo_register
from recoup.plugins.quickbooks.standin.seed_demo_diary import ZONE
from recoup.plugins.quickbooks.standin.seed_folder import Folder, read_folder
from recoup.plugins.quickbooks.standin.seed_history import history_register
from recoup.plugins.quickbooks.standin.seed_register import Register

__all__ = ["SeedError", "demo_books", "folder_books", "history_books", "open_seed"]

DEMO_REALM = "9341455000000001"
HISTORY_REALM = "9341455000000002"
FOLDER_REALM = "9341455000000003"
RECEIVABLE = "Accounts Receivable"


def open_seed(
    seed: str,
    *,
    until: date | None = None,
    rates: Mapping[str, Decimal] | None = None,
    clock: Clock | None = None,
    say: Callable[[str], None] | None = None,
) -> Books:
    """The books that a seed describes.

    until: the last day that has happened; for the demo, its today. A folder is kept as it is and
    takes neither `until` nor `rates` (home units per unit of a currency). say: told, line by line,
    what was assumed or made up. Raises SeedError with one line to print; nothing is opened then.
    """
    tell = say or (lambda _: None)
    clock = clock or Clock()
    rates = rates or {}
    for currency, rate in rates.items():
        if not rate.is_finite() or rate <= 0:
            raise SeedError(f"--rate {currency}={rate}: a rate must be a positive number")
    if seed == "demo":
        return demo_books(clock, until=until, rates=rates)
    path = Path(seed)
    if not path.exists():
        raise SeedError(f"{seed}: no such file or folder; give demo, a folder of JSON or a CSV")
    try:
        if path.is_dir():
            if until is not None or rates:
                given = "--until" if until is not None else "--rate"
                raise SeedError(f"{given}: a folder is kept as it is; leave {given} out")
            return folder_books(read_folder(path), clock, say=tell)
        if path.suffix.lower() == ".json":
            raise SeedError(f"{seed}: is one JSON file; give the folder that holds it")
        register, notes = history_register(
            read_rows(path), name=path.stem, until=until, rates=rates
        )
    except OSError as error:
        raise SeedError(f"{error.filename}: cannot be read: {error.strerror}") from error
    for note in notes:
        tell(note)
    return history_books(register, clock, rates)


def demo_books(
    clock: Clock,
    *,
    until: date | None = None,
    rates: Mapping[str, Decimal] | None = None,
    seed: int = 1,
) -> Books:
    """The demo company as it stands today, or on *until*; one day always gives the same one."""
    today = clock.now().astimezone(ZONE).date()
    if until is not None and until > today:
        raise SeedError(f"--until {until}: lies after today, {today}; choose an earlier day")
    prices = {code: Decimal(rate) for code, rate in cast.RATES.items()} | dict(rates or {})
    register = demo_register(until or today, seed=seed, rates=prices)
    return _fill(register, clock, DEMO_REALM, prices)


def history_books(
    register: Register, clock: Clock, rates: Mapping[str, Decimal] | None = None
) -> Books:
    """The books of a CSV history that was entered in a register."""
    return _fill(register, clock, HISTORY_REALM, rates)


def _fill(
    register: Register, clock: Clock, realm: str, rates: Mapping[str, Decimal] | None
) -> Books:
    firm = register.firm
    books = Books(
        realm,
        company_name=firm.name,
        home_currency=firm.home,
        multicurrency=firm.multicurrency,
        country=firm.country,
        utc_offset=firm.zone.key,
        clock=clock,
        rates=rates,
    )
    for entity, payload in register.documents():
        books.load(entity, payload)
    books.settle()
    return books


def folder_books(
    folder: Folder, clock: Clock, *, say: Callable[[str], None] | None = None
) -> Books:
    """The books that a folder describes: its documents exactly, and what they lack made up."""
    tell = say or (lambda _: None)
    books = Books(
        FOLDER_REALM,
        company_name=folder.company_name,
        home_currency=folder.home_currency,
        multicurrency=folder.multicurrency,
        country=folder.country,
        utc_offset=folder.time_zone,
        clock=clock,
    )
    tables = (folder.documents, folder.made_up)
    for table in tables:
        for entity, documents in table.items():
            for payload in documents.values():
                books.load(entity, payload)
    accounts = folder.documents.get("Account", {}).values()
    if not any(account.get("AccountType") == RECEIVABLE for account in accounts):
        folder.notes.append("no A/R account is in the folder: made up from the documents")
    books.settle()
    # What the folder says of its own customers and accounts stands, even where it does not tie.
    for entity in ("Customer", "Account"):
        for payload in folder.documents.get(entity, {}).values():
            books.load(entity, payload)
    for note in folder.notes:
        tell(note)
    findings = books.check()
    if findings:
        tell(f"the folder does not tie out in {len(findings)} places; first: {findings[0]}")
    return books
