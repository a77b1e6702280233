"""A workspace: the folder with ``recoup.toml``, its database, its keys and its plugins.

The only module that reads the environment: RECOUP_HOME, RECOUP_VAULT_KEY and the client
secrets (RECOUP_QUICKBOOKS_CLIENT_SECRET and the like).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from recoup.config.settings import Settings, SettingsError, read_settings
from recoup.connector.errors import UsageError
from recoup.connector.protocols import ClientApp, Clock, Connection, RateGate, SystemClock, Vault
from recoup.sync.keys import client_secret

if TYPE_CHECKING:
    from recoup.connector.facades import Consent, Everybody, Ledger
    from recoup.connector.platforms import LedgerPlatform
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.store.engine import Store

__all__ = ["HOME", "SETTINGS_FILE", "VAULT_KEY", "VAULT_VARIABLE", "Workspace", "is_standin"]

HOME = "RECOUP_HOME"
VAULT_KEY = "vault.key"
VAULT_VARIABLE = "RECOUP_VAULT_KEY"
SETTINGS_FILE = "recoup.toml"

_STARTING_SETTINGS = """\
# Settings of this recoup workspace. What is commented out is the default.
# Secrets do not belong here: the client secret of an app is read from the environment
# (RECOUP_QUICKBOOKS_CLIENT_SECRET, RECOUP_XERO_CLIENT_SECRET, RECOUP_SAGE_CLIENT_SECRET) or
# from the keyring of your system.

# Where everything is kept: a file in this folder, or a PostgreSQL server for a team.
# database = "recoup.db"
# database = "postgresql://recoup@db.example.com/recoup"

[quickbooks]
# Your own app, from https://developer.intuit.com (not needed for a stand-in).
# client_id = ""
# Production apps want https here; recoup then asks you to paste the address you land on.
# redirect_uri = "https://www.example.com/recoup"
# What your plan allows in a calendar month, where it is not the entry plan.
# monthly_reads = 500000

[xero]
# Your own app, from https://developer.xero.com.
# client_id = ""
# Calls a day for an organisation; the Starter tier has 1000.
# daily_calls = 5000

[sage]
# Your own app, from https://developer.sage.com, and its callback address to the letter.
# client_id = ""
# redirect_uri = "https://www.example.com/recoup"
# Calls a minute for a business, and calls in flight over all businesses.
# minute_calls = 100
# at_once = 20

[report]
# Last day past due of each bucket, and what age counts from: "due" or "issue".
# buckets = [30, 60, 90]
# basis = "due"

[sync]
# Companies that are synced at the same time.
# parallel = 4
# How old books may be before sync --due reads them again: "15m", "2h", "1d".
# every = "1h"

