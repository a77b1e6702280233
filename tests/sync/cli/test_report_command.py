"""``recoup report``: tables with their proof, pure JSON, CSV that a spreadsheet may open."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from click.testing import Result

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn

Run = Callable[..., Result]
OneLine = Callable[[Result, int], str]
Join = Callable[[Path, StandIn], None]
MakeBooks = Callable[..., Books]

DAY = ("--as-of", "2026-03-31")


def aging(run: Run, *words: str) -> list[dict[str, Any]]:
    result = run("report", "aging", "--format", "json", *words)
    assert result.exit_code == 0, result.output
    reports: list[dict[str, Any]] = json.loads(result.stdout)
    return reports


def test_aging_as_json_is_one_object_per_company_and_currency(synced: Path, run: Run) -> None:
    [report] = aging(run, *DAY)
    assert list(report) == ("company as_of basis currency buckets rows totals control".split())
    assert report["buckets"] == ["current", "1-30", "31-60", "61-90", "91+"]
    [ada, bob] = report["rows"]
    assert (ada["customer"], ada["31-60"], ada["unapplied"], ada["total"]) == (
        "Ada Ltd", "70.00", "-10.00", "110.00",
    )  # fmt: skip
    assert bob["current"] == "25.00"
    assert report["totals"]["total"] == "135.00"


def test_today_is_proven_against_the_control_account(synced: Path, run: Run) -> None:
    [report] = aging(run)
    assert report["control"] == {
        "ledger": "135.00", "ours": "135.00", "difference": "0.00", "explained": [],
        "proven": True,
    }  # fmt: skip


def test_a_past_day_without_the_ledger_s_word_is_not_called_proven(synced: Path, run: Run) -> None:
    [report] = aging(run, *DAY)
    assert report["control"]["ledger"] is None and report["control"]["proven"] is None
    assert "not proven for this date" in run("report", "aging", *DAY).stdout


def test_the_table_says_what_adds_up_to_what(synced: Path, run: Run) -> None:
    out = run("report", "aging").stdout
    assert "Acme Books · USD · as of " in out
    assert "Σ buckets + unapplied = Σ open documents = 135.00" in out
    assert "Proven to the cent." in out


def test_buckets_and_basis_may_be_chosen(synced: Path, run: Run) -> None:
    [report] = aging(run, *DAY, "--buckets", "15,45", "--basis", "issue")
    assert report["buckets"] == ["current", "1-15", "16-45", "46+"]
    assert report["basis"] == "issue"
    assert report["rows"][1]["16-45"] == "25.00"


def test_the_settings_give_the_defaults(synced: Path, run: Run) -> None:
    (synced / "recoup.toml").write_text('[report]\nbuckets = [10]\nbasis = "issue"\n')
    [report] = aging(run, *DAY)
    assert report["buckets"] == ["current", "1-10", "11+"] and report["basis"] == "issue"


def test_every_way_of_looking_is_accepted(synced: Path, run: Run) -> None:
    for words in (["--apart"], ["--home-currency"], ["--as-known"], ["--all"], ["acme-books"]):
        assert run("report", "aging", *words).exit_code == 0
        assert "acme-books" in run("report", "aging", "--format", "csv", *words).stdout


def test_all_companies_are_in_one_list(
    synced: Path,
    make_books: MakeBooks,
    join_standin: Join,
    run: Run,
) -> None:
    other = make_books("Other Books", "9130000000000002")
    with StandIn(other, 0, Options(throttle=False)) as second:
        join_standin(synced, second)
        assert run("sync", "other-books").exit_code == 0
    assert [r["company"] for r in aging(run, "--all")] == ["acme-books", "other-books"]


def test_the_portfolio_has_a_line_per_company_and_their_sum(
    synced: Path,
    make_books: MakeBooks,
    join_standin: Join,
    run: Run,
) -> None:
    other = make_books("Other Books", "9130000000000002")
    with StandIn(other, 0, Options(throttle=False)) as second:
        join_standin(synced, second)
        assert run("sync", "other-books").exit_code == 0
    [shown] = json.loads(run("report", "portfolio", *DAY, "--format", "json").stdout)
    assert [row["company"] for row in shown["rows"]] == ["acme-books", "other-books"]
    assert (shown["currency"], shown["total"]) == ("USD", "270.00")
    assert shown["total"] == shown["sums"][0]["total"]
    assert "Portfolio · as of 2026-03-31" in run("report", "aging", "--all", *DAY).stdout


def test_the_portfolio_of_one_ledger_leaves_the_others_out(synced: Path, run: Run) -> None:
    [shown] = json.loads(
        run("report", "portfolio", "--ledger", "quickbooks", "--format", "json").stdout
    )
    assert [row["ledger"] for row in shown["rows"]] == ["quickbooks"]
    result = run("report", "portfolio", "--ledger", "xero")
    assert result.exit_code == 2
    assert "no company has the ledger 'xero'; known: quickbooks" in result.stderr


def test_a_company_never_synced_does_not_stop_the_others(
    synced: Path,
    make_books: MakeBooks,
    join_standin: Join,
    run: Run,
) -> None:
    with StandIn(make_books("Other Books", "9130000000000002"), 0) as second:
        join_standin(synced, second)
    result = run("report", "aging", "--all", "--format", "json")
    assert result.exit_code == 2 and len(json.loads(result.stdout)) == 1
    assert result.stderr.startswith("recoup: other-books: no sync has run to its end yet")


def test_csv_has_a_row_per_customer_and_no_formulas(
    connected: Path, standin: StandIn, run: Run
) -> None:
    customer = standin.books.rows("Customer")[0]
    standin.books.rename("Customer", customer["Id"], "=HYPERLINK(1)")
    run("sync")
    rows = list(csv.reader(io.StringIO(run("report", "aging", "--format", "csv").stdout)))
    assert rows[0][-2:] == ["unapplied", "total"] and len(rows) == 3
    assert "'=HYPERLINK(1)" in [row[5] for row in rows]


def test_open_items_are_the_lines_behind_the_aging(synced: Path, run: Run) -> None:
    result = run("report", "open-items", *DAY, "--format", "json")
    [report] = json.loads(result.stdout)
    assert report["total"] == "135.00"
    assert [item["open"] for item in report["items"]] == ["-10.00", "70.00", "50.00", "25.00"]
    table = run("report", "open-items", *DAY, "--customer", "Bob, Inc").stdout
    assert "Bob, Inc" in table and "Ada" not in table
    rows = list(csv.reader(io.StringIO(run("report", "open-items", "--format", "csv").stdout)))
    assert len(rows) == 5 and rows[0][:3] == ["company", "as_of", "kind"]


def test_a_statement_runs_from_opening_to_closing(synced: Path, run: Run) -> None:
    words = ("Ada Ltd", *DAY, "--from", "2026-02-01")
    [report] = json.loads(run("report", "statement", *words, "--format", "json").stdout)
    assert (report["opening"], report["closing"]) == ("100.00", "110.00")
    assert [m["amount"] for m in report["movements"]] == ["-40.00", "50.00"]
    table = run("report", "statement", *words).stdout
    assert "Opening balance" in table and "Closing balance" in table and "110.00" in table
    rows = list(
        csv.reader(io.StringIO(run("report", "statement", *words, "--format", "csv").stdout))
    )
    assert [row[5] for row in rows[1:]] == ["opening", "payment", "invoice", "closing"]


def test_an_unknown_customer_is_one_line(synced: Path, run: Run, one_line: OneLine) -> None:
    assert "has no customer 'Zed'" in one_line(run("report", "statement", "Zed"), 2)


def test_what_is_no_date_or_no_bucket_is_one_line(
    synced: Path, run: Run, one_line: OneLine
) -> None:
    assert "is no date; write it as 2026-03-31" in one_line(
        run("report", "aging", "--as-of", "x"), 2
    )
    assert "are no days" in one_line(run("report", "aging", "--buckets", "a,b"), 2)
    assert "rise" in one_line(run("report", "aging", "--buckets", "30,30"), 2)
    assert "'paid' is not one of" in one_line(run("report", "aging", "--basis", "paid"), 2)


def test_a_reader_that_leaves_early_is_no_error(synced: Path) -> None:
    for shape in ("table", "json", "csv"):
        words = [sys.executable, "-m", "recoup.sync.cli", "report", "aging", "--format", shape]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        process.stderr.close()
        assert process.wait(30) == 0
