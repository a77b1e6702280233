"""QuickBooks' refusals, told apart by what the caller does next: the one place where this happens.

The platform writes a Fault as JSON in upper or lower case, as XML whatever was asked for, as a
bare HTML page, and sometimes inside HTTP 200. The HTTP status, the code and the words decide
together, because codes have been reused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from quickbooks import exceptions as sdk  # type: ignore[import-untyped]

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
from recoup.connector.http import Answer, retry_after

__all__ = [
    "SDK_ERRORS",
    "FaultWords",
    "Outage",
    "RangeRefused",
    "RequestRefused",
    "SystemFault",
    "Throttled",
    "TokenRefused",
    "find_fault",
    "judge",
    "judge_words",
    "read_fault",
    "sdk_calls",
]

THROTTLE_PAUSE = timedelta(seconds=60)
SYSTEM_PAUSE = timedelta(minutes=5)
PAGE = "page"  # the kind of what is no Fault at all: a page of HTML, or nothing


class TokenRefused(NeedsReconnect):
    """The access token is not good any more; a refresh may put it right."""


class Throttled(Retriable):
    """QuickBooks asks for a pause of everything that concerns the company."""


class SystemFault(Retriable):
    """QuickBooks broke on this very request, and broke again when it was repeated."""


class Outage(Retriable):
    """Something before QuickBooks answered in its place: a gateway, a proxy, a login page."""


class RequestRefused(Fatal):
    """QuickBooks cannot read or serve a request of ours as it stands (codes 4000 to 4999)."""


class RangeRefused(RequestRefused):
    """The date range of a request is not served: changes are kept for 30 days only."""


_END = 16_384  # bytes of a body that are searched at either end

# Every exception class of python-quickbooks, each with its own consequence.
SDK_ERRORS: Mapping[type[Exception], type[RecoupError]] = {
    sdk.QuickbooksException: Fatal,  # its base: a session or an answer it could not use
    sdk.AuthorizationException: NeedsReconnect,  # codes 1 to 499
    sdk.UnsupportedException: NotSupported,  # codes 500 to 599
    sdk.GeneralException: Skippable,  # codes 600 to 1999
    sdk.ObjectNotFoundException: Gone,  # code 610
    sdk.ValidationException: Skippable,  # codes 2000 to 4999
    sdk.SevereException: Retriable,  # codes from 10000
}


@contextmanager
def sdk_calls() -> Iterator[None]:
    """Turn what python-quickbooks itself raises into our errors, by its exact class."""
    try:
        yield
    except sdk.QuickbooksException as error:
        ours = SDK_ERRORS[type(error)]
        raise ours(f"python-quickbooks gave up: {_line(error.message)}") from None


class FaultWords(NamedTuple):
    """The first error of a Fault. code has no leading zeros; it may be no number at all."""

    code: str
    message: str
    detail: str
    kind: str


def find_fault(body: bytes) -> FaultWords | None:
    """Find the Fault in a body of any shape; None when there is none.

    Faults inside QueryResponse, CDCResponse and AttachableResponse are found; those of single
    batch items are not looked for, because the other items stand.
    """
    head = body[:1024].lstrip()
    if head.startswith(b"<"):
        return _find_xml(body)
    # A page of one type has its Fault at its head or its tail; a large one is not searched whole.
    large = len(body) > 4 * _END and head.startswith(b'{"QueryResponse"')
    ends = body[:_END] + body[-_END:] if large else body
    if b'"Fault"' not in ends and b'"fault"' not in ends:
        return None
    try:
        tree = msgspec.json.decode(body)
    except msgspec.MsgspecError:
        return None
    for place in _places(tree):
        fault = place.get("Fault") or place.get("fault")
        if isinstance(fault, dict):
            return read_fault(fault)
    return None


def read_fault(fault: Mapping[str, Any]) -> FaultWords:
    """Read the value under ``Fault`` or ``fault``; what is missing reads as empty."""
    errors = fault.get("Error") or fault.get("error") or [{}]
    first = errors[0] if isinstance(errors, list) and isinstance(errors[0], dict) else {}

    def word(*names: str) -> str:
        return next((str(first[n]) for n in names if first.get(n) is not None), "")

    code = word("code", "Code").strip()
    return FaultWords(
        code.lstrip("0") or code,
        word("Message", "message"),
        word("Detail", "detail"),
        str(fault.get("type") or ""),
    )


def judge(answer: Answer, now: datetime) -> RecoupError | None:
    """Say what an answer means for the caller; None when it is a good one."""
    words = find_fault(answer.body)
    if answer.status == 200 and words is None:
        return None
    found = words or FaultWords("", "", "", PAGE)
    pause = retry_after(answer.headers, now, THROTTLE_PAUSE)
    return judge_words(found, answer.status, now, request_id=answer.request_id, pause=pause)


def judge_words(
    words: FaultWords,
    status: int,
    now: datetime,
    *,
    request_id: str | None = None,
    pause: timedelta = THROTTLE_PAUSE,
) -> RecoupError:
    """Choose the consequence of one Fault under one HTTP status."""
    code = words.code
    text = f"QuickBooks says {_spell(words, status)}"
    if code == "3002" or "MonthlyLimit" in words.message:
        return BudgetSpent(
            "QuickBooks has blocked this app's reads until next month: its monthly allowance "
            "is used up",
            retry_after=_until_next_month(now),
            request_id=request_id,
        )
    if _is_throttle(words, status):
        return Throttled(
            "QuickBooks asks for a pause: too many calls", retry_after=pause, request_id=request_id
        )
    if code == "3200":
        return TokenRefused(
            "QuickBooks refuses the access token: run recoup connect quickbooks again",
            request_id=request_id,
        )
    if words.kind == PAGE and (status in (200, 403) or status >= 500):
        text = f"a page came in the place of QuickBooks' answer (HTTP {status})"
        return Outage(text, retry_after=pause, request_id=request_id)
    if code in ("120", "3100") or (not code and status == 403):
        why = "lost access to" if code == "120" else "does not reach"
        return NeedsReconnect(
            f"the consent {why} this company (QuickBooks code {code or status}): "
            "run recoup connect quickbooks again and choose the right company",
            request_id=request_id,
        )
    if status == 401 or words.kind.upper() == "AUTHENTICATION":
        return TokenRefused(
            "QuickBooks refuses the access token: run recoup connect quickbooks again",
            request_id=request_id,
        )
    if status >= 500 or code == "10000" or words.kind == "SystemFault" or _is_odd(words, status):
        return SystemFault(text, retry_after=SYSTEM_PAUSE, request_id=request_id)
    return _judge_code(code, text, status)(text, request_id=request_id)


def _judge_code(code: str, text: str, status: int) -> type[RecoupError]:
    if code == "610":
        return Gone
    if code == "5010":
        return Stale
    if code == "500":
        return NotSupported
    if code == "6190" or "suspended" in text.lower():
        return Fatal
    if code == "2090":
        return RangeRefused
    if code.startswith("4") and len(code) == 4:
        return RequestRefused
    if code.isdecimal() and 600 <= int(code) < 10000:
        return Skippable
    return RequestRefused if status == 200 or not code else Skippable


def _is_throttle(words: FaultWords, status: int) -> bool:
    if status == 429 or words.code == "3001":
        return True
    return "throttle" in f"{words.message} {words.detail}".lower()


def _is_odd(words: FaultWords, status: int) -> bool:
    """Whether the platform broke and calls it a refusal: no rule is named, the status is 200."""
    return status == 200 and words.code == "6000" and "unexpected error" in words.detail.lower()


def _places(tree: Any) -> Iterator[Mapping[str, Any]]:
    if not isinstance(tree, dict):
        return
    yield tree
    nested = [tree.get("QueryResponse"), tree.get("CDCResponse"), tree.get("AttachableResponse")]
    while nested:
        part = nested.pop()
        if isinstance(part, list):
            # Lists of objects are not searched: a document may well carry a field of any name.
            nested.extend(row for row in part if isinstance(row, dict) and not row.get("Id"))
        elif isinstance(part, dict):
            yield part
            nested.append(part.get("QueryResponse"))


def _find_xml(body: bytes) -> FaultWords:
    text = body[:20_000].decode("utf-8", "replace")
    fault = re.search(r'<Fault\b[^>]*\btype="([^"]*)"', text)
    error = re.search(r'<Error\b[^>]*\bcode="0*([^"]*)"', text)
    return FaultWords(
        error.group(1) if error else "",
        _element(text, "Message") or _element(text, "title"),
        _element(text, "Detail"),
        fault.group(1) if fault else PAGE,
    )


def _element(text: str, name: str) -> str:
    found = re.search(rf"<{name}\b[^>]*>(.*?)</{name}>", text, re.DOTALL)
    return found.group(1).strip() if found else ""


def _spell(words: FaultWords, status: int) -> str:
    said = words.detail or words.message or "nothing more"
    return f"{_line(said)} ({f'code {words.code}, ' if words.code else ''}HTTP {status})"


def _line(text: object) -> str:
    return " ".join(str(text).split())[:300]


def _until_next_month(now: datetime) -> timedelta:
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1) - now
