"""JSON as the platforms write it: exact decimals, compact."""

from __future__ import annotations

import json
import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

__all__ = ["CENT", "Doc", "cents", "decimal", "dumps", "loads"]

Doc = dict[str, Any]

CENT = Decimal("0.01")
_MARK = re.compile(r'"\\u0000(-?[0-9.]+)"')


def loads(text: str | bytes) -> Any:
    """Read JSON; numbers with a point become Decimal, so that nothing is rounded."""
    return json.loads(text, parse_float=Decimal)


def _exact(value: object) -> str:
    if isinstance(value, Decimal):
        return f"\x00{value:f}"
    raise TypeError(f"{type(value).__name__} does not go on the wire")


def dumps(value: Any) -> str:
    """Write compact JSON with every Decimal as a bare number, all its places kept."""
    text = json.dumps(value, default=_exact, ensure_ascii=False, separators=(",", ":"))
    return _MARK.sub(r"\1", text) if "\\u0000" in text else text


def decimal(value: Any) -> Decimal:
    """Read an amount as it may stand in a document; absent counts as zero."""
    if value is None:
        return Decimal(0)
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"not an amount: {value!r}") from None


def cents(value: Decimal) -> Decimal:
    """Round to two places, halves away from zero."""
    return value.quantize(CENT, rounding=ROUND_HALF_UP)
