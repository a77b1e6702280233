"""Aged receivables over a million invoices, against the best single statement written by hand.

    python -m benchmarks.bench_aging [INVOICES] [--seed N]

Builds a store in a temporary folder, reports as of a past date (so that half of the allocations
are undone), and exits 1 above 1.5 times the statement's time or at 300 MB. Each side runs in
processes of its own, in turns, and the best of six runs counts. The statement does the same work
in SQL: band per invoice, unapplied per credit, sums per customer and currency.
"""

from __future__ import annotations

import argparse
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.printing import Check, Table, finish
from recoup.connector.model import Company
from recoup.connector.protocols import SystemClock
from recoup.sync.report.aging import aging
from recoup.sync.store import cursors, schema
from recoup.sync.store.bulk import insert_rows
from recoup.sync.store.companies import add_company, find_company
from recoup.sync.store.engine import Store, open_store

ROOT = Path(__file__).resolve().parent.parent
AS_OF = date(2025, 6, 30)
CUSTOMERS = 5_000
ROUNDS, RUNS = 2, 3  # the sides take turns, so that a busy machine is busy for both
MOST_RATIO, MOST_MB = 1.5, 299.9
PAGE = 20_000

BY_HAND = """
WITH open AS (
  SELECT customer_id, currency,
         CASE WHEN due_on >= :day THEN 0 WHEN due_on >= :day - 30 THEN 1
              WHEN due_on >= :day - 60 THEN 2 WHEN due_on >= :day - 90 THEN 3 ELSE 4 END AS band,
         total_minor - coalesce((SELECT sum(amount_minor) FROM allocations a
           WHERE a.company_id = 1 AND a.target_kind = 'invoice' AND a.target_id = d.ledger_id
             AND a.effective_on <= :day), 0) AS minor
    FROM documents d
   WHERE company_id = 1 AND kind = 'invoice' AND state = 'posted' AND issued_on <= :day
  UNION ALL
  SELECT customer_id, currency, -1,
         coalesce((SELECT sum(amount_minor) FROM allocations a
           WHERE a.company_id = 1 AND a.source_kind = d.kind AND a.source_id = d.ledger_id
             AND a.effective_on <= :day), 0)
         - total_minor
         - coalesce((SELECT sum(amount_minor) FROM allocations a
           WHERE a.company_id = 1 AND a.target_kind = d.kind AND a.target_id = d.ledger_id
             AND a.effective_on <= :day), 0)
    FROM documents d
   WHERE company_id = 1 AND kind IN ('credit_note', 'payment', 'prepayment', 'overpayment')
     AND state = 'posted' AND issued_on <= :day
)
SELECT customer_id, currency, band, sum(minor) FROM open WHERE minor <> 0 GROUP BY 1, 2, 3
"""


def build(store: Store, invoices: int, seed: int) -> None:
    """Write *invoices* over 1,000 days, each settled in full by half a payment 60 days later."""
    rng = random.Random(seed)
    first = date(2023, 1, 1).toordinal()
    now = datetime(2026, 1, 1, tzinfo=UTC)
    described = Company(ledger="bench", ledger_id="1", name="Bench", home_currency="USD")
    with store.write() as conn:
        company_id = add_company(conn, described, base_url=None, grant_id="g", at=now).company_id
    assert company_id == 1
    with store.write() as conn:
        rows: list[tuple[Any, ...]] = [
            (
                1,
                str(n),
                f"Customer {n}",
                "USD",
                None,
                False,
                True,
                "[]",
                None,
                None,
                0,
                False,
                "posted",
                None,
            )
            for n in range(CUSTOMERS)
        ]
        insert_rows(conn, schema.customers, rows)
    for start in range(0, invoices, PAGE):
        with store.write() as conn:
            documents, payments, allocations = _page(rng, first, start, min(PAGE, invoices - start))
            insert_rows(conn, schema.documents, [*documents, *payments])
            insert_rows(conn, schema.allocations, allocations)
    with store.write() as conn:
        cursors.write_cursor(conn, 1, "{}", invoices, now)
        cursors.finish(conn, 1, now)


