"""The typed doors: nothing misspelt gets in, and no failure takes another's answer along."""

from __future__ import annotations

import errno
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from recoup.connector import (
    Capability,
    Consent,
    Event,
    EventKind,
    Everybody,
    Fatal,
    Ledger,
    LedgerPlatform,
    NotSupported,
    Window,
    hookimpl,
)
from recoup.connector.errors import AdapterFault
from recoup.connector.hookspecs import ConsentSpec, EverybodySpec, LedgerSpec
from recoup.connector.testing.fakes import NOON


class Reminding:
    @hookimpl
    def native_reminders(self) -> bool | None:
        return False


class Misspelt:
    @hookimpl
    def native_reminder(self) -> bool | None:
        return None


class WrongArgument:
    @hookimpl
    def invoice_link(self, invoice: str) -> str | None:
        return None


def platform(name: str) -> LedgerPlatform:
    return LedgerPlatform(
        name=name,
        title=name.title(),
        extra=name,
        capabilities=frozenset(),
        open_ledger=lambda _: object(),
        open_consent=lambda *_: object(),
    )


class Announcing:
    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[Event] = []

    @hookimpl
    def ledger_platforms(self) -> Sequence[LedgerPlatform]:
        return [platform(self.name)]

    @hookimpl
    def on_event(self, event: Event) -> None:
        self.heard.append(event)


class Failing:
    @hookimpl
    def ledger_platforms(self) -> Sequence[LedgerPlatform]:
        raise RuntimeError("no luck")

    @hookimpl
    def on_event(self, event: Event) -> None:
        raise RuntimeError("deaf")


SYNCED = Event(kind=EventKind.SYNC_FINISHED, company="acme", at=NOON)


@pytest.mark.parametrize("plugin", [Misspelt(), WrongArgument()])
def test_a_hook_that_does_not_exist_is_refused_at_once(plugin: object) -> None:
    with pytest.raises(Fatal, match=r"hook that does not exist|does not fit"):
        Ledger(plugin)


def test_a_missing_hook_raises_not_supported() -> None:
    with pytest.raises(NotSupported, match="this adapter has no invoice_pdf"):
        Ledger(Reminding()).invoice_pdf("1")


def test_false_is_an_answer() -> None:
    assert Ledger(Reminding()).native_reminders() is False


def test_a_wrapper_sees_the_call_and_its_result() -> None:
    seen = []

    class Audit:
        @hookimpl(wrapper=True)
        def native_reminders(self) -> Any:
            result = yield
            seen.append(result)
            return result

    assert Ledger(Reminding(), [Audit()]).native_reminders() is False
    assert seen == [False]


def test_a_wrapper_alone_is_no_adapter() -> None:
    class Audit:
        @hookimpl(wrapper=True)
        def invoice_pdf(self, invoice_id: str) -> Iterator[None]:
            return (yield)

    with pytest.raises(NotSupported):
        Ledger(Reminding(), [Audit()]).invoice_pdf("1")


def test_one_plugins_failure_keeps_the_others_answers() -> None:
    everybody = Everybody({"a": Announcing("a"), "broken": Failing(), "c": Announcing("c")})
    assert [found.name for found in everybody.ledger_platforms()] == ["a", "c"]
    [failure] = everybody.failures
    assert (failure.plugin, failure.hook, str(failure.error)) == (
        "broken",
        "ledger_platforms",
        "no luck",
    )


def test_every_listener_hears_what_happened() -> None:
    first, last = Announcing("a"), Announcing("c")
    everybody = Everybody({"a": first, "broken": Failing(), "c": last})
    everybody.on_event(SYNCED)
    assert first.heard == last.heard == [SYNCED]
    assert [failure.hook for failure in everybody.failures] == ["on_event"]


def hooks(spec: type) -> list[str]:
    return sorted(name for name in vars(spec) if not name.startswith("_"))


@pytest.mark.parametrize(
    ("facade", "spec"), [(Ledger, LedgerSpec), (Consent, ConsentSpec), (Everybody, EverybodySpec)]
)
def test_a_facade_has_one_method_per_hook_with_its_arguments(facade: type, spec: type) -> None:
    for name in hooks(spec):
        asked = inspect.signature(getattr(facade, name)).parameters
        specified = inspect.signature(getattr(spec, name)).parameters
        assert list(asked) == list(specified), name
    assert {n for n in vars(facade) if not n.startswith("_")} == set(hooks(spec))


class Echo:
    """Answers every hook with its name and what it was asked; built for one spec."""


def echo(spec: type) -> object:
    def answer(name: str) -> Callable[..., Any]:
        names = [n for n in inspect.signature(getattr(spec, name)).parameters if n != "self"]
        source = f"def {name}(self, {', '.join(names)}): return ({name!r}, [{', '.join(names)}])"
        scope: dict[str, Any] = {}
        exec(source, scope)
        made: Callable[..., Any] = hookimpl(scope[name])
        return made

    return type("Echoing", (Echo,), {name: answer(name) for name in hooks(spec)})()


@pytest.mark.parametrize(("facade", "spec"), [(Ledger, LedgerSpec), (Consent, ConsentSpec)])
def test_a_facade_hands_each_argument_to_its_hook(facade: type, spec: type) -> None:
    opened = facade(echo(spec))
    for name in hooks(spec):
        count = len(inspect.signature(getattr(spec, name)).parameters) - 1
        values = [f"value {n}" for n in range(count)]
        answer = getattr(opened, name)(*values)
        if name in ("pull", "sweep_open"):  # pages, handed on one by one
            answer = tuple(answer)
        assert answer == (name, values)


def test_capabilities_are_words_for_people() -> None:
    assert str(Capability.LIVE_FETCH) == "live_fetch"
    assert Window() == (None, None)


class Stumbling:
    """Reads and writes what it cannot."""

    @hookimpl
    def fetch(self, wanted: object) -> None:
        raise KeyError("Balance")

    @hookimpl
    def pull(self, cursor: object) -> Iterator[None]:
        yield None
        raise ValueError("first\nsecond")

    @hookimpl
    def add_note(self, intent: object) -> None:
        raise KeyError("Balance")

    @hookimpl
    def count_objects(self) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_what_a_reading_hook_raises_unforeseen_is_an_adapter_fault() -> None:
    ledger = Ledger(Stumbling())
    with pytest.raises(AdapterFault, match="KeyError: 'Balance'"):
        ledger.fetch([])
    pages = ledger.pull(None)
    assert next(pages) is None
    with pytest.raises(AdapterFault, match=r"\(ValueError: first\)") as raised:
        next(pages)
    assert isinstance(raised.value.cause, ValueError)


def test_a_write_and_a_full_disk_are_left_as_they_are() -> None:
    with pytest.raises(KeyError):
        Ledger(Stumbling()).add_note(None)  # type: ignore[arg-type]
    with pytest.raises(OSError, match="No space left"):
        Ledger(Stumbling()).count_objects()
