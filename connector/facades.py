"""Typed doors to the hooks: one method per hook, and nothing of pluggy leaks out.

pluggy returns Any, loses every answer when one plugin raises and accepts misspelt hook names
until it is asked. These classes put that right.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import pluggy

from recoup.connector.capabilities import Capability
from recoup.connector.errors import AdapterFault, Fatal, NotSupported, RecoupError
from recoup.connector.events import ChangeHint, Event
from recoup.connector.hookspecs import ConsentSpec, EverybodySpec, LedgerSpec
from recoup.connector.intents import Intent, Outcome
from recoup.connector.model import Company, ControlTotals, DocumentRef, Record
from recoup.connector.pages import Cursor, Fetched, Page, Payload, Swept, Window
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import TokenSet

__all__ = ["Consent", "Everybody", "Ledger", "PluginFailure"]


def _manager(spec: type, plugins: Sequence[object]) -> pluggy.PluginManager:
    manager = pluggy.PluginManager("recoup")
    manager.add_hookspecs(spec)
    for plugin in plugins:
        try:
            manager.register(plugin)
        except pluggy.PluginValidationError as error:
            raise Fatal(f"plugin {plugin!r} does not fit: {error}") from error
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise Fatal(f"a plugin implements a hook that does not exist: {error}") from error
    return manager


class _FirstResult:
    def __init__(self, spec: type, plugins: Sequence[object]) -> None:
        self._manager = _manager(spec, plugins)

    def _ask(self, hook: str, **arguments: Any) -> Any:
        if not self._has(hook):
            raise NotSupported(f"this adapter has no {hook}")
        return getattr(self._manager.hook, hook)(**arguments)

    def _has(self, hook: str) -> bool:
        caller = getattr(self._manager.hook, hook)
        return any(not impl.wrapper for impl in caller.get_hookimpls())


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except RecoupError:
        raise
    except Exception as error:
        if _is_of_the_machine(error):
            raise
        raise AdapterFault(error) from error


def _pages(pages: Iterator[Page]) -> Iterator[Page]:
    with _reading():
        yield from pages


def _is_of_the_machine(error: Exception) -> bool:
    """Whether a disk or a database failed on the way; told by name, for it may not be there."""
    if isinstance(error, MemoryError):
        return True
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return any(base.__module__ == "sqlalchemy.exc" for base in type(error).__mro__)


class Consent(_FirstResult):
    """One platform's consent hooks, for one OAuth application."""

    def __init__(self, adapter: object) -> None:
        super().__init__(ConsentSpec, [adapter])

    def authorize_url(self, redirect_uri: str, state: str, code_challenge: str) -> str:
        return cast(
            str,
            self._ask(
                "authorize_url",
                redirect_uri=redirect_uri,
                state=state,
                code_challenge=code_challenge,
            ),
        )

    def exchange_code(
        self, answer: Mapping[str, str], redirect_uri: str, code_verifier: str
    ) -> TokenSet:
        return cast(
            TokenSet,
            self._ask(
                "exchange_code",
                answer=answer,
                redirect_uri=redirect_uri,
                code_verifier=code_verifier,
            ),
        )

    def refresh(self, tokens: TokenSet) -> TokenSet:
        return cast(TokenSet, self._ask("refresh", tokens=tokens))

    def revoke(self, tokens: TokenSet) -> bool:
        return cast(bool, self._ask("revoke", tokens=tokens))

    def list_companies(self, tokens: TokenSet, answer: Mapping[str, str]) -> Sequence[str]:
        return cast("Sequence[str]", self._ask("list_companies", tokens=tokens, answer=answer))

    def verify_webhook(self, headers: Mapping[str, str], body: bytes, secret: str) -> bool:
        return cast(bool, self._ask("verify_webhook", headers=headers, body=body, secret=secret))

    def parse_webhook(self, body: bytes) -> Sequence[ChangeHint]:
        return cast("Sequence[ChangeHint]", self._ask("parse_webhook", body=body))


