"""The state file: documents, requestid answers, grants and the clock survive a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from recoup.connector.standin.wire import dumps, loads

if TYPE_CHECKING:
    from recoup.plugins.quickbooks.standin.api import Api
    from recoup.plugins.quickbooks.standin.books import Books
    from recoup.plugins.quickbooks.standin.server import StandIn

_TABLES = """
create table if not exists documents (
  realm text, entity text, id text, gone_at text, body text, primary key (realm, entity, id));
create table if not exists replies (
  realm text, id text, digest text, answer text, primary key (realm, id));
create table if not exists kept (name text primary key, value text);
"""


class State:
    """One SQLite file; what a request wrote is in it before the answer leaves.

    A file that already knows a company wins over the seed that the company was loaded from.
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
        for realm, books in standin.companies.items():
            with books.lock:
                if self._known(realm):
                    self._restore(books)
                else:
                    books.dirty = {
                        (entity, id) for entity in books.entities() for id in books.table(entity)
                    }
                    self._save(books)
                books.commit = partial(self._save, books)
        grants = self._kept("grants")
        if grants:
            for grant in grants:
                for name in ("given_at", "current_since"):
                    grant[name] = datetime.fromisoformat(grant[name])
                ends = grant["tokens"].items()
                grant["tokens"] = {key: datetime.fromisoformat(end) for key, end in ends}
            standin.consent.restore(grants)

    def _known(self, realm: str) -> bool:
        sql = "select 1 from documents where realm = ? limit 1"
        return self._db.execute(sql, (realm,)).fetchone() is not None

    def _kept(self, name: str) -> Any:
        row = self._db.execute("select value from kept where name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def _restore(self, books: Books) -> None:
        books.forget()
        sql = "select entity, id, gone_at, body from documents where realm = ? order by rowid"
        for entity, id, gone_at, body in self._db.execute(sql, (books.realm,)):
            if gone_at is None:
                books.load(entity, loads(body))
            else:
                books.bury(entity, id, datetime.fromisoformat(gone_at))
        last = self._kept(f"ids {books.realm}")
        books.resume_ids(last or {})
        books.dirty.clear()
        sql = "select id, digest, answer from replies where realm = ?"
        replies = self._standin.apis[books.realm].replies
        for id, digest, answer in self._db.execute(sql, (books.realm,)):
            replies[id] = (digest, answer)

    def _save(self, books: Books) -> None:
        api = self._standin.apis[books.realm]
        if not books.dirty and not api.new_replies:
            return
        with self._lock:
            self._write(books, api)

    def _write(self, books: Books, api: Api) -> None:
        self._db.execute("begin immediate")
        gone = {entity: dict(books.tombstones(entity)) for entity, _ in books.dirty}
        rows = []
        for entity, id in books.dirty:
            doc = books.find(entity, id)
            at = gone[entity].get(id)
            if doc is None and at is None:
                sql = "delete from documents where realm = ? and entity = ? and id = ?"
                self._db.execute(sql, (books.realm, entity, id))
            else:
                buried = at.isoformat() if doc is None and at is not None else None
                rows.append((books.realm, entity, id, buried, dumps(doc) if doc else ""))
        sql = (
            "insert into documents values (?, ?, ?, ?, ?) on conflict do update "
            "set gone_at = excluded.gone_at, body = excluded.body"
        )
        self._db.executemany(sql, rows)
        new = [(books.realm, id, *api.replies[id]) for id in api.new_replies]
        self._db.executemany("insert or replace into replies values (?, ?, ?, ?)", new)
        self._keep(f"ids {books.realm}", books.last_ids())
        self._db.execute("commit")
        books.dirty.clear()
        api.new_replies.clear()

    def _keep(self, name: str, value: Any) -> None:
        text = json.dumps(value, default=datetime.isoformat)
        self._db.execute("insert or replace into kept values (?, ?)", (name, text))

    def save_grants(self) -> None:
        """Write the grants as they stand."""
        with self._lock:
            self._keep("grants", self._standin.consent.dump())

    def close(self) -> None:
        """Close the file and stop saving."""
        for books in self._standin.companies.values():
            with books.lock:
                books.commit = None
        with self._lock:
            self._db.close()
