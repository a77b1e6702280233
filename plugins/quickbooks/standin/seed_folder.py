"""A folder of raw API answers, read as the seed of a company.

Each file is the body of one answer, or a list of such bodies: a query page, one entity, a change
data capture answer or a batch answer. Documents are kept as they are.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from recoup.connector.standin.seed_errors import SeedError
from recoup.plugins.quickbooks.standin.seed_documents import Payload, currency_ref, ref
from recoup.plugins.quickbooks.standin.shelf import zone_of

PACIFIC = "America/Los_Angeles"
WRAPPERS = ("QueryResponse", "CDCResponse", "BatchItemResponse", "AttachableResponse")


@dataclass(slots=True)
class Folder:
    """What the files hold, by entity and id, and what the files do not say themselves."""

    company_name: str
    country: str
    home_currency: str
    multicurrency: bool
    time_zone: str  # an IANA name, or an offset such as -05:00
    documents: dict[str, dict[str, Payload]]
    made_up: dict[str, dict[str, Payload]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def read_folder(path: Path) -> Folder:
    """Read every .json file below *path*, in the order of their names.

    Of two versions of one document the one changed last is kept. Raises SeedError for a folder
    without JSON files or without documents, and for a file that is not an API answer.
    """
    files = sorted(path.rglob("*.json"))
    if not files:
        raise SeedError(f"{path}: holds no .json file; put the raw bodies of API answers there")
    documents: dict[str, dict[str, Payload]] = {}
    deleted = 0
    for file in files:
        for entity, payload in _documents(file):
            if payload.get("status") == "Deleted":
                deleted += 1
                continue
            table = documents.setdefault(entity, {})
            ident = str(payload.get("Id", "1"))
            if ident not in table or _version(payload) >= _version(table[ident]):
                table[ident] = payload
    if not documents:
        raise SeedError(f"{path}: its files hold no document; export at least one query page")
    folder = _describe(path, documents)
    if deleted:
        folder.notes.append(f"{deleted} stubs of deleted documents were left out")
    _stub_customers(folder)
    return folder


def _version(payload: Payload) -> tuple[datetime, int]:
    stamp = payload.get("MetaData", {}).get("LastUpdatedTime", "1970-01-01T00:00:00+00:00")
    at = datetime.fromisoformat(stamp)
    return at.astimezone(), int(payload.get("SyncToken", 0))


def _documents(file: Path) -> Iterator[tuple[str, Payload]]:
    try:
        body = json.loads(file.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except json.JSONDecodeError as error:
        raise SeedError(
            f"{file}: line {error.lineno}: is not JSON ({error.msg}); save the raw body again"
        ) from error
    except UnicodeDecodeError as error:
        raise SeedError(f"{file}: is not UTF-8 text; save the raw body again") from error
    for part in body if isinstance(body, list) else [body]:
        if not isinstance(part, dict) or not _is_answer(part):
            raise SeedError(
                f"{file}: is not the body of an API answer; it needs QueryResponse, CDCResponse "
                'or one entity such as {"Invoice": {...}}'
            )
        yield from _unwrap(file, part)


def _is_answer(body: Mapping[str, Any]) -> bool:
    if "Fault" in body or any(name in body for name in WRAPPERS):
        return True
    return any(key[:1].isupper() and isinstance(body[key], dict) for key in body)


def _unwrap(file: Path, body: Mapping[str, Any]) -> Iterator[tuple[str, Payload]]:
    if "Fault" in body or "fault" in body:
        raise SeedError(f"{file}: the answer is a Fault, not documents; take the file away")
    for key, value in body.items():
        if key in WRAPPERS:
            for part in value if isinstance(value, list) else [value]:
                yield from _unwrap(file, part)
        elif not key[:1].isupper():
            continue
        elif isinstance(value, list):
            for payload in value:
                yield _document(file, key, payload)
        elif isinstance(value, dict):
            yield _document(file, key, value)


def _document(file: Path, entity: str, payload: object) -> tuple[str, Payload]:
    if not isinstance(payload, dict):
        raise SeedError(f"{file}: {entity} holds {payload!r} where a document should be")
    if entity == "RecurringTransaction":
        inner = next((value for value in payload.values() if isinstance(value, dict)), {})
        return entity, {**payload, "Id": str(inner.get("Id", "1"))}
    if "Id" not in payload and entity not in ("Preferences", "CompanyInfo", "ExchangeRate"):
        raise SeedError(f"{file}: a document of {entity} has no Id; the file is no API answer")
    return entity, payload


def _describe(path: Path, documents: dict[str, dict[str, Payload]]) -> Folder:
    """Company facts from CompanyInfo and Preferences, else from what the documents show."""
    company = next(iter(documents.get("CompanyInfo", {}).values()), {})
    preferences = next(iter(documents.get("Preferences", {}).values()), {})
    prefs = preferences.get("CurrencyPrefs", {})
    everything = [payload for table in documents.values() for payload in table.values()]
    currencies = Counter(
        str(payload["CurrencyRef"]["value"]) for payload in everything if "CurrencyRef" in payload
    )
    home = prefs.get("HomeCurrency", {}).get("value")
    if home is None:
        home = currencies.most_common(1)[0][0] if currencies else "USD"
    shown = len(currencies) > 1 or any("ExchangeRate" in payload for payload in everything)
    folder = Folder(
        company_name=company.get("CompanyName", path.resolve().name),
        country=company.get("Country", "US"),
        home_currency=home,
        multicurrency=bool(prefs.get("MultiCurrencyEnabled", shown)),
        time_zone=company.get("DefaultTimeZone") or _zone(everything),
        documents=documents,
    )
    try:
        zone_of(folder.time_zone)
    except ValueError as error:
        folder.time_zone = _zone(everything)
        folder.notes.append(f"CompanyInfo: {error}; {folder.time_zone} is taken from the stamps")
    for entity in ("CompanyInfo", "Preferences"):
        if entity not in documents:
            folder.notes.append(f"{entity} is not in the folder and is made up")
    return folder


def _zone(payloads: list[Payload]) -> str:
    """The zone that the time stamps were written in."""
    stamps = [str(payload["MetaData"]["CreateTime"]) for payload in payloads
              if "CreateTime" in payload.get("MetaData", {})]  # fmt: skip
    offsets = Counter(stamp[19:] for stamp in stamps if stamp[19:20] in ("+", "-"))
    if not offsets or set(offsets) <= {"-07:00", "-08:00"}:
        return PACIFIC
    return offsets.most_common(1)[0][0]


def _stub_customers(folder: Folder) -> None:
    """Make up an inactive customer for every reference to one that the folder lacks."""
    known = folder.documents.get("Customer", {})
    for entity, table in folder.documents.items():
        for payload in table.values():
            held = payload.get("ParentRef" if entity == "Customer" else "CustomerRef")
            if isinstance(held, dict) and held.get("value") not in known:
                stubs = folder.made_up.setdefault("Customer", {})
                ident = str(held["value"])
                stubs.setdefault(ident, _stub(folder, ident, held.get("name"), payload))
    for ident, stub in folder.made_up.get("Customer", {}).items():
        folder.notes.append(
            f"Customer {ident} ({stub['DisplayName']}) is not in the folder: made up, inactive"
        )


def _stub(folder: Folder, ident: str, name: str | None, seen_in: Payload) -> Payload:
    name = name or f"Customer {ident}"
    currency = seen_in.get("CurrencyRef", ref(folder.home_currency))["value"]
    stamp = seen_in.get("MetaData", {}).get("CreateTime", "2000-01-01T00:00:00-08:00")
    return {
        "Taxable": False,
        "Job": False,
        "BillWithParent": False,
        "Balance": 0,
        "BalanceWithJobs": 0,
        "CurrencyRef": currency_ref(currency),
        "PreferredDeliveryMethod": "None",
        "domain": "QBO",
        "sparse": False,
        "Id": ident,
        "SyncToken": "0",
        "MetaData": {"CreateTime": stamp, "LastUpdatedTime": stamp},
        "FullyQualifiedName": name,
        "DisplayName": name,
        "PrintOnCheckName": name,
        "Active": False,
    }
