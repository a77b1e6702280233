"""The cursor of a pull: where a cut-off pull starts again, as a JSON object.

Phases: ``first`` reads every resource; ``changes`` reads what changed and what was deleted since
the pass before; ``rest`` waits for the next pull.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from recoup.connector.errors import Fatal

__all__ = ["EVERY_CONTACT", "OVERLAP", "State"]

VERSION = 1
OVERLAP = timedelta(minutes=10)  # that a pass looks back before the mark of the one before
EVERY_CONTACT = "*"
MOST_CONTACTS = 500  # named in a cursor; beyond that all balances are read
MOST_HANDLED = 500  # more than that are looked into again


class State(msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True):
    """A cursor, typed. Instants are the server's."""

    version: int
    phase: str  # first, changes or rest
    home: str  # base currency when the books were first read
    multicurrency: bool = False
    reduced: bool = False  # allocations may not be read
    high_water: datetime  # everything up to here is stored once the phase is rest
    since: datetime | None = None  # changes from here on are to be read
    queue: tuple[str, ...] = ()  # steps still to do, the present one first
    position: datetime | None = None  # where the present step goes on
    contacts: tuple[str, ...] = ()  # whose balances have moved in this pass
    read_until: datetime | None = None  # what was made later was never read before
    handled: dict[str, str] = {}  # payments and allocations of late whose documents were read

    def moved(self, contacts: set[str]) -> State:
        """This state with more contacts whose balances are to be read again."""
        if not contacts or self.contacts == (EVERY_CONTACT,):
            return self
        named = sorted({*self.contacts, *contacts})
        listed = (EVERY_CONTACT,) if len(named) > MOST_CONTACTS else tuple(named)
        return msgspec.structs.replace(self, contacts=listed)

    def having_handled(self, fresh: Mapping[str, str]) -> State:
        """This state with more rows that need not be looked into again, the newest of them."""
        if not fresh:
            return self
        handled = {**self.handled, **fresh}
        if len(handled) > MOST_HANDLED:
            newest = sorted(handled.items(), key=lambda item: _made_at(item[1]))
            handled = dict(newest[-MOST_HANDLED:])
        return msgspec.structs.replace(self, handled=handled)

    def at_rest(self, read_until: datetime | None, keep_from: datetime) -> State:
        """The end of a pass. What was handled before *keep_from* will not be shown again."""
        since = keep_from.timestamp()
        late = {name: mark for name, mark in self.handled.items() if _made_at(mark) >= since}
        return msgspec.structs.replace(
            self, phase="rest", since=None, contacts=(), read_until=read_until, handled=late
        )

    def dump(self) -> dict[str, Any]:
        """Write the cursor as JSON values, without what is at its default."""
        return cast("dict[str, Any]", msgspec.to_builtins(self))

    @classmethod
    def load(cls, cursor: Mapping[str, Any]) -> State:
        """Read a stored cursor. Raises Fatal when this version cannot."""
        if cursor.get("version") != VERSION:
            raise Fatal(
                f"the Sage cursor has version {cursor.get('version')!r}, this recoup reads "
                f"{VERSION}: use the recoup that wrote it, or sync into a new workspace"
            )
        try:
            return msgspec.convert(dict(cursor), cls)
        except msgspec.MsgspecError as error:
            raise Fatal(f"the Sage cursor cannot be read: {error}") from None


def _made_at(mark: str) -> int:
    """The second that a mark of ``touching`` ends with."""
    return int(mark.rpartition("@")[2])
