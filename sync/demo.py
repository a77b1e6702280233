"""The demo's stage: a stand-in of each ledger in this process, a workspace, a person who consents.

The only part of sync that knows the stand-ins from the inside; ``recoup demo`` tells the story.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Protocol
from urllib.request import urlopen
from zoneinfo import ZoneInfo

from recoup.connector.errors import UsageError
from recoup.plugins.quickbooks.standin import options as quickbooks_options
from recoup.plugins.quickbooks.standin import seed_demo as quickbooks_demo
from recoup.plugins.quickbooks.standin import seed_sources as quickbooks_seeds
from recoup.plugins.quickbooks.standin import server as quickbooks_server
from recoup.plugins.sage.standin import options as sage_options
from recoup.plugins.sage.standin import seed_demo as sage_demo
from recoup.plugins.sage.standin import seed_sources as sage_seeds
from recoup.plugins.sage.standin import server as sage_server
from recoup.plugins.xero.standin import options as xero_options
from recoup.plugins.xero.standin import seed_demo as xero_demo
from recoup.plugins.xero.standin import seed_sources as xero_seeds
from recoup.plugins.xero.standin import server as xero_server
from recoup.sync.connect import Person
from recoup.sync.workspace import SETTINGS_FILE, Workspace

__all__ = ["Scene", "Stage", "consenting", "set_stage"]

LEDGERS = ("quickbooks", "xero", "sage")
# Two syncs and two tie-outs within seconds are more than the hundred calls a minute that others
# report of Sage, which names no such limit; a day in a minute is the demo's own haste.
SAGE_MINUTE = 400
_MARK = ".recoup-demo"
_MEMORIES = tuple(f"standin-{ledger}.db" for ledger in LEDGERS)
# What a demo leaves behind and the next one clears away; anything else in the folder stays.
_PROPS = ("recoup.db", "control.db", "standin.db", *_MEMORIES)
_FILES = ("vault.key", SETTINGS_FILE, ".gitignore")
_SUFFIXES = ("", "-wal", "-shm", "-journal", ".lock")


class _Running(Protocol):
    @property
    def url(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Scene:
    """One ledger's stand-in, running with one company."""

    ledger: str
    company: str
    standin: _Running
    state: Path  # the stand-in's own memory, so that it can be started again
    documents: int  # invoices, payments and credits in the books
    bookkeeper_day: Callable[[], list[str]]  # three acts; a sentence for each

    @property
    def url(self) -> str:
        return self.standin.url


@dataclass(frozen=True, slots=True)
class Stage:
    """The scenes, and the workspace that will be connected to them."""

    folder: Path
    scenes: Sequence[Scene]

    def today(self) -> date:
        """The date in the calendar of the first company."""
        return datetime.now(ZoneInfo("America/Los_Angeles")).date()


@contextmanager
def set_stage(folder: Path) -> Iterator[Stage]:
    """Make *folder* a fresh workspace and run the stand-ins until the end of the block.

    An earlier demo in the folder is cleared away. Raises UsageError for a folder with anything
    else in it.
    """
    _clear(folder)
    Workspace.init(folder)
    (folder / _MARK).touch()
    settings = folder / SETTINGS_FILE
    haste = f"[sage]\nminute_calls = {SAGE_MINUTE}\n"
    settings.write_text(settings.read_text("utf-8").replace("[sage]\n", haste, 1), "utf-8")
    with ExitStack() as stack:
        makers = (_quickbooks, _xero, _sage)
        states = [folder / memory for memory in _MEMORIES]
        scenes = [make(stack, at) for make, at in zip(makers, states, strict=True)]
        yield Stage(folder, scenes)


def _quickbooks(stack: ExitStack, state: Path) -> Scene:
    books = quickbooks_seeds.open_seed("demo")
    options = quickbooks_options.Options(throttle=True, state=str(state))
    return Scene(
        "quickbooks",
        str(books.rows("CompanyInfo")[0]["CompanyName"]),
        stack.enter_context(quickbooks_server.StandIn(books, 0, options)),
        state,
        sum(len(books.rows(entity)) for entity in ("Invoice", "Payment", "CreditMemo")),
        lambda: quickbooks_demo.demo_bookkeeper_day(books),
    )


def _xero(stack: ExitStack, state: Path) -> Scene:
    books = xero_seeds.open_seed("demo")
    options = xero_options.Options(throttle=True, state=str(state))
    kinds = ("Invoices", "Payments", "CreditNotes", "Overpayments", "Prepayments")
    return Scene(
        "xero",
        books.name,
        stack.enter_context(xero_server.StandIn(books, 0, options)),
        state,
        sum(len(books.rows(kind)) for kind in kinds),
        lambda: xero_demo.demo_bookkeeper_day(books),
    )


def _sage(stack: ExitStack, state: Path) -> Scene:
    [books] = sage_seeds.open_seed("demo")
    options = sage_options.Options(throttle=True, per_minute=SAGE_MINUTE, state=str(state))
    kinds = ("sales_invoices", "sales_quick_entries", "sales_credit_notes", "contact_payments")
    return Scene(
        "sage",
        books.name,
        stack.enter_context(sage_server.StandIn(books, 0, options)),
        state,
        sum(len(books.rows(kind)) for kind in kinds),
        lambda: sage_demo.demo_bookkeeper_day(books),
    )


def consenting() -> Person:
    """A person whose browser is fetched by a thread; the stand-in consents by itself."""

    def show(url: str) -> None:
        threading.Thread(target=_visit, args=(url,), daemon=True).start()

    return Person(show=show, paste=lambda _: "", patience=30)


def _visit(url: str) -> None:
    with urlopen(url, timeout=30) as page:
        page.read()


def _clear(folder: Path) -> None:
    if not folder.exists() or not any(folder.iterdir()):
        return
    if not (folder / _MARK).exists():
        raise UsageError(f"{folder} is not empty and holds no earlier demo; name another folder")
    for prop in (*_PROPS, *_FILES):
        for suffix in _SUFFIXES:
            (folder / f"{prop}{suffix}").unlink(missing_ok=True)
