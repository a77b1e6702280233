"""The one index whose upkeep costs a first pull a tenth of its time, set aside meanwhile.

Documents come in the order of their ids, so each page of them touches nearly every page of an
index by customer. While a first pull fills an empty SQLite file the index is left out, and built
in one go when the pull ends. Without it every query still answers, only slower; the end of any
later pull brings it back where a first one never ended.
"""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.schema import CreateIndex

from recoup.sync.store import schema
from recoup.sync.store.bulk import fetch_plain

__all__ = ["MANY", "put_back", "set_aside"]

MANY = 500  # documents on a page that announce a large company
_NAME = "documents_by_customer"
_INDEX = next(index for index in schema.documents.indexes if index.name == _NAME)


def set_aside(conn: Connection) -> None:
    """Drop the index, within the caller's transaction, while there are no documents at all."""
    if conn.dialect.name != "sqlite" or fetch_plain(conn, "SELECT 1 FROM documents LIMIT 1", ()):
        return
    conn.exec_driver_sql(f"DROP INDEX IF EXISTS {_NAME}")


def put_back(conn: Connection) -> None:
    """Build the index where it is missing."""
    if conn.dialect.name == "sqlite":
        conn.execute(CreateIndex(_INDEX, if_not_exists=True))
