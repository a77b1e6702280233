"""Xero's refusals, told apart by what the caller does next: the one place where this happens.

The HTTP status decides, then the headers, then the words: a missing scope is a 401 like a dead
token, and three limits share the 429.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
import urllib3
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
from recoup.connector.http import Answer, retry_after

__all__ = [
    "REQUEST_ID",
    "SDK_ERRORS",
    "AppThrottled",
    "Crowded",
    "DayStopped",
    "NoAnswer",
    "Offline",
    "Outage",
    "Passing",
    "PeriodLocked",
    "Reconciled",
    "SystemFault",
    "Throttled",
    "TokenRefused",
    "TooMany",
    "answer_of",
    "judge",
    "judge_element",
    "judge_sdk",
    "judge_transport",
]

REQUEST_ID = "Xero-Correlation-Id"
MINUTE = timedelta(minutes=1)
SYSTEM_PAUSE = timedelta(minutes=5)
KEY_LIVES = timedelta(minutes=7)  # a little longer than Xero repeats its answer to a key
DAY_PAUSE = timedelta(hours=1)  # where Xero does not say how long


class TokenRefused(NeedsReconnect):
    """The access token is not good any more; a refresh may put it right."""


class Throttled(Retriable):
    """The organisation's minute is used up."""


class AppThrottled(Retriable):
    """The app's minute is used up, for all its organisations."""


class DayStopped(BudgetSpent):
    """The organisation's day is used up; nothing is asked of it before *retry_after*."""


class Passing(Retriable):
    """A fault that may be over in a second: a call that changes nothing is tried again."""


class Crowded(Passing):
    """Too many calls at once; nothing was done."""


class SystemFault(Passing):
    """Xero broke on this request."""


class Outage(Passing):
    """Xero is being mended, or something before it answered in its place."""


class Offline(Retriable):
    """Xero, or this organisation, is away for as long as it says."""


class NoAnswer(Passing):
    """No whole answer came."""


class TooMany(Fatal):
    """Xero will not walk so many documents in one request (HighVolumeException)."""


class PeriodLocked(Skippable):
    """The books are locked up to a date; a person must move it or choose a later one."""


class Reconciled(Skippable):
    """Matched with a bank statement line; a person must undo that first."""


# Every exception class of xero-python, each with its own consequence where no answer says more.
SDK_ERRORS: Mapping[type[Exception], type[RecoupError]] = {
    sdk.OpenApiException: Fatal,
    sdk.ApiException: Fatal,
    sdk.ApiSSLException: Retriable,
    sdk.ApiTypeError: Fatal,
    sdk.ApiValueError: Fatal,
    sdk.ApiKeyError: Fatal,
    sdk.OAuth2Error: NeedsReconnect,
    sdk.AccessTokenExpiredError: TokenRefused,
    sdk.OAuth2TokenGetterError: Fatal,  # ours never asks for one
    sdk.OAuth2TokenSaverError: Fatal,
    by_status.HTTPStatusException: Retriable,
    by_status.RateLimitException: Throttled,
    by_status.NotFoundException: Gone,
    by_status.BadRequestException: Skippable,
    by_status.AccountingBadRequestException: Skippable,
    by_status.PayrollUkBadRequestException: Skippable,
    by_status.OAuth2InvalidGrantError: NeedsReconnect,
}

_NOT_SENT: tuple[type[Exception], ...] = (
    urllib3.exceptions.NewConnectionError,
    urllib3.exceptions.ConnectTimeoutError,
    urllib3.exceptions.NameResolutionError,
    urllib3.exceptions.ProxyError,
    urllib3.exceptions.SSLError,
    urllib3.exceptions.EmptyPoolError,
    urllib3.exceptions.FullPoolError,
    urllib3.exceptions.ClosedPoolError,
    urllib3.exceptions.LocationValueError,
)
_LOCKED = ("lock date", "locked period", "period lock", "has been locked", "is locked")
_RECONCILED = ("reconciled", "bank statement line")


def answer_of(error: Exception) -> Answer | None:
    """Return the answer inside an SDK exception; None when it carries none."""
    response = getattr(error, "http_resp", None)
    if response is None:
        return None
    headers = response.urllib3_response.headers
    return Answer(response.status, headers, response.data or b"", headers.get(REQUEST_ID))


def judge_sdk(error: Exception, now: datetime) -> RecoupError:
    """Say what an exception of xero-python means, by its answer or by its exact class."""
    answer = answer_of(error)
    if answer is not None:
        return judge(answer, now)
    ours = SDK_ERRORS.get(type(error), Fatal)
    return ours(f"xero-python gave up: {type(error).__name__}")


def judge_transport(error: urllib3.exceptions.HTTPError, *, wrote: bool) -> RecoupError:
    """Say what it means that no whole answer came; *wrote*: the call may have changed something.

    Neither the address nor the headers get into the words.
    """
    found = getattr(error, "reason", None) if _is_wrapper(error) else error
    cause = found if isinstance(found, Exception) else error
    if isinstance(cause, _NOT_SENT):
        return NoAnswer(f"Xero cannot be reached: {_reason(cause)}", retry_after=MINUTE)
    if wrote:
        return OutcomeUnknown(
            f"Xero may or may not have carried out the call: {_reason(cause)}",
            retry_after=MINUTE,
        )
    return NoAnswer(f"Xero did not answer: {_reason(cause)}", retry_after=MINUTE)


