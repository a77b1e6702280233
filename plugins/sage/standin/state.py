"""The state file: documents, replies and grants survive a restart; the ledger follows."""

from __future__ import annotations

import json
import sqlite3
import threading
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from recoup.connector.standin.wire import dumps, loads
from recoup.plugins.sage.standin.amounts import read

if TYPE_CHECKING:
    from recoup.plugins.sage.standin.books import Books
    from recoup.plugins.sage.standin.server import StandIn

_TABLES = """
create table if not exists documents (
  business text, kind text, id text, gone integer, raw integer, body text,
  primary key (business, kind, id));
create table if not exists replies (
  business text, id text, at text, status integer, answer text, primary key (business, id));
create table if not exists kept (name text primary key, value text);
"""


class State:
    """One SQLite file; what a request wrote is in it before the answer leaves.

    A file that already knows a business wins over the seed that the business was loaded from.
    """

    def __init__(self, path: str, standin: StandIn) -> None:
        """Raises ValueError when *path* is not a state file."""
        self._standin = standin
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        try:
            # A killed process loses nothing without it; only a power cut would.
            self._db.execute("pragma synchronous = off")
            self._db.executescript(_TABLES)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise ValueError(f"{path} is not a state file of the stand-in: {error}") from None
        for id, books in standin.businesses.items():
            with books.lock:
                if self._known(id):
                    self._restore(books)
                else:
                    for kind in books.kinds():
                        books.dirty |= {(kind, each): None for each in books.table(kind)}
                        books.dirty |= {(kind, each): None for each in books.tombstones(kind)}
                    self._save(books)
                books.commit = partial(self._save, books)
        grants = self._kept("grants")
        if grants:
            standin.consent.restore(grants)

    def _known(self, business: str) -> bool:
        sql = "select 1 from documents where business = ? limit 1"
        return self._db.execute(sql, (business,)).fetchone() is not None

    def _kept(self, name: str) -> Any:
        row = self._db.execute("select value from kept where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def _restore(self, books: Books) -> None:
        id = books.business_id
        books.forget()
        sql = "select kind, id, gone, raw, body from documents where business = ? order by rowid"
        for kind, _, gone, raw, body in self._db.execute(sql, (id,)):
            books.take_back(kind, loads(body), gone=bool(gone), raw=bool(raw))
        books.resume(self._kept(f"counters {id}") or {})
        books.balance_offsets |= {
            key: read(value) for key, value in (self._kept(f"offsets {id}") or {}).items()
        }
        books.absorb()
        books.dirty.clear()
        sql = "select id, at, status, answer from replies where business = ?"
        replies = self._standin.apis[id].replies
        for key, at, status, answer in self._db.execute(sql, (id,)):
            replies[key] = (at, status, answer)

    def _save(self, books: Books) -> None:
        api = self._standin.apis[books.business_id]
        if not books.dirty and not api.new_replies:
            return
        with self._lock:
            self._write(books)

    def _write(self, books: Books) -> None:
        id, api = books.business_id, self._standin.apis[books.business_id]
        self._db.execute("begin immediate")
        rows = []
        for kind, each in books.dirty:
            doc, stone = books.find(kind, each), books.tombstones(kind).get(each)
            kept = doc if doc is not None else stone
            if kept is None:
                sql = "delete from documents where business = ? and kind = ? and id = ?"
                self._db.execute(sql, (id, kind, each))
            else:
                raw = books.is_raw(kind, each)
                kept = books.loaded_form(kind, kept) if raw else kept
                rows.append((id, kind, each, int(doc is None), int(raw), dumps(kept)))
        sql = (
            "insert into documents values (?, ?, ?, ?, ?, ?) on conflict do update "
            "set gone = excluded.gone, raw = excluded.raw, body = excluded.body"
        )
        self._db.executemany(sql, rows)
        new = [(id, key, *api.replies[key]) for key in api.new_replies if key in api.replies]
        self._db.executemany("insert or replace into replies values (?, ?, ?, ?, ?)", new)
        self._keep(f"counters {id}", books.counters())
        offsets = {key: str(off) for key, off in books.balance_offsets.items() if off}
        self._keep(f"offsets {id}", offsets)
        self._db.execute("commit")
        books.dirty.clear()
        api.new_replies.clear()

    def _keep(self, name: str, value: Any) -> None:
        text = json.dumps(value, default=_plain)
        self._db.execute("insert or replace into kept values (?, ?)", (name, text))

    def save_grants(self) -> None:
        """Write the grants as they stand."""
        with self._lock:
            self._keep("grants", self._standin.consent.dump())

    def close(self) -> None:
        """Close the file and stop saving."""
        for books in self._standin.businesses.values():
            with books.lock:
                books.commit = None
        with self._lock:
            self._db.close()


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
