"""The state file: documents, replayed answers, grants and ids given survive a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from recoup.connector.standin.wire import dumps, loads
from recoup.plugins.xero.standin.kinds import KINDS
from recoup.plugins.xero.standin.replay import Kept

if TYPE_CHECKING:
    from recoup.plugins.xero.standin.books import Books
    from recoup.plugins.xero.standin.server import StandIn

_TABLES = """
create table if not exists documents (
  place integer, kind text, id text, body text, primary key (place, kind, id));
create table if not exists replies (
  place integer, key text, digest text, status integer, type text, until text, body blob,
  primary key (place, key));
create table if not exists kept (name text primary key, value text);
"""


class State:
    """One SQLite file; what a request wrote is in it before the answer leaves.

    A file that already knows an organisation, by its place in the server's list, wins over the
    seed that it was loaded from.
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
        for place, books in enumerate(standin.all_books):
            with books.lock:
                if self._kept(f"books {place}"):
                    self._restore(place, books)
                else:
                    books.dirty = {(kind, id) for kind in KINDS for id in books.table(kind)}
                    self._save(place, books)
                books.commit = partial(self._save, place, books)
        grants = self._kept("grants")
        if grants:
            standin.consent.restore(grants)

    def _kept(self, name: str) -> Any:
        row = self._db.execute("select value from kept where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def _restore(self, place: int, books: Books) -> None:
        books.forget()
        kept = self._kept(f"books {place}")
        books.tenant_id = kept["tenant"]
        books.given_ids, books.given_numbers = kept["ids"], kept["numbers"]
        books.live = set(kept["live"])
        sql = "select kind, body from documents where place = ? order by rowid"
        for kind, body in self._db.execute(sql, (place,)):
            books.load(kind, loads(body))
        books.dirty.clear()
        sql = "select key, digest, status, type, until, body from replies where place = ?"
        replays = self._standin.apis[id(books)].replays
        for key, digest, status, kind, until, body in self._db.execute(sql, (place,)):
            at = datetime.fromisoformat(until)
            replays.kept[key] = Kept(digest, status, body, kind, at)

    def _save(self, place: int, books: Books) -> None:
        if not books.dirty:
            return
        with self._lock:
            self._db.execute("begin immediate")
            rows = []
            for kind, id in books.dirty:
                doc = books.table(kind).get(id)
                if doc is None:
                    sql = "delete from documents where place = ? and kind = ? and id = ?"
                    self._db.execute(sql, (place, kind, id))
                else:
                    rows.append((place, kind, id, dumps(doc)))
            sql = (
                "insert into documents values (?, ?, ?, ?) "
                "on conflict do update set body = excluded.body"
            )
            self._db.executemany(sql, rows)
            kept = {
                "tenant": books.tenant_id,
                "ids": books.given_ids,
                "numbers": books.given_numbers,
                "live": sorted(books.live),
            }
            self._keep(f"books {place}", kept)
            self._db.execute("commit")
            books.dirty.clear()

    def save_replies(self, books: Books) -> None:
        """Write the answers that may be asked for again."""
        place = self._standin.all_books.index(books)
        replays = self._standin.apis[id(books)].replays
        with self._lock:
            while replays.unsaved:
                key = replays.unsaved.pop()
                one = replays.kept[key]
                row = (place, key, one.digest, one.status, one.content_type)
                sql = "insert or replace into replies values (?, ?, ?, ?, ?, ?, ?)"
                self._db.execute(sql, (*row, one.until.isoformat(), one.body))

    def _keep(self, name: str, value: Any) -> None:
        text = json.dumps(value, default=datetime.isoformat)
        self._db.execute("insert or replace into kept values (?, ?)", (name, text))

    def save_grants(self) -> None:
        """Write people and grants as they stand."""
        with self._lock:
            self._keep("grants", self._standin.consent.dump())

    def close(self) -> None:
        """Close the file and stop saving."""
        for books in self._standin.all_books:
            with books.lock:
                books.commit = None
        with self._lock:
            self._db.close()
