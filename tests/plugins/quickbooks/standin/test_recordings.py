"""Recorded answers of the real API, replayed against the stand-in.

Each cassette is played from its own recorded entities. An answer must be equal but for times, ids,
dates and tokens, whose form must be equal. What else differs stands in recording_differences.toml
with its reason; a difference that is missing there, or no longer occurs, fails.
"""

from __future__ import annotations

import copy
import hashlib
import http.client
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from recoup.connector.standin.clock import Clock
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.server import StandIn

ROOT = Path(__file__).resolve().parents[4]
CASSETTES = ROOT.parent / "shared" / "recordings" / "quickbooks" / "qbo_api"
LISTED = Path(__file__).with_name("recording_differences.toml")
REALM = "9341455000000009"

TIMES = {"time", "CreateTime", "LastUpdatedTime", "Time"}
DATES = {"TxnDate", "DueDate", "StartPeriod", "EndPeriod"}
VOLATILE = TIMES | DATES | {"Id", "SyncToken", "FileAccessUri"}
ENVELOPE = {"time"}  # all that may differ in what is only read
TOKEN = re.compile(r"(Token expired: )\w+")


@dataclass(frozen=True, order=True)
class Difference:
    """One place where the stand-in does not answer what was recorded."""

    cassette: str
    path: str  # request number and JSON path: 1:$.Invoice.Line[0].Amount
    recorded: str
    ours: str


class Number(str):
    """A JSON number as it was written."""


ABSENT = object()


def names() -> list[str]:
    return sorted(path.relative_to(CASSETTES).as_posix() for path in CASSETTES.rglob("*.yml"))


def interactions(name: str) -> list[dict[str, Any]]:
    # The C loader reads the same YAML several times faster; not every platform has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    cassette = yaml.load((CASSETTES / name).read_text(encoding="utf-8"), Loader=loader)
    return list(cassette["http_interactions"])


# -- seeding ------------------------------------------------------------------------------------

Pool = dict[tuple[str, str], dict[str, Any]]

# What a cassette takes for granted and never reads.
TAKEN_FOR_GRANTED = {
    "attachment/create_for_invoice.yml": [("Invoice", "75")],
    "attachment/delete_attachment.yml": [("Attachable", "5000000000000503624")],
    "create/invoice.yml": [("Customer", "1"), ("Item", "1"), ("Invoice", "265")],
    "error/validation.yml": [("Customer", "29")],
    "get_pdf/invoice.yml": [("Invoice", "130")],
}


