"""How Sage Accounting refuses: a status and an array of errors."""

from __future__ import annotations

from recoup.connector.standin.wire import Doc

MALFORMED = (KeyError, ValueError, TypeError, AttributeError, ArithmeticError)


class Fault(Exception):
    """A refusal: its HTTP status and the members of its error body."""

    def __init__(self, status: int, code: str, message: str, source: str = "") -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.source = source

    def body(self) -> list[Doc]:
        """The error body, always an array."""
        return [
            {
                "$severity": "error",
                "$dataCode": self.code,
                "$message": self.message,
                "$source": self.source,
            }
        ]


def invalid(source: str, message: str) -> Fault:
    """422: the record does not pass; *source* names the field."""
    return Fault(422, "RecordInvalid", message, source)


def not_found(what: str = "record") -> Fault:
    """404: no such record in this business."""
    return Fault(404, "RecordNotFound", f"The requested {what} could not be found.")


def locked() -> Fault:
    """422: the date lies in a locked period."""
    return invalid("date", "The date must be after the year end lockdown date.")


def settled() -> Fault:
    """422: the document is paid; the text does not say which one it means."""
    return invalid("base", "You can only pay unpaid or part-paid invoices.")


def denied(message: str = "You do not have access to this area.") -> Fault:
    """403: the role of the user does not reach so far."""
    return Fault(403, "MultiUserAccessDenied", message)


def no_subscription() -> Fault:
    """401: no token is at fault and none helps."""
    return Fault(401, "AuthorizationFailure", "No active subscription. (MSE)")


def wrong_edition() -> Fault:
    """403: the edition of this business does not have the feature."""
    return Fault(403, "AuthorizationFailure", "This feature is not part of your subscription.")


def method_refused() -> Fault:
    """405: this resource does not take the method."""
    return Fault(405, "MethodNotAllowed", "The method is not allowed for this resource.")
