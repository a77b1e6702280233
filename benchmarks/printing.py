"""How a benchmark reports: figures, then each target with its ratio, exit 1 below one."""

from __future__ import annotations

import os
import platform
import sqlite3
import sys
from dataclasses import dataclass, field
from importlib.metadata import version

__all__ = ["Check", "Table", "finish", "machine"]


@dataclass(frozen=True)
class Check:
    """A figure with its target."""

    name: str
    value: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def passed(self) -> bool:
        if self.at_least is not None and self.value < self.at_least:
            return False
        return self.at_most is None or self.value <= self.at_most

    def line(self) -> str:
        bound = f"≥ {self.at_least:g}" if self.at_least is not None else f"≤ {self.at_most:g}"
        return f"{'ok  ' if self.passed else 'MISS'} {self.name}: {self.value:.2f} ({bound})"


@dataclass
class Table:
    title: str
    lines: list[str] = field(default_factory=list)

    def row(self, name: str, **figures: float) -> None:
        told = ", ".join(f"{who.replace('_', ' ')} {_short(what)}" for who, what in figures.items())
        self.lines.append(f"{name}: {told}")


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 1000 else f"{figure:.3g}"


def machine() -> str:
    packages = ("SQLAlchemy", "msgspec", "python-quickbooks", "xero-python", "requests")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, {versions}"
    )


def finish(table: Table, checks: list[Check]) -> None:
    """Print everything and exit 1 when a target was missed."""
    print(table.title)
    print(machine())
    for line in table.lines:
        print(f"  {line}")
    for check in checks:
        print(f"  {check.line()}")
    sys.exit(0 if all(check.passed for check in checks) else 1)
