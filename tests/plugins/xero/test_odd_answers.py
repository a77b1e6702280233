"""Answers of another shape, and lists too long to walk: named, and never a crash."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from recoup.connector.errors import Retriable, Skippable
from recoup.connector.testing.fakes import NOON
from recoup.plugins.xero import company
from recoup.plugins.xero.chores import do_chore
from recoup.plugins.xero.client import Client
from recoup.plugins.xero.control import TRIAL_BALANCE, control_totals, read_control
from recoup.plugins.xero.cursor import State
from recoup.plugins.xero.decode import read_rows
from recoup.plugins.xero.entities import BY_TYPE

ORGANISATION = {"OrganisationID": "o1", "Name": "Books", "BaseCurrency": "GBP"}


def rounds(client: Any, source_type: str) -> tuple[State, set[str]]:
    """Do the chore until a list has been read again; what came."""
    state = State(organisation="o1", home="GBP", clock=NOON, checked_at=NOON, round_at=NOON)
    state, found = replace(state, round_queue=(source_type,)), set()
    for _ in range(60):
        state, payloads, _stones = do_chore(client, state)
        found |= {payload.ledger_id for payload in payloads}
        if not state.round_queue:
            return state, found
    raise AssertionError("the round does not end")


def test_the_monthly_round_reads_a_long_list_in_parts(world: Any) -> None:
    ids = {
        str(
            world.books.pay(world.invoice(world.customer(f"B{n}")), on=f"202{n}-03-01")["PaymentID"]
        )
        for n in range(1, 5)
    }
    world.options.high_volume = 2
    state, found = rounds(Client(world.connection), "Payment")
    assert found == ids
    assert not state.round_slices


def test_a_list_that_no_part_makes_shorter_is_left_out_of_the_round(world: Any) -> None:
    for n in range(3):
        world.books.create_overpayment(world.customer(f"Buyer {n}"), "60.00")
    world.options.high_volume = 2
    assert rounds(Client(world.connection), "Overpayment")[1] == set()


def test_an_account_without_an_id_matters_only_as_the_debtors(server: Any) -> None:
    other = {"AccountID": None, "Code": "200"}
    debtors = {"AccountID": "d1", "Code": "610", "SystemAccount": "DEBTORS"}
    server.rows("Accounts", other, debtors)
    assert company.debtors_account(company.accounts(server.client())) == "d1"
    server.replies.clear()
    server.rows("Accounts", {**debtors, "AccountID": None})
    with pytest.raises(Retriable, match="account '610' cannot be read") as refusal:
        company.accounts(server.client())
    assert refusal.value.retry_after == timedelta(minutes=1)


def test_a_figure_that_is_no_text_parks_the_control_account(server: Any) -> None:
    attribute = [{"Id": "account", "Value": "d1"}]
    cells = [{"Value": 7, "Attributes": attribute}] * 5
    server.rows("Reports", {"Rows": [{"Rows": [{"RowType": "Row", "Cells": cells}, 7]}]})
    stated = read_control(server.client(), "d1")
    assert (stated.payload.source_type, stated.payload.ledger_id) == (TRIAL_BALANCE, "d1")
    assert b'"Value": 7' in stated.payload.raw
    with pytest.raises(Skippable, match="the trial balance cannot be used"):
        control_totals(server.client(), "d1", "GBP", None, False)


def test_a_lock_date_that_cannot_be_read_counts_as_none(server: Any) -> None:
    server.rows(
        "Organisations",
        {**ORGANISATION, "PeriodLockDate": "WEIRD", "EndOfYearLockDate": "2026-03-31"},
    )
    server.rows("Currencies", {"Code": "GBP"})
    assert str(company.describe(server.client()).books_closed_on) == "2026-03-31"


def test_an_organisation_of_another_shape_is_named(server: Any) -> None:
    server.rows("Organisations", {**ORGANISATION, "PeriodLockDate": 7})
    with pytest.raises(Retriable, match="organisation cannot be read"):
        company.describe(server.client())


def test_a_page_that_is_cut_off_is_asked_for_in_a_minute() -> None:
    with pytest.raises(Retriable) as refusal:
        read_rows(b'{"Invoices":[', BY_TYPE["Invoice"])
    assert refusal.value.retry_after == timedelta(minutes=1)
