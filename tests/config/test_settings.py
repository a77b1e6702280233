"""``recoup.toml`` is read with defaults and refused with file, line, setting and remedy."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recoup.config.settings import SETTINGS, Settings, SettingsError, read_settings


@pytest.fixture
def toml(tmp_path: Path) -> Path:
    return tmp_path / "recoup.toml"


def refusal(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        read_settings(file)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_empty_file_is_all_defaults(toml: Path) -> None:
    toml.write_text("")
    settings = read_settings(toml)
    assert settings == Settings()
    assert settings.report.buckets == (30, 60, 90)
    assert settings.database == "recoup.db"


def test_what_stands_in_the_file_is_what_holds(toml: Path) -> None:
    toml.write_text(
        'database = "books.db"\n[quickbooks]\nmonthly_reads = 9\n[sync]\nparallel = 1\n'
    )
    settings = read_settings(toml)
    assert settings.database == "books.db"
    assert settings.ledger("quickbooks").limits == {"monthly_reads": 9}
    assert settings.sync.parallel == 1


def test_an_unknown_setting_names_its_line_and_the_nearest_known_one(toml: Path) -> None:
    said = refusal(toml, 'database = "a.db"\n\n[report]\nbasiss = "due"\n')
    assert said == f"{toml}:4: unknown setting report.basiss; did you mean report.basis?"


def test_an_unknown_table_is_refused(toml: Path) -> None:
    said = refusal(toml, "\n[quickboks]\nclient_id = 'x'\n")
    assert said == f"{toml}:2: unknown setting quickboks; did you mean quickbooks?"


def test_a_setting_unlike_any_other_lists_the_known_ones(toml: Path) -> None:
    assert "known are database, quickbooks.client_id" in refusal(toml, "zzz = 1\n")


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[report]\nbuckets = [30, 30]\n", ":2: report.buckets:", "rise"),
        ("[report]\nbuckets = []\n", ":2: report.buckets:", "rise"),
        ('[report]\n\nbasis = "paid"\n', ":3: report.basis:", "'due' or 'issue'"),
        ("[sync]\nparallel = 0\n", ":2: sync.parallel:", "greater than or equal to 1"),
        ("[quickbooks]\nmonthly_reads = -1\n", ":2: quickbooks.monthly_reads:", "; API reads"),
        ('[quickbooks]\nredirect_uri = "here"\n', ":2: quickbooks.redirect_uri:", "URL"),
        ("database = 3\n", ":1: database:", "string"),
        ('database = "mysql://db/recoup"\n', ":1: database:", "a file or a postgresql:// URL"),
        ('[report]\nbuckets = "30"\n', ":2: report.buckets:", "must be a list"),
        ("report = 3\n", ":1: report:", ""),
    ],
)
def test_a_wrong_value_names_line_setting_and_what_it_means(
    toml: Path, text: str, where: str, what: str
) -> None:
    said = refusal(toml, text)
    assert said.startswith(f"{toml}{where}")
    assert what in said


def test_a_value_is_never_repeated_in_an_error(toml: Path) -> None:
    said = refusal(toml, '[quickbooks]\nmonthly_reads = "hunter2"\n')
    assert "hunter2" not in said


def test_broken_toml_names_the_file_and_the_line(toml: Path) -> None:
    assert "line 2" in refusal(toml, "database = 'x'\n= 3\n")


def test_a_file_that_is_not_text_says_so(toml: Path) -> None:
    toml.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingsError, match="UTF-8"):
        read_settings(toml)


def test_a_missing_file_says_so(toml: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings(toml)


def test_an_installed_plugin_may_have_a_table_of_its_own(toml: Path) -> None:
    toml.write_text('[ledgerly]\nclient_id = "abc"\n')
    assert read_settings(toml, plugins=["ledgerly"]).ledger("ledgerly").client_id == "abc"
    assert "unknown setting ledgerly" in refusal(toml, toml.read_text())


def test_every_setting_has_a_sentence_of_help() -> None:
    assert {s.name for s in SETTINGS} >= {"database", "report.basis", "quickbooks.client_id"}
    assert all(s.help.endswith(".") for s in SETTINGS if s.name != "database")
    assert all(s.help for s in SETTINGS)


def test_intervals_are_spans_by_company_or_tag(toml: Path) -> None:
    toml.write_text('[sync]\nevery = "2h"\n[sync.intervals]\nvip = "15m"\n"smith-sons" = "1d"\n')
    settings = read_settings(toml)
    assert settings.sync.every == "2h"
    assert dict(settings.sync.intervals) == {"vip": "15m", "smith-sons": "1d"}


@pytest.mark.parametrize("word", ["0m", "15", "15s", "1.5h", "32d", "h", ""])
def test_what_is_no_span_is_refused_with_its_line(toml: Path, word: str) -> None:
    assert ":2: sync.every: a span is written as" in refusal(toml, f'[sync]\nevery = "{word}"\n')
    assert ":2: sync.intervals.vip:" in refusal(toml, f'[sync.intervals]\nvip = "{word}"\n')


def test_each_built_in_ledger_has_a_table_of_its_own(toml: Path) -> None:
    toml.write_text('[xero]\nclient_id = "x"\n[sage]\nclient_id = "s"\n')
    settings = read_settings(toml, plugins=["quickbooks", "sage", "xero"])
    assert [settings.ledger(name).client_id for name in ("xero", "sage")] == ["x", "s"]
    assert settings.ledger("quickbooks").client_id is None


def test_a_setting_that_a_ledger_does_not_have_is_refused(toml: Path) -> None:
    assert "unknown setting xero.monthly_reads" in refusal(toml, "[xero]\nmonthly_reads = 5\n")


def test_each_ledger_takes_the_allowances_of_its_own_plans(toml: Path) -> None:
    toml.write_text("[xero]\ndaily_calls = 1000\n[sage]\nminute_calls = 50\nat_once = 5\n")
    settings = read_settings(toml)
    assert settings.ledger("xero").limits == {"daily_calls": 1000}
    assert settings.ledger("sage").limits == {"minute_calls": 50, "at_once": 5}
    assert settings.ledger("quickbooks").limits == {}, "what is unset is the adapter's own"


@pytest.mark.parametrize(
    ("table", "line"),
    [("xero", "daily_calls = 0"), ("sage", "minute_calls = 1001"), ("sage", "at_once = 151")],
)
def test_an_allowance_out_of_bounds_names_its_line(toml: Path, table: str, line: str) -> None:
    said = refusal(toml, f"[{table}]\n{line}\n")
    assert f":2: {table}.{line.split()[0]}: must be" in said and "API calls" in said


def test_a_plugins_table_takes_what_its_platform_announces_and_nothing_else(toml: Path) -> None:
    announced = {"ledgerly": {"client_id", "hourly_calls"}}.__getitem__
    toml.write_text("[ledgerly]\nhourly_calls = 5\n")
    settings = read_settings(toml, plugins=["ledgerly"], announced=announced)
    assert settings.ledger("ledgerly").limits == {"hourly_calls": 5}
    for text, told in (
        ("[ledgerly]\ndaily_calls = 5\n", ":2: unknown setting ledgerly.daily_calls; known are"),
        ('[ledgerly]\nhourly_calls = "x"\n', ":2: ledgerly.hourly_calls: must be a valid integer"),
    ):
        toml.write_text(text)
        with pytest.raises(SettingsError, match=re.escape(told)):
            read_settings(toml, plugins=["ledgerly"], announced=announced)


def test_the_table_of_a_plugin_that_does_not_load_stops_nobody(toml: Path) -> None:
    toml.write_text("[ledgerly]\nhourly_calls = 5\n")
    settings = read_settings(toml, plugins=["ledgerly"], announced=lambda _: None)
    assert settings.ledger("ledgerly").limits == {"hourly_calls": 5}
