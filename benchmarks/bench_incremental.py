"""What an incremental sync costs in API calls: nothing new, 50 changed, 10 deleted besides."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.printing import Check, Table, finish
from recoup.connector.protocols import SystemClock
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.seed_sources import open_seed
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.connect import connect
from recoup.sync.demo import consenting
from recoup.sync.pull.run import PullResult, pull_company
from recoup.sync.workspace import Workspace

CHANGED, DELETED = 50, 10


class Firm:
    """A workspace connected to a stand-in in this process, and what its syncs cost there."""

    def __init__(self, workspace: Workspace, standin: StandIn) -> None:
        self.workspace, self.standin = workspace, standin
        platform = workspace.platform("quickbooks")
        [connected] = connect(workspace, platform, consenting(), base_url=standin.url)
        self.company = connected.company

    def sync(self) -> tuple[int, PullResult]:
        """Sync as a new process would; returns the calls that the stand-in counted."""
        before = self._answered()
        ledger = self.workspace.ledger(self.company)
        result = pull_company(self.workspace.store, self.company, ledger, clock=SystemClock())
        return self._answered() - before, result

    def _answered(self) -> int:
        calls = self.standin.calls
        return sum(calls.values()) - calls["oauth"]


def untouched(books: Books) -> list[str]:
    """Ids of the invoices that nothing is set against, the oldest first."""
    rows = [row for row in books.rows("Invoice") if not row["LinkedTxn"] and row["Balance"]]
    return sorted((str(row["Id"]) for row in rows), key=int)


def edit(books: Books, day: str) -> None:
    """Move the due date of fifty invoices."""
    for row in books.rows("Invoice")[:CHANGED]:
        books.update("Invoice", {"Id": row["Id"], "DueDate": day}, True)


def main() -> None:
    books = open_seed("demo")
    with tempfile.TemporaryDirectory() as folder, StandIn(books) as standin:
        Workspace.init(Path(folder))
        with Workspace.open(Path(folder), environment={}) as workspace:
            firm = Firm(workspace, standin)
            first, whole = firm.sync()
            nothing, none = firm.sync()
            edit(books, "2031-01-31")
            changed, fifty = firm.sync()
            edit(books, "2031-02-28")
            for ledger_id in untouched(books)[-DELETED:]:
                books.delete("Invoice", ledger_id)
            deleted, sixty = firm.sync()
    if (none.stored.changed, fifty.stored.changed) != (0, CHANGED) or sixty.gone != DELETED:
        raise SystemExit(f"the syncs missed something: {none} {fifty} {sixty}")
    table = Table(f"Incremental sync of the demo company, {whole.stored.seen:,} documents, seed 1")
    table.row("first sync", calls=first)
    table.row("nothing new", calls=nothing)
    table.row(f"{CHANGED} changed", calls=changed)
    table.row(f"{CHANGED} changed and {DELETED} deleted", calls=deleted)
    checks = [
        Check("calls with nothing new", nothing, at_most=1),
        Check(f"calls with {CHANGED} changed", changed, at_most=3),
        Check(f"calls with {CHANGED} changed and {DELETED} deleted", deleted, at_most=3),
    ]
    finish(table, checks)


if __name__ == "__main__":
    main()