def judge(answer: Answer, now: datetime) -> RecoupError:
    """Choose the consequence of an answer that is no success."""
    status, request_id = answer.status, answer.request_id
    if status == 429:
        return _judge_limit(answer, now)
    if status == 401:
        return _judge_consent(answer)
    if status == 403:
        return NeedsReconnect(
            "Xero does not let this consent reach the organisation: it was disconnected, or it is "
            "a demo company that was reset; run recoup connect xero again",
            request_id=request_id,
        )
    if status == 404:
        return Gone(f"Xero does not have it: {_words(answer)}", request_id=request_id)
    if status == 400:
        return _judge_request(answer)
    if status == 503:
        text = "Xero is not available now (HTTP 503)"
        if answer.headers.get("Retry-After"):
            wait = retry_after(answer.headers, now, timedelta(seconds=1))
            return Offline(text, retry_after=wait, request_id=request_id)
        return Outage(text, retry_after=MINUTE, request_id=request_id)
    if status >= 500 or status == 412:
        text = f"Xero broke on this request (HTTP {status})"
        return SystemFault(text, retry_after=SYSTEM_PAUSE, request_id=request_id)
    if status < 400:
        text = f"something answered in Xero's place (HTTP {status})"
        return Outage(text, retry_after=MINUTE, request_id=request_id)
    return Fatal(
        f"Xero refuses the request (HTTP {status}): {_words(answer)}", request_id=request_id
    )


def judge_element(element: Mapping[str, Any], what: str) -> RecoupError | None:
    """Read one element of a write's answer; None when it was carried out."""
    said = [
        str(error.get("Message"))
        for error in element.get("ValidationErrors") or []
        if isinstance(error, dict) and error.get("Message")
    ]
    failed = str(element.get("StatusAttributeString") or "").upper() == "ERROR"
    if not (failed or said or element.get("HasErrors") is True):
        return None
    return _refusal("; ".join(said) or "no reason given", what, None)


def _judge_limit(answer: Answer, now: datetime) -> RecoupError:
    problem = answer.headers.get("X-Rate-Limit-Problem", "").lower()
    request_id = answer.request_id
    if "concurrent" in problem:
        return Crowded(
            "Xero asks for fewer calls at once",
            retry_after=timedelta(seconds=5),
            request_id=request_id,
        )
    if "day" in problem:
        return DayStopped(
            "Xero's calls for this organisation are used up for the day",
            retry_after=retry_after(answer.headers, now, MINUTE)
            if answer.headers.get("Retry-After")
            else DAY_PAUSE,
            request_id=request_id,
        )
    pause = retry_after(answer.headers, now, timedelta(seconds=1))
    wait = pause if answer.headers.get("Retry-After") else MINUTE
    if "app" in problem:
        text = "Xero asks all organisations of this app for a pause"
        return AppThrottled(text, retry_after=wait, request_id=request_id)
    return Throttled(
        "Xero asks for a pause: too many calls this minute", retry_after=wait, request_id=request_id
    )


def _judge_consent(answer: Answer) -> RecoupError:
    # Xero writes "insufficent_scope", without the i, and may mend it one day.
    said = f"{answer.headers.get('WWW-Authenticate', '')} {_words(answer)}".lower()
    if "insufficient_scope" in said or "insufficent_scope" in said:
        return NeedsConsent(
            "the consent does not cover this part of Xero: run recoup connect xero again, and "
            "tick every permission that recoup asks for",
            request_id=answer.request_id,
        )
    return TokenRefused(
        "Xero refuses the access token: run recoup connect xero again",
        request_id=answer.request_id,
    )


def _judge_request(answer: Answer) -> RecoupError:
    tree = _tree(answer.body)
    kind = str(tree.get("Type") or "")
    if "HighVolume" in kind:
        return TooMany(f"Xero will not walk so much at once: {_words(answer)}")
    if "Idempotency" in kind:
        # An earlier try sent another body: once its key has lapsed, what it did is looked for.
        return OutcomeUnknown(
            f"an earlier try of this write was another one: {_words(answer)}",
            retry_after=KEY_LIVES,
            request_id=answer.request_id,
        )
    if "QueryParse" in kind:
        return Fatal(f"Xero cannot read a question of ours: {_words(answer)}")
    return _refusal(_words(answer), "the request", answer.request_id)


def _refusal(said: str, what: str, request_id: str | None) -> Skippable:
    low = said.lower()
    kind: type[Skippable] = Skippable
    if any(word in low for word in _LOCKED):
        kind = PeriodLocked
    elif any(word in low for word in _RECONCILED):
        kind = Reconciled
    return kind(f"Xero refuses {what}: {said}", request_id=request_id)


def _words(answer: Answer) -> str:
    """The most precise words of a body, on one line."""
    tree = _tree(answer.body)
    said = [
        str(error.get("Message"))
        for element in tree.get("Elements") or []
        if isinstance(element, dict)
        for error in element.get("ValidationErrors") or []
        if isinstance(error, dict) and error.get("Message")
    ]
    text = "; ".join(dict.fromkeys(said)) or tree.get("Detail") or tree.get("Message")
    return " ".join(str(text or f"HTTP {answer.status}, nothing more").split())[:300]


def _tree(body: bytes) -> dict[str, Any]:
    try:
        tree = msgspec.json.decode(body)
    except (msgspec.MsgspecError, RecursionError):
        return {}
    return tree if isinstance(tree, dict) else {}


def _is_wrapper(error: Exception) -> bool:
    return isinstance(error, urllib3.exceptions.MaxRetryError)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib3.exceptions.SSLError):
        return "the TLS certificate was refused"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "no answer in time"
    if isinstance(error, urllib3.exceptions.IncompleteRead | urllib3.exceptions.DecodeError):
        return "the answer was cut off"
    if isinstance(error, _NOT_SENT):
        return "cannot connect"
    return "the connection broke"
