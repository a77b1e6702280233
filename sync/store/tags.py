"""Tags: how a workspace groups its companies, such as "monthly" or "berlin-office"."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from sqlalchemy import Connection, delete, insert, select

from recoup.connector.errors import UsageError
from recoup.sync.store.control_schema import company_tags as table
from recoup.sync.store.locks import serialise

__all__ = ["check_tag", "list_tags", "tag_company", "untag_company"]

_FORM = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


def check_tag(word: str) -> str:
    """Return *word* as it is stored, in lower case. Raises UsageError when it is no tag."""
    tag = word.casefold()
    if _FORM.fullmatch(tag) is None:
        raise UsageError(
            f"{word!r} is no tag: up to 40 of a to z, 0 to 9, - and _, a letter or digit first"
        )
    return tag


def list_tags(control: Connection) -> Mapping[int, tuple[str, ...]]:
    """Return the tags of every company that has any, by company id, in alphabetical order."""
    found: dict[int, tuple[str, ...]] = {}
    for row in control.execute(select(table).order_by(table.c.company_id, table.c.tag)):
        found[row.company_id] = (*found.get(row.company_id, ()), row.tag)
    return found


def tag_company(control: Connection, company_id: int, tags: Collection[str]) -> None:
    """Add *tags*; those it has already stay. *control*: a writing control connection."""
    serialise(control, f"tags:{company_id}")
    has = set(control.scalars(select(table.c.tag).where(table.c.company_id == company_id)))
    for tag in sorted({check_tag(word) for word in tags} - has):
        control.execute(insert(table).values(company_id=company_id, tag=tag))


def untag_company(control: Connection, company_id: int, tags: Collection[str]) -> None:
    """Take *tags* off; those it has not are no fault."""
    wanted = [check_tag(word) for word in tags]
    control.execute(delete(table).where(table.c.company_id == company_id, table.c.tag.in_(wanted)))
