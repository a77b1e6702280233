"""The kit itself: its fakes keep the protocols, and pytest is asked for only where needed."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta

import pytest

from recoup.connector import Budget, Clock, NeedsReconnect, Tombstone, Window
from recoup.connector.pages import Page, Swept
from recoup.connector.testing import Mirror
from recoup.connector.testing.fakes import NOON, FakeClock, FakeVault, OpenGate, tokens
from recoup.connector.testing.memory_case import MemoryCase


def test_sleeping_moves_the_fake_clock_at_once() -> None:
    clock = FakeClock()
    clock.sleep(90)
    assert isinstance(clock, Clock)
    assert clock.now() == NOON + timedelta(seconds=90)


def test_a_refresh_seen_by_another_is_not_done_again() -> None:
    vault = FakeVault()
    seen = vault.save("g", tokens("a"))
    newer = vault.refresh("g", seen, lambda _: tokens("b"))
    assert vault.refresh("g", seen, lambda _: tokens("c")) == newer
    assert (vault.refresh_count, newer.generation) == (1, 2)


def test_a_forgotten_grant_needs_reconnecting() -> None:
    vault = FakeVault()
    vault.save("g", tokens())
    vault.forget("g")
    with pytest.raises(NeedsReconnect):
        vault.read("g")


def test_the_open_gate_counts_what_it_grants() -> None:
    gate, budget = OpenGate(), Budget(key="k", limit=1, per=None)
    assert gate.take([budget]) == gate.take([budget]) == timedelta(0)
    gate.pause("k", NOON)
    with gate.slot("k", 1, timedelta(minutes=1)):
        assert (gate.spent(budget), gate.pauses) == (2, {"k": NOON})


def test_a_tombstone_drops_what_the_mirror_knew() -> None:
    case, mirror = MemoryCase(), Mirror()
    gone = case.add_invoice(case.add_customer("A"), "1.00")
    ledger = case.open_ledger()
    mirror.pull(ledger)
    mirror.take(ledger, Page(tombstones=[Tombstone("Invoice", gone)], cursor={}))
    assert not mirror.open_amounts()


def test_absence_from_a_list_alone_drops_nothing() -> None:
    case, mirror = MemoryCase(), Mirror()
    case.add_invoice(case.add_customer("A"), "1.00")
    ledger = case.open_ledger()
    mirror.pull(ledger)
    nothing = Swept(source_type="Invoice", window=Window(), count=0, ids=frozenset())
    mirror.take(ledger, Page(swept=[nothing], cursor={}))
    assert len(mirror.open_amounts()) == 1


def test_without_pytest_the_suite_says_what_to_install() -> None:
    program = (
        "import sys; sys.modules['pytest'] = None\n"
        "import recoup.connector.testing.fakes, recoup.connector.testing.memory_ledger\n"
        "from recoup.connector.testing import LedgerConformance"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.returncode == 1
    assert 'LedgerConformance needs pytest: pip install "recoup[testing]"' in ended.stderr


def test_an_unknown_name_of_the_kit_is_an_attribute_error() -> None:
    import recoup.connector.testing as kit

    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = kit.Nonsense


def test_the_connector_imports_neither_http_nor_sql() -> None:
    program = (
        "import sys, recoup.connector; "
        "print(sorted({'requests', 'sqlalchemy', 'pytest', 'msgspec'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert ended.stdout.strip() == "[]"
