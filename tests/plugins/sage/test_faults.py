"""Sage's refusals become our errors by what the caller does next."""

from __future__ import annotations

from datetime import timedelta

import pytest
from requests.structures import CaseInsensitiveDict

from recoup.connector.errors import (
    Fatal,
    Gone,
    NeedsConsent,
    NeedsReconnect,
    NotSupported,
    RecoupError,
    Retriable,
    Skippable,
)
from recoup.connector.http import Answer
from recoup.connector.testing.fakes import NOON
from recoup.plugins.sage.faults import (
    Outage,
    RequestRefused,
    RoleRefused,
    SubscriptionInactive,
    SystemFault,
    Throttled,
    TokenRefused,
    judge,
)

ERROR = '[{"$severity":"error","$dataCode":"%s","$message":"%s","$source":"%s"}]'


def judged(status: int, body: str = "", **headers: str) -> RecoupError | None:
    answer = Answer(status, CaseInsensitiveDict(headers), body.encode(), "req-9")
    return judge(answer, NOON)


@pytest.mark.parametrize(
    ("status", "code", "wanted", "consequence"),
    [
        (422, "RecordInvalid", Skippable, Skippable),
        (404, "RecordNotFound", Gone, Skippable),
        (403, "MultiUserAccessDenied", RoleRefused, NeedsConsent),
        (403, "AuthorizationFailure", NotSupported, NotSupported),
        (401, "AuthenticationFailure", TokenRefused, NeedsReconnect),
        (401, "AuthorizationFailure", SubscriptionInactive, Fatal),
        (429, "", Throttled, Retriable),
        (500, "UnexpectedError", SystemFault, Retriable),
        (502, "", Outage, Retriable),
        (503, "", Outage, Retriable),
        (525, "", SystemFault, Retriable),
        (504, "", SystemFault, Retriable),
        (400, "InvalidParameter", RequestRefused, Fatal),
        (405, "MethodNotAllowed", RequestRefused, Fatal),
        (415, "", RequestRefused, Fatal),
    ],
)
def test_status_and_code_decide(
    status: int, code: str, wanted: type[RecoupError], consequence: type[RecoupError]
) -> None:
    error = judged(status, ERROR % (code, "It is so.", "base"))
    assert type(error) is wanted
    assert isinstance(error, consequence)


@pytest.mark.parametrize("status", [200, 201, 204])
def test_a_good_answer_is_no_error(status: int) -> None:
    assert judged(status, "anything") is None


def test_the_line_names_message_code_source_and_request() -> None:
    error = judged(422, ERROR % ("RecordInvalid", "Not a date.", "date"))
    assert (
        str(error) == "Sage refuses it: Not a date. (RecordInvalid, date, HTTP 422) (request req-9)"
    )


@pytest.mark.parametrize("body", ["", "<html>busy</html>", "[]", "{}", "null", "[null]", "3"])
def test_a_refusal_of_any_shape_is_understood(body: str) -> None:
    assert isinstance(judged(500, body), SystemFault)


def test_a_429_waits_as_long_as_it_says_and_five_seconds_otherwise() -> None:
    said, silent = judged(429, **{"Retry-After": "17"}), judged(429)
    assert isinstance(said, Retriable) and said.retry_after == timedelta(seconds=17)
    assert isinstance(silent, Retriable) and silent.retry_after == timedelta(seconds=5)


def test_an_inactive_subscription_is_no_matter_of_tokens() -> None:
    error = judged(401, ERROR % ("AuthorizationFailure", "No active subscription. (MSE)", ""))
    assert not isinstance(error, NeedsReconnect)
    assert "renew it at Sage" in str(error)
