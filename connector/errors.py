"""Errors named by what the caller does next.

RecoupError
├── Fatal                stop: nothing further can be right
│   ├── UsageError       the person asked for something that cannot be (exit code 2)
│   ├── WrongCompany     the ledger answered for other books than the ones connected
│   └── AdapterFault     an adapter raised none of these while reading; report it (exit code 1)
├── Retriable            try the same again, not before ``retry_after``
│   ├── BudgetSpent      our own allowance for the platform is used up until then
│   ├── Busy             another process holds what this one needs
│   └── OutcomeUnknown   a write may have happened: read back or replay its key, never renew it
├── Skippable            record this one thing with its reason and go on with the next
│   ├── Unreadable       a payload cannot be a record; its customer is held
│   ├── Stale            the document changed under the write: read again and decide again
│   └── Gone             the ledger no longer has the document
├── NeedsReconnect       a person must give consent again (exit code 3)
│   └── NeedsConsent     the consent lives but does not cover this: more scopes must be granted
└── NotSupported         the ledger or adapter cannot do this; its capabilities said so
"""

from __future__ import annotations

from datetime import timedelta

__all__ = [
    "AdapterFault",
    "BudgetSpent",
    "Busy",
    "Fatal",
    "Gone",
    "NeedsConsent",
    "NeedsReconnect",
    "NotSupported",
    "OutcomeUnknown",
    "RecoupError",
    "Retriable",
    "Skippable",
    "Stale",
    "Unreadable",
    "UsageError",
    "WrongCompany",
]


class RecoupError(Exception):
    """Everything recoup raises on purpose; the text is one line that a person can act on."""

    def __init__(self, message: str, *, request_id: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.request_id = request_id  # the platform's own id of the call, for its support desk

    def __str__(self) -> str:
        if self.request_id is None:
            return self.message
        return f"{self.message} (request {self.request_id})"


class Fatal(RecoupError):
    """Stop: going on could only make it worse."""


class UsageError(Fatal):
    """Something that was asked or configured cannot be; the text says what to change."""


class WrongCompany(Fatal):
    """The ledger answered for other books than the connected ones; nothing was stored."""


class AdapterFault(Fatal):
    """A reading hook raised something unforeseen: an answer it cannot read, or a defect of it."""

    def __init__(self, cause: Exception) -> None:
        first = str(cause).strip().partition("\n")[0].strip()
        said = f"{type(cause).__name__}: {first}" if first else type(cause).__name__
        super().__init__(
            f"the ledger sent something that could not be read ({said}); report it, with the trace "
            "that RECOUP_DEBUG=1 shows"
        )
        self.cause = cause  # with its traceback


class Retriable(RecoupError):
    """Try the same call again, but not before *retry_after*; no worker sleeps that long."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: timedelta = timedelta(0),
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.retry_after = retry_after


class BudgetSpent(Retriable):
    """Our own allowance of calls is used up; *retry_after* reaches to its renewal."""


class Busy(Retriable):
    """Another process holds the lock or lease that this one needs."""


class OutcomeUnknown(Retriable):
    """A write may or may not have happened. Replay its key or read back; never mint a new key."""


class Skippable(RecoupError):
    """One record cannot be used; it is kept with this reason, and the rest goes on."""


class Unreadable(Skippable):
    """A payload cannot be a record. It is parked with this reason and its customer is held."""

    def __init__(
        self, message: str, *, customer_id: str | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.customer_id = customer_id  # the ledger's id, where the payload still tells it


class Stale(Skippable):
    """The document changed since it was read: read it again and decide again."""


class Gone(Skippable):
    """The ledger says that the document does not exist any more."""


class NeedsReconnect(RecoupError):
    """The consent is gone or does not reach this company; a person must connect again."""


class NeedsConsent(NeedsReconnect):
    """The tokens are good, the consent is too narrow: renewing them would change nothing."""


class NotSupported(RecoupError):
    """The adapter did not declare the capability that this operation needs."""
