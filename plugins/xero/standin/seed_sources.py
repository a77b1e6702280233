"""From the text of --seed to the books of one or several organisations.

A seed is the word `demo`, a folder of raw API answers or a CSV history.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.history import Prices, Row, price, read_rows, until_day
from recoup.connector.standin.seed_errors import SeedError
from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin import seed_demo_cast as cast
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.profile import zone_of
from recoup.plugins.xero.standin.seed_chart import CURRENCY_NAMES, OPENED, extra_accounts, tax_rates
from recoup.plugins.xero.standin.seed_demo import demo_register
from recoup.plugins.xero.standin.seed_demo_diary import ZONE
from recoup.plugins.xero.standin.seed_documents import Firm
from recoup.plugins.xero.standin.seed_folder import Folder, read_folder
from recoup.plugins.xero.standin.seed_history import history_register
from recoup.plugins.xero.standin.seed_made_up import make_up, missing_entries
from recoup.plugins.xero.standin.seed_register import Register

__all__ = ["SeedError", "demo_books", "folder_books", "history_books", "open_seed", "open_seeds"]

# The first organisation of each kind of seed; the next ones count on from it.
DEMO_TENANT = "5d3a1c70-0b54-4e1f-9a63-2f00c0de0000"
HISTORY_TENANT = "5d3a1c70-0b54-4e1f-9a63-2f00c5ee0000"
FOLDER_TENANT = "5d3a1c70-0b54-4e1f-9a63-2f00f01d0000"
MOST = 1000  # organisations from one command
HOMES = {  # home currency of a history → country and zone
    "AUD": ("AU", "Australia/Sydney"),
    "CAD": ("CA", "America/New_York"),
    "EUR": ("IE", "Europe/London"),
    "GBP": ("GB", "Europe/London"),
    "NZD": ("NZ", "Pacific/Auckland"),
    "USD": ("US", "America/New_York"),
}


def open_seed(
    seed: str,
    *,
    until: date | None = None,
    rates: Mapping[str, Decimal] | None = None,
    clock: Clock | None = None,
    say: Callable[[str], None] | None = None,
) -> Books:
    """The books of the one organisation that a seed describes; see `open_seeds`."""
    [books] = open_seeds(seed, 1, until=until, rates=rates, clock=clock, say=say)
    return books


def open_seeds(
    seed: str,
    companies: int,
    *,
    until: date | None = None,
    rates: Mapping[str, Decimal] | None = None,
    clock: Clock | None = None,
    say: Callable[[str], None] | None = None,
) -> list[Books]:
    """The books of so many organisations: invented ones differ, others are repeated by name.

    until: the last day that has happened; for the demo, its today. A folder is kept as it is and
    takes neither `until` nor `rates` (home units per unit of a currency). say: told, line by line,
    what was assumed or made up. Raises SeedError with one line to print; nothing is opened then.
    """
    tell, clock, rates = say or (lambda _: None), clock or Clock(), rates or {}
    if not 1 <= companies <= MOST:
        raise SeedError(f"--companies {companies}: give a number from 1 to {MOST}")
    for currency, rate in rates.items():
        if not rate.is_finite() or rate <= 0:
            raise SeedError(f"--rate {currency}={rate}: a rate must be a positive number")
    numbers = range(1, companies + 1)
    if seed == "demo":
        return [demo_books(clock, until=until, rates=rates, seed=number) for number in numbers]
    path = Path(seed)
    if not path.exists():
        raise SeedError(f"{seed}: no such file or folder; give demo, a folder of JSON or a CSV")
    try:
        return list(_from_path(path, numbers, until, rates, clock, tell))
    except OSError as error:
        raise SeedError(f"{error.filename}: cannot be read: {error.strerror}") from error


def _from_path(
    path: Path,
    numbers: range,
    until: date | None,
    rates: Mapping[str, Decimal],
    clock: Clock,
    tell: Callable[[str], None],
) -> Iterator[Books]:
    if path.is_dir():
        if until is not None or rates:
            given = "--until" if until is not None else "--rate"
            raise SeedError(f"{given}: a folder is kept as it is; leave {given} out")
        folder = read_folder(path)
        for number in numbers:
            # What is repeated is said once.
            yield folder_books(folder, clock, number=number, say=tell if number == 1 else None)
        return
    if path.suffix.lower() in (".json", ".yaml", ".yml"):
        raise SeedError(f"{path}: is one file; give the folder that holds it")
    rows = read_rows(path)
    prices = price(rows, rates)
    for note in prices.notes:
        tell(note)
    for number in numbers:
        name = path.stem if number == 1 else f"{path.stem} {number}"
        yield history_books(rows, prices, clock, name=name, number=number, until=until)


def _tenant(first: str, number: int) -> str:
    return first[:-4] + f"{number:04x}"


def demo_books(
    clock: Clock,
    *,
    until: date | None = None,
    rates: Mapping[str, Decimal] | None = None,
    seed: int = 1,
) -> Books:
    """The demo organisation as it stands today, or on *until*; one day always gives the same one.

    seed: also chooses the name and the tenant; 1 is the firm of the cast.
    """
    today = clock.now().astimezone(ZONE).date()
    if until is not None and until > today:
        raise SeedError(f"--until {until}: lies after today, {today}; choose an earlier day")
    prices = {code: Decimal(rate) for code, rate in cast.RATES.items()} | dict(rates or {})
    firm = Firm(
        tenant_id=_tenant(DEMO_TENANT, seed), name=cast.firm_name(seed), home="GBP", country="GB",
        zone=ZONE,
    )  # fmt: skip
    books = _open(firm, clock, prices, is_demo=True)
    return _fill(books, demo_register(until or today, firm, _accounts(books), prices, seed=seed))


def history_books(
    rows: list[Row],
    prices: Prices,
    clock: Clock,
    *,
    name: str,
    number: int = 1,
    until: date | None = None,
) -> Books:
    """The books of a CSV history."""
    country, zone = HOMES.get(prices.home, ("GB", "Europe/London"))
    firm = Firm(
        tenant_id=_tenant(HISTORY_TENANT, number), name=name, home=prices.home, country=country,
        zone=ZoneInfo(zone),
    )  # fmt: skip
    books = _open(firm, clock, prices.rates)
    kept = until_day(rows, until)
    return _fill(books, history_register(kept, firm, _accounts(books), prices, until=until))


def _open(
    firm: Firm, clock: Clock, rates: Mapping[str, Decimal], *, is_demo: bool = False
) -> Books:
    books = Books(
        firm.tenant_id, name=firm.name, base_currency=firm.home, country=firm.country,
        time_zone=firm.zone.key, is_demo=is_demo, clock=clock, rates=rates,
    )  # fmt: skip
    for kind, field in (("Accounts", "UpdatedDateUTC"), ("Users", "UpdatedDateUTC"),
                        ("BrandingThemes", "CreatedDateUTC")):  # fmt: skip
        for built_in in books.rows(kind):  # as old as the organisation, not as the process
            books.load(kind, {**built_in, field: OPENED})
    for account in extra_accounts(firm, rates):
        books.load("Account", account)
    for rate in tax_rates(firm.country):
        books.load("TaxRate", rate)
    for code in sorted({firm.home, *rates}):
        books.load("Currency", {"Code": code, "Description": CURRENCY_NAMES.get(code, code)})
    return books


def _accounts(books: Books) -> Callable[[str], Doc]:
    by_code = {account.get("Code"): account for account in books.rows("Account")}
    return lambda code: by_code[code]


def _fill(books: Books, register: Register) -> Books:
    for kind, payload in register.documents():
        books.load(kind, payload)
    return books


def folder_books(
    folder: Folder,
    clock: Clock,
    *,
    number: int = 1,
    say: Callable[[str], None] | None = None,
) -> Books:
    """The books that a folder describes: its documents exactly, and what they lack made up."""
    tell = say or (lambda _: None)
    books = _folder_books(folder, number, clock, bare=True)
    spare = _folder_books(folder, number, clock, bare=False)
    for kind, payload in missing_entries(folder, spare):
        books.load(kind, payload)
    for kind, table in folder.documents.items():
        for payload in table.values():
            if kind != "Organisations" or number == 1:
                books.load(kind, payload)
    notes = list(folder.notes)
    for kind, payload in make_up(folder, books.account(None), notes):
        books.load(kind, payload)
    for note in notes:
        tell(note)
    findings = books.check()
    if findings:
        tell(f"the folder does not tie out in {len(findings)} places; first: {findings[0]}")
    return books


def _folder_books(folder: Folder, number: int, clock: Clock, *, bare: bool) -> Books:
    recorded = folder.organisation()
    return Books(
        folder.tenant_id if number == 1 and folder.tenant_id else _tenant(FOLDER_TENANT, number),
        name=_folder_name(folder, number),
        base_currency=str(recorded.get("BaseCurrency") or folder.commonest("CurrencyCode", "NZD")),
        country=str(recorded.get("CountryCode") or "NZ"),
        time_zone=_zone_word(recorded),
        is_demo=bool(recorded.get("IsDemoCompany")),
        clock=clock,
        bare=bare,
    )


def _zone_word(recorded: Doc) -> str:
    word = str(recorded.get("Timezone") or "UTC")
    try:
        zone_of(word)
    except ValueError:
        return "UTC"  # dates carry no zone; only what is written later is dated by it
    return word


def _folder_name(folder: Folder, number: int) -> str:
    name = str(folder.organisation().get("Name") or folder.name)
    return name if number == 1 else f"{name} {number}"
