"""``recoup connect`` as a process: the address on a line, the callback, the paste-back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from subprocess import Popen
from typing import IO, Any
from urllib.parse import parse_qsl, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pytest
from click.testing import Result

from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.demo import consenting
from recoup.sync.workspace import Workspace

Run = Callable[..., Result]
OneLine = Callable[[Result, int], str]
Spawn = Callable[..., Popen[str]]
FirstUrl = Callable[[IO[str] | None], str]
Fetch = Callable[[str], str]
Join = Callable[[Path, StandIn], None]


class _Stay(HTTPRedirectHandler):
    """Do not follow: the test is the browser that cannot reach the redirect address."""

    def redirect_request(self, *_: Any) -> None:
        """Answer None: the redirect is the answer."""


def redirected_to(url: str) -> str:
    from urllib.error import HTTPError

    try:
        build_opener(_Stay).open(url, timeout=20)
    except HTTPError as answer:
        with answer:
            return answer.headers["Location"]
    raise AssertionError("not redirected")


def test_fetching_the_printed_address_completes_the_connection(
    home: Path,
    standin: StandIn,
    spawn: Spawn,
    first_url: FirstUrl,
    fetch: Fetch,
) -> None:
    process = spawn("connect", "quickbooks", "--base-url", standin.url, "--no-browser")
    page = fetch(first_url(process.stdout))
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Go back to the terminal" in page
    assert "Connected: Acme Books (acme-books), books in USD." in out and err == ""


def test_an_https_redirect_is_pasted_back(
    home: Path,
    standin: StandIn,
    spawn: Spawn,
    first_url: FirstUrl,
) -> None:
    uri = "https://firm.example/recoup"
    words = ("--base-url", standin.url, "--no-browser", "--redirect-uri", uri)
    process = spawn("connect", "quickbooks", *words)
    landed = redirected_to(first_url(process.stdout))
    assert landed.startswith(uri)
    out, err = process.communicate(landed + "\n", timeout=30)
    assert process.returncode == 0, err
    assert "Connected: Acme Books" in out


def test_a_pasted_address_of_another_consent_is_refused(
    home: Path,
    standin: StandIn,
    spawn: Spawn,
    first_url: FirstUrl,
) -> None:
    uri = "https://firm.example/recoup"
    words = ("--base-url", standin.url, "--no-browser", "--redirect-uri", uri)
    process = spawn("connect", "quickbooks", *words)
    first_url(process.stdout)
    _, err = process.communicate(f"{uri}?code=x&state=y&realmId=1\n", timeout=30)
    assert process.returncode == 2
    assert err == "recoup: that address belongs to another consent; run the command again\n"


def test_the_consent_asks_with_pkce_and_a_state(
    home: Path,
    standin: StandIn,
    spawn: Spawn,
    first_url: FirstUrl,
) -> None:
    process = spawn("connect", "quickbooks", "--base-url", standin.url, "--no-browser")
    asked = dict(parse_qsl(urlsplit(first_url(process.stdout)).query))
    assert asked["code_challenge_method"] == "S256" and len(asked["state"]) >= 32


def test_waiting_for_a_consent_ends(
    home: Path, standin: StandIn, run: Run, one_line: OneLine
) -> None:
    result = run("connect", "quickbooks", "--base-url", standin.url, "--no-browser", "--wait", 1)
    assert one_line(result, 2) == "nobody consented within 1 seconds; run the command again"


def test_connecting_again_changes_nothing_else(
    connected: Path, standin: StandIn, join_standin: Join
) -> None:
    join_standin(connected, standin)
    from recoup.sync.store.companies import list_companies

    with Workspace.open(connected) as workspace, workspace.store.read() as conn:
        assert [row.slug for row in list_companies(conn)] == ["acme-books"]


def test_without_a_stand_in_the_client_id_is_asked_for(
    home: Path, run: Run, one_line: OneLine
) -> None:
    said = one_line(run("connect", "quickbooks", "--no-browser"), 2)
    assert "recoup.toml: quickbooks.client_id is not set" in said


def test_a_stand_in_that_is_not_there_is_named(home: Path, run: Run, one_line: OneLine) -> None:
    result = run("connect", "quickbooks", "--no-browser", "--base-url", "http://127.0.0.1:9")
    assert "127.0.0.1:9" in one_line(result, 4)


def test_a_base_url_that_is_none_is_refused(home: Path, run: Run, one_line: OneLine) -> None:
    said = one_line(run("connect", "quickbooks", "--base-url", "ftp://x"), 2)
    assert "must look like" in said
    said = one_line(run("connect", "quickbooks", "--base-url", "http://example.com"), 2)
    assert "https" in said


@pytest.mark.parametrize("address", ["nonsense", "http://localhost:x", "https://[1", "ftp://a/b"])
def test_an_address_that_is_none_is_refused_before_anybody_is_asked(
    address: str, home: Path, run: Run, one_line: OneLine
) -> None:
    words = ("connect", "quickbooks", "--base-url", "http://127.0.0.1:9", "--redirect-uri", address)
    assert address in one_line(run(*words), 2)
    assert address in one_line(run("connect", "quickbooks", "--base-url", address), 2)


def test_an_unknown_ledger_lists_the_known_ones(home: Path, run: Run, one_line: OneLine) -> None:
    said = one_line(run("connect", "quikbooks"), 2)
    assert said == "no ledger is called 'quikbooks'; known: quickbooks, sage, xero"


def test_without_no_browser_the_browser_is_opened(
    home: Path, standin: StandIn, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webbrowser.open", lambda url: consenting().show(url))
    result = run("connect", "quickbooks", "--base-url", standin.url)
    assert result.exit_code == 0, result.output
    assert "open this address yourself" in result.stdout and "Connected: Acme" in result.stdout
