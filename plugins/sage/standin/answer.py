"""What goes back to the client."""

from __future__ import annotations

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import dumps
from recoup.plugins.sage.standin.fault import Fault

JSON = "application/json"
HTML = "text/html"


def answer_json(text: str, status: int = 200) -> Answer:
    """Answer a JSON text."""
    return Answer(status, text.encode(), JSON)


def answer_nothing() -> Answer:
    """204 without a body."""
    return Answer(204, b"", JSON)


def answer_fault(fault: Fault) -> Answer:
    """Answer the array of a refusal under its own status."""
    return answer_json(dumps(fault.body()), fault.status)


def unauthorized() -> Answer:
    """401: the token is unknown or has lived its five minutes."""
    return answer_fault(Fault(401, "AuthenticationFailure", "The access token is not valid."))


def throttled(seconds: int | None) -> Answer:
    """429, with Retry-After where *seconds* are given."""
    answer = answer_fault(Fault(429, "TooManyRequests", "Too many requests."))
    if seconds is not None:
        answer.headers["Retry-After"] = str(seconds)
    return answer


def broken(status: int) -> Answer:
    """A server error: 500 has an array, the gateways have a page."""
    if status == 500:
        return answer_fault(Fault(500, "UnexpectedError", "An unexpected error occurred."))
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
    return Answer(status, page.encode(), HTML)