[sync.intervals]
# The same for a tag, or for a company by its slug.
# daily = "1d"
"""

_IGNORED = """\
# Customer data and keys never go into version control.
*.db
*.db-*
*.lock
vault.key
"""

# A stand-in accepts any application, and a real secret is never sent to one.
_STANDIN_APP = ClientApp(client_id="standin", client_secret="standin")


class Workspace:
    """Everything that a command needs, opened when it is first asked for.

    Use it as a context manager, or close() it.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        *,
        environment: Mapping[str, str],
        clock: Clock | None = None,
        plugins: Everybody | None = None,
    ) -> None:
        self.folder = folder
        self.settings = settings
        self.clock = clock or SystemClock()
        self._environment = environment
        self._given_plugins = plugins

    @classmethod
    def open(
        cls,
        home: Path | None = None,
        *,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
        plugins: Everybody | None = None,
    ) -> Workspace:
        """Open the workspace at *home*, at RECOUP_HOME, or the nearest one from here upwards.

        Raises UsageError when there is none, or when its recoup.toml cannot be used.
        """
        environment = os.environ if environment is None else environment
        folder = _find(home, environment)
        try:
            settings = read_settings(
                folder / SETTINGS_FILE,
                plugins=_plugin_names(),
                announced=lambda name: _announced(plugins, name),
            )
        except SettingsError as error:
            raise UsageError(str(error)) from error
        return cls(folder, settings, environment=environment, clock=clock, plugins=plugins)

    @classmethod
    def init(cls, folder: Path) -> bool:
        """Make *folder* a workspace; False when it is one already and nothing was changed.

        A folder made here is closed to other people (0700); one that was there keeps its mode.
        Raises UsageError when it cannot be written.
        """
        file = folder / SETTINGS_FILE
        if file.exists():
            return False
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not (folder / ".gitignore").exists():
                (folder / ".gitignore").write_text(_IGNORED, encoding="utf-8")
            # Last, because its presence is what makes the folder a workspace.
            file.write_text(_STARTING_SETTINGS, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{folder}: cannot make a workspace: {error.strerror}") from error
        return True

    @property
    def target(self) -> str | Path:
        """What the store opens: the path of the database file, or a postgresql:// URL."""
        database = self.settings.database
        return database if "://" in database else self.folder / database

    @cached_property
    def store(self) -> Store:
        """The database, migrated. Raises UsageError when it cannot be used."""
        from recoup.sync.store.engine import open_store

        return open_store(self.target, clock=self.clock, home=self.folder)

    @cached_property
    def plugins(self) -> Everybody:
        if self._given_plugins is not None:
            return self._given_plugins
        from recoup.connector.plugins import installed_plugins

        return installed_plugins()

    @cached_property
    def vault(self) -> Vault:
        """The tokens; its key comes from RECOUP_VAULT_KEY or ``vault.key`` of the folder."""
        return self.store.vault(self._environment.get(VAULT_VARIABLE))

    @cached_property
    def gate(self) -> RateGate:
        return self.store.gate()

    def platform(self, name: str) -> LedgerPlatform:
        """Return the platform called *name*. Raises UsageError naming those there are."""
        from recoup.connector.plugins import find_platform

        return find_platform(self.plugins, name)

    def app(self, ledger: str, base_url: str | None) -> ClientApp:
        """Return the OAuth application for *ledger*; a stand-in gets a made-up one.

        Raises UsageError naming the setting or the variable that is missing.
        """
        if is_standin(base_url):
            return _STANDIN_APP
        client_id = self.settings.ledger(ledger).client_id
        if not client_id:
            raise UsageError(
                f"{self.folder / SETTINGS_FILE}: {ledger}.client_id is not set; "
                "enter the client id of your own app there"
            )
        return ClientApp(
            client_id=client_id, client_secret=client_secret(ledger, self._environment)
        )

    def consent(self, platform: LedgerPlatform, base_url: str | None) -> Consent:
        """Return the consent hooks of *platform* or of its stand-in at *base_url*."""
        from recoup.connector.facades import Consent

        app = self.app(platform.name, base_url)
        return Consent(platform.open_consent(app, base_url, self.clock))

    def connection(
        self,
        *,
        ledger: str,
        ledger_id: str,
        grant_id: str,
        base_url: str | None,
        home_currency: str | None = None,
        on_call: Callable[[str], None] | None = None,
    ) -> Connection:
        return Connection(
            ledger=ledger,
            company_id=ledger_id,
            grant_id=grant_id,
            base_url=base_url,
            app=self.app(ledger, base_url),
            vault=self.vault,
            gate=self.gate,
            clock=self.clock,
            home_currency=home_currency,
            settings=self.settings.ledger(ledger).limits,
            on_call=on_call,
        )

    def reach(self, connection: Connection) -> Ledger:
        """Return the ledger behind *connection*; its SDK is imported now."""
        from recoup.connector.facades import Ledger

        return Ledger(self.platform(connection.ledger).open_ledger(connection))

    def ledger(
        self, company: CompanyRow, *, on_call: Callable[[str], None] | None = None
    ) -> Ledger:
        """Return *company*'s ledger; nothing is asked of it yet."""
        return self.reach(
            self.connection(
                ledger=company.ledger,
                ledger_id=company.ledger_id,
                grant_id=company.grant_id,
                base_url=company.base_url or None,
                on_call=on_call,
            )
        )

    def close(self) -> None:
        """Close the database if it was opened."""
        if "store" in self.__dict__:
            self.store.close()

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def is_standin(base_url: str | None) -> bool:
    """Whether an address is on this machine, where only stand-ins live."""
    return base_url is not None and urlsplit(base_url).hostname in ("127.0.0.1", "localhost", "::1")


def _find(home: Path | None, environment: Mapping[str, str]) -> Path:
    named = home or (Path(environment[HOME]) if environment.get(HOME) else None)
    if named is not None:
        if (named / SETTINGS_FILE).is_file():
            return named.resolve()
        raise UsageError(f"{named} has no {SETTINGS_FILE}; run: recoup init {named}")
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise UsageError(
        f"no {SETTINGS_FILE} here or above; run recoup init, or name a workspace with "
        f"--home or {HOME}"
    )


def _plugin_names() -> list[str]:
    from importlib.metadata import entry_points

    from recoup.connector.plugins import GROUP

    return [point.name for point in entry_points(group=GROUP)]


def _announced(plugins: Everybody | None, name: str) -> Collection[str] | None:
    """The settings that the platform called *name* knows; None where its plugin is broken."""
    from recoup.connector.plugins import installed_plugins

    everybody = plugins or installed_plugins()
    found = {platform.name: platform.settings for platform in everybody.ledger_platforms()}
    return found.get(name)
