"""Stopped, killed, cut off or raced: nothing is lost and the next sync makes it whole."""

from __future__ import annotations

import signal
import subprocess
from decimal import Decimal
from typing import Any

import pytest


def assert_whole(firm: Any) -> None:
    """One more sync ends well and everything ties out, the open total of the books included."""
    synced = firm.run("sync")
    assert synced.code == 0, synced.err
    tied = firm.run("tieout")
    assert tied.code == 0, tied.out + tied.err
    known = {"Invoice": 0, "Payment": 0, "CreditMemo": 0}
    found = firm.run("tieout", "--format", "json").json[0]["checked"]
    held = {entity: len(firm.books.rows(entity)) for entity in known}
    assert found["credit"] == held["Payment"] + held["CreditMemo"] - voided(firm, "Payment")
    assert found["invoice"] == held["Invoice"] - voided(firm, "Invoice")


def voided(firm: Any, entity: str) -> int:
    return sum(
        Decimal(row["TotalAmt"]) == 0 and "Voided" in str(row.get("PrivateNote", ""))
        for row in firm.books.rows(entity)
    )


def test_a_sync_that_is_killed_again_and_again_is_completed_by_the_next(connected: Any) -> None:
    for entity in ("Customer", "Invoice", "Payment", "Deposit", "Item"):
        hold = connected.held_at(f"FROM {entity}")
        with connected.spawn("sync") as process:
            hold.reached()
            process.kill()
            process.communicate(timeout=30)
        hold.release()
        assert process.returncode == -signal.SIGKILL
    assert_whole(connected)


def test_ctrl_c_stops_a_sync_in_one_line(connected: Any) -> None:
    hold = connected.held_at("FROM Payment")
    with connected.spawn("sync") as process:
        hold.reached()
        process.send_signal(signal.SIGINT)
        hold.release()
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "stopped; nothing is lost, run the same command again"
    assert_whole(connected)


def test_a_second_sync_of_the_company_says_that_one_is_running(connected: Any) -> None:
    hold = connected.held_at("FROM Invoice")
    with connected.spawn("sync") as first:
        hold.reached()
        second = connected.run("sync", "--wait", "0")
        hold.release()
        _, err = first.communicate(timeout=60)
    assert first.returncode == 0, err
    assert second.code == 4 and second.out == ""
    assert second.err.count("\n") == 1
    assert_whole(connected)


def test_a_second_sync_of_the_company_waits_for_the_first(connected: Any) -> None:
    hold = connected.held_at("FROM Invoice")
    with connected.spawn("sync") as first:
        hold.reached()
        with connected.spawn("sync") as second:
            with pytest.raises(subprocess.TimeoutExpired):
                second.wait(timeout=1.5)  # as long as the first is held
            hold.release()
            first.communicate(timeout=60)
            out, err = second.communicate(timeout=60)
    assert (first.returncode, second.returncode) == (0, 0), err
    assert "0 new or changed" in out
    assert_whole(connected)


def test_a_page_cut_in_the_middle_is_one_line_and_the_next_sync_is_whole(connected: Any) -> None:
    # More often than a call is repeated for a passing fault.
    connected.admin("faults", kind="truncate", times=20, match="query", bytes=2000, after=3)
    cut = connected.run("sync")
    assert cut.code == 4 and cut.out == "" and cut.err.count("\n") == 1, cut
    assert cut.err.startswith("recoup: ")
    connected.admin("faults", clear=True)
    assert_whole(connected)


def test_passing_faults_and_an_expired_token_are_not_even_noticed(connected: Any) -> None:
    kinds = ["500", "503", "drop_before", "drop_after", "truncate", "expire_token"]
    for number, kind in enumerate(kinds):
        connected.admin("faults", kind=kind, times=1, after=2 * number + 1)
    synced = connected.run("sync")
    assert (synced.code, synced.err) == (0, "")
    assert connected.standin.faults.struck == dict.fromkeys(kinds, 1)
    assert_whole(connected)


def test_a_throttled_sync_says_so_and_asks_for_nothing_until_the_pause_is_over(
    connected: Any,
) -> None:
    connected.admin("faults", kind="429_xml", times=1, after=4)
    throttled = connected.run("sync")
    answered = sum(connected.standin.calls.values())
    again = connected.run("sync")
    for ran in (throttled, again):
        assert (ran.code, ran.out, ran.err.count("\n")) == (4, "", 1)
    assert sum(connected.standin.calls.values()) == answered
    assert "allows the next call in" in again.err
