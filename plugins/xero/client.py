"""xero-python as the layer of addresses and verbs; every answer comes back as raw bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import tenacity

from recoup.connector.errors import Fatal, OutcomeUnknown, Retriable
from recoup.connector.http import Answer
from recoup.connector.protocols import Connection
from recoup.plugins.xero import decode
from recoup.plugins.xero.dates import header_stamp
from recoup.plugins.xero.entities import IDS_PER_CALL, PAGE_ROWS, Listing
from recoup.plugins.xero.faults import Offline, Outage, Passing, SystemFault
from recoup.plugins.xero.session import Call, Session

__all__ = ["Client"]

ATTEMPTS = 3
LAST_START = timedelta(seconds=10)  # no further attempt starts later than this


class Client:
    """One organisation's API. Not shared between threads."""

    def __init__(self, connection: Connection, *, page_rows: int = PAGE_ROWS) -> None:
        """page_rows: rows asked for per page, at most 1,000."""
        self.page_rows = page_rows
        self.session = Session(connection)

    @property
    def calls(self) -> int:
        """API calls made so far, repetitions included."""
        return self.session.calls

    @property
    def now(self) -> datetime:
        return self.session.now

    @property
    def tenant(self) -> str:
        return self.session.connection.company_id

    @property
    def is_custom(self) -> bool:
        """Whether the tokens belong to one organisation and name none."""
        return self.session.is_custom

    def urgently(self) -> AbstractContextManager[None]:
        """Let the calls inside use what the budgets keep in reserve."""
        return self.session.urgently()

    def page(
        self,
        listing: Listing,
        *,
        page: int = 1,
        since: datetime | None = None,
        where: str | None = None,
        statuses: Sequence[str] = (),
    ) -> decode.Rows:
        """Read one page of a list in the order of its ids, which no edit changes."""
        options: dict[str, Any] = {"order": f"{listing.id_field} ASC"}
        conditions = " AND ".join(filter(None, (listing.where, where)))
        if conditions:
            options["where"] = conditions
        if listing.paged:
            options |= {"page": page, "page_size": self.page_rows}
        if listing.archived:
            options["include_archived"] = True
        if statuses:
            options["statuses"] = list(statuses)
        if since is not None:
            options["if_modified_since"] = header_stamp(since)
        return self._rows(listing, self.get(listing.many, **options))

    def by_ids(self, listing: Listing, ids: Sequence[str]) -> decode.Rows:
        """Read at most 40 objects by id in one call; a page, because only pages are complete."""
        if len(ids) > IDS_PER_CALL:
            raise Fatal(f"{len(ids)} ids do not fit into one address")
        options: dict[str, Any] = {"i_ds": list(ids), "page": 1, "page_size": IDS_PER_CALL}
        if listing.archived:
            options["include_archived"] = True
        return self._rows(listing, self.get(listing.many, **options))

    def single(self, listing: Listing, ledger_id: str) -> decode.Rows:
        """Read one object. Raises Gone when Xero does not have it."""
        if listing.one is None:
            return self.by_ids(listing, [ledger_id])
        return self._rows(listing, self.get(listing.one, ledger_id))

    def get(self, method: str, *args: str, kind: str = "read", **options: Any) -> Answer:
        """Make a reading call by the SDK's name of it; tried again after a fault of seconds."""
        started = self.now

        def enough(state: tenacity.RetryCallState) -> bool:
            failed = state.outcome.exception() if state.outcome is not None else None
            most = 2 if isinstance(failed, SystemFault) else ATTEMPTS
            late = self.now - started >= LAST_START
            return state.attempt_number >= most or late

        return tenacity.Retrying(
            retry=tenacity.retry_if_exception_type(Passing),
            wait=tenacity.wait_exponential(multiplier=0.5, max=4),
            stop=enough,
            sleep=self.session.connection.clock.sleep,
            reraise=True,
        )(self.session.send, Call(method, args, kind, options))

    def write(
        self, method: str, *args: str, body: Mapping[str, Any], key: str, **options: Any
    ) -> Answer:
        """Make a changing call once. *key* makes Xero repeat its answer for some six minutes.

        Raises OutcomeUnknown when it may have been carried out and nobody can say.
        """
        options["idempotency_key"] = key
        return self._write(method, args, decode.encode(body), options)

    def remove(self, method: str, *args: str) -> Answer:
        """Make a DELETE, which has neither body nor key: it does nothing the second time."""
        return self._write(method, args, None, {})

    def _write(
        self, method: str, args: Sequence[str], body: bytes | None, options: Mapping[str, Any]
    ) -> Answer:
        wanted = [*args, {}] if body is not None else list(args)  # the wire puts the body in
        try:
            answer = self.session.send(Call(method, wanted, "write", options, body or b""))
            if answer.body:
                decode.read_tree(answer.body)
            return answer
        except decode.NotWhole as cut:
            raise OutcomeUnknown(
                f"Xero wrote, but its answer is not whole: {cut.message}",
                retry_after=timedelta(minutes=1),
            ) from None
        except (SystemFault, Outage, Offline) as error:
            raise OutcomeUnknown(
                f"Xero broke while it wrote: {error.message}",
                retry_after=error.retry_after,
                request_id=error.request_id,
            ) from None

    def _rows(self, listing: Listing, answer: Answer) -> decode.Rows:
        try:
            rows = decode.read_rows(answer.body, listing)
        except Retriable as cut:
            cut.request_id = answer.request_id
            raise
        return rows if rows.time is None else rows._replace(time=self._earliest(rows.time, answer))

    def _earliest(self, stated: datetime, answer: Answer) -> datetime:
        """The earliest of the clocks at hand: Xero's in the body, its server's, and ours.

        A window that begins too early is read twice; one that begins too late loses documents,
        and the machines behind Xero need not agree to the minute.
        """
        try:
            served = parsedate_to_datetime(answer.headers.get("Date", ""))
        except (TypeError, ValueError):
            served = stated
        aware = served if served.tzinfo else served.replace(tzinfo=UTC)
        return min(stated, aware, self.now)
