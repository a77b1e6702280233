"""The cursor of a pull: where a cut-off pull starts again, as a JSON object.

Phases: ``bootstrap`` reads every entity page by page; ``catchup`` works through entities one by
one when change data capture was not enough; ``delta`` rests until the next pull.
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
    """A cursor, typed. Instants are the server's."""

    version: int = VERSION
    phase: str  # bootstrap, catchup or delta
    home: str  # home currency when the books were first read
    high_water: datetime  # everything up to here is stored once the phase is delta
    queue: tuple[str, ...] = ()  # entities still to read, the present one first
    # bootstrap
    full: bool = False  # a repeated pass: also lists what the ledger holds
    position: int = 1
    fence: tuple[str, ...] = ()  # last ids of the page before; one must come again
    found: Mapping[str, int] = field(default_factory=dict)  # older than high_water, by entity
    attempt: int = 1
    total: int | None = None  # documents expected, for progress
    # catchup
    since: datetime | None = None  # changes from here on are to be read
    window_from: datetime | None = None  # changes of the present entity are read up to here
    # delta
    confirmed: tuple[str, ...] = ()  # deletions confirmed lately: "Invoice 12"

    def dump(self) -> dict[str, Any]:
        """Write the cursor as JSON values, without what is at its default."""
        plain = cast("dict[str, Any]", msgspec.json.decode(msgspec.json.encode(self)))
        return {key: value for key, value in plain.items() if value not in (None, [], {}, False)}

    @classmethod
    def load(cls, cursor: Mapping[str, Any]) -> State:
        """Read a stored cursor. Raises Fatal when this version cannot."""
        if cursor.get("version") != VERSION:
            raise Fatal(
                f"the QuickBooks cursor has version {cursor.get('version')!r}, this recoup reads "
                f"{VERSION}: use the recoup that wrote it, or sync into a new workspace"
            )
        try:
            return msgspec.convert(dict(cursor), cls)
        except msgspec.MsgspecError as error:
            raise Fatal(f"the QuickBooks cursor cannot be read: {error}") from None
