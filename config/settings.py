"""``recoup.toml``: what a workspace may settle, checked to the line.

Secrets never stand here: the client secret and the vault key come from the environment, the
operating system's keyring or a file of its own.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, cast

from pydantic import (
    AfterValidator,
    AnyHttpUrl,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

__all__ = [
    "SETTINGS",
    "LedgerSettings",
    "OtherLedgerSettings",
    "QuickBooksSettings",
    "ReportSettings",
    "SageSettings",
    "Setting",
    "Settings",
    "SettingsError",
    "SyncSettings",
    "XeroSettings",
    "read_settings",
    "span_of",
]

_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


class SettingsError(ValueError):
    """``recoup.toml`` cannot be used; the text names file, line, setting and remedy."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as the documentation lists it."""

    name: str  # dotted: "report.basis"
    default: Any  # None is unset
    help: str


def _web_address(value: str) -> str:
    TypeAdapter(AnyHttpUrl).validate_python(value)
    return value


def _file_or_server(value: str) -> str:
    if "://" in value and not value.startswith(("postgresql://", "postgresql+", "postgres://")):
        raise ValueError("must be a file or a postgresql:// URL")
    return value


def _rising(value: tuple[int, ...]) -> tuple[int, ...]:
    if not value or value[0] < 1 or any(a >= b for a, b in pairwise(value)):
        raise ValueError("day counts rise from 1 on, such as [30, 60, 90]")
    return value


def span_of(text: str) -> timedelta:
    """Read a span such as "15m", "2h" or "1d". Raises ValueError for anything else."""
    found = re.fullmatch(r"([1-9]\d{0,3})([mhd])", text)
    span = int(found[1]) * _UNITS[found[2]] if found else timedelta(0)
    if not timedelta(minutes=1) <= span <= timedelta(days=31):
        raise ValueError('a span is written as "15m", "2h" or "1d", from 1m to 31d')
    return span


def _span(value: str) -> str:
    span_of(value)
    return value


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class LedgerSettings(_Table):
    """One ledger platform: the firm's own OAuth application, and what its plan allows."""

    client_id: str | None = Field(
        default=None,
        description="Client id of your own app at the platform. A stand-in needs none.",
    )
    redirect_uri: Annotated[str, AfterValidator(_web_address)] | None = Field(
        default=None,
        description="Where the platform sends the browser after consent, as registered with your "
        "app. Unset is a loopback address; production QuickBooks wants https.",
    )

    @property
    def limits(self) -> Mapping[str, int]:
        """What stands in the table besides the application: allowances by their names."""
        return {
            name: value
            for name, value in self
            if name not in LedgerSettings.model_fields and value is not None
        }


class QuickBooksSettings(LedgerSettings):
    """QuickBooks' tiers differ in the reads of a month."""

    monthly_reads: int | None = Field(
        default=None,
        ge=1,
        description="API reads that your plan allows in a calendar month (UTC). Unset is what the "
        "platform's entry plan allows.",
    )


class XeroSettings(LedgerSettings):
    """Xero's tiers differ in the calls of a day."""

    daily_calls: int | None = Field(
        default=None,
        ge=1,
        description="API calls that your tier allows for an organisation in a day (UTC). Unset is "
        "5000; the Starter tier has 1000.",
    )


class SageSettings(LedgerSettings):
    """Sage publishes no limit for one business, so that ours may have to follow experience."""

    minute_calls: int | None = Field(
        default=None,
        ge=1,
        le=1000,
        description="API calls for a business in a minute. Unset is 100.",
    )
    at_once: int | None = Field(
        default=None,
        ge=1,
        le=150,
        description="API calls in flight at the same time, over all businesses. Unset is 20.",
    )


