"""A stand-in with a handful of documents, a workspace connected to it, and the command line."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest
from click.testing import CliRunner, Result

from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.cli.root import recoup
from recoup.sync.connect import connect
from recoup.sync.demo import consenting
from recoup.sync.workspace import Workspace

Run = Callable[..., Result]


def small_books(name: str = "Acme Books", realm: str = "9130000000000001") -> Books:
    """Ada owes 70 of 100, has 10 unapplied and owes 50 more; Bob owes 25."""
    books = Books(realm, company_name=name)
    ada = books.create("Customer", {"DisplayName": "Ada Ltd"})["Id"]
    bob = books.create("Customer", {"DisplayName": "Bob, Inc"})["Id"]
    first = sell(books, ada, 100, "2026-01-10")
    sell(books, ada, 50, "2026-02-10")
    sell(books, bob, 25, "2026-03-10")
    line = {"Amount": 30, "LinkedTxn": [{"TxnId": first, "TxnType": "Invoice"}]}
    paid = {"CustomerRef": {"value": ada}, "TxnDate": "2026-02-01", "TotalAmt": 40, "Line": [line]}
    books.create("Payment", paid)
    return books


def sell(books: Books, customer: str, amount: int, on: str) -> str:
    """Create an invoice, due after thirty days; returns its id."""
    detail = {"SalesItemLineDetail": {"ItemRef": {"value": "1"}}}
    line = {"Amount": amount, "DetailType": "SalesItemLineDetail", **detail}
    body = {"CustomerRef": {"value": customer}, "TxnDate": on, "Line": [line]}
    return str(books.create("Invoice", body)["Id"])


@pytest.fixture
def standin() -> Iterator[StandIn]:
    with StandIn(small_books(), 0, Options(throttle=False)) as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace, the one that commands find."""
    folder = tmp_path / "workspace"
    Workspace.init(folder)
    monkeypatch.setenv("RECOUP_HOME", str(folder))
    monkeypatch.delenv("RECOUP_VAULT_KEY", raising=False)
    return folder


@pytest.fixture
def connected(home: Path, standin: StandIn) -> Path:
    """The workspace, connected to the stand-in's company."""
    join(home, standin)
    return home


@pytest.fixture(scope="session")
def synced_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that was synced from a stand-in that has stopped since."""
    folder = tmp_path_factory.mktemp("synced") / "workspace"
    Workspace.init(folder)
    with StandIn(small_books(), 0, Options(throttle=False)) as running:
        join(folder, running)
        done = CliRunner().invoke(recoup, ["--home", str(folder), "sync"])
        assert done.exit_code == 0, done.output
    return folder


@pytest.fixture
def synced(home: Path, synced_once: Path) -> Path:
    """The workspace that commands find, synced; no ledger answers any more."""
    shutil.copytree(synced_once, home, dirs_exist_ok=True)
    return home


def join(home: Path, standin: StandIn) -> None:
    with Workspace.open(home) as workspace:
        connect(workspace, workspace.platform("quickbooks"), consenting(), base_url=standin.url)


@pytest.fixture
def join_standin() -> Callable[[Path, StandIn], None]:
    return join


@pytest.fixture
def make_books() -> Callable[..., Books]:
    return small_books


@pytest.fixture
def run() -> Run:
    """Run a command in this process, as the console script would."""

    def invoke(*words: object, stdin: str | None = None) -> Result:
        return CliRunner().invoke(recoup, [str(word) for word in words], input=stdin)

    return invoke


@pytest.fixture
def one_line() -> Callable[[Result, int], str]:
    """Assert that a command said exactly one line on stderr and nothing of a trace."""

    def check(result: Result, code: int) -> str:
        assert result.exit_code == code, result.output
        said = result.stderr.strip()
        assert said.startswith("recoup: ") and "\n" not in said
        assert "Traceback" not in result.output
        return said.removeprefix("recoup: ")

    return check


Spawn = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def spawn() -> Iterator[Spawn]:
    """Start ``recoup`` as a process of its own; what still runs at the end is stopped."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "recoup.sync.cli", *map(str, words)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def first_url() -> Callable[[IO[str]], str]:
    """Read lines until the first one that is an address, as a script would."""

    def read(stream: IO[str]) -> str:
        for line in stream:
            if line.startswith("http"):
                return line.strip()
        raise AssertionError("no address was printed")

    return read


@pytest.fixture
def fetch() -> Callable[[str], str]:
    def get(url: str) -> str:
        with urllib.request.urlopen(url, timeout=20) as page:
            return str(page.read().decode())

    return get
