"""QuickBooks' refusals become our errors by what the caller does next."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from quickbooks import exceptions as sdk  # type: ignore[import-untyped]
from requests.structures import CaseInsensitiveDict

from recoup.connector.errors import (
    BudgetSpent,
    Fatal,
    Gone,
    NeedsReconnect,
    NotSupported,
    RecoupError,
    Retriable,
    Skippable,
    Stale,
)
from recoup.connector.http import Answer
from recoup.connector.testing.fakes import NOON
from recoup.plugins.quickbooks.faults import (
    SDK_ERRORS,
    Outage,
    RangeRefused,
    RequestRefused,
    SystemFault,
    Throttled,
    TokenRefused,
    judge,
    sdk_calls,
)

UPPER = '{"Fault":{"Error":[{"Message":"%s","Detail":"","code":"%s"}],"type":"%s"},"time":"x"}'
LOWER = '{"fault":{"error":[{"message":"%s","detail":null,"code":"%s"}],"type":"%s"}}'
XML = (
    '<?xml version="1.0"?><IntuitResponse><Fault type="SERVICE"><Error code="003001">'
    "<Message>message=ThrottleExceeded; errorCode=003001</Message></Error></Fault></IntuitResponse>"
)


def judged(status: int, body: str, **headers: str) -> RecoupError | None:
    answer = Answer(status, CaseInsensitiveDict(headers), body.encode(), "tid-9")
    return judge(answer, NOON)


@pytest.mark.parametrize(
    ("status", "code", "kind", "wanted"),
    [
        (400, "610", "ValidationFault", Gone),
        (400, "5010", "ValidationFault", Stale),
        (400, "6000", "ValidationFault", Skippable),
        (400, "6140", "ValidationFault", Skippable),
        (400, "6480", "ValidationFault", Skippable),
        (400, "2010", "ValidationFault", Skippable),
        (400, "2090", "ValidationFault", RangeRefused),
        (400, "4000", "ValidationFault", RequestRefused),
        (400, "4002", "ValidationFault", RequestRefused),
        (400, "6190", "ValidationFault", Fatal),
        (400, "500", "ValidationFault", NotSupported),
        (400, "no number", "ValidationFault", Skippable),
        (401, "3200", "AUTHENTICATION", TokenRefused),
        (401, "003200", "AUTHENTICATION", TokenRefused),
        (401, "120", "AUTHENTICATION", NeedsReconnect),
        (403, "3100", "AUTHORIZATION", NeedsReconnect),
        (403, "3001", "SERVICE", Throttled),
        (429, "003001", "SERVICE", Throttled),
        (403, "3002", "SERVICE", BudgetSpent),
        (500, "10000", "SystemFault", SystemFault),
        (200, "10000", "SystemFault", SystemFault),
        (200, "6000", "ValidationFault", Skippable),
    ],
)
@pytest.mark.parametrize("shape", [UPPER, LOWER])
def test_a_code_has_one_consequence_in_either_spelling(
    status: int, code: str, kind: str, wanted: type[RecoupError], shape: str
) -> None:
    error = judged(status, shape % ("words", code, kind))
    assert type(error) is wanted
    assert error is not None and error.request_id == "tid-9"


@pytest.mark.parametrize(
    ("status", "body", "wanted"),
    [
        (429, XML, Throttled),
        (403, XML, Throttled),
        (429, "<html><title>429</title></html>", Throttled),
        (429, "", Throttled),
        (503, "<html><title>503</title></html>", Outage),
        (502, "", Outage),
        (403, "<html>go away</html>", Outage),
        (200, "<html>please log in</html>", Outage),
        (401, "", TokenRefused),
        (302, "", RequestRefused),
        (404, "", RequestRefused),
    ],
)
def test_what_is_no_json_is_judged_by_status_and_words(
    status: int, body: str, wanted: type[RecoupError]
) -> None:
    assert type(judged(status, body)) is wanted


def test_throttling_waits_a_minute_or_longer_when_told() -> None:
    plain, told = judged(429, XML), judged(429, XML, **{"retry-after": "120"})
    assert isinstance(plain, Retriable) and plain.retry_after == timedelta(seconds=60)
    assert isinstance(told, Retriable) and told.retry_after == timedelta(seconds=120)


def test_a_month_without_reads_ends_with_the_month() -> None:
    error = judged(403, LOWER % ("MonthlyLimitExceeded", "3002", "SERVICE"))
    assert isinstance(error, BudgetSpent)
    assert NOON + error.retry_after == NOON.replace(month=7, day=1, hour=0)


@pytest.mark.parametrize(
    "body",
    [
        '{"QueryResponse":{"Fault":{"Error":[{"Message":"m","code":"6000"}]}},"time":"x"}',
        '{"CDCResponse":[{"Fault":{"Error":[{"Message":"m","code":"6000"}]}}]}',
        '{"CDCResponse":[{"QueryResponse":[{"Fault":{"Error":[{"code":"6000"}]}}]}]}',
        '{"AttachableResponse":[{"Fault":{"Error":[{"Message":"m","code":"6000"}]}}]}',
    ],
)
def test_a_fault_hidden_in_a_success_is_found(body: str) -> None:
    assert type(judged(200, body)) is Skippable


@pytest.mark.parametrize(
    "body",
    [
        '{"Fault":{"Error":[]}}',
        '{"Fault":{"Error":"x"}}',
        '{"Fault":"x"}',
        '{"fault":{"error":[null]}}',
        '"Fault"',
        '{"Fault":',
    ],
)
def test_a_fault_that_makes_no_sense_is_still_a_refusal(body: str) -> None:
    assert type(judged(400, body)) is RequestRefused


def test_a_document_that_speaks_of_a_fault_is_none() -> None:
    body = '{"QueryResponse":{"Invoice":[{"Id":"1","Fault":{"Error":[{"code":"610"}]}}]}}'
    assert judged(200, body) is None


def test_a_refused_token_never_shows_itself() -> None:
    body = '{"fault":{"error":[{"message":"m","detail":"Token expired: AB016kzx","code":"3200"}]}}'
    assert "AB016kzx" not in str(judged(401, body))


def _sdk_exceptions() -> list[type[Exception]]:
    return [
        found
        for _, found in inspect.getmembers(sdk, inspect.isclass)
        if issubclass(found, Exception) and found.__module__ == sdk.__name__
    ]


@pytest.mark.parametrize("raised", _sdk_exceptions())
def test_every_exception_of_the_sdk_is_mapped_one_by_one(raised: type[Exception]) -> None:
    ours = SDK_ERRORS[raised]
    with pytest.raises(ours) as failure, sdk_calls():
        raise raised("words")
    assert type(failure.value) is ours


def test_the_table_names_no_exception_that_the_sdk_lost() -> None:
    assert set(SDK_ERRORS) == set(_sdk_exceptions())


def test_a_wrong_realm_asks_for_a_person(make_world: Callable[..., Any]) -> None:
    world = make_world()
    with pytest.raises(NeedsReconnect, match="does not reach this company"):
        world.ledger(realm="123145").describe_company()