class OtherLedgerSettings(LedgerSettings):
    """A platform that is not built in; its plugin announces the names of its allowances."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Annotated[int, Field(ge=1)]]


class ReportSettings(_Table):
    buckets: Annotated[tuple[int, ...], AfterValidator(_rising)] = Field(
        default=(30, 60, 90),
        description="Last day past due of each aging bucket; the final bucket is open-ended.",
    )
    basis: Literal["due", "issue"] = Field(
        default="due", description="Age counted from the due date or from the issue date."
    )


class SyncSettings(_Table):
    parallel: int = Field(
        default=4, ge=1, le=64, description="Companies that are synced at the same time."
    )
    every: Annotated[str, AfterValidator(_span)] = Field(
        default="1h",
        description="How old a company's books may be before sync --due reads them again: 15m, "
        "2h, 1d. Longer where the platform's allowance would not last.",
    )
    intervals: Mapping[str, Annotated[str, AfterValidator(_span)]] = Field(
        default_factory=dict,
        description="The same for a company, by its slug, or for a tag. A company's own stands "
        "above its tags', of which the shortest holds.",
    )


_BUILT_IN = ("quickbooks", "xero", "sage")


class Settings(_Table):
    """Everything that ``recoup.toml`` holds."""

    database: Annotated[str, AfterValidator(_file_or_server)] = Field(
        default="recoup.db",
        min_length=1,
        description="SQLite file, relative to the workspace, or a postgresql:// URL without its "
        "password (PGPASSWORD and ~/.pgpass are read).",
    )
    quickbooks: QuickBooksSettings = QuickBooksSettings()
    xero: XeroSettings = XeroSettings()
    sage: SageSettings = SageSettings()
    report: ReportSettings = ReportSettings()
    sync: SyncSettings = SyncSettings()
    others: Mapping[str, OtherLedgerSettings] = Field(default_factory=dict, exclude=True)

    def ledger(self, name: str) -> LedgerSettings:
        """Return the table of the platform called *name*; an absent table is all defaults."""
        built_in = {"quickbooks": self.quickbooks, "xero": self.xero, "sage": self.sage}
        return built_in.get(name) or self.others.get(name) or LedgerSettings()


def _listed(model: type[BaseModel], prefix: str = "") -> Iterator[Setting]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _listed(field.annotation, f"{prefix}{name}.")
        elif not field.exclude:
            default = field.get_default(call_default_factory=True)
            default = list(default) if isinstance(default, tuple) else default
            yield Setting(f"{prefix}{name}", default, field.description or "")


SETTINGS: tuple[Setting, ...] = tuple(_listed(Settings))


def read_settings(
    file: Path,
    *,
    plugins: Sequence[str] = (),
    announced: Callable[[str], Collection[str] | None] = lambda _: None,
) -> Settings:
    """Read ``recoup.toml``.

    plugins: names of installed plugins, each of which may have a table like ``[quickbooks]``.
    announced: asked for the settings that such a plugin knows, when its table stands in the file;
    None where nobody can say, because the plugin does not load.
    Raises SettingsError with one line that says where and what to do.
    """
    try:
        text = file.read_text(encoding="utf-8")
        content = tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file}: is not UTF-8 text; save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: is not TOML: {error}") from error
    theirs = [name for name in plugins if name in content and name not in _BUILT_IN]
    tables = {name: content.pop(name) for name in theirs}
    if "others" in content:
        raise SettingsError(_unknown(file, text, ("others",)))
    others: dict[str, OtherLedgerSettings] = {}
    for name, table in tables.items():
        _refuse_unannounced(file, text, name, table, announced)
        try:
            others[name] = OtherLedgerSettings.model_validate(table)
        except ValidationError as error:
            raise SettingsError(_first_line(file, text, error, name)) from error
    try:
        return Settings.model_validate({**content, "others": others})
    except ValidationError as error:
        raise SettingsError(_first_line(file, text, error)) from error


def _refuse_unannounced(
    file: Path, text: str, name: str, table: Any, announced: Callable[[str], Collection[str] | None]
) -> None:
    theirs = announced(name)
    if theirs is None:
        return
    known = {*LedgerSettings.model_fields, *theirs}
    for key in table if isinstance(table, dict) else ():
        if key not in known:
            raise SettingsError(
                f"{file}:{_line_of(text, (name, key))}: unknown setting {name}.{key}; known are "
                + ", ".join(f"{name}.{one}" for one in sorted(known))
            )


def _first_line(file: Path, text: str, error: ValidationError, *table: str) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    path = (*table, *(str(part) for part in fault["loc"] if isinstance(part, str)))
    if fault["type"] == "extra_forbidden":
        return _unknown(file, text, path)
    name = ".".join(path)
    known = next((s for s in SETTINGS if s.name == name), None)
    meant = f"; {_in_sentence(known.help)}" if known else ""
    said = fault["msg"].removeprefix("Value error, ").replace("Input should", "must")
    said = said.replace("a valid tuple", "a list")
    return f"{file}:{_line_of(text, path)}: {name}: {said}{meant}".rstrip(".")


def _in_sentence(text: str) -> str:
    """Begin small, unless *text* begins with an abbreviation."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def _unknown(file: Path, text: str, path: tuple[str, ...]) -> str:
    name = ".".join(path)
    known = [s.name for s in SETTINGS]
    groups = sorted({s.split(".")[0] for s in known if "." in s})
    near = difflib.get_close_matches(name, [*known, *groups], n=1, cutoff=0.6)
    remedy = f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"
    return f"{file}:{_line_of(text, path)}: unknown setting {name}; {remedy}"


def _line_of(text: str, path: tuple[str, ...]) -> int:
    """The line, from 1, where the setting at *path* stands; of its table where it is absent."""
    table, found = "", 1
    wanted = ".".join(path[:-1])
    for number, line in enumerate(text.splitlines(), start=1):
        if heading := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            table = cast(str, heading[1]).replace('"', "")
            if table in (wanted, ".".join(path)):
                found = number
        elif (word := re.match(r"""\s*["']?([\w.-]+)["']?\s*=""", line)) and (
            f"{table}.{word[1]}".strip(".") == ".".join(path) or (word[1] == wanted and not table)
        ):
            return number
    return found
