"""What is wrong with this installation, workspace, consent or company, and what to do.

Every check is made even when an earlier one failed, as far as it can be.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from recoup.connector.errors import RecoupError
from recoup.connector.protocols import Clock
from recoup.sync.workspace import VAULT_KEY, VAULT_VARIABLE, Workspace

__all__ = ["Finding", "Level", "examine"]


class Level(StrEnum):
    OK = "ok"
    WARN = "warn"  # works now, will not for ever
    FAIL = "fail"  # something does not work


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    level: Level
    subject: str  # what was looked at: "Python", "consent of demo-company"
    text: str
    remedy: str | None = None  # what to do; None when there is nothing to do


def examine(
    home: Path | None,
    *,
    environment: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    live: bool = True,
) -> Iterator[Finding]:
    """Yield one finding after the other.

    live: also ask each company's ledger who it is, at the price of a read or two each.
    """
    from recoup.sync.doctor_installation import installation

    environment = os.environ if environment is None else environment
    yield from installation()
    try:
        workspace = Workspace.open(home, environment=environment, clock=clock)
    except RecoupError as error:
        yield Finding(Level.FAIL, "workspace", str(error))
        return
    with workspace:
        yield from _folder(workspace, environment)
        yield from _database(workspace, live)


def _folder(workspace: Workspace, environment: Mapping[str, str]) -> Iterator[Finding]:
    folder = workspace.folder
    mode = folder.stat().st_mode
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding(
            Level.WARN,
            "workspace",
            f"{folder} can be entered by other people of this machine",
            f"chmod 700 {folder}",
        )
    else:
        yield Finding(Level.OK, "workspace", f"{folder}, recoup.toml is in order")
    yield _vault_key(folder, environment)


def _vault_key(folder: Path, environment: Mapping[str, str]) -> Finding:
    subject, file = "vault key", folder / VAULT_KEY
    if environment.get(VAULT_VARIABLE):
        return Finding(Level.OK, subject, f"from {VAULT_VARIABLE}")
    if not file.exists():
        return Finding(Level.OK, subject, f"none yet; {file} is made when a company is connected")
    if os.name == "posix" and file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return Finding(
            Level.FAIL, subject, f"{file} can be read by other people", f"chmod 600 {file}"
        )
    return Finding(
        Level.OK,
        subject,
        f"in {file}; keep a copy elsewhere, without it every company must be connected again",
    )


def _database(workspace: Workspace, live: bool) -> Iterator[Finding]:
    try:
        from recoup.sync.doctor_workspace import companies_and_consents, database

        yield from database(workspace)
        yield from companies_and_consents(workspace, live=live)
    except RecoupError as error:
        yield Finding(Level.FAIL, "database", str(error))
