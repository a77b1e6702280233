"""Sage's refusals, told apart by what the caller does next: the one place where this happens.

The body of a refusal is an array of ``{"$severity", "$dataCode", "$message", "$source"}``; the
token endpoint answers ``{"error", "error_description"}``; a gateway answers whatever it likes.
The messages are for people and cover several causes each, so status and $dataCode decide.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec

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
from recoup.connector.http import Answer, retry_after

__all__ = [
    "Outage",
    "RequestRefused",
    "RoleRefused",
    "SubscriptionInactive",
    "SystemFault",
    "Throttled",
    "TokenRefused",
    "Words",
    "judge",
    "read_words",
]

THROTTLE_PAUSE = timedelta(seconds=5)  # what is waited where Sage does not say how long
SYSTEM_PAUSE = timedelta(minutes=1)
CONNECT_AGAIN = "run recoup connect sage again"


class TokenRefused(NeedsReconnect):
    """The access token is not good any more; a refresh may put it right."""


class SubscriptionInactive(Fatal):
    """The business has no active subscription: no token helps, so none is renewed for it."""


class RoleRefused(NeedsConsent):
    """The role of the person behind the consent does not reach this part of the books."""


class Throttled(Retriable):
    """Sage asks for a pause."""


class SystemFault(Retriable):
    """Sage broke on this very request, and broke again when it was repeated."""


class Outage(SystemFault):
    """Sage, or something before it, serves nobody now: another size of page would not help."""


class RequestRefused(Fatal):
    """Sage cannot serve a request of ours as it stands."""


class Words(NamedTuple):
    """The first error of a refusal; what is missing reads as empty."""

    code: str
    message: str
    source: str


def read_words(body: bytes) -> Words:
    """Read the refusal in *body*, of whichever shape."""
    try:
        tree = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return Words("", "", "")
    first: Any = tree[0] if isinstance(tree, list) and tree else tree
    if not isinstance(first, dict):
        return Words("", "", "")

    def word(*names: str) -> str:
        return next((str(first[name]) for name in names if first.get(name) is not None), "")

    return Words(word("$dataCode", "error"), word("$message", "error_description"), word("$source"))


def judge(answer: Answer, now: datetime) -> RecoupError | None:
    """Say what an answer means for the caller; None when it is a good one."""
    status = answer.status
    if status < 300:
        return None
    words = read_words(answer.body)
    said = _spell(words, status)
    request_id = answer.request_id
    if status == 429:
        return Throttled(
            "Sage asks for a pause: too many calls",
            retry_after=retry_after(answer.headers, now, THROTTLE_PAUSE),
            request_id=request_id,
        )
    if status == 401:
        return _judge_401(words, said, request_id)
    if status == 403 and words.code == "AuthorizationFailure":
        return NotSupported(
            f"the edition of Sage that this business has cannot do this: {said}",
            request_id=request_id,
        )
    if status == 403:
        return RoleRefused(
            f"the person who consented may not do this in Sage: {said}. Give them the role, or "
            f"{CONNECT_AGAIN} as somebody who has it",
            request_id=request_id,
        )
    if status in (404, 410):
        return Gone(f"Sage does not have it: {said}", request_id=request_id)
    if status >= 500:
        ours = Outage if status in (502, 503) else SystemFault
        return ours(
            f"Sage says {said}",
            retry_after=retry_after(answer.headers, now, SYSTEM_PAUSE),
            request_id=request_id,
        )
    if status in (409, 422):
        return Skippable(f"Sage refuses it: {said}", request_id=request_id)
    return RequestRefused(f"Sage says {said}", request_id=request_id)


def _judge_401(words: Words, said: str, request_id: str | None) -> RecoupError:
    """A 401 with AuthorizationFailure is about the subscription and outlives every token."""
    if words.code == "AuthorizationFailure" or "subscription" in words.message.lower():
        return SubscriptionInactive(
            f"this business has no active Sage subscription: renew it at Sage ({said})",
            request_id=request_id,
        )
    return TokenRefused(f"Sage refuses the access token: {CONNECT_AGAIN}", request_id=request_id)


def _spell(words: Words, status: int) -> str:
    message = " ".join(words.message.split())[:300] or "nothing more"
    marks = [mark for mark in (words.code, words.source) if mark]
    return f"{message} ({', '.join([*marks, f'HTTP {status}'])})"
