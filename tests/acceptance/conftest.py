"""What a first user has: the command line, a workspace, a stand-in, and a browser that obeys."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recoup.plugins.quickbooks.standin.options import Options
from recoup.plugins.quickbooks.standin.seed_sources import open_seed
from recoup.plugins.quickbooks.standin.server import StandIn
from recoup.sync.cli.root import recoup

HISTORY = Path(__file__).parents[3] / "shared" / "ar-history" / "b2b-wholesale.csv"


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Desk:
    """A person in front of a workspace. Commands run in this process, or as one of their own."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def run(self, *words: str) -> Ran:
        """Run ``recoup`` here and return what it printed and its exit code."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                recoup.main(["--home", str(self.home), *words], prog_name="recoup")
                code = 0
            except SystemExit as leaving:
                code = leaving.code if isinstance(leaving.code, int) else 1
        return Ran(code, out.getvalue(), err.getvalue())

    def spawn(self, *words: str) -> subprocess.Popen[str]:
        """Start ``recoup`` as a process of its own, its output in pipes."""
        return spawn("--home", str(self.home), *words)

    def wait(self, *words: str) -> Ran:
        """Run ``recoup`` as a process of its own to its end."""
        with self.spawn(*words) as process:
            out, err = process.communicate(timeout=120)
        return Ran(process.returncode, out, err)

    def where_consent_leads(self, address: str) -> str:
        """Consent as a browser would, but do not go where it is sent."""
        try:
            urllib.request.build_opener(_Landing).open(address, timeout=30).close()
        except urllib.error.HTTPError as sent_on:
            with sent_on:
                return sent_on.headers["Location"]
        raise AssertionError("the stand-in did not send the browser on")

    def init(self) -> None:
        with spawn("init", str(self.home)) as process:
            process.communicate(timeout=60)
        assert process.returncode == 0

    def connect(self, url: str, *words: str) -> Ran:
        """Connect as a process whose first http line is fetched, as a browser would."""
        words = ("connect", "quickbooks", "--base-url", url, "--no-browser", *words)
        with self.spawn(*words) as process:
            assert process.stdout is not None
            address = next(line for line in process.stdout if line.startswith("http")).strip()
            with urllib.request.urlopen(address, timeout=30) as page:
                assert page.status == 200
            out, err = process.communicate(timeout=60)
        return Ran(process.returncode, out, err)


class Firm(Desk):
    """A desk whose company is kept by a stand-in in this process."""

    def __init__(self, home: Path, standin: StandIn) -> None:
        super().__init__(home)
        self.standin = standin
        self.books = standin.books

    def keep(self, action: str, **body: Any) -> Any:
        """Let the bookkeeper do something, through the stand-in's admin surface."""
        return self.admin(f"books/{action}", **body)

    def admin(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{self.standin.url}/admin/{path}", json.dumps(body, default=str).encode()
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read(), parse_float=Decimal)

    def calls(self, command: str = "sync") -> int:
        """Run a command that succeeds and return how many API calls the stand-in counted."""
        before = self._answered()
        ran = self.run(command)
        assert ran.code == 0, ran.err
        return self._answered() - before

    def _answered(self) -> int:
        return sum(self.standin.calls.values()) - self.standin.calls["oauth"]

    def held_at(self, statement: str, page: int = 1) -> Hold:
        """Hold the stand-in's answer to the *page*-th query that contains *statement*."""
        return Hold(self.standin, statement, page)


class Hold:
    """One answer of the stand-in that waits; ``reached`` returns when somebody waits for it."""

    def __init__(self, standin: StandIn, statement: str, page: int) -> None:
        self._reached, self._released = threading.Event(), threading.Event()
        self._pages, self._page = 0, page
        standin.faults.between_pages(self._serve, match=statement, times=page)

    def _serve(self) -> None:
        self._pages += 1
        if self._pages == self._page:
            self._reached.set()
            self._released.wait(60)

    def reached(self) -> None:
        assert self._reached.wait(60), "nobody asked for the page that is held"

    def release(self) -> None:
        self._released.set()


class _Landing(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> None:
        """Follow nobody: where it leads is what is asked for."""


def spawn(*words: str) -> subprocess.Popen[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RECOUP_")}
    return subprocess.Popen(
        [sys.executable, "-m", "recoup.sync.cli", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


@contextlib.contextmanager
def serving(*words: str) -> Iterator[str]:
    """Run ``recoup standin quickbooks`` and yield the address that it prints."""
    process = spawn("standin", "quickbooks", "--port", "0", *words)
    with process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="session")
def history() -> Path:
    """The real history; a test that needs it is skipped where it is not."""
    if not HISTORY.is_file():
        pytest.skip("../shared/ar-history/b2b-wholesale.csv is not here")
    return HISTORY


@pytest.fixture(scope="session")
def standin_process() -> Any:
    """``with standin_process("--seed", …) as address``."""
    return serving


@pytest.fixture(scope="session")
def desk_at() -> Any:
    """``desk_at(folder)``: a person in front of a workspace there, made and empty."""

    def open_desk(home: Path) -> Desk:
        desk = Desk(home)
        desk.init()
        return desk

    return open_desk


@pytest.fixture(scope="session")
def connected_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A folder with a workspace connected to the demo company and the stand-in's memory."""
    folder = tmp_path_factory.mktemp("connected")
    desk = Desk(folder / "firm")
    desk.init()
    with StandIn(open_seed("demo"), 0, Options(state=str(folder / "standin.db"))) as standin:
        connected = desk.connect(standin.url)
        assert connected.code == 0, connected.err
        port = int(standin.url.rpartition(":")[2])
    return folder, port


@pytest.fixture(scope="session")
def synced_template(
    connected_template: tuple[Path, int], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, int]:
    """The same after its first sync."""
    folder = tmp_path_factory.mktemp("synced")
    with copied(connected_template, folder) as firm:
        synced = firm.run("sync")
        assert synced.code == 0, synced.err
    return folder, connected_template[1]


@contextlib.contextmanager
def copied(template: tuple[Path, int], folder: Path) -> Iterator[Firm]:
    """Copy a template and serve its company again at the address that the workspace knows."""
    source, port = template
    shutil.copytree(source, folder, dirs_exist_ok=True)
    options = Options(state=str(folder / "standin.db"))
    with StandIn(open_seed("demo"), port, options) as standin:
        firm = Firm(folder / "firm", standin)
        # A stand-in that is started again knows its grants, but no access token: renew it here,
        # so that tests count the calls of their own sync.
        firm.run("doctor")
        yield firm


@pytest.fixture
def connected(connected_template: tuple[Path, int], tmp_path: Path) -> Iterator[Firm]:
    """A firm connected to the demo company; nothing is synced yet."""
    with copied(connected_template, tmp_path) as firm:
        yield firm


@pytest.fixture
def firm(synced_template: tuple[Path, int], tmp_path: Path) -> Iterator[Firm]:
    """A firm whose demo company was synced a moment ago."""
    with copied(synced_template, tmp_path) as firm:
        yield firm


@pytest.fixture
def firm_of(tmp_path: Path) -> Iterator[Callable[[str], Firm]]:
    """``firm_of(seed)``: a firm that has connected and synced the books made of *seed*."""
    with contextlib.ExitStack() as stack:

        def open_firm(seed: str) -> Firm:
            standin = stack.enter_context(StandIn(open_seed(seed)))
            firm = Firm(tmp_path / "firm", standin)
            firm.init()
            assert firm.connect(standin.url).code == 0
            synced = firm.run("sync")
            assert synced.code == 0, synced.err
            return firm

        yield open_firm
