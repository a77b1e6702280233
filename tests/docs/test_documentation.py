"""The documentation is complete because these tests say so."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from recoup.config.settings import SETTINGS, Setting
from recoup.connector import errors
from recoup.connector.errors import RecoupError
from recoup.connector.events import EventKind
from recoup.connector.hookspecs import ConsentSpec, EverybodySpec, LedgerSpec
from recoup.plugins.quickbooks.standin.command import run as run_standin

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PACKAGES = ("connector", "plugins", "sync", "config")


def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


# --- hooks ----------------------------------------------------------------------------------

HOOKS = [
    (spec, name)
    for spec in (ConsentSpec, LedgerSpec, EverybodySpec)
    for name in vars(spec)
    if not name.startswith("_")
]


def written(spec: type, hook: str) -> str:
    """The signature as the page prints it: without self and without quotes."""
    signature = inspect.signature(getattr(spec, hook))
    asked = [f"{n}: {p.annotation}" for n, p in signature.parameters.items() if n != "self"]
    return f"{hook}({', '.join(asked)}) -> {signature.return_annotation}"


@pytest.mark.parametrize(("spec", "hook"), HOOKS, ids=lambda v: v if isinstance(v, str) else "")
def test_every_hook_is_documented_with_its_signature(spec: type, hook: str) -> None:
    assert f"### `{written(spec, hook)}`" in page("hooks.md")


def test_no_hook_is_documented_that_does_not_exist() -> None:
    documented = re.findall(r"^### `(\w+)\(", page("hooks.md"), re.MULTILINE)
    assert documented == [hook for _, hook in HOOKS]


def sources_of_tests() -> str:
    files = [f for f in (ROOT / "tests").rglob("*.py") if f.parent.name != "docs"]
    files += [ROOT / "connector/testing" / f"{n}.py" for n in ("promises", "pulling", "writing")]
    return "\n".join(file.read_text(encoding="utf-8") for file in files)


def test_every_hook_is_called_by_some_test() -> None:
    text = sources_of_tests()
    untested = [hook for _, hook in HOOKS if not re.search(rf"\.{hook}\(", text)]
    assert not untested


# --- settings and commands -------------------------------------------------------------------


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda s: s.name)
def test_every_setting_is_documented_with_its_default(setting: Setting) -> None:
    default = "unset" if setting.default is None else f"`{setting.default}`"
    [row] = [line for line in page("settings.md").splitlines() if f"| `{setting.name}` " in line]
    assert f"| {default} |" in row


def test_no_setting_is_documented_that_does_not_exist() -> None:
    rows = re.findall(r"^\| `([a-z_.]+)` \|", page("settings.md"), re.MULTILINE)
    assert rows == [setting.name for setting in SETTINGS]


def commands(command: click.Command, path: str = "recoup") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for name in command.list_commands(context):
                found = command.get_command(context, name)
                assert found is not None
                yield from commands(found, f"{path} {name}")


def test_every_command_is_documented_with_its_options() -> None:
    from recoup.sync.cli.root import recoup

    sections = dict(
        re.findall(
            r"^#+ `(recoup[^`\[<]*?)(?: [\[<A-Z][^`]*)?`\n(.*?)(?=^#+ |\Z)",
            page("commands.md"),
            re.MULTILINE | re.DOTALL,
        )
    )
    for path, command in commands(recoup):
        assert path in sections, f"docs/commands.md has no section for {path}"
        for option in command.params:
            for flag in option.opts:
                if flag.startswith("--"):
                    assert f"`{flag}" in sections[path], f"{flag} of {path} is not documented"


def test_every_option_of_the_stand_in_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_standin(["--help"]) == 0
    options = set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE))
    [section] = re.findall(r"^## `recoup standin.*?(?=^## )", page("commands.md"), re.M | re.DOTALL)
    assert len(options) >= 6
    assert options == set(re.findall(r"^\| `(--[a-z-]+)", section, re.MULTILINE))


def test_every_kind_of_event_is_documented() -> None:
    section = page("hooks.md").partition("### `on_event(")[2]
    assert [kind for kind in EventKind if f"`{kind}`" not in section] == []


# --- errors -----------------------------------------------------------------------------------


def test_every_error_is_documented() -> None:
    listed = re.findall(r"^\| (?:↳ )?`(\w+)` \|", page("errors.md"), re.MULTILINE)
    assert sorted(listed) == sorted(set(errors.__all__) - {"RecoupError"})


# --- errors of the SDK -----------------------------------------------------------------------


def exceptions_of(module: object) -> set[type[Exception]]:
    return {
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, Exception)
    }


def test_every_exception_of_the_sdk_is_mapped_by_itself() -> None:
    sdk = importlib.import_module("quickbooks.exceptions")
    faults = importlib.import_module("recoup.plugins.quickbooks.faults")
    assert set(faults.SDK_ERRORS) == exceptions_of(sdk)


def test_every_exception_of_the_sdk_becomes_the_error_in_its_line() -> None:
    faults = importlib.import_module("recoup.plugins.quickbooks.faults")
    for theirs, ours in faults.SDK_ERRORS.items():
        with pytest.raises(RecoupError) as caught, faults.sdk_calls():
            raise theirs("no")
        assert type(caught.value) is ours


def test_a_new_exception_of_the_sdk_is_not_caught_with_its_base() -> None:
    faults = importlib.import_module("recoup.plugins.quickbooks.faults")
    sdk = importlib.import_module("quickbooks.exceptions")
    unheard = type("UnheardException", (sdk.QuickbooksException,), {})
    with pytest.raises(KeyError), faults.sdk_calls():
        raise unheard("no")


def test_the_adapter_uses_no_other_sdk() -> None:
    allowed = {"quickbooks"}
    for file in (ROOT / "plugins/quickbooks").glob("*.py"):
        imported = set(
            re.findall(r"^\s*(?:from|import) (intuitlib|quickbooks)\b", file.read_text(), re.M)
        )
        assert imported <= allowed, file.name


# --- public names ----------------------------------------------------------------------------


def modules() -> list[Path]:
    found = [f for package in PACKAGES for f in (ROOT / package).rglob("*.py")]
    return sorted(f for f in found if "versions" not in f.parts and "migrations" not in f.parts)


def declared(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return list(ast.literal_eval(node.value))
    return None


def order(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then the rest: the order that the formatter keeps, too."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", modules(), ids=named)
def test_all_is_complete_and_sorted(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    exported = declared(tree)
    public = [
        node.name
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and not node.name.startswith("_")
    ]
    if exported is None:
        return
    assert exported == sorted(exported, key=order)
    assert set(public) <= set(exported)


@pytest.mark.parametrize(
    "path", [p for p in modules() if p.is_relative_to(ROOT / "connector")], ids=named
)
def test_every_module_of_the_connector_says_what_is_public(path: Path) -> None:
    name = ".".join(("recoup", *path.relative_to(ROOT).with_suffix("").parts))
    module = importlib.import_module(name.removesuffix(".__init__"))
    exported = declared(ast.parse(path.read_text(encoding="utf-8")))
    assert exported, f"{named(path)} has no __all__"
    missing = [name for name in exported if not hasattr(module, name)]
    assert not missing


def test_the_package_exports_what_its_modules_do() -> None:
    import recoup.connector as package

    offered = {
        n for n in vars(package) if not n.startswith("_") and not inspect.ismodule(vars(package)[n])
    }
    assert offered - {"annotations"} == set(package.__all__)


# --- the pages themselves --------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", [*sorted(DOCS.glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=named
)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), f"{path.name} links to {target}"


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=named)
def test_python_on_the_pages_compiles(path: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL):
        compile(block, path.name, "exec")
