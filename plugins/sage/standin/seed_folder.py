"""A folder of raw API answers, read as the seed of a business.

Each file is the body of one answer, or a list of such bodies: a list page, or one document.
Documents are kept as they are; their kind is the first part of their ``$path``.
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
from recoup.plugins.sage.standin.amounts import moment
from recoup.plugins.sage.standin.seed_documents import Payload
from recoup.plugins.sage.standin.shelf import SINGLETONS
from recoup.plugins.sage.standin.vocabulary import WORDS

BUSINESSES = "businesses"
COUNTRY_OF = {"CAD": "CA", "EUR": "IE", "GBP": "GB"}


@dataclass(slots=True)
class Folder:
    """What the files hold, by kind and id, and what the files do not say themselves."""

    businesses: list[tuple[str, str]]  # (id, name); the documents belong to the first
    country: str
    home_currency: str
    documents: dict[str, dict[str, Payload]]
    made_up: dict[str, dict[str, Payload]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_folder(path: Path, business_id: str) -> Folder:
    """Read every .json file below *path*, in the order of their names.

    business_id: for a folder that lists no businesses. Of two versions of one document the one
    changed last is kept, of two of one instant the one with more attributes. Raises SeedError for
    a folder without JSON files or without documents, and for a file that holds errors.
    """
    files = sorted(path.rglob("*.json"))
    if not files:
        raise SeedError(f"{path}: holds no .json file; put the raw bodies of API answers there")
    documents: dict[str, dict[str, Payload]] = {}
    left_out: list[str] = []
    for file in files:
        found = False
        for payload in _documents(file):
            found = True
            kind = str(payload["$path"]).strip("/").split("/")[0].split("?")[0]
            ident = "" if kind in SINGLETONS else str(payload.get("id", ""))
            table = documents.setdefault(kind, {})
            if ident not in table or _version(payload) >= _version(table[ident]):
                table[ident] = payload
        if not found:
            left_out.append(file.name)
    words = {kind: documents.pop(kind) for kind in [*documents] if kind in WORDS}
    listed = documents.pop(BUSINESSES, {})
    if not documents and not listed:
        raise SeedError(f"{path}: its files hold no document; export at least one list")
    return _describe(path, business_id, documents, listed, words, left_out)


def _version(payload: Payload) -> tuple[str, int]:
    changed = payload.get("updated_at") or payload.get("created_at")
    return moment(str(changed)) if changed else "", len(payload)


def _documents(file: Path) -> Iterator[Payload]:
    try:
        body = json.loads(file.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise SeedError(
            f"{file}: line {error.lineno}: is not JSON ({error.msg}); save the raw body again"
        ) from error
    except UnicodeDecodeError as error:
        raise SeedError(f"{file}: is not UTF-8 text; save the raw body again") from error
    for part in body if isinstance(body, list) else [body]:
        if not isinstance(part, dict):
            raise SeedError(
                f"{file}: is not the body of an API answer; it needs $items or one document "
                "with a $path"
            )
        if "$severity" in part:
            raise SeedError(f"{file}: the answer is an error, not documents; take the file away")
        if "$items" not in part:
            if "$path" in part:
                yield part
            continue
        rows = part["$items"]
        for row in rows if isinstance(rows, list) else [rows]:
            if not isinstance(row, dict) or "$path" not in row:
                raise SeedError(f"{file}: $items holds {row!r:.60} where a document should be")
            yield row


def _describe(
    path: Path,
    business_id: str,
    documents: dict[str, dict[str, Payload]],
    listed: Mapping[str, Payload],
    words: Mapping[str, Mapping[str, Payload]],
    left_out: list[str],
) -> Folder:
    """Facts of the business from its settings, else from what the documents show."""
    settings = documents.get("financial_settings", {}).get("", {})
    home = (settings.get("base_currency") or {}).get("id")
    if home is None:
        shown = Counter(
            payload["currency"]["id"]
            for table in documents.values()
            for payload in table.values()
            if payload.get("currency")
        )
        home = shown.most_common(1)[0][0] if shown else "GBP"
    businesses = [(ident, str(row["displayed_as"])) for ident, row in listed.items()]
    folder = Folder(
        businesses=businesses or [(business_id, path.resolve().name)],
        country=COUNTRY_OF.get(home, "GB"),
        home_currency=home,
        documents=documents,
    )
    if not settings:
        folder.notes.append(f"financial_settings are not in the folder: {home} is taken as home")
    if len(businesses) > 1:
        name = businesses[0][1]
        folder.notes.append(f"{len(businesses)} businesses are listed: the documents are {name}'s")
    for kind in words:
        folder.notes.append(f"{kind} are the platform's own and were left out")
    for name in left_out:
        folder.notes.append(f"{name} holds no document and was left out")
    _stub_contacts(folder)
    return folder


def _stub_contacts(folder: Folder) -> None:
    """Make up an inactive contact for every reference to one that the folder lacks."""
    known = folder.documents.get("contacts", {})
    for kind, table in folder.documents.items():
        for payload in table.values():
            held: Mapping[str, Any] = payload.get("contact") or {}
            ident = str(held.get("id", ""))
            stubs = folder.made_up.setdefault("contacts", {})
            if not ident or ident in known or ident in stubs:
                continue
            name = str(payload.get("contact_name") or held.get("displayed_as") or ident)
            currency = payload.get("currency")
            stubs[ident] = {
                "id": ident,
                "displayed_as": held.get("displayed_as", name),
                "$path": f"/contacts/{ident}",
                "created_at": payload.get("created_at"),
                "updated_at": payload.get("updated_at"),
                "name": name,
                "reference": "",
                "contact_types": [_type(payload)],
                "currency": currency,
                "is_active": False,
            }
            folder.notes.append(f"contact {ident} ({name}) is only named in {kind}: made up")


def _type(payload: Payload) -> Payload:
    """The contact type that a document's transaction type tells of."""
    told = str((payload.get("transaction_type") or {}).get("id", ""))
    ident = "VENDOR" if told.startswith(("VENDOR", "PURCHASE")) else "CUSTOMER"
    return {
        "id": ident,
        "displayed_as": WORDS["contact_types"][ident],
        "$path": f"/contact_types/{ident}",
    }
