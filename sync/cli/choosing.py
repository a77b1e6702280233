"""Which companies a command is about: named, all, or those of a tag or a ledger.

A command takes ``@several_companies`` and gets one argument, ``choice``.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from recoup.sync.store.companies import CompanyRow
    from recoup.sync.workspace import Workspace

__all__ = ["Choice", "filtered_companies", "several_companies"]

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the command line said about companies. Without a word it is the only one."""

    names: tuple[str, ...] = ()
    every: bool = False
    tags: tuple[str, ...] = ()  # any of them
    ledgers: tuple[str, ...] = ()  # any of them, and a tag where tags are given too

    @property
    def is_filtered(self) -> bool:
        return bool(self.tags or self.ledgers)

    @property
    def is_wide(self) -> bool:
        """Whether it may be any number of companies, even where it is one today."""
        return self.every or self.is_filtered or len(self.names) > 1

    def companies(self, workspace: Workspace) -> list[CompanyRow]:
        """Return the companies meant: named ones in that order, else by slug; each once.

        Raises UsageError for an unknown name, tag or ledger, for none where several are
        connected, and for none at all.
        """
        from recoup.connector.errors import UsageError
        from recoup.sync.store.companies import find_company, list_companies

        if self.names and (self.every or self.is_filtered):
            raise UsageError(
                "name companies or choose them with --all, --tag or --ledger, not both"
            )
        with workspace.store.read() as conn:
            if self.every or self.is_filtered:
                found = list_companies(conn)
            else:
                found = [find_company(conn, name) for name in self.names or (None,)]
        if not found:
            raise UsageError("no company is connected yet; run: recoup connect quickbooks")
        return self._narrowed(workspace, list({row.company_id: row for row in found}.values()))

    def _narrowed(self, workspace: Workspace, found: list[CompanyRow]) -> list[CompanyRow]:
        from recoup.connector.errors import UsageError
        from recoup.sync.store.tags import check_tag, list_tags

        if not self.is_filtered:
            return found
        with workspace.store.read_control() as control:
            tagged = list_tags(control)
        wanted = [check_tag(tag) for tag in self.tags]
        _check("tag", wanted, {tag for row in found for tag in tagged.get(row.company_id, ())})
        _check("ledger", self.ledgers, {row.ledger for row in found})
        chosen = [row for row in found if _fits(row, wanted, self.ledgers, tagged)]
        if not chosen:
            raise UsageError("no company has both that tag and that ledger; see: recoup companies")
        return chosen


def several_companies(command: Command) -> Command:
    """Take ``[COMPANY…] [--all] [--tag TAG] [--ledger NAME]`` and hand over one ``choice``."""

    @functools.wraps(command)
    def choosing(*args: Any, names: tuple[str, ...], every: bool, **more: Any) -> Any:
        tags, ledgers = more.pop("tags"), more.pop("ledgers")
        return command(*args, choice=Choice(names, every, tags, ledgers), **more)

    every = click.option("--all", "every", is_flag=True, help="All companies of the workspace.")
    named = click.argument("names", nargs=-1, metavar="[COMPANY]...")
    return named(every(_filters(choosing)))


def filtered_companies(command: Command) -> Command:
    """Take ``[--tag TAG] [--ledger NAME]`` alone; without either the choice is every company."""

    @functools.wraps(command)
    def choosing(*args: Any, **more: Any) -> Any:
        return command(
            *args, choice=Choice((), True, more.pop("tags"), more.pop("ledgers")), **more
        )

    return _filters(choosing)


def _filters(command: Command) -> Command:
    tag = click.option(
        "--tag", "tags", multiple=True, metavar="TAG", help="The companies with this tag."
    )
    ledger = click.option(
        "--ledger", "ledgers", multiple=True, metavar="NAME", help="The companies at this ledger."
    )
    return tag(ledger(command))


def _fits(
    row: CompanyRow,
    tags: Sequence[str],
    ledgers: Sequence[str],
    tagged: Mapping[int, Sequence[str]],
) -> bool:
    has = tagged.get(row.company_id, ())
    return (not ledgers or row.ledger in ledgers) and (not tags or any(t in has for t in tags))


def _check(what: str, wanted: Sequence[str], known: Collection[str]) -> None:
    from recoup.connector.errors import UsageError

    for word in wanted:
        if word not in known:
            listed = ", ".join(sorted(known)) or "none is given yet"
            raise UsageError(f"no company has the {what} {word!r}; known: {listed}")
