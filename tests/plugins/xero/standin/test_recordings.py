"""Recorded answers of the real API, loaded as seed and asked for again.

An answer must be equal field for field, numbers as they were written. What differs stands in
recording_differences.toml with its reason; a difference that is missing there, or no longer
occurs, fails. Rows of a list are told together: [*] stands for every place in it.
"""

from __future__ import annotations

import http.client
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import yaml

from recoup.connector.standin.clock import Clock
from recoup.plugins.xero.standin.options import Options
from recoup.plugins.xero.standin.seed_sources import open_seed
from recoup.plugins.xero.standin.server import StandIn

ROOT = Path(__file__).resolve().parents[4]
CASSETTES = ROOT.parent / "shared" / "recordings" / "xero"
LISTED = Path(__file__).with_name("recording_differences.toml")

# Made anew with every answer: only the form must be equal.
VOLATILE = {
    "Id",
    "DateTimeUTC",
    "AttachmentID",
    "authEventId",
    "id_token",
    "access_token",
    "refresh_token",
}
MADE = {"createdDateUtc", "updatedDateUtc", "id"}  # of a connection


@dataclass(frozen=True, order=True)
class Difference:
    """One place where the stand-in does not answer what was recorded."""

    cassette: str
    path: str  # request number and JSON path: 1:$.Invoices[*].Total
    recorded: str
    ours: str


class Number(str):
    """A JSON number as it was written."""


ABSENT = object()


def names() -> list[str]:
    return sorted(path.name for path in CASSETTES.glob("*.yaml"))


def interactions(name: str) -> list[dict[str, Any]]:
    # The C loader reads the same YAML several times faster; not every platform has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    cassette = yaml.load((CASSETTES / name).read_text(encoding="utf-8"), Loader=loader)
    return list(cassette["interactions"])


def standin(clock: Clock) -> StandIn:
    """The organisation of the recordings, as the API was when they were made."""
    options = Options(provider="python-sdk", updated_string=False)
    return StandIn([open_seed(str(CASSETTES), clock=clock)], 0, options)


# -- playing ------------------------------------------------------------------------------------


def play(name: str) -> Iterator[Difference]:
    """Send every request of a cassette in its order and compare the answers."""
    clock = Clock()
    made: dict[str, str] = {}  # recorded id of an upload → ours
    with standin(clock) as server:
        for number, interaction in enumerate(interactions(name), 1):
            recorded = interaction["response"]
            clock.freeze(parsedate_to_datetime(recorded["headers"]["Date"][0]))
            status, kind, body = send(server, interaction, made)
            pairs = [("status", str(recorded["status"]["code"]), str(status))]
            pairs.append(("Content-Type", recorded["headers"]["Content-Type"][0], kind))
            theirs, ours = readable(recorded["body"]["string"]), readable(body)
            pairs += compare("$", theirs, ours)
            remember(theirs, ours, made)
            for path, left, right in pairs:
                if left != right:
                    yield Difference(name, f"{number}:{path}", left, right)


