"""The query language: parse one statement, then select ids from a shelf."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.quickbooks.standin.entities import HIDDEN, KNOWN, LISTS, TRANSACTIONS
from recoup.plugins.quickbooks.standin.fault import query_invalid, query_syntax
from recoup.plugins.quickbooks.standin.shelf import Shelf

DEFAULT_PAGE, LARGEST_PAGE = 100, 1000

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')|(?P<word>[A-Za-z_][\w.]*)|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<sign><=|>=|=|<|>|\(|\)|,|\*))"
)
_OPERATORS = {"=", "<", ">", "<=", ">="}
# The reference gives these fields no filterable trait.
_NOT_QUERYABLE = frozenset({"EmailStatus", "PrintStatus", "Line", "LinkedTxn"})
_EVERYWHERE = frozenset({"Id", "SyncToken", "MetaData", "Active", "DocNumber", "TxnDate"})


@dataclass(frozen=True)
class Test:
    """One condition: a field path, an operator and the values it is held against."""

    path: str
    operator: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """A parsed SELECT. ``limit`` and ``start`` are checked against the platform's bounds."""

    entity: str
    count: bool
    tests: tuple[Test, ...]
    order: tuple[tuple[str, bool], ...]  # (path, descending)
    start: int
    limit: int


class _Reader:
    """Walks the tokens of one statement and words the parser's complaints."""

    def __init__(self, sql: str) -> None:
        self.tokens: list[tuple[str, str, int]] = []
        at = 0
        for at_char, char in enumerate(sql):
            if ord(char) > 0xFF:
                seen = sql[:at_char].rsplit(" ", 1)[-1]
                raise query_syntax(
                    f"Lexical error at line 1, column {at_char + 1}.  "
                    f'Encountered: "\\u{ord(char):04x}" ({ord(char)}), after : "{seen}"'
                )
        while sql[at:].strip():
            found = _TOKEN.match(sql, at)
            if found is None or found.lastgroup is None:
                rest = sql[at:].lstrip()
                column = len(sql) - len(rest) + 1
                raise query_syntax(
                    f"Lexical error at line 1, column {column}.  "
                    f'Encountered: "{rest[0]}" ({ord(rest[0])}), after : ""'
                )
            text = found.group(found.lastgroup)
            self.tokens.append((found.lastgroup, text, found.start(found.lastgroup) + 1))
            at = found.end()
        self.at = 0

    def word(self) -> str:
        """Return the next token in lower case, or nothing at the end."""
        return self.tokens[self.at][1].lower() if self.at < len(self.tokens) else ""

    def take(self, *wanted: str, kind: str = "") -> str:
        """Consume the next token; it must be one of *wanted*, or of *kind*."""
        if self.at < len(self.tokens):
            found, text, _ = self.tokens[self.at]
            if text.lower() in wanted or (kind and found in kind.split("|")):
                self.at += 1
                return text
        raise self.complaint(" or ".join(f'"{w}"' for w in wanted) or f"<{kind.upper()}>")

    def complaint(self, expected: str) -> Exception:
        """Word the fault for the token at which the reader stands."""
        if self.at < len(self.tokens):
            kind, text, column = self.tokens[self.at]
            what = f'" <{kind.upper()}> "{text} ""' if kind != "sign" else f'" "{text}" "{text} ""'
        else:
            what, column = '"<EOF>"', (self.tokens[-1][2] if self.tokens else 1)
        return query_syntax(
            f"Encountered {what} at line 1, column {column}.\nWas expecting:\n    {expected} ..."
        )


def _literal(reader: _Reader) -> str:
    text = reader.take("true", "false", kind="text|number")
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text.startswith("'") else text


def _tests(reader: _Reader) -> list[Test]:
    tests = []
    while True:
        path = reader.take(kind="word")
        operator = reader.word()
        if operator == "in":
            reader.take("in")
            reader.take("(")
            values = [_literal(reader)]
            while reader.word() == ",":
                reader.take(",")
                values.append(_literal(reader))
            reader.take(")")
        else:
            operator = reader.take(*_OPERATORS, "like").lower()
            values = [_literal(reader)]
        tests.append(Test(path, operator, tuple(values)))
        if reader.word() != "and":
            return tests
        reader.take("and")


def _order(reader: _Reader) -> list[tuple[str, bool]]:
    order = []
    while True:
        path = reader.take(kind="word")
        descending = reader.word() == "desc"
        if reader.word() in ("asc", "desc"):
            reader.take("asc", "desc")
        order.append((path, descending))
        if reader.word() != ",":
            return order
        reader.take(",")


def _whole(reader: _Reader) -> int:
    text = reader.take(kind="number")
    if "." in text:
        reader.at -= 1
        raise reader.complaint("<INTEGER>")
    return int(text)


