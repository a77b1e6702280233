"""Finding plugins: installed distributions name theirs in the entry-point group ``recoup``."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

from recoup.connector.errors import UsageError
from recoup.connector.facades import Everybody, PluginFailure
from recoup.connector.platforms import LedgerPlatform

__all__ = ["find_platform", "installed_plugins"]

GROUP = "recoup"


def installed_plugins() -> Everybody:
    """Load every plugin of the installation, built-in ones included.

    A plugin that cannot be imported is listed in ``failures``; the others load all the same.
    """
    loaded: dict[str, object] = {}
    failures: list[PluginFailure] = []
    for point in sorted(entry_points(group=GROUP), key=_name):
        try:
            loaded[point.name] = point.load()
        except Exception as error:  # noqa: BLE001 - one broken plugin must not stop the rest
            failures.append(PluginFailure(point.name, "load", error))
    everybody = Everybody(loaded)
    everybody.failures.extend(failures)
    return everybody


def find_platform(everybody: Everybody, name: str) -> LedgerPlatform:
    """Return the platform called *name*. Raises UsageError naming those there are."""
    platforms = {platform.name: platform for platform in everybody.ledger_platforms()}
    if name in platforms:
        return platforms[name]
    broken = "".join(f"; plugin {f.plugin} failed: {f.error}" for f in everybody.failures)
    known = ", ".join(sorted(platforms)) or "none is installed"
    raise UsageError(f"no ledger is called {name!r}; known: {known}{broken}")


def _name(point: EntryPoint) -> str:
    return point.name