def documents(body: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every document in an answer: query pages, single entities, CDC, batches, attachables."""
    for part in body if isinstance(body, list) else [body]:
        for key, value in part.items() if isinstance(part, dict) else ():
            if key.endswith("Response"):
                yield from documents(value)
            for payload in value if isinstance(value, list) else [value]:
                if isinstance(payload, dict) and "MetaData" in payload and "Id" in payload:
                    yield key, payload


def answer_of(interaction: dict[str, Any]) -> Any:
    text = interaction["response"]["body"]["string"]
    return json.loads(text, parse_float=Decimal) if text.startswith("{") else {}


def read_by(interaction: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What an answer shows to have been there before: not what the request itself wrote."""
    body = answer_of(interaction)
    if interaction["request"]["method"] == "get":
        yield from documents(body)
    for item in body.get("BatchItemResponse", []):
        yield from documents(item.get("QueryResponse", {}))


def pooled() -> Pool:
    """The first version of every document in any cassette."""
    pool: Pool = {}
    for name in names():
        for interaction in interactions(name):
            for entity, payload in documents(answer_of(interaction)):
                pool.setdefault((entity, payload["Id"]), payload)
    return pool


def seeded(name: str, pool: Pool) -> Books:
    """The books before the cassette was recorded."""
    books = Books(REALM, company_name="Recorded", clock=Clock())
    books.custom_fields = [{"DefinitionId": "1", "Name": "Crew #", "Type": "StringType"}]
    there: Pool = {}
    for interaction in interactions(name):
        for entity, payload in read_by(interaction):
            there.setdefault((entity, payload["Id"]), payload)
    for entity, ident in TAKEN_FOR_GRANTED.get(name, []):
        there[entity, ident] = pool.get((entity, ident)) or made_up(entity, ident)
    for (entity, _), payload in there.items():
        books.load(entity, copy.deepcopy(payload))
    return books


def made_up(entity: str, ident: str) -> dict[str, Any]:
    """The least that a reference needs, for an entity of which no cassette has a document."""
    head = {"Id": ident, "SyncToken": "0", "MetaData": {}, "domain": "QBO", "sparse": False}
    if entity == "Item":
        return {**head, "Name": "Services", "FullyQualifiedName": "Services", "Type": "Service"}
    # Invoice 265 was numbered 1042: the recorded general ledger says so.
    form = {"DocNumber": "1042", "TxnDate": "2020-09-29", "Line": [], "LinkedTxn": []}
    return {**head, **form, "TotalAmt": 0, "Balance": 0}


# -- playing ------------------------------------------------------------------------------------


def play(name: str, pool: Pool, at: datetime | None = None) -> Iterator[Difference]:
    """Send every request of a cassette in its order and compare the answers.

    at: the time to play it at, where that is not the time of the recording.
    """
    books = seeded(name, pool)
    with StandIn(books, port=0) as server:
        for number, interaction in enumerate(interactions(name), 1):
            sent_at = at or parsedate_to_datetime(interaction["response"]["headers"]["Date"][0])
            status, kind, text = send(server, books, interaction, sent_at)
            recorded = interaction["response"]
            pairs = [("status", str(recorded["status"]["code"]), str(status))]
            if recorded["status"]["code"] == status:
                wanted = recorded["headers"]["Content-Type"][0]
                pairs.append(("Content-Type", wanted, kind))
                theirs, ours = readable(recorded["body"]["string"]), readable(text)
                reading = interaction["request"]["method"] == "get"
                pairs += compare("$", theirs, ours, ENVELOPE if reading else VOLATILE)
            for path, theirs, ours in pairs:
                if theirs != ours:
                    yield Difference(name, f"{number}:{path}", brief(theirs), ours[:200])


def send(
    server: StandIn, books: Books, interaction: dict[str, Any], at: datetime
) -> tuple[int, str, str]:
    """Answer (status, content type, text) of one recorded request."""
    request = interaction["request"]
    had_run_out = interaction["response"]["status"]["code"] == 401
    books.clock.freeze(at - timedelta(hours=2 if had_run_out else 0))
    token = server.issue_grant(REALM)["access_token"]
    books.clock.freeze(at)
    parts = urlsplit(request["uri"])
    path = re.sub(r"^/v3/(company/[^/]+/)?", f"/v3/company/{REALM}/", parts.path)
    target = path + (f"?{parts.query}" if parts.query else "")
    kept = ("Accept", "Content-Type")
    headers = {key: request["headers"][key][0] for key in kept if key in request["headers"]}
    headers["Authorization"] = f"Bearer {token}"
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    body = request["body"]["string"].encode() or None
    connection.request(request["method"].upper(), target, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, answer.headers.get("Content-Type", ""), text


def readable(text: str) -> Any:
    """The body as JSON with its numbers as they were written; of a PDF only that it is one."""
    if text.startswith("{"):
        return json.loads(text, parse_float=Number, parse_int=Number)
    return text[:5]


def compare(
    path: str, recorded: Any, ours: Any, volatile: set[str] = VOLATILE
) -> Iterator[tuple[str, str, str]]:
    """Yield (path, recorded, ours) for every leaf that differs, or is only on one side.

    volatile: the fields of which only the form must be equal.
    """
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for key in {**recorded, **ours}:
            parts = recorded.get(key, ABSENT), ours.get(key, ABSENT)
            yield from compare(f"{path}.{key}", *parts, volatile)
    elif isinstance(recorded, list) and isinstance(ours, list):
        for index, (left, right) in enumerate(zip_longest(recorded, ours, fillvalue=ABSENT)):
            yield from compare(f"{path}[{index}]", left, right, volatile)
    elif shape(path, recorded, volatile) != shape(path, ours, volatile):
        yield path, shown(recorded), shown(ours)


def shape(path: str, value: Any, volatile: set[str]) -> tuple[str, str]:
    """A leaf by type and text; of what may differ only the form of the text."""
    text = TOKEN.sub(r"\1token", shown(value)).replace("-COMPANY_ID-", REALM)
    if path.rpartition(".")[2] in volatile and value is not ABSENT:
        text = re.sub(r"\d+", "9", text)
        text = re.sub(r"-9:9$", "-offset", text)
    return type(value).__name__, text


def brief(text: str) -> str:
    """A long text by its digest: what was recorded is compared, not copied."""
    digest = hashlib.sha256(text.encode()).hexdigest()[:12]
    return text if len(text) <= 24 else f"{len(text)} characters, sha256 {digest}"


def shown(value: Any) -> str:
    if value is ABSENT:
        return "(absent)"
    return str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)


# -- the list -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pool() -> Pool:
    if not CASSETTES.is_dir():
        pytest.skip("needs ../shared/recordings/quickbooks")
    return pooled()


def listed() -> dict[Difference, str]:
    """The accepted differences with their reasons."""
    table = tomllib.loads(LISTED.read_text(encoding="utf-8"))
    found: dict[Difference, str] = {}
    for entry in table.get("difference", []):
        reason = entry.pop("reason")
        found[Difference(**entry)] = reason
    return found


def as_toml(differences: list[Difference]) -> str:
    """Entries to paste into the list, once each has a reason."""
    return "\n".join(
        "[[difference]]\n"
        + "".join(f"{key} = {json.dumps(value)}\n" for key, value in vars(one).items())
        + 'reason = ""\n'
        for one in differences
    )


def verdict(found: list[Difference], accepted: dict[Difference, str]) -> str:
    """What is wrong with the list: empty when every difference stands there, with a reason."""
    unlisted = [one for one in found if one not in accepted]
    complaints = [f"not listed:\n{as_toml(unlisted)}"] if unlisted else []
    complaints += [f"no longer occurs: {one}" for one in accepted if one not in found]
    complaints += [f"no reason: {one}" for one, reason in accepted.items() if not reason.strip()]
    return "\n".join(complaints)


def test_every_difference_from_the_recordings_is_listed_with_its_reason(
    pool: Pool, record_property: Callable[[str, object], None]
) -> None:
    played = names()
    found = sorted(one for name in played for one in play(name, pool))
    requests = sum(len(interactions(name)) for name in played)
    counted = f"{len(played)} cassettes, {requests} requests, {len(found)} listed differences"
    record_property("say", f"recordings replayed on the stand-in: {counted}")
    assert verdict(found, listed()) == ""
    assert (len(played), requests) == (31, 51)


def test_an_unlisted_a_stale_and_an_unexplained_difference_are_each_refused() -> None:
    one, other = (Difference("a.yml", path, "1", "2") for path in ("1:$.A", "1:$.B"))
    assert verdict([one], {one: "because"}) == ""
    assert "not listed" in verdict([one, other], {one: "because"})
    assert "no longer occurs" in verdict([], {one: "because"})
    assert "no reason" in verdict([one], {one: ""})


def test_the_old_change_answer_is_equal_within_the_window_of_today(pool: Pool) -> None:
    # Recorded when 2011 was not yet too far back to ask for.
    assert not list(play("cdc/basic.yml", pool, at=datetime(2011, 10, 20, tzinfo=UTC)))


def test_a_changed_amount_would_be_seen() -> None:
    recorded, ours = readable('{"A":{"Amount":100.00}}'), readable('{"A":{"Amount":100.0}}')
    assert list(compare("$", recorded, ours)) == [("$.A.Amount", "100.00", "100.0")]


def test_a_time_differs_only_by_its_form() -> None:
    times = ("2020-09-29T05:58:07-07:00", "2021-01-01T00:00:00-08:00", "2021-01-01T00:00:00Z")
    recorded, same, other = ({"LastUpdatedTime": at} for at in times)
    assert not list(compare("$", recorded, same))
    assert list(compare("$", recorded, other))
