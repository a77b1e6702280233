"""SIGKILL itself, sent to a process of its own, leaves one write and one undo."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from drill.proof import prove

from recoup.connector.intents import Operation, intent_key

HERE = Path(__file__).parent
# What dies: the first try before it sends, once it has sent, and while it notes the answer.
DEATHS = (("call before", 1), ("call after", 1), ("store UPDATE intents", 2))
CREATES = {"quickbooks": "POST", "xero": "PUT", "sage": "POST"}


def job(firm: Any, customer: str, invoice: str) -> dict[str, Any]:
    request = {
        "customer_id": customer,
        "currency": firm.currency,
        "amount": "70.00",
        "issued_on": "2026-06-30",
        "reference": "CHQ 1",
        "allocations": [{"invoice_id": invoice, "amount": "60.00"}],
    }
    key = intent_key("killed", Operation.CREATE_PAYMENT, "bank line 1", request)
    asked = {"key": key, "operation": "create_payment", "natural_key": "bank line 1"}
    return {
        "platform": firm.platform,
        "address": firm.address,
        "key": firm.key,
        "url": firm.standin.url,
        "ledger_id": firm.ledger_id,
        "currency": firm.currency,
        "intent": {**asked, "request": request},
    }


def live(firm: Any, work: dict[str, Any], death: tuple[str, int] | None, *, undo: bool) -> str:
    """Let a process do the work; how it ended. Ten minutes pass after it."""
    told = {**work, "now": firm.clock.now().isoformat(), "death": death, "undo": undo}
    done = subprocess.run(
        [sys.executable, "-m", "drill.child", json.dumps(told)],
        env={**os.environ, "PYTHONPATH": str(HERE)},
        capture_output=True,
        text=True,
        check=False,
    )
    firm.clock.advance(timedelta(minutes=10))
    if done.returncode == -9:
        return "killed"
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death[0])
@pytest.mark.parametrize("platform", CREATES)
def test_a_killed_process_posts_once_and_undoes_whole(
    platform: str, death: tuple[str, int], make_firm: Callable[..., Any]
) -> None:
    firm = make_firm(platform)
    customer = firm.add_customer("Alder & Co")
    work = job(firm, customer, firm.add_invoice(customer, Decimal(100)))
    before = firm.state()
    label = f"{death[0]} {CREATES[platform]}" if death[0].startswith("call") else death[0]
    assert live(firm, work, (label, death[1]), undo=False) == "killed"
    assert live(firm, work, None, undo=False) == "done"
    after = firm.state()
    assert before.control - after.control == 70 and firm.broken_rules() == []
    assert live(firm, work, ("store UPDATE intents", 2), undo=True) == "killed"
    assert live(firm, work, None, undo=True) == "done"
    assert before.differences(firm.state()) == []
    prove(firm)
