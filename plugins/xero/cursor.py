"""The cursor of a pull: where a cut-off pull starts again, as a JSON object.

A pass works through its queue: the lists, then what they named, then the control account, then
one chore. At rest the queue is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import msgspec

from recoup.connector.errors import Fatal

__all__ = ["State"]

VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """A cursor, typed. Instants are Xero's own."""

    version: int = VERSION
    organisation: str  # OrganisationID when the books were first read
    demo: bool = False  # IsDemoCompany then
    home: str  # base currency then
    debtors: str | None = None  # AccountID of the control account
    marks: Mapping[str, datetime] = field(default_factory=dict)  # list → changes are read to here
    # the pass at work
    queue: tuple[str, ...] = ()
    page: int = 1  # of the first list of the queue
    slices: tuple[str, ...] = ()  # parts of that list by date, where it is too long to walk
    began_at: datetime | None = None  # when that list's first page was answered
    first: bool = False  # everything is being read; another pass follows at once
    news: bool = False  # something came since the control account was last read
    paid: bool = False  # payments came in this pass, and maybe batches of them
    contacts: tuple[str, ...] = ()  # whose balance may have moved
    invoices: tuple[str, ...] = ()  # named by money and not seen in this pass
    # chores
    clock: datetime | None = None  # Xero's time, as last seen
    checked_at: datetime | None = None  # when the organisation was last looked at
    checked_last: bool = False  # whether that was the last chore
    round_at: datetime | None = None  # when the present or last reading of everything began
    round_queue: tuple[str, ...] = ()  # lists of it that are still to read
    round_page: int = 1
    round_slices: tuple[str, ...] = ()  # parts of the first of them, where it is too long to walk

    def dump(self) -> dict[str, Any]:
        """Write the cursor as JSON values, without what is at its default."""
        plain = cast("dict[str, Any]", msgspec.json.decode(msgspec.json.encode(self)))
        return {key: value for key, value in plain.items() if value not in (None, [], {}, False)}

    @classmethod
    def load(cls, cursor: Mapping[str, Any]) -> State:
        """Read a stored cursor. Raises Fatal when this version cannot."""
        if cursor.get("version") != VERSION:
            raise Fatal(
                f"the Xero cursor has version {cursor.get('version')!r}, this recoup reads "
                f"{VERSION}: use the recoup that wrote it, or sync into a new workspace"
            )
        try:
            return msgspec.convert(dict(cursor), cls)
        except msgspec.MsgspecError as error:
            raise Fatal(f"the Xero cursor cannot be read: {error}") from None
