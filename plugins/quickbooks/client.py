"""python-quickbooks as the layer of addresses and verbs; every answer comes back as raw bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from quickbooks import QuickBooks  # type: ignore[import-untyped]

from recoup.connector.errors import OutcomeUnknown, RecoupError, Retriable
from recoup.connector.http import Answer, check_base_url
from recoup.connector.pages import Payload
from recoup.connector.protocols import Connection
from recoup.plugins.quickbooks import decode
from recoup.plugins.quickbooks.entities import PAGE_ROWS
from recoup.plugins.quickbooks.faults import Outage, SystemFault, judge_words, read_fault, sdk_calls
from recoup.plugins.quickbooks.session import RawSession

__all__ = ["BATCH_ITEMS", "Client"]

Read = TypeVar("Read")

MINOR_VERSION = 75
BATCH_ITEMS = 30


class Client:
    """One company's API. Not shared between threads."""

    def __init__(self, connection: Connection, *, page_rows: int = PAGE_ROWS) -> None:
        """page_rows: rows asked for per query, at most 1,000."""
        self.page_rows = page_rows
        self.session = RawSession(connection)
        self._realm = connection.company_id
        # Untyped: the library declares another session class, but needs only two members of it.
        self._sdk: Any = QuickBooks(company_id=connection.company_id, minorversion=MINOR_VERSION)
        self._sdk.session = self.session
        if connection.base_url is not None:
            self._sdk.api_url_v3 = f"{check_base_url(connection.base_url)}/v3"

    @property
    def calls(self) -> int:
        """API calls made so far, repetitions included."""
        return self.session.calls

    def query(self, statement: str, entity: str) -> decode.Rows:
        """Run ``SELECT * FROM entity …`` and split its page."""
        answer = self._ask(lambda sdk: sdk.query(statement))
        return _whole(answer, lambda body: decode.read_query(body, entity))

    def count(self, statement: str) -> int:
        """Run ``SELECT count(*) FROM …``."""
        return _whole(self._ask(lambda sdk: sdk.query(statement)), decode.read_count)

    def changes(self, entities: Sequence[str], since: datetime) -> decode.Changes:
        """Ask change data capture. *since* is sent with its offset; without one it would be
        read as the company's local time."""
        stamp = since.astimezone(UTC).isoformat(timespec="seconds")
        names = ",".join(entities)
        answer = self._ask(lambda sdk: sdk.change_data_capture(names, stamp))
        return _whole(answer, decode.read_changes)

    def batch_queries(self, statements: Sequence[str]) -> list[decode.BatchAnswer]:
        """Run at most 30 queries in one call; answers come in the order of *statements*.

        Raises the error of the first query that the platform refuses.
        """
        items = [{"bId": str(at), "Query": text} for at, text in enumerate(statements)]
        request = decode.encode({"BatchItemRequest": items})
        answer = self._ask(lambda sdk: sdk.batch_operation(request))
        found = {item.item_id: item for item in _whole(answer, decode.read_batch)}
        for item in found.values():
            if item.fault is not None:
                raise self._item_error(item.fault, answer)
        if len(found) != len(statements):
            raise Retriable(
                f"QuickBooks answered {len(found)} of {len(statements)} batch items",
                request_id=answer.request_id,
            )
        return [found[str(at)] for at in range(len(statements))]

    def batch_rows(self, wanted: Sequence[tuple[str, str]]) -> list[list[Payload]]:
        """Run (entity, statement) pairs: one query as itself, several in one batch."""
        if len(wanted) == 1:
            [(entity, statement)] = wanted
            return [self.query(statement, entity).payloads]
        answers = self.batch_queries([statement for _, statement in wanted])
        return [
            decode.read_batch_rows(answer, entity)
            for answer, (entity, _) in zip(answers, wanted, strict=True)
        ]

    def read(self, entity: str, ledger_id: str, params: dict[str, str] | None = None) -> bytes:
        """Read one object. Raises Gone when the platform does not have it."""
        answer = self._ask(lambda sdk: sdk.get_single_object(entity, ledger_id, params=params))
        return _whole(answer, lambda body: decode.read_object(body, entity))

    def preferences(self) -> bytes:
        answer = self._ask(
            lambda sdk: sdk.get(f"{sdk.api_url}/company/{self._realm}/preferences", {})
        )
        return _whole(answer, lambda body: decode.read_object(body, "Preferences"))

    def company_info(self) -> tuple[bytes, datetime | None]:
        """Return CompanyInfo and the server's clock when the request arrived."""
        answer = self._ask(lambda sdk: sdk.get_single_object("CompanyInfo", self._realm))
        raw = _whole(answer, lambda body: decode.read_object(body, "CompanyInfo"))
        return raw, decode.read_time(answer.body)

    def report(self, name: str, params: Mapping[str, str]) -> Any:
        """Run a report and decode it; its cells are text."""
        answer = self._ask(lambda sdk: sdk.get_report(name, dict(params)))
        return _whole(answer, decode.read_tree)

    def pdf(self, entity: str, ledger_id: str) -> bytes:
        answer = self._ask(lambda sdk: sdk.download_pdf(entity, ledger_id))
        if not answer.body.startswith(b"%PDF"):
            raise Retriable("QuickBooks sent no PDF", request_id=answer.request_id)
        return answer.body

    def write(
        self,
        entity: str,
        body: Mapping[str, Any],
        *,
        request_id: str,
        params: Mapping[str, str] | None = None,
    ) -> bytes:
        """Create, update, void or delete, as *body* and *params* say; returns the object.

        A repeat of *request_id* is answered with the first answer. Raises OutcomeUnknown when
        no answer came.
        """
        text = decode.encode(body)
        return self._write(
            entity,
            lambda sdk: sdk.update_object(
                entity, text, request_id=request_id, params=dict(params or {})
            ),
        )

    def send(self, entity: str, ledger_id: str, to: str | None, *, request_id: str) -> bytes:
        """Have the platform mail a document; returns it."""
        params = {} if to is None else {"sendTo": to}
        path = f"company/{self._realm}/{entity.lower()}/{ledger_id}/send"
        return self._write(
            entity,
            lambda sdk: sdk.post(
                f"{sdk.api_url}/{path}",
                None,
                content_type="application/octet-stream",
                params=params,
                request_id=request_id,
            ),
        )

    def _write(self, entity: str, use: Callable[[Any], object]) -> bytes:
        try:
            answer = self._ask(use)
        except (SystemFault, Outage) as error:
            raise OutcomeUnknown(
                f"QuickBooks broke while it wrote: {error.message}",
                retry_after=error.retry_after,
                request_id=error.request_id,
            ) from None
        try:
            return decode.read_object(answer.body, entity)
        except Retriable:
            raise OutcomeUnknown(
                "QuickBooks wrote, but its answer is not whole", request_id=answer.request_id
            ) from None

    def _ask(self, use: Callable[[Any], object]) -> Answer:
        with sdk_calls():
            use(self._sdk)
        return self.session.take()

    def _item_error(self, fault: bytes, answer: Answer) -> RecoupError:
        words = read_fault(decode.read_tree(fault))
        return judge_words(words, answer.status, self.session.now, request_id=answer.request_id)


def _whole(answer: Answer, read: Callable[[bytes], Read]) -> Read:
    """Decode a body; what is not whole is raised with the platform's id of the call."""
    try:
        return read(answer.body)
    except Retriable as cut:
        cut.request_id = answer.request_id
        raise
