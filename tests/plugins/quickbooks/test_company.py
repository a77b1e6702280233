"""The company, its live documents, and what the plugin announces."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from recoup.connector.capabilities import Capability
from recoup.connector.errors import Gone, NotSupported, UsageError, WrongCompany
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.pages import Tombstone, Window
from recoup.connector.testing.fakes import FakeClock
from recoup.plugins import quickbooks


def test_the_company_is_described_by_its_settings(make_world: Callable[..., Any]) -> None:
    world = make_world(company_name="Larch & Co", home_currency="CAD", multicurrency=True)
    prefs = dict(world.books.rows("Preferences")[0])
    prefs["AccountingInfoPrefs"] = {"BookCloseDate": "2025-12-31"}
    prefs["ReportPrefs"] = {"CalcAgingReportFromTxnDate": True}
    world.books.load("Preferences", prefs)
    found = world.ledger().describe_company()
    assert (found.name, found.home_currency, found.multicurrency) == ("Larch & Co", "CAD", True)
    assert found.ledger_id == world.books.realm and found.time_zone == "America/Los_Angeles"
    assert found.books_closed_on == date(2025, 12, 31) and found.ages_from_issue


def test_an_answer_for_another_company_is_refused(world: Any) -> None:
    info = {**world.books.rows("CompanyInfo")[0], "Id": "77"}
    world.books.load("CompanyInfo", info)
    with pytest.raises(WrongCompany, match="answered for company 77"):
        world.ledger().describe_company()


def test_fetch_reads_living_and_gone_in_one_call(world: Any) -> None:
    buyer = world.customer()
    ids = [world.invoice(buyer), world.invoice(buyer)]
    world.books.delete("Invoice", ids[0])
    world.books.deactivate("Customer", buyer)
    found = world.ledger().fetch([*(("Invoice", id) for id in ids), ("Customer", buyer)])
    assert {(p.source_type, p.ledger_id) for p in found.payloads} == {
        ("Invoice", ids[1]),
        ("Customer", buyer),
    }
    assert list(found.tombstones) == [Tombstone("Invoice", ids[0])]
    assert sum(world.standin.calls.values()) == 1


def test_fetch_splits_what_one_query_cannot_name(world: Any) -> None:
    buyer = world.customer()
    ids = [world.invoice(buyer) for _ in range(450)]
    found = world.ledger().fetch([("Invoice", id) for id in ids])
    assert {p.ledger_id for p in found.payloads} == set(ids)
    assert sum(world.standin.calls.values()) == 1


def test_what_cannot_be_an_id_is_neither_living_nor_gone(world: Any) -> None:
    found = world.ledger().fetch([("Invoice", "1' OR '1"), ("Invoice", "")])
    assert not found.payloads and not found.tombstones


def test_fetch_of_nothing_costs_nothing(world: Any) -> None:
    assert not world.ledger().fetch([]).payloads
    assert sum(world.standin.calls.values()) == 0


def test_references_are_translated_to_the_platforms_words(world: Any) -> None:
    refs = [
        DocumentRef(DocumentKind.CREDIT_NOTE, "4"),
        DocumentRef(DocumentKind.JOURNAL, "5"),
        DocumentRef(DocumentKind.EXPENSE, "Check-6"),
    ]
    pairs = world.ledger().source_types(refs)
    assert pairs == [("CreditMemo", "4"), ("JournalEntry", "5"), ("Purchase", "6")]


def test_a_sweep_counts_by_the_time_of_creation(world: Any) -> None:
    buyer = world.customer()
    first = world.invoice(buyer)
    world.clock.advance(timedelta(hours=1))
    noon = world.clock.now()
    later = [world.invoice(buyer) for _ in range(3)]
    ledger = world.ledger(page_rows=3)
    counted, nothing = ledger.sweep("Invoice", Window(noon, None), False)
    assert (counted.count, counted.ids, nothing.payloads) == (3, None, ())
    listed, found = ledger.sweep("Invoice", Window(None, noon), True)
    assert listed.ids == frozenset([first]) and [p.ledger_id for p in found.payloads] == [first]
    assert ledger.sweep("Invoice", Window(), True)[0].ids == frozenset([first, *later])


def test_an_invoice_has_a_pdf(world: Any) -> None:
    invoice = world.invoice(world.customer())
    assert world.ledger().invoice_pdf(invoice).startswith(b"%PDF")
    with pytest.raises(Gone):
        world.ledger().invoice_pdf("999")


def test_a_link_exists_only_where_online_payment_is_on(world: Any) -> None:
    buyer = world.customer()
    online = {"AllowOnlineCreditCardPayment": True, "BillEmail": {"Address": "a@b.example"}}
    with_link, without = world.invoice(buyer, **online), world.invoice(buyer)
    link = world.ledger().invoice_link(with_link)
    assert link is not None and link.startswith("https://")
    assert world.ledger().invoice_link(without) is None


def test_what_is_not_declared_is_not_implemented(world: Any) -> None:
    declared = world.ledger().capabilities()
    assert Capability.NATIVE_REMINDERS not in declared
    with pytest.raises(NotSupported):
        world.ledger().native_reminders()


def test_a_missing_library_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, world: Any) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    app = world.connection().app
    for opening in (
        lambda: quickbooks.open_ledger(world.connection()),
        lambda: quickbooks.open_consent(app, None, FakeClock()),
    ):
        with pytest.raises(UsageError) as refusal:
            opening()
        assert str(refusal.value) == (
            "QuickBooks needs its library: pip install 'recoup[quickbooks]'"
        )


def test_announcing_the_platform_imports_no_sdk() -> None:
    program = (
        "import sys, recoup.plugins.quickbooks as q; [p] = q.ledger_platforms(); "
        "print(p.name, p.extra, 'quickbooks' in sys.modules, 'requests' in sys.modules)"
    )
    command = [sys.executable, "-c", program]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["quickbooks", "quickbooks", "False", "False"]


def test_the_platform_opens_ledger_and_consent(world: Any) -> None:
    [platform] = quickbooks.ledger_platforms()
    assert platform.capabilities == world.ledger().capabilities()
    assert hasattr(platform.open_ledger(world.connection()), "pull")
    assert hasattr(platform.open_consent(world.connection().app, None, FakeClock()), "revoke")