def _page(rng: random.Random, first: int, start: int, count: int) -> tuple[list[Any], ...]:
    documents: list[Any] = []
    payments: list[Any] = []
    allocations: list[Any] = []
    for n in range(start, start + count, 2):
        customer, payment = str(rng.randrange(CUSTOMERS)), f"P{n}"
        pair = []
        for number in (n, n + 1)[: start + count - n]:
            issued, total = first + rng.randrange(1000), rng.randrange(100, 500_000)
            pair.append((str(number), issued, total))
            head = (1, "invoice", str(number), customer, f"INV-{number}", issued, issued + 30)
            documents.append((*head, "USD", total, 0, None, "posted", None, 0, None))
        paid = max(issued for _, issued, _ in pair) + 60
        total = sum(total for _, _, total in pair)
        paying = (1, "payment", payment, customer, None, paid, paid)
        payments.append((*paying, "USD", total, 0, None, "posted", None, 0, None))
        for part, (invoice, _, amount) in enumerate(pair):
            ends = ("payment", payment, "invoice", invoice)
            key = (1, "payment", payment, str(part))
            allocations.append((*key, *ends, "USD", amount, "cash", None, paid, 0))
    return documents, payments, allocations


def by_hand(path: Path) -> Iterator[tuple[float, int]]:
    """Time the statement through sqlite3 alone; the sum shows that both sides agree."""
    conn = sqlite3.connect(path)
    for _ in range(RUNS):
        started = time.perf_counter()
        rows = conn.execute(BY_HAND, {"day": AS_OF.toordinal()}).fetchall()
        yield time.perf_counter() - started, sum(row[3] for row in rows)
    conn.close()


def reported(path: Path) -> Iterator[tuple[float, int]]:
    """Time the report as the command line asks for it: control block, names and JSON values."""
    with open_store(path, clock=SystemClock()) as store:
        for _ in range(RUNS):
            started = time.perf_counter()
            with store.read() as conn:
                [result] = aging(conn, find_company(conn, None), as_of=AS_OF)
            result.as_json()
            yield time.perf_counter() - started, result.totals.total.minor


def measure(side: str, path: Path) -> tuple[float, int, float]:
    """Best seconds, the sum and the peak in MB of one side in a fresh process."""
    command = [sys.executable, "-m", "benchmarks.bench_aging", "--side", side]
    command += ["--path", str(path)]
    told = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    answer = told.stdout.split()
    return float(answer[0]), int(answer[1]), float(answer[2])


def run_side(side: str, path: Path) -> None:
    timed = list(by_hand(path) if side == "by_hand" else reported(path))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    megabytes = peak / (1 << 20 if sys.platform == "darwin" else 1 << 10)
    print(min(seconds for seconds, _ in timed), timed[0][1], megabytes)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("invoices", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--side", choices=["by_hand", "reported"], help=argparse.SUPPRESS)
    parser.add_argument("--path", type=Path, help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.side:
        run_side(wanted.side, wanted.path)
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "recoup.db"
        with open_store(path, clock=SystemClock()) as store:
            build(store, wanted.invoices, wanted.seed)
        measured = [(measure("by_hand", path), measure("reported", path)) for _ in range(ROUNDS)]
    statement = min(hand[0] for hand, _ in measured)
    report = min(ours[0] for _, ours in measured)
    megabytes = max(ours[2] for _, ours in measured)
    their_sum, our_sum = measured[0][0][1], measured[0][1][1]
    table = Table(
        f"report aging as of {AS_OF}: {wanted.invoices:,} invoices, as many allocations, "
        f"seed {wanted.seed}"
    )
    table.lines += [
        f"one statement by hand: {statement:.2f} s",
        f"report aging, control block included: {report:.2f} s, peak memory {megabytes:.0f} MB",
    ]
    if our_sum != their_sum:
        table.lines.append(f"the two disagree: {our_sum} and {their_sum}")
    finish(
        table,
        [
            Check("times the statement's seconds", report / statement, at_most=MOST_RATIO),
            Check("peak MB", megabytes, at_most=MOST_MB),
            Check("difference of the sums", abs(our_sum - their_sum), at_most=0),
        ],
    )


if __name__ == "__main__":
    main()
