"""--seed takes the word demo, a folder or a CSV, and says in one line what is wrong with it."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from recoup.connector.standin.clock import Clock
from recoup.plugins.xero.standin.command import run
from recoup.plugins.xero.standin.seed_sources import SeedError, open_seed, open_seeds

FIXTURES = Path(__file__).with_name("fixtures")
HISTORY = str(FIXTURES / "history.csv")
ANSWERS = str(FIXTURES / "answers")


def test_demo_is_an_organisation_that_ties_out() -> None:
    books = open_seed("demo", until=date(2026, 3, 17))
    assert books.check() == []
    assert (books.base_currency, books.country, books.is_demo) == ("GBP", "GB", True)


def test_a_csv_becomes_an_organisation_in_its_commonest_currency() -> None:
    books = open_seed(HISTORY, rates={"EUR": Decimal("0.85")})
    assert (books.base_currency, books.name) == ("GBP", "history")
    assert books.check() == []


def test_a_currency_without_a_rate_is_priced_at_one_and_said() -> None:
    said: list[str] = []
    open_seed(HISTORY, say=said.append)
    assert said == ["EUR has no --rate and is priced at 1 GBP; give --rate EUR=R"]


@pytest.mark.parametrize("seed", ["demo", HISTORY, ANSWERS])
def test_several_companies_have_tenants_and_names_of_their_own(seed: str) -> None:
    several = open_seeds(seed, 3)
    assert len({books.tenant_id for books in several}) == 3
    assert len({books.organisation()["Name"] for books in several}) == 3
    assert all(books.check() == [] for books in several)


@pytest.mark.parametrize(
    ("seed", "complaint"),
    [
        ("nowhere.csv", "nowhere.csv: no such file or folder; give demo"),
        (f"{ANSWERS}/invoices.json", "is one file; give the folder that holds it"),
    ],
)
def test_a_missing_or_wrong_path_is_one_clear_line(seed: str, complaint: str) -> None:
    with pytest.raises(SeedError) as caught:
        open_seed(seed)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_refuses_until_and_rates() -> None:
    with pytest.raises(SeedError, match="--until: a folder is kept as it is"):
        open_seed(ANSWERS, until=date(2026, 1, 1))
    with pytest.raises(SeedError, match="--rate: a folder is kept as it is"):
        open_seed(ANSWERS, rates={"EUR": Decimal(1)})


def test_a_rate_must_be_a_positive_number() -> None:
    with pytest.raises(SeedError, match="--rate EUR=0"):
        open_seed(HISTORY, rates={"EUR": Decimal(0)})


def test_the_demo_has_no_future() -> None:
    clock = Clock(datetime(2026, 3, 17, 20, tzinfo=UTC))
    with pytest.raises(SeedError, match="--until 2026-03-18: lies after today, 2026-03-17"):
        open_seed("demo", until=date(2026, 3, 18), clock=clock)


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ([], "--seed"),
        (["--seed", "nowhere"], "nowhere: no such file or folder"),
        (["--seed", "demo", "--port", "x"], "'x' is no port"),
        (["--seed", "demo", "--companies", "0"], "'0' is no number of companies"),
        (["--seed", "demo", "--rate", "EUR"], "'EUR' is no rate"),
        (["--seed", "demo", "--until", "soon"], "'soon' is no date"),
    ],
)
def test_wrong_words_end_in_one_line_and_exit_code_2(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    said = capsys.readouterr()
    assert complaint in said.err
    assert (said.out, said.err.count("\n")) == ("", 1)


def test_the_command_serves_several_companies_until_it_is_told_to_stop() -> None:
    words = ["--seed", HISTORY, "--companies", "3", "--rate", "EUR=0.85"]
    code = f"import sys; from {run.__module__} import run; sys.exit(run({words!r}))"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as served:
        assert served.stdout is not None
        address = served.stdout.readline().strip()
        answer = requests.get(f"{address}/connections", timeout=10)
        served.send_signal(signal.SIGTERM)
        _, told = served.communicate(timeout=10)
    assert answer.status_code == 401
    assert (served.returncode, told.count("\n")) == (0, 1)
    assert told.startswith("history, tenant 5d3a1c70-0b54-4e1f-9a63-2f00c5ee0001 and 2 more;")
