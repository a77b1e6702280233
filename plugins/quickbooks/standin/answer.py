"""What goes back to the client, and the bodies of refusals in their several shapes."""

from __future__ import annotations

from datetime import datetime

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import dumps
from recoup.plugins.quickbooks.standin.fault import Fault

JSON = "application/json;charset=utf-8"
PLAIN_JSON = "application/json"
XML = "application/xml"
HTML = "text/html"


def answer_json(text: str, status: int = 200) -> Answer:
    """Answer a JSON text; refusals carry the plainer content type, as on the wire."""
    return Answer(status, text.encode(), JSON if status == 200 else PLAIN_JSON)


def enveloped(inner: str, time: str) -> str:
    """Close an envelope: the inner members, then ``time``."""
    return f'{{{inner},"time":"{time}"}}'


def answer_fault(fault: Fault, time: str) -> Answer:
    """Answer a Fault under its own status."""
    inner = f'"Fault":{dumps(fault.body())}'
    text = enveloped(inner, time) if fault.timed else f"{{{inner}}}"
    return answer_json(text, fault.status)


def _lower(
    status: int, code: str, message: str, detail: str | None, kind: str, at: datetime
) -> str:
    error = {"message": message, "detail": detail, "code": code, "element": None}
    del status
    return dumps(
        {
            "warnings": None, "intuitObject": None,
            "fault": {"error": [error], "type": kind},
            "report": None, "queryResponse": None, "batchItemResponse": [],
            "attachableResponse": [], "syncErrorResponse": None, "requestId": None,
            "time": int(at.timestamp() * 1000), "status": None, "cdcresponse": [],
        }
    )  # fmt: skip


def unauthorized(token: str, at: datetime, *, code: str = "3200") -> Answer:
    """401: the lower-case body and the Www-Authenticate header."""
    if code == "120":
        message = "message=AuthorizationFailure; errorCode=000120; statusCode=401"
        detail = "Authorization Failure"
    else:
        message = "message=AuthenticationFailed; errorCode=003200; statusCode=401"
        detail = f"Token expired: {token}" if token else "Malformed bearer token"
    body = _lower(401, code, message, detail, "AUTHENTICATION", at)
    answer = answer_json(body, 401)
    answer.headers["Www-Authenticate"] = 'Bearer realm="Intuit", error="invalid_token"'
    return answer


def forbidden(at: datetime) -> Answer:
    """403: the token does not open this company."""
    message = "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
    return answer_json(_lower(403, "3100", message, None, "AUTHORIZATION", at), 403)


def throttled(kind: str, at: datetime, *, retry_after: bool) -> Answer:
    """429 in one of its shapes; XML whatever the client accepts is the usual one."""
    status = 403 if kind == "403_throttle" else 429
    message = f"message=ThrottleExceeded; errorCode=003001; statusCode={status}"
    if kind == "429_json_lower":
        answer = answer_json(_lower(status, "3001", message, None, "SERVICE", at), status)
    elif kind == "429_json_upper":
        fault = Fault("003001", "ThrottleExceeded", message, status, kind="SERVICE")
        answer = answer_fault(fault, at.isoformat(timespec="milliseconds"))
    elif kind == "429_html":
        page = "<html><head><title>429 Too Many Requests</title></head><body></body></html>"
        answer = Answer(status, page.encode(), HTML)
    else:
        text = (
            '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
            '<IntuitResponse xmlns="http://schema.intuit.com/finance/v3" '
            f'time="{at.isoformat(timespec="milliseconds")}"><Fault type="SERVICE">'
            f'<Error code="3001"><Message>{message}</Message></Error></Fault></IntuitResponse>'
        )
        answer = Answer(status, text.encode(), XML)
    if retry_after:
        answer.headers["Retry-After"] = "60"
    return answer


def blocked(at: datetime) -> Answer:
    """403: the month's metered reads are spent; it stays so until the next month."""
    message = "message=MonthlyLimitExceeded; errorCode=003002; statusCode=403"
    return answer_json(_lower(403, "3002", message, None, "SERVICE", at), 403)


def broken(status: int, time: str) -> Answer:
    """A server error: 500 has a SystemFault, the gateways have a page."""
    if status == 500:
        message, detail = "An application error has occurred", "System Failure Error: internal"
        fault = Fault("10000", message, detail, 500, element="", kind="SystemFault")
        return answer_fault(fault, time)
    page = f"<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
    return Answer(status, page.encode(), HTML)
