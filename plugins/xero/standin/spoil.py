"""Rows gone bad on purpose: unknown words, nulls, blank and extra rows, poison."""

from __future__ import annotations

import re

from recoup.connector.standin.switchboard import Planned
from recoup.connector.standin.wire import dumps, loads
from recoup.plugins.xero.standin.kinds import Kind


def rows(planned: Planned | None, kind: Kind, shown: list[str]) -> list[str]:
    """The rows of an answer as the planned fault leaves them."""
    if planned is None or not shown:
        return shown
    settings = planned.settings
    if planned.kind == "unknown_enum":
        name = str(settings.get("field", "Status"))
        return [_changed(shown[0], name, settings.get("value", "UNHEARD_OF")), *shown[1:]]
    if planned.kind == "null_string":
        return [_changed(shown[0], str(settings.get("field", "Reference")), None), *shown[1:]]
    if planned.kind == "blank_row":
        blank = {kind.id: "00000000-0000-0000-0000-000000000000"}
        return [dumps(blank), *shown]
    if planned.kind in ("extra_rows", "duplicate_rows"):
        return shown + shown[: int(settings.get("rows", 4))]
    return shown


def poison(
    kind: Kind, ids: list[str], shown: list[str], poisoned: set[tuple[str, str]]
) -> list[str]:
    """Spoil the rows of poisoned documents: a date that is none, a total that is a word."""
    spoiled = list(shown)
    for at, id in enumerate(ids):
        if (kind.plural, id) in poisoned:
            text = re.sub(r'"Date":"[^"]*"', '"Date":"/Date(soon+0000)/"', spoiled[at])
            spoiled[at] = re.sub(r'"Total":-?[0-9.]+', '"Total":"much"', text)
    return spoiled


def _changed(text: str, name: str, value: object) -> str:
    doc = loads(text)
    doc[name] = value
    return dumps(doc)
