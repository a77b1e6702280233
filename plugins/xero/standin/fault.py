"""What the API refuses, and in which words."""

from __future__ import annotations

from typing import Any


class Fault(Exception):
    """A refusal: its status, its Type and number, and the messages of what is wrong."""

    def __init__(
        self,
        *messages: str,
        status: int = 400,
        kind: str = "ValidationException",
        number: int = 10,
    ) -> None:
        super().__init__("; ".join(messages))
        self.messages = messages
        self.status = status
        self.kind = kind
        self.number = number

    def errors(self) -> list[dict[str, Any]]:
        """The messages as ValidationErrors."""
        return [{"Message": message} for message in self.messages]


def not_found(what: str = "The resource you're looking for cannot be found") -> Fault:
    """404: no such id in this organisation."""
    return Fault(what, status=404, kind="ObjectNotFoundException", number=0)


def malformed(why: str) -> Fault:
    """400: the body is not what the endpoint takes."""
    return Fault(why, kind="PostDataInvalidException", number=17)


def bad_query(why: str) -> Fault:
    """400: where, order or a filter cannot be read."""
    return Fault(why, kind="QueryParseException", number=16)


def high_volume(most: int) -> Fault:
    """400: more documents than one request may read."""
    return Fault(
        f"The request reads more than {most} documents; use paging or optimised filters",
        kind="HighVolumeException",
        number=0,
    )


def locked(day: str) -> Fault:
    """400: the date lies in a locked period."""
    return Fault(f"The document date cannot be before the period lock date {day}")


def only_status(what: str) -> Fault:
    """400: the document's status forbids it."""
    return Fault(f"This document cannot be edited as it is {what}")
