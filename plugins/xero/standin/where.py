"""The filter and order languages of lists: ``Type=="ACCREC" AND Date>=DateTime(2026,1,1)``."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin.fault import bad_query
from recoup.plugins.xero.standin.moments import read_ms

Test = Callable[[Doc], bool]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<op>==|!=|<>|>=|<=|>|<|=|&&|\|\||\(|\)|,|!)
    | (?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    )""",
    re.VERBOSE,
)
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "startswith": lambda value, part: value.startswith(part),
    "endswith": lambda value, part: value.endswith(part),
    "contains": lambda value, part: part in value,
}
_MISSING = object()


@dataclass
class Filter:
    """A readable filter: its test, and what decides whether it is optimised."""

    test: Test
    fields: set[str] = field(default_factory=set)
    joined_by_or: bool = False
    calls: bool = False  # uses StartsWith, Contains or EndsWith


def compile_where(text: str) -> Filter:
    """Read a filter. Raises Fault QueryParseException."""
    return _Reader(text).read()


def compile_order(text: str) -> list[tuple[str, bool]]:
    """Read an order: (field, descending) pairs. Raises Fault QueryParseException."""
    keys = []
    for part in text.split(","):
        words = part.split()
        if len(words) not in (1, 2) or not re.fullmatch(r"[A-Za-z_.]+", words[0]):
            raise bad_query(f"order {text!r} is no list of fields")
        way = words[1].upper() if len(words) == 2 else "ASC"
        if way not in ("ASC", "DESC", "ASCENDING", "DESCENDING"):
            raise bad_query(f"order {text!r}: {words[1]} is no direction")
        keys.append((words[0], way.startswith("DESC")))
    return keys


def value_at(doc: Doc, path: str) -> Any:
    """The value at a dotted path, whatever the case of its names; None when there is none."""
    value: Any = doc
    for name in path.split("."):
        if not isinstance(value, dict):
            return None
        if name in value:
            value = value[name]
            continue
        lower = name.lower()
        value = next((part for key, part in value.items() if key.lower() == lower), None)
    return value


def sort_key(value: Any) -> tuple[int, Any]:
    """A key under which any two values of a field can be ordered; absent ones come first."""
    if value is None:
        return (0, 0)
    if isinstance(value, bool):
        return (1, int(value))
    if isinstance(value, (int, Decimal)):
        return (1, value)
    if isinstance(value, str) and value.startswith("/Date("):
        return (1, read_ms(value))
    return (2, str(value).casefold())


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens(text)
        self.at = 0
        self.found = Filter(lambda doc: True)

    def _tokens(self, text: str) -> list[tuple[str, str]]:
        tokens, at = [], 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if match is None:
                raise bad_query(f"where {text!r}: cannot read {text[at : at + 20]!r}")
            kind = str(match.lastgroup)
            tokens.append((kind, match[kind]))
            at = match.end()
        return tokens

    def read(self) -> Filter:
        self.found.test = self._any()
        if self.at != len(self.tokens):
            raise bad_query(f"where {self.text!r}: unexpected {self.tokens[self.at][1]!r}")
        return self.found

    def _peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def _take(self, wanted: str | None = None) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise bad_query(f"where {self.text!r} ends too early")
        token = self.tokens[self.at]
        if wanted is not None and token[1] != wanted:
            raise bad_query(f"where {self.text!r}: {wanted!r} expected before {token[1]!r}")
        self.at += 1
        return token

    def _any(self) -> Test:
        tests = [self._all()]
        while self._peek().upper() in ("OR", "||"):
            self._take()
            self.found.joined_by_or = True
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda doc: any(test(doc) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._peek().upper() in ("AND", "&&"):
            self._take()
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda doc: all(test(doc) for test in tests)

    def _one(self) -> Test:
        if self._peek() == "(":
            self._take()
            inside = self._any()
            self._take(")")
            return inside
        if self._peek() == "!":
            self._take()
            denied = self._one()
            return lambda doc: not denied(doc)
        kind, path = self._take()
        if kind != "name":
            raise bad_query(f"where {self.text!r}: a field expected before {path!r}")
        head, _, call = path.rpartition(".")
        if call.lower() in _TEXT_TESTS and self._peek() == "(":
            return self._call(head, call.lower())
        self.found.fields.add(path)
        if self._peek() not in ("==", "=", "!=", "<>", ">=", "<=", ">", "<"):
            return lambda doc: value_at(doc, path) is True
        op = self._take()[1]
        return _comparison(path, op, self._literal())

    def _call(self, path: str, call: str) -> Test:
        self._take("(")
        kind, text = self._take()
        self._take(")")
        if kind != "text":
            raise bad_query(f"where {self.text!r}: {call} takes a text")
        self.found.calls = True
        self.found.fields.add(path)
        part, test = _unquoted(text), _TEXT_TESTS[call]
        return lambda doc: test(str(value_at(doc, path) or ""), part)

    def _literal(self) -> Any:
        kind, text = self._take()
        if kind == "text":
            return _unquoted(text)
        if kind == "number":
            return Decimal(text)
        word = text.lower()
        if word in ("true", "false"):
            return word == "true"
        if word == "null":
            return None
        if word == "guid":
            self._take("(")
            id = _unquoted(self._take()[1])
            self._take(")")
            return id.lower()
        if word in ("datetime", "datetime.parse"):
            return self._moment(word)
        raise bad_query(f"where {self.text!r}: {text!r} is no value")

    def _moment(self, word: str) -> _Moment:
        self._take("(")
        parts = [self._take()]
        while self._peek() == ",":
            self._take()
            parts.append(self._take())
        self._take(")")
        if word == "datetime.parse":
            return _Moment(read_ms(_unquoted(parts[0][1])))
        try:
            numbers = [int(text) for _, text in parts] + [0] * 6
            year, month, day, hour, minute, second = numbers[:6]
            text = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
        except ValueError:
            raise bad_query(f"where {self.text!r}: DateTime takes numbers") from None
        ms = read_ms(text)
        if len(parts) < 3 or (not ms and year != 1970):
            raise bad_query(f"where {self.text!r}: {text} is no date")
        return _Moment(ms)


@dataclass(frozen=True)
class _Moment:
    ms: int


def _unquoted(text: str) -> str:
    if not text.startswith('"'):
        raise bad_query(f"{text!r} is no text in double quotes")
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _comparison(path: str, op: str, wanted: Any) -> Test:
    is_id = path.lower().endswith("id")

    def known(doc: Doc) -> Any:
        value = value_at(doc, path)
        if isinstance(wanted, _Moment):
            return read_ms(value) if value is not None else None
        if isinstance(value, str) and is_id:
            return value.lower()
        return value

    right = wanted.ms if isinstance(wanted, _Moment) else wanted
    if isinstance(right, str) and is_id:
        right = right.lower()
    if op in ("==", "="):
        return lambda doc: bool(known(doc) == right)
    if op in ("!=", "<>"):
        return lambda doc: bool(known(doc) != right)

    def ordered(doc: Doc) -> bool:
        value = known(doc)
        if value is None or right is None or isinstance(value, str) != isinstance(right, str):
            return False
        if op == ">":
            return bool(value > right)
        if op == ">=":
            return bool(value >= right)
        return bool(value < right if op == "<" else value <= right)

    return ordered
