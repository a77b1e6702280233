"""The doctor's look at the installation: interpreter, SQLite, extras, plugins."""

from __future__ import annotations

import platform
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires

from recoup.sync.doctor import Finding, Level

__all__ = ["installation", "missing_of_extra"]

_SAFE_SQLITE = (3, 51, 3)  # before it, two connections at once may corrupt a WAL file


def installation() -> Iterator[Finding]:
    """Yield what there is to say about the machine, whatever the workspace."""
    yield Finding(Level.OK, "Python", platform.python_version())  # pip refused an older one
    yield _sqlite(sqlite3.sqlite_version_info)
    for extra, packages in sorted(_extras().items()):
        missing = [name for name in packages if not _installed(name)]
        said = f"needs {', '.join(missing)}" if missing else "installed"
        remedy = f"pip install 'recoup[{extra}]', if you want it" if missing else None
        yield Finding(Level.OK, f"extra {extra}", said, remedy)
    yield from _plugins()


def missing_of_extra(extra: str) -> list[str]:
    """Packages of an extra that are not installed."""
    return [name for name in _extras().get(extra, ()) if not _installed(name)]


def _sqlite(version: tuple[int, ...]) -> Finding:
    said = ".".join(str(part) for part in version)
    if version >= _SAFE_SQLITE:
        return Finding(Level.OK, "SQLite", said)
    return Finding(
        Level.OK,
        "SQLite",
        f"{said}; before 3.51.3 two connections that write at once can damage a file, so recoup "
        "lets one write at a time. Write to the database with no other program",
    )


def _plugins() -> Iterator[Finding]:
    from recoup.connector.plugins import installed_plugins

    everybody = installed_plugins()
    platforms = everybody.ledger_platforms()
    for failure in everybody.failures:
        yield Finding(
            Level.FAIL,
            f"plugin {failure.plugin}",
            f"failed in {failure.hook}: {failure.error}",
            "update or uninstall the distribution that brings it",
        )
    if platforms:
        names = ", ".join(sorted(platform.title for platform in platforms))
        yield Finding(Level.OK, "plugins", names)
    else:
        yield Finding(Level.FAIL, "plugins", "no ledger adapter", "reinstall recoup")


def _extras() -> dict[str, list[str]]:
    """Packages by extra, as the installed distribution names them; its own bundles left out."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in requires("recoup") or ():
        name = re.match(r"[\w.-]+", line)
        extra = re.search(r"extra == ['\"]([\w-]+)['\"]", line)
        if name and extra and name[0] != "recoup" and extra[1] != "dev":
            found[extra[1]].append(name[0])
    return found


def _installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
