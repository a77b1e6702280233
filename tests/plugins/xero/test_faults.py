"""Xero's refusals become our errors by what the caller does next."""

from __future__ import annotations

import inspect
import json
from datetime import timedelta
from typing import Any

import pytest
import urllib3
from requests.structures import CaseInsensitiveDict
from xero_python import exceptions as sdk
from xero_python.exceptions import http_status_exceptions as by_status

from recoup.connector.errors import (
    BudgetSpent,
    Fatal,
    Gone,
    NeedsConsent,
    NeedsReconnect,
    OutcomeUnknown,
    RecoupError,
    Retriable,
    Skippable,
)
from recoup.connector.http import Answer
from recoup.connector.testing.fakes import NOON
from recoup.plugins.xero.faults import (
    SDK_ERRORS,
    AppThrottled,
    Crowded,
    DayStopped,
    Offline,
    Outage,
    Passing,
    PeriodLocked,
    Reconciled,
    SystemFault,
    Throttled,
    TokenRefused,
    TooMany,
    judge,
    judge_element,
    judge_sdk,
    judge_transport,
)


def judged(status: int, body: Any = None, **headers: str) -> RecoupError:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    text = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
    return judge(Answer(status, CaseInsensitiveDict(named), text, "call-9"), NOON)


def refused(*messages: str, kind: str = "ValidationException") -> dict[str, Any]:
    errors = [{"Message": message} for message in messages]
    return {"ErrorNumber": 10, "Type": kind, "Elements": [{"ValidationErrors": errors}]}


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (302, Outage),
        (401, TokenRefused),
        (403, NeedsReconnect),
        (404, Gone),
        (412, SystemFault),
        (413, Fatal),
        (500, SystemFault),
        (501, SystemFault),
        (503, Outage),
    ],
)
def test_a_status_has_one_consequence(status: int, wanted: type[RecoupError]) -> None:
    error = judged(status)
    assert type(error) is wanted
    assert error.request_id == "call-9"


def test_an_organisation_that_is_away_says_for_how_long() -> None:
    error = judged(503, Retry_After="45")
    assert isinstance(error, Offline) and not isinstance(error, Passing)
    assert error.retry_after == timedelta(seconds=45)


@pytest.mark.parametrize(
    ("problem", "wanted"),
    [
        ("minute", Throttled),
        ("Minute", Throttled),
        ("", Throttled),
        ("day", DayStopped),
        ("DayLimit", DayStopped),
        ("appminute", AppThrottled),
        ("concurrent", Crowded),
    ],
)
def test_three_limits_share_a_status(problem: str, wanted: type[Retriable]) -> None:
    error = judged(429, X_Rate_Limit_Problem=problem, Retry_After="17")
    assert type(error) is wanted
    if wanted is not Crowded:
        assert isinstance(error, Retriable)
        assert error.retry_after == (timedelta(minutes=1) if wanted is DayStopped else SOON)


SOON = timedelta(seconds=17)


def test_a_day_stop_lasts_as_long_as_xero_says_and_is_a_spent_budget() -> None:
    error = judged(429, X_Rate_Limit_Problem="day", Retry_After="77000")
    assert isinstance(error, BudgetSpent)
    assert error.retry_after == timedelta(seconds=77000)


@pytest.mark.parametrize("spelling", ["insufficient_scope", "insufficent_scope"])
def test_a_missing_scope_needs_consent_and_no_refresh(spelling: str) -> None:
    error = judged(401, WWW_Authenticate=f'Bearer error="{spelling}"')
    assert isinstance(error, NeedsConsent)
    assert not isinstance(error, TokenRefused)


def test_a_validation_says_every_message_once() -> None:
    error = judged(400, refused("Amount is too high", "Amount is too high", "Date is missing"))
    assert type(error) is Skippable
    assert "Amount is too high; Date is missing" in str(error)


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("The document date cannot be before the period lock date 2026-03-31", PeriodLocked),
        ("This payment has been reconciled with a bank statement line", Reconciled),
        ("Contact is missing", Skippable),
    ],
)
def test_locked_periods_and_bank_matches_are_findings(
    message: str, wanted: type[Skippable]
) -> None:
    error = judged(400, refused(message))
    assert type(error) is wanted
    assert not isinstance(error, Retriable)


def test_too_much_at_once_and_a_bad_question_are_told_apart() -> None:
    assert type(judged(400, {"Type": "HighVolumeException", "Message": "x"})) is TooMany
    assert type(judged(400, {"Type": "QueryParseException", "Message": "x"})) is Fatal


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff\xfe"])
def test_a_body_that_is_no_json_is_judged_by_its_status(body: bytes) -> None:
    assert type(judged(404, body)) is Gone
    assert type(judged(400, body)) is Skippable


def test_an_element_is_refused_by_its_own_words() -> None:
    booked = {"PaymentID": "1", "StatusAttributeString": "OK", "ValidationErrors": []}
    assert judge_element(booked, "payments") is None
    bad = {"HasErrors": True, "ValidationErrors": [{"Message": "No such invoice"}]}
    error = judge_element(bad, "payments")
    assert isinstance(error, Skippable)
    assert "No such invoice" in str(error)
    assert judge_element({"StatusAttributeString": "ERROR"}, "payments") is not None


SDK_CLASSES = sorted(
    {
        found
        for module in (sdk, by_status)
        for _, found in inspect.getmembers(module, inspect.isclass)
        if issubclass(found, sdk.OpenApiException)
    },
    key=lambda found: found.__name__,
)


@pytest.mark.parametrize("raised", SDK_CLASSES, ids=lambda found: found.__name__)
def test_every_exception_of_the_sdk_has_its_own_consequence(raised: type[Exception]) -> None:
    assert raised in SDK_ERRORS, f"xero-python raises {raised.__name__}: say what it means"
    error = raised("x") if issubclass(raised, TypeError | ValueError | KeyError) else raised()
    assert type(judge_sdk(error, NOON)) is SDK_ERRORS[raised]


TRANSPORT = sorted(
    {
        found
        for _, found in inspect.getmembers(urllib3.exceptions, inspect.isclass)
        if issubclass(found, urllib3.exceptions.HTTPError)
    },
    key=lambda found: found.__name__,
)


@pytest.mark.parametrize("raised", TRANSPORT, ids=lambda found: found.__name__)
def test_every_leak_of_urllib3_may_be_tried_again(raised: type[Exception]) -> None:
    error = raised.__new__(raised)
    Exception.__init__(error, "https://api.xero.com/secret?token=1")
    for wrote in (False, True):
        ours = judge_transport(error, wrote=wrote)  # type: ignore[arg-type]
        assert isinstance(ours, Retriable)
        assert "secret" not in str(ours)


def test_a_write_without_an_answer_is_unknown_unless_it_never_left() -> None:
    lost = urllib3.exceptions.ProtocolError("cut")
    assert isinstance(judge_transport(lost, wrote=True), OutcomeUnknown)
    away = urllib3.exceptions.ConnectTimeoutError("no")
    assert not isinstance(judge_transport(away, wrote=True), OutcomeUnknown)


def test_a_wrapped_leak_is_judged_by_what_it_wraps() -> None:
    away = urllib3.exceptions.ConnectTimeoutError("no")
    wrapped = urllib3.exceptions.MaxRetryError(None, "/", away)  # type: ignore[arg-type]
    assert not isinstance(judge_transport(wrapped, wrote=True), OutcomeUnknown)