def send(
    server: StandIn, interaction: dict[str, Any], made: dict[str, str]
) -> tuple[int, str, bytes]:
    """Answer (status, content type, body) of one recorded request."""
    request = interaction["request"]
    form = dict(parse_qsl(request["body"])) if "/connect/token" in request["uri"] else {}
    grant = server.issue_grant(scopes=form.get("scope"))
    kept = ("Accept", "Content-Type")
    headers = {key: request["headers"][key][0] for key in kept if key in request["headers"]}
    body = request["body"]
    if form:
        body = urlencode(form | {"refresh_token": grant["refresh_token"]})
    else:
        headers["Authorization"] = f"Bearer {grant['access_token']}"
        headers["xero-tenant-id"] = server.books.tenant_id
    parts = urlsplit(request["uri"])
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    for recorded, ours in made.items():
        target = target.replace(recorded, ours)
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=10)
    connection.request(request["method"], target, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, answer.headers.get("Content-Type", ""), text


def remember(recorded: Any, ours: Any, made: dict[str, str]) -> None:
    """Note which of our uploads stands for a recorded one."""
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for left, right in zip(
            recorded.get("Attachments", []), ours.get("Attachments", []), strict=False
        ):
            made[left["AttachmentID"]] = right["AttachmentID"]


def readable(body: str | bytes) -> Any:
    """The body as JSON with its numbers as they were written; a file as its bytes."""
    text = body.encode() if isinstance(body, str) else body
    if text[:1] in (b"{", b"["):
        return json.loads(text, parse_float=Number, parse_int=Number)
    return text.hex()


def compare(path: str, recorded: Any, ours: Any) -> Iterator[tuple[str, str, str]]:
    """Yield (path, recorded, ours) for every leaf that differs, each path and pair once."""
    found = dict.fromkeys(_compare(path, recorded, ours))
    yield from found


def _compare(path: str, recorded: Any, ours: Any) -> Iterator[tuple[str, str, str]]:
    if isinstance(recorded, dict) and isinstance(ours, dict):
        for key in {**recorded, **ours}:
            parts = recorded.get(key, ABSENT), ours.get(key, ABSENT)
            yield from _compare(f"{path}.{key}", *parts)
    elif isinstance(recorded, list) and isinstance(ours, list):
        orders = [ident(row) for row in recorded], [ident(row) for row in ours]
        if all(orders[0]) and sorted(orders[0]) == sorted(orders[1]) and orders[0] != orders[1]:
            apart = [one for one, other in zip(*orders, strict=True) if one != other]
            yield f"{path} order", ", ".join(apart), "another"
            ours = sorted(ours, key=lambda row: orders[0].index(ident(row)))
        for left, right in zip_longest(recorded, ours, fillvalue=ABSENT):
            yield from _compare(f"{path}[*]", left, right)
    elif shape(path, recorded) != shape(path, ours):
        anew = path.rpartition(".")[2] in VOLATILE and recorded is ABSENT
        yield path, shown(recorded), "(made anew)" if anew else shown(ours)


def ident(row: Any) -> str:
    """The id of a row of documents; empty for another row."""
    fields = row if isinstance(row, dict) else {}
    return next((str(value) for key, value in fields.items() if key.endswith("ID")), "")


def shape(path: str, value: Any) -> tuple[str, str]:
    """A leaf by type and text; of what is made anew only the form of the text."""
    name = path.rpartition(".")[2]
    if value is ABSENT or name not in VOLATILE | MADE:
        return type(value).__name__, shown(value)
    if name in ("DateTimeUTC", *MADE):
        return type(value).__name__, re.sub(r"[0-9a-f]+", "9", shown(value))
    return type(value).__name__, ""


def shown(value: Any) -> str:
    if value is ABSENT:
        return "(absent)"
    text = str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:40]}… {len(text)} characters"


# -- the list -----------------------------------------------------------------------------------


@pytest.fixture(autouse=True, scope="module")
def cassettes() -> None:
    if not CASSETTES.is_dir():
        pytest.skip("needs ../shared/recordings/xero")


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
    record_property: Callable[[str, object], None],
) -> None:
    played = names()
    found = sorted(one for name in played for one in play(name))
    requests = sum(len(interactions(name)) for name in played)
    counted = f"{len(played)} cassettes, {requests} requests, {len(found)} listed differences"
    record_property("say", f"recordings replayed on the Xero stand-in: {counted}")
    assert verdict(found, listed()) == ""
    assert (len(played), requests) == (4, 7)


def test_a_changed_amount_and_a_lost_field_would_be_seen() -> None:
    recorded, ours = readable('{"A":[{"B":100.00,"C":1}]}'), readable('{"A":[{"B":100.0}]}')
    assert list(compare("$", recorded, ours)) == [
        ("$.A[*].B", "100.00", "100.0"),
        ("$.A[*].C", "1", "(absent)"),
    ]


def test_an_unlisted_a_stale_and_an_unexplained_difference_are_each_refused() -> None:
    one, other = (Difference("a.yaml", path, "1", "2") for path in ("1:$.A", "1:$.B"))
    assert verdict([one], {one: "because"}) == ""
    assert "not listed" in verdict([one, other], {one: "because"})
    assert "no longer occurs" in verdict([], {one: "because"})
    assert "no reason" in verdict([one], {one: ""})
