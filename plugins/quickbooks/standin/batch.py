"""Batch: up to thirty independent items in one call, each with its own fault."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from recoup.connector.standin.wire import Doc, dumps
from recoup.plugins.quickbooks.standin.entities import BY_LOWER
from recoup.plugins.quickbooks.standin.fault import (
    MALFORMED,
    Fault,
    business,
    malformed,
    unsupported,
)

if TYPE_CHECKING:
    from recoup.plugins.quickbooks.standin.api import Api

_log = logging.getLogger(__name__)

MOST_ITEMS = 30
_SETTINGS = frozenset({"bId", "operation", "optionsData", "Query"})


def run(api: Api, body: Doc) -> str:
    """Run every item and return the member ``BatchItemResponse``; raises Fault on a 31st item."""
    items = body.get("BatchItemRequest") or []
    if len(items) > MOST_ITEMS:
        raise business(f"A batch holds at most {MOST_ITEMS} items; this one has {len(items)}")
    return f'"BatchItemResponse":[{",".join(_item(api, item) for item in items)}]'


def _item(api: Api, item: Doc) -> str:
    try:
        inner = _run(api, item)
    except Fault as fault:
        inner = f'"Fault":{dumps(fault.body())}'
    except MALFORMED as error:
        _log.exception("a batch item has an impossible shape")
        inner = f'"Fault":{dumps(malformed(error).body())}'
    return f'{{{inner},"bId":{dumps(item.get("bId", "") if isinstance(item, dict) else "")}}}'


def _run(api: Api, item: Doc) -> str:
    if "Query" in item:
        return f'"QueryResponse":{api.query(item["Query"])}'
    named = [key for key in item if key not in _SETTINGS]
    entity = BY_LOWER.get(named[0].lower()) if named else None
    if entity is None:
        raise unsupported(f"batch item {named[0] if named else ''}")
    operation = str(item.get("operation") or "create").lower()
    include = str(item.get("optionsData") or "")
    with api.books.item():
        doc = api.write(entity, item[named[0]], operation, include)
    return f'"{entity}":{dumps(doc)}'
