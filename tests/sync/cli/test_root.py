"""The command line as a whole: help without weight, wrong use, missing extras, new workspaces."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from recoup.sync.cli.root import COMMANDS

Run = Callable[..., Result]
OneLine = Callable[[Result, int], str]

HEAVY = ("sqlalchemy", "pydantic", "requests", "rich", "quickbooks", "alembic", "cryptography")


def test_help_imports_nothing_heavy() -> None:
    check = (
        "import sys\n"
        "from recoup.sync.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit as left:\n    assert left.code == 0\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


def test_help_names_every_command_and_each_has_its_own(run: Run) -> None:
    said = run("--help").stdout
    for name in COMMANDS:
        assert f"  {name} " in said
        assert "Usage:" in run(name, "--help").stdout


def test_the_version_is_told(run: Run) -> None:
    assert run("--version").stdout.startswith("recoup ")


def test_wrong_use_is_one_line_and_two(run: Run, one_line: OneLine) -> None:
    assert "No such command 'synk'" in one_line(run("synk"), 2)
    assert "No such option" in one_line(run("sync", "--al"), 2)


def test_init_makes_a_workspace_and_says_what_is_next(tmp_path: Path, run: Run) -> None:
    result = run("init", tmp_path / "books")
    assert result.exit_code == 0 and "recoup connect quickbooks" in result.stdout
    assert (tmp_path / "books" / "recoup.toml").exists()
    assert "already" in run("init", tmp_path / "books").stdout


def test_home_names_the_workspace(tmp_path: Path, run: Run, one_line: OneLine) -> None:
    run("init", tmp_path / "books")
    assert run("--home", tmp_path / "books", "companies").exit_code == 0
    assert "recoup init" in one_line(run("--home", tmp_path, "companies"), 2)


def test_a_wrong_setting_names_file_and_line(home: Path, run: Run, one_line: OneLine) -> None:
    (home / "recoup.toml").write_text("[sync]\nparalel = 2\n")
    said = one_line(run("companies"), 2)
    assert (
        said == f"{home}/recoup.toml:2: unknown setting sync.paralel; did you mean sync.parallel?"
    )


def test_a_missing_extra_is_one_line(
    home: Path,
    run: Run,
    one_line: OneLine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name, *a: None if name == "quickbooks" else real(name, *a),
    )
    result = run("connect", "quickbooks", "--base-url", "http://127.0.0.1:9")
    assert "pip install 'recoup[quickbooks]'" in one_line(result, 2)


def test_plugins_lists_adapters_and_what_they_can_do(run: Run) -> None:
    result = run("plugins")
    assert result.exit_code == 0
    assert "quickbooks: QuickBooks Online" in result.stdout
    assert "incremental pull" in result.stdout and "recoup standin quickbooks" in result.stdout


def test_a_plugin_that_does_not_load_is_a_finding(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import EntryPoint

    from recoup.connector import plugins

    broken = EntryPoint(name="broken", value="no_such_module", group="recoup")
    monkeypatch.setattr(plugins, "entry_points", lambda group: [broken])
    result = run("plugins")
    assert result.exit_code == 1 and "broken: failed in load" in result.stderr