class Ledger(_FirstResult):
    """One company's ledger. wrappers (audit, dry run, metering) see every call and answer.

    What a reading hook raises beside RecoupError is raised as AdapterFault. Writing hooks are left
    as they are: what became of a write is for its caller to find out.
    """

    def __init__(self, adapter: object, wrappers: Sequence[object] = ()) -> None:
        super().__init__(LedgerSpec, [adapter, *wrappers])

    def _read(self, hook: str, **arguments: Any) -> Any:
        with _reading():
            return self._ask(hook, **arguments)

    def describe_company(self) -> Company:
        return cast(Company, self._read("describe_company"))

    def capabilities(self) -> frozenset[Capability]:
        return cast("frozenset[Capability]", self._read("capabilities"))

    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        return _pages(self._read("pull", cursor=cursor))

    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        return cast("Sequence[Record | Exception]", self._read("map_payloads", payloads=payloads))

    def sweep(self, source_type: str, window: Window, listed: bool) -> tuple[Swept, Fetched]:
        return cast(
            "tuple[Swept, Fetched]",
            self._read("sweep", source_type=source_type, window=window, listed=listed),
        )

    def count_objects(self) -> Sequence[Swept]:
        return cast("Sequence[Swept]", self._read("count_objects"))

    def sweep_open(self) -> Iterator[Page]:
        return _pages(self._read("sweep_open"))

    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        return cast(Fetched, self._read("fetch", wanted=wanted))

    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[tuple[str, str]]:
        return cast("Sequence[tuple[str, str]]", self._read("source_types", refs=refs))

    def control_totals(self, as_of: date | None, detail: bool = False) -> ControlTotals:
        return cast(ControlTotals, self._read("control_totals", as_of=as_of, detail=detail))

    def native_reminders(self) -> bool | None:
        return cast("bool | None", self._read("native_reminders"))

    def invoice_link(self, invoice_id: str) -> str | None:
        return cast("str | None", self._read("invoice_link", invoice_id=invoice_id))

    def invoice_pdf(self, invoice_id: str) -> bytes:
        return cast(bytes, self._read("invoice_pdf", invoice_id=invoice_id))

    def foresee(self, intent: Intent) -> Mapping[str, Any]:
        """An adapter without the hook foresees nothing."""
        if not self._has("foresee"):
            return {}
        return cast("Mapping[str, Any]", self._ask("foresee", intent=intent))

    def add_note(self, intent: Intent) -> Outcome:
        return cast(Outcome, self._ask("add_note", intent=intent))

    def set_expected_payment(self, intent: Intent) -> Outcome:
        return cast(Outcome, self._ask("set_expected_payment", intent=intent))

    def create_payment(self, intent: Intent) -> Outcome:
        return cast(Outcome, self._ask("create_payment", intent=intent))

    def allocate(self, intent: Intent) -> Outcome:
        return cast(Outcome, self._ask("allocate", intent=intent))

    def reverse(self, intent: Intent) -> Outcome:
        return cast(Outcome, self._ask("reverse", intent=intent))

    def create_invoice(self, intent: Intent) -> Outcome:
        return cast(Outcome, self._ask("create_invoice", intent=intent))

    def email_invoice(self, intent: Intent) -> Outcome:
        return cast(Outcome, self._ask("email_invoice", intent=intent))


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin raised; the others were asked all the same."""

    plugin: str
    hook: str
    error: Exception


class Everybody:
    """All plugins of the installation. failures grows; nothing that a plugin raises escapes."""

    def __init__(self, plugins: Mapping[str, object]) -> None:
        self._plugins = dict(plugins)
        self._managers = {
            name: _manager(EverybodySpec, [plugin]) for name, plugin in self._plugins.items()
        }
        self.failures: list[PluginFailure] = []

    def ledger_platforms(self) -> Sequence[LedgerPlatform]:
        answers = self._gather("ledger_platforms")
        return [platform for answer in answers for platform in answer]

    def on_event(self, event: Event) -> None:
        self._gather("on_event", event=event)

    def _gather(self, hook: str, **arguments: Any) -> list[Any]:
        answers: list[Any] = []
        for name, manager in self._managers.items():
            try:
                answers.extend(getattr(manager.hook, hook)(**arguments))
            except Exception as error:  # noqa: BLE001 - keeping it is what this class is for
                self.failures.append(PluginFailure(name, hook, error))
        return answers
