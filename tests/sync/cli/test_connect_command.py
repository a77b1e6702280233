"""``recoup connect`` as a process: the address on a line, the callback, the paste-back."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.workspace import Workspace


class _Stay(HTTPRedirectHandler):
    """Do not follow: the test is the browser that cannot reach the redirect address."""

    def redirect_request(self, *_):
        return None


def redirected_to(url: str) -> str:
    from urllib.error import HTTPError

    try:
        build_opener(_Stay).open(url, timeout=20)
    except HTTPError as answer:
        with answer:
            return answer.headers["Location"]
    raise AssertionError("not redirected")


def test_fetching_the_printed_address_completes_the_connection(
    home: Path, standin: StandIn, spawn, first_url, fetch
) -> None:
    process = spawn("connect", "quickbooks", "--base-url", standin.url, "--no-browser")
    page = fetch(first_url(process.stdout))
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "Go back to the terminal" in page
    assert "Connected: Acme Books (acme-books), books in USD." in out and err == ""


def test_an_https_redirect_is_pasted_back(home: Path, standin: StandIn, spawn, first_url) -> None:
    uri = "https://firm.example/recoup"
    words = ("--base-url", standin.url, "--no-browser", "--redirect-uri", uri)
    process = spawn("connect", "quickbooks", *words)
    landed = redirected_to(first_url(process.stdout))
    assert landed.startswith(uri)
    out, err = process.communicate(landed + "\n", timeout=30)
    assert process.returncode == 0, err
    assert "Connected: Acme Books" in out


def test_a_pasted_address_of_another_consent_is_refused(
    home: Path, standin: StandIn, spawn, first_url
) -> None:
    uri = "https://firm.example/recoup"
    words = ("--base-url", standin.url, "--no-browser", "--redirect-uri", uri)
    process = spawn("connect", "quickbooks", *words)
    first_url(process.stdout)
    _, err = process.communicate(f"{uri}?code=x&state=y&realmId=1\n", timeout=30)
    assert process.returncode == 2
    assert err == "recoup: that address belongs to another consent; run the command again\n"


def test_the_consent_asks_with_pkce_and_a_state(
    home: Path, standin: StandIn, spawn, first_url
) -> None:
    process = spawn("connect", "quickbooks", "--base-url", standin.url, "--no-browser")
    asked = dict(parse_qsl(urlsplit(first_url(process.stdout)).query))
    assert asked["code_challenge_method"] == "S256" and len(asked["state"]) >= 32


def test_waiting_for_a_consent_ends(home: Path, standin: StandIn, run, one_line) -> None:
    result = run("connect", "quickbooks", "--base-url", standin.url, "--no-browser", "--wait", 1)
    assert one_line(result, 2) == "nobody consented within 1 seconds; run the command again"


def test_connecting_again_changes_nothing_else(connected: Path, standin, join_standin) -> None:
    join_standin(connected, standin)
    from recoup.sync.store.companies import list_companies

    with Workspace.open(connected) as workspace, workspace.store.read() as conn:
        assert [row.slug for row in list_companies(conn)] == ["acme-books"]


def test_without_a_stand_in_the_client_id_is_asked_for(home: Path, run, one_line) -> None:
    said = one_line(run("connect", "quickbooks", "--no-browser"), 2)
    assert "recoup.toml: quickbooks.client_id is not set" in said


def test_a_stand_in_that_is_not_there_is_named(home: Path, run, one_line) -> None:
    result = run("connect", "quickbooks", "--no-browser", "--base-url", "http://127.0.0.1:9")
    assert "127.0.0.1:9" in one_line(result, 4)


def test_a_base_url_that_is_none_is_refused(home: Path, run, one_line) -> None:
    said = one_line(run("connect", "quickbooks", "--base-url", "ftp://x"), 2)
    assert "must look like" in said
    said = one_line(run("connect", "quickbooks", "--base-url", "http://example.com"), 2)
    assert "https" in said


def test_an_unknown_ledger_lists_the_known_ones(home: Path, run, one_line) -> None:
    said = one_line(run("connect", "quikbooks"), 2)
    assert said == "no ledger is called 'quikbooks'; known: quickbooks"