def parse(sql: str) -> Statement:
    """Read one statement; raises Fault 4000 for its grammar and 4001 for its bounds."""
    reader = _Reader(sql.strip().rstrip(";"))
    reader.take("select")
    count = reader.word() == "count"
    if count:
        reader.take("count")
        reader.take("(")
    reader.take("*")
    if count:
        reader.take(")")
    reader.take("from")
    entity = reader.take(kind="word")
    tests: list[Test] = []
    order: list[tuple[str, bool]] = []
    start, limit = 1, DEFAULT_PAGE
    if reader.word() == "where":
        reader.take("where")
        tests = _tests(reader)
    while reader.at < len(reader.tokens):
        word = reader.take("orderby", "order", "startposition", "maxresults").lower()
        if word == "order":
            reader.take("by")
        if word in ("order", "orderby"):
            order = _order(reader)
        elif word == "startposition":
            start = _whole(reader)
        else:
            limit = _whole(reader)
    for value, most in ((start, None), (limit, LARGEST_PAGE)):
        if value < 1:
            raise query_invalid(f"value {value} is too small. Min allowed value is 1.")
        if most is not None and value > most:
            raise query_invalid(f"value {value} is too large. Max allowed value is {most}.")
    return Statement(entity, count, tuple(tests), tuple(order), start, limit)


def _value(doc: Doc, path: str) -> Any:
    value: Any = doc
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value.get("value") if isinstance(value, dict) else value


def _key(shelf: Shelf, path: str, lexical_ids: bool) -> Callable[[Doc], Any]:
    """Return how a field is read for comparing and ordering; None where it is absent."""
    if path == "Id" and not lexical_ids:
        return lambda doc: int(doc["Id"]) if str(doc.get("Id")).isdecimal() else 0
    if path.startswith("MetaData."):
        return lambda doc: (
            None if (text := _value(doc, path)) is None else shelf.read_time(str(text))
        )
    return lambda doc: _value(doc, path)


def _operand(shelf: Shelf, test: Test, sample: Any, text: str) -> Any:
    if isinstance(sample, bool):
        return text.lower() == "true"
    try:
        if isinstance(sample, datetime):
            return shelf.read_time(text)
        if isinstance(sample, (int, Decimal)):
            return Decimal(text)
    except (ValueError, ArithmeticError):
        raise query_invalid(f"Invalid value '{text}' for property {test.path}") from None
    return text


def _passes(operator: str, value: Any, operands: list[Any]) -> bool:
    if value is None:
        return False
    first = operands[0]
    if operator in ("in", "="):
        return value in operands
    if operator == "like":
        pattern = ".*".join(re.escape(part) for part in str(first).split("%"))
        return re.fullmatch(pattern, str(value), re.DOTALL) is not None
    if operator == "<":
        return bool(value < first)
    if operator == ">":
        return bool(value > first)
    return bool(value <= first) if operator == "<=" else bool(value >= first)


def _check_paths(shelf: Shelf, statement: Statement) -> None:
    table = shelf.table(statement.entity)
    for path in [test.path for test in statement.tests] + [path for path, _ in statement.order]:
        top = path.split(".")[0]
        if top in _NOT_QUERYABLE:
            raise query_invalid(f"Property {path} is not queryable for Entity {statement.entity}")
        known = top in _EVERYWHERE or any(top in doc for doc in table.values())
        if not known and table:
            raise query_invalid(f"Property {path} not found for Entity {statement.entity}")


def select(
    shelf: Shelf, statement: Statement, *, lexical_ids: bool = False, oldest_first: bool = False
) -> list[str]:
    """Return the ids that match, in order, before paging."""
    entity = statement.entity
    if entity == HIDDEN or (entity not in KNOWN and not shelf.table(entity)):
        raise query_invalid(f"invalid context declaration: {entity}")
    _check_paths(shelf, statement)
    docs = _candidates(shelf, statement)
    if entity in LISTS and not any(test.path == "Active" for test in statement.tests):
        docs = [doc for doc in docs if doc.get("Active", True) is not False]
    for test in statement.tests:
        key = _key(shelf, test.path, lexical_ids)
        keyed = [(key(doc), doc) for doc in docs]
        sample = next((value for value, _ in keyed if value is not None), None)
        operands = [_operand(shelf, test, sample, text) for text in test.values]
        docs = [doc for value, doc in keyed if _passes(test.operator, value, operands)]
    order = statement.order or _default_order(entity, oldest_first)
    if not statement.count:
        newest = order[0] == ("MetaData.LastUpdatedTime", True)
        docs.sort(key=_key(shelf, "Id", lexical_ids), reverse=newest)  # ties stay in a fixed order
        for path, descending in reversed(order):
            key = _key(shelf, path, lexical_ids)
            docs.sort(key=partial(_sortable, key), reverse=descending)
    return [str(doc.get("Id", "1")) for doc in docs]


def _candidates(shelf: Shelf, statement: Statement) -> list[Doc]:
    """Return the rows worth testing: those named by Id, where the statement names some."""
    table = shelf.table(statement.entity)
    for test in statement.tests:
        if test.path == "Id" and test.operator in ("=", "in"):
            return [table[id] for id in dict.fromkeys(test.values) if id in table]
    return list(table.values())


def _sortable(key: Callable[[Doc], Any], doc: Doc) -> tuple[bool, Any]:
    value = key(doc)
    return (value is not None, value if value is not None else 0)


def _default_order(entity: str, oldest_first: bool) -> tuple[tuple[str, bool], ...]:
    if entity in TRANSACTIONS:
        return (("MetaData.LastUpdatedTime", not oldest_first),)
    if entity in ("Customer", "Account"):
        return (("FullyQualifiedName", False),)
    if entity in ("Vendor", "Employee"):
        return (("DisplayName", False),)
    return (("Name", False),) if entity in LISTS else (("Id", False),)
