"""What goes back to the client: the envelope, and refusals in their several shapes."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import Doc, dumps, loads
from recoup.plugins.xero.standin import xml
from recoup.plugins.xero.standin.fault import Fault
from recoup.plugins.xero.standin.moments import bare_stamp
from recoup.plugins.xero.standin.options import Options

JSON = "application/json; charset=utf-8"
XML = "text/xml; charset=utf-8"
TEXT = "text/html; charset=utf-8"

_SCOPE = 'Bearer error="insufficient_scope", error_description="insufficent_scope"'


class Envelopes:
    """Closes answers in the envelope of lists, in the format that the client accepts."""

    def __init__(self, clock: Clock, options: Options) -> None:
        self.clock = clock
        self.options = options

    def server_time(self, skew: float = 0) -> datetime:
        """What the server believes the time to be."""
        seconds = self.options.skew_seconds + skew
        return self.clock.now() + timedelta(seconds=seconds)

    def close(self, inner: str, *, json: bool, skew: float = 0) -> Answer:
        """An answer of the members after DateTimeUTC, given as JSON text."""
        text = (
            f'{{"Id":"{uuid.uuid4()}","Status":"OK","ProviderName":"{self.options.provider}",'
            f'"DateTimeUTC":"{bare_stamp(self.server_time(skew))}",{inner}}}'
        )
        if json:
            return answer_json(text)
        return Answer(200, xml.document("Response", loads(text)).encode(), XML)


def answer_json(text: str, status: int = 200) -> Answer:
    """Answer a JSON text."""
    return Answer(status, text.encode(), JSON)


def wants_json(headers: dict[str, str]) -> bool:
    """Whether the client asks for JSON; without a word it gets XML."""
    return "json" in headers.get("accept", "").lower()


def answer_fault(fault: Fault, *, json: bool, elements: list[Doc] | None = None) -> Answer:
    """Answer a refusal under its own status."""
    if fault.status == 404:
        return Answer(404, fault.messages[0].encode(), TEXT)
    body: dict[str, Any] = {"ErrorNumber": fault.number, "Type": fault.kind}
    if fault.kind == "ValidationException":
        body["Message"] = "A validation exception occurred"
        body["Elements"] = elements or [{"ValidationErrors": fault.errors()}]
    else:
        body["Message"] = str(fault)
    if json:
        return answer_json(dumps(body), fault.status)
    return Answer(fault.status, xml.document("ApiException", body).encode(), XML)


def _problem(status: int, title: str, detail: str, **headers: str) -> Answer:
    body: Doc = {
        "Type": None,
        "Title": title,
        "Status": status,
        "Detail": detail,
        "Instance": str(uuid.uuid4()),
        "Extensions": {},
    }
    answer = answer_json(dumps(body), status)
    answer.headers.update(headers)
    return answer


def expired(token: str, at: datetime) -> Answer:
    """401: the token is unknown, revoked or too old."""
    detail = "TokenExpired: token expired at " + at.strftime("%m/%d/%Y %H:%M:%S")
    return _problem(401, "Unauthorized", detail if token else "AuthenticationUnsuccessful")


def out_of_scope() -> Answer:
    """401 with the header that says that refreshing will not help."""
    detail = "AuthorizationUnsuccessful"
    return _problem(401, "Unauthorized", detail, **{"WWW-Authenticate": _SCOPE})


def forbidden() -> Answer:
    """403: the tenant is not among the connections of the token's person."""
    return _problem(403, "Forbidden", "AuthenticationUnsuccessful")


def over_limit(problem: str, retry_after: int | None) -> Answer:
    """429: minute and day say when to come back, concurrent does not."""
    headers = {"X-Rate-Limit-Problem": problem}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return _problem(429, "TooManyRequests", f"The {problem} limit is exceeded", **headers)


def broken(status: int, retry_after: int | None = None) -> Answer:
    """A server error; 503 with or without Retry-After."""
    if status == 503:
        text = "The Xero API is temporarily unavailable"
        answer = Answer(503, text.encode(), TEXT)
    else:
        answer = _problem(status, "An error occurred", "An error occurred in Xero")
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def offline() -> Answer:
    """503: this one organisation is under maintenance."""
    return _problem(503, "Service Unavailable", "Organisation is offline")
