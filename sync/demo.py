"""The demo's stage: a stand-in in this process, a workspace of its own, a person who consents.

The only part of sync that knows a stand-in from the inside; ``recoup demo`` tells the story.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.request import urlopen

from recoup.connector.errors import UsageError
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.seed_demo import demo_bookkeeper_day
from recoup.plugins.quickbooks.standin.seed_sources import open_seed
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.connect import Person
from recoup.sync.workspace import SETTINGS_FILE, Workspace

__all__ = ["STATE", "Stage", "consenting", "set_stage"]

STATE = "standin.db"  # the stand-in's own memory, so that it can be started again
_MARK = ".recoup-demo"
# What a demo leaves behind and the next one clears away; anything else in the folder stays.
_PROPS = ("recoup.db", "control.db", STATE, "vault.key", SETTINGS_FILE, ".gitignore")
_SUFFIXES = ("", "-wal", "-shm", "-journal", ".lock")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stand-in that runs, and the workspace that will be connected to it."""

    folder: Path
    url: str
    company: str
    standin: StandIn

    def today(self) -> date:
        """The date in the company's own calendar."""
        books = self.standin.books
        return books.clock.now().astimezone(books.zone).date()

    def documents(self) -> int:
        """How many invoices, payments and credits are in the books."""
        books = self.standin.books
        return sum(len(books.rows(entity)) for entity in ("Invoice", "Payment", "CreditMemo"))

    def bookkeeper_day(self) -> list[str]:
        """Let the bookkeeper do three things; returns what was done, a sentence each."""
        return demo_bookkeeper_day(self.standin.books)


@contextmanager
def set_stage(folder: Path) -> Iterator[Stage]:
    """Make *folder* a fresh workspace and run the stand-in until the end of the block.

    An earlier demo in the folder is cleared away. Raises UsageError for a folder with anything
    else in it.
    """
    _clear(folder)
    Workspace.init(folder)
    (folder / _MARK).touch()
    books = open_seed("demo")
    options = Options(throttle=True, state=str(folder / STATE))
    with StandIn(books, 0, options) as standin:
        name = str(books.rows("CompanyInfo")[0]["CompanyName"])
        yield Stage(folder, standin.url, name, standin)


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
    for prop in _PROPS:
        for suffix in _SUFFIXES:
            (folder / f"{prop}{suffix}").unlink(missing_ok=True)
