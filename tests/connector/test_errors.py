"""Errors say what the caller does next."""

from __future__ import annotations

from datetime import timedelta

import pytest

from recoup.connector import errors
from recoup.connector.errors import (
    BudgetSpent,
    Busy,
    Fatal,
    NeedsReconnect,
    NotSupported,
    OutcomeUnknown,
    RecoupError,
    Retriable,
    Skippable,
    Stale,
)

CONSEQUENCES = (Fatal, Retriable, Skippable, NeedsReconnect, NotSupported)


@pytest.mark.parametrize("name", [n for n in errors.__all__ if n != "RecoupError"])
def test_every_error_has_exactly_one_consequence(name: str) -> None:
    error = getattr(errors, name)
    assert sum(issubclass(error, consequence) for consequence in CONSEQUENCES) == 1


def test_the_tree_in_the_docstring_names_every_error() -> None:
    drawn = {word for line in (errors.__doc__ or "").splitlines() for word in line.split()[:4]}
    assert set(errors.__all__) <= drawn


def test_the_text_ends_with_the_platforms_id_of_the_call() -> None:
    assert str(RecoupError("the ledger said no", request_id="1-abc")) == (
        "the ledger said no (request 1-abc)"
    )
    assert str(Stale("changed meanwhile")) == "changed meanwhile"


@pytest.mark.parametrize("error", [Retriable, BudgetSpent, Busy, OutcomeUnknown])
def test_what_may_be_tried_again_says_when(error: type[Retriable]) -> None:
    assert error("later").retry_after == timedelta(0)
    assert error("later", retry_after=timedelta(minutes=1)).retry_after == timedelta(minutes=1)
