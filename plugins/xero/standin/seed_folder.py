"""A folder of raw API answers, read as the seed of an organisation.

Each file is the body of one answer (JSON), a list of such bodies, or recorded traffic (YAML with
`interactions` of request and response). Documents are kept as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from recoup.connector.standin.seed_errors import SeedError
from recoup.connector.standin.wire import Doc, dumps, loads
from recoup.plugins.xero.standin.kinds import KINDS
from recoup.plugins.xero.standin.moments import read_ms

# What an answer may hold besides documents: of what it speaks its body does not say.
APART = ("Reports", "HistoryRecords", "Attachments", "OnlineInvoices", "Settings")


@dataclass(slots=True)
class Folder:
    """What the files hold, by the plural of the kind and by id."""

    name: str
    tenant_id: str | None = None  # of the first connection that the files show
    documents: dict[str, dict[str, Doc]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def organisation(self) -> Doc:
        """The recorded organisation; empty when no file holds it."""
        return next(iter(self.documents.get("Organisations", {}).values()), {})

    def commonest(self, name: str, default: str) -> str:
        """The commonest value of a field over all documents."""
        found = Counter(
            str(payload[name])
            for table in self.documents.values()
            for payload in table.values()
            if payload.get(name)
        )
        return found.most_common(1)[0][0] if found else default

    def add(self, kind: str, payload: Doc) -> None:
        """Keep a document: of two versions the later, of equally late ones the fuller."""
        table = self.documents.setdefault(kind, {})
        ident = str(payload[KINDS[kind].id]).lower()
        held = table.get(ident)
        if held is None or _version(kind, payload) >= _version(kind, held):
            table[ident] = payload


def _version(kind: str, payload: Doc) -> tuple[int, int]:
    touched = KINDS[kind].touched
    return read_ms(payload.get(touched)) if touched else 0, len(dumps(payload))


def read_folder(path: Path) -> Folder:
    """Read every .json, .yaml and .yml file below *path*, in the order of their names.

    Raises SeedError for a folder without such files or without documents, and for a file that is
    not an API answer.
    """
    files = sorted(file for file in path.rglob("*") if file.suffix in (".json", ".yaml", ".yml"))
    if not files:
        raise SeedError(
            f"{path}: holds no .json or .yaml file; put the raw bodies of API answers there"
        )
    folder = Folder(path.resolve().name)
    apart: dict[str, int] = {}
    for file in files:
        for body in _bodies(file):
            _take(folder, file, body, apart)
    if not folder.documents:
        raise SeedError(f"{path}: its files hold no document; save at least one list answer")
    for name, count in sorted(apart.items()):
        folder.notes.append(f"{count} answers with {name} are left out: the stand-in makes its own")
    return folder


def _bodies(file: Path) -> Iterator[Any]:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SeedError(f"{file}: is not UTF-8 text; save the raw body again") from error
    if file.suffix != ".json":
        yield from _recorded(file, text)
        return
    try:
        body = loads(text)
    except json.JSONDecodeError as error:
        raise SeedError(
            f"{file}: line {error.lineno}: is not JSON ({error.msg}); save the raw body again"
        ) from error
    whole = isinstance(body, list) and bool(body) and not _connections(body)
    yield from body if whole else [body]


def _recorded(file: Path, text: str) -> Iterator[Any]:
    """The JSON bodies of recorded traffic; answers other than 200 and files are passed over."""
    try:
        import yaml
    except ImportError as error:
        raise SeedError(f"{file}: reading YAML needs PyYAML; install it or save JSON") from error
    try:
        # The C loader reads the same YAML several times faster; not every platform has it.
        traffic = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        answers = [one["response"] for one in traffic["interactions"]]
        bodies = [one["body"]["string"] for one in answers if one["status"]["code"] == 200]
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise SeedError(
            f"{file}: is no recorded traffic; it needs interactions with request and response"
        ) from error
    for body in bodies:
        if isinstance(body, str) and body.lstrip()[:1] in ("{", "["):
            yield loads(body)


def _connections(body: object) -> bool:
    return isinstance(body, list) and all(
        isinstance(part, dict) and "tenantId" in part for part in body
    )


def _take(folder: Folder, file: Path, body: Any, apart: dict[str, int]) -> None:
    if _connections(body):
        for part in body:
            folder.tenant_id = folder.tenant_id or str(part["tenantId"])
        return
    if not isinstance(body, dict):
        raise SeedError(f"{file}: is not the body of an API answer; it needs e.g. Invoices")
    if "access_token" in body:
        return  # the consent of whoever recorded; the stand-in gives its own
    if _refusal(body):
        raise SeedError(f"{file}: the answer is an error, not documents; take the file away")
    lists = [name for name in body if name in KINDS and isinstance(body[name], list)]
    beside = [name for name in body if name in APART]
    if not lists and not beside:
        raise SeedError(
            f"{file}: is not the body of an API answer; it needs a list of documents such as "
            '{"Invoices": [...]}'
        )
    for name in beside:
        apart[name] = apart.get(name, 0) + 1
    for kind in lists:
        for payload in body[kind]:
            if not isinstance(payload, dict) or not payload.get(KINDS[kind].id):
                raise SeedError(f"{file}: one of {kind} has no {KINDS[kind].id}; save it again")
            folder.add(kind, payload)


def _refusal(body: Mapping[str, Any]) -> bool:
    return "ErrorNumber" in body or ("Title" in body and "Detail" in body) or "error" in body


def amount(payload: Mapping[str, Any], name: str) -> Decimal:
    """One amount of a recorded document; absent counts as zero."""
    return Decimal(str(payload.get(name) or 0))
