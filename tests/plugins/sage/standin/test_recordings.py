"""Recorded answers of the real API, loaded as a seed and asked for again.

An answer must come back field for field, in the recorded order. What differs stands in
recording_differences.toml with its reason; a difference that is missing there, or no longer
occurs, fails.
"""

from __future__ import annotations

import http.client
import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from recoup.plugins.sage.standin.seed_sources import open_seed
from recoup.plugins.sage.standin.server import StandIn

ROOT = Path(__file__).resolve().parents[4]
RECORDINGS = ROOT.parent / "shared" / "recordings" / "sage"
LISTED = Path(__file__).with_name("recording_differences.toml")

# file: what was asked for, as the recorded $next tells
ASKED = {
    "FinancialSettings.json": "/financial_settings",
    "GetAll_BankAccount.json": "/bank_accounts?items_per_page=50&attributes=all",
    "GetAll_Business.json": "/businesses",
    "GetAll_Product.json": "/products?items_per_page=50&attributes=all",
    "GetAll_SalesInvoice.json": "/sales_invoices?page=1&items_per_page=1&attributes=date"
    "&sort=date:asc",
}
NO_ANSWERS = {"DatesTestData.json": "a table of date texts for a unit test, no answer of the API"}
# The recorded page has one invoice of two; the other one was never recorded.
UNSEEN = {
    "id": "0" * 31 + "2", "displayed_as": "SI-2", "$path": f"/sales_invoices/{'0' * 31}2",
    "created_at": "2021-09-09T14:40:00Z", "date": "2015-03-19",
}  # fmt: skip


@dataclass(frozen=True, order=True)
class Difference:
    """One place where the stand-in does not answer what was recorded."""

    recording: str
    path: str  # JSON path, or status
    recorded: str
    ours: str


ABSENT = object()


def compare(path: str, recorded: Any, ours: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (path, recorded, ours) for every leaf that differs, is on one side or out of order."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        shared = [key for key in recorded if key in ours]
        if shared != [key for key in ours if key in recorded]:
            yield f"{path} order", ",".join(recorded), ",".join(ours)
        for key in {**recorded, **ours}:
            parts = recorded.get(key, ABSENT), ours.get(key, ABSENT)
            yield from compare(f"{path}.{key}", *parts)
    elif isinstance(recorded, list) and isinstance(ours, list):
        for index, (left, right) in enumerate(zip_longest(recorded, ours, fillvalue=ABSENT)):
            yield from compare(f"{path}[{index}]", left, right)
    elif type(recorded) is not type(ours) or recorded != ours:
        yield path, shown(recorded), shown(ours)


def shown(value: Any) -> str:
    return "(absent)" if value is ABSENT else json.dumps(value, ensure_ascii=False)


def leaves(value: Any) -> int:
    """How many fields an answer has, however deep."""
    if isinstance(value, dict):
        return sum(leaves(part) for part in value.values())
    return sum(leaves(part) for part in value) if isinstance(value, list) else 1


def play() -> Iterator[tuple[str, Any, list[Difference]]]:
    """(file, recorded answer, where ours differs) of every recording."""
    every = open_seed(str(RECORDINGS))
    every[0].load("sales_invoices", UNSEEN)
    with StandIn(every) as server:
        token = server.issue_grant()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "X-Business": every[0].business_id}
        for name, target in ASKED.items():
            recorded = json.loads((RECORDINGS / name).read_text(encoding="utf-8-sig"))
            connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
            connection.request("GET", f"/v3.1{target}", headers=headers)
            answer = connection.getresponse()
            ours = json.loads(answer.read())
            connection.close()
            pairs = [("status", "200", str(answer.status))]
            if answer.status == 200:
                pairs += compare("$", recorded, ours)
            found = [Difference(name, *pair) for pair in pairs if pair[1] != pair[2]]
            yield name, recorded, found


def listed() -> dict[Difference, str]:
    """The accepted differences with their reasons."""
    table = tomllib.loads(LISTED.read_text(encoding="utf-8"))
    found: dict[Difference, str] = {}
    for entry in table.get("difference", []):
        reason = entry.pop("reason")
        found[Difference(**entry)] = reason
    return found


def verdict(found: list[Difference], accepted: dict[Difference, str]) -> list[str]:
    """What is wrong with the list: empty when every difference stands there, with a reason."""
    complaints = [f"not listed: {one}" for one in found if one not in accepted]
    complaints += [f"no longer occurs: {one}" for one in accepted if one not in found]
    complaints += [f"no reason: {one}" for one, reason in accepted.items() if not reason.strip()]
    return complaints


def test_every_difference_from_the_recordings_is_listed_with_its_reason(
    record_property: Callable[[str, object], None],
) -> None:
    if not RECORDINGS.is_dir():
        pytest.skip("needs ../shared/recordings/sage")
    assert {path.name for path in RECORDINGS.glob("*.json")} == {*ASKED, *NO_ANSWERS}
    played = list(play())
    found = sorted(one for _, _, differences in played for one in differences)
    fields = sum(leaves(recorded) for _, recorded, _ in played)
    counted = f"{len(played)} answers, {fields} fields, {len(found)} listed differences"
    record_property("say", f"Sage recordings seeded and read back: {counted}")
    assert verdict(found, listed()) == []


def test_an_unlisted_a_stale_and_an_unexplained_difference_are_each_refused() -> None:
    one, other = (Difference("a.json", path, "1", "2") for path in ("$.a", "$.b"))
    assert verdict([one], {one: "because"}) == []
    assert "not listed" in verdict([one, other], {one: "because"})[0]
    assert "no longer occurs" in verdict([], {one: "because"})[0]
    assert "no reason" in verdict([one], {one: ""})[0]


def test_a_changed_amount_a_missing_field_and_another_order_would_be_seen() -> None:
    assert list(compare("$", {"a": "1.0"}, {"a": 1.0})) == [("$.a", '"1.0"', "1.0")]
    assert list(compare("$", {"a": None}, {})) == [("$.a", "null", "(absent)")]
    assert list(compare("$", {"a": 1, "b": 2}, {"b": 2, "a": 1})) == [("$ order", "a,b", "b,a")]
