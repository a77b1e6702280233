"""The scan finds each shape of a secret, and names the place without the value."""

from __future__ import annotations

import base64
import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "scan_secrets.py"

# Put together here, so that this file holds none of the shapes itself.
NOISE = "q7Zp2LxW9vKc4TnB8sYd1RfG6hJm3aUe"
PLANTED = {
    "private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "JWT": ".".join(["eyJ" + NOISE[:17], "eyJ" + NOISE[9:29], NOISE]),
    "Bearer value": "Authorization: Bearer" + " " + NOISE,
    "Basic credentials": "Basic " + base64.b64encode(b"client:s3cr3t-words").decode(),
    "Intuit refresh token (old)": "AB11" + NOISE,
    "Intuit refresh token (new)": "RT1-" + "123-H0-" + NOISE,
    "Fernet key": base64.urlsafe_b64encode(NOISE.encode()).decode(),
    "credentials in a URL": "postgresql://owner:" + "hunter2-hunter2" + "@db/recoup",
    "random text": "intuit_tid: " + NOISE + "XoQw",
    "random text (in a path)": '"$path": "/tokens/' + NOISE + 'XoQw"',
}


def scanner() -> ModuleType:
    spec = importlib.util.spec_from_file_location("scan_secrets", TOOL)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["scan_secrets"] = module
    spec.loader.exec_module(module)
    return module


def tree(root: Path, text: str, name: str = "cassette.yaml") -> Path:
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    (root / name).write_text("first: line\n" + text + "\n")
    return root


@pytest.mark.parametrize("shape", PLANTED)
def test_a_planted_secret_is_found_with_its_line_and_masked(
    shape: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = PLANTED[shape]
    assert scanner().main([str(tree(tmp_path, planted))]) == 1
    printed = capsys.readouterr().out
    assert f"cassette.yaml:2: {shape.split(' (')[0]}" in printed
    assert planted not in printed
    assert NOISE[:12] not in printed


@pytest.mark.parametrize(
    "harmless",
    [
        '"$path": "/transaction_types/CUSTOMER_ALLOCATION"',
        "sha256: " + "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "id: 5b0c3d6e-6f0e-5b7c-9a55-3f1f0d0c7a11",
        "Basic knowledge of accounting is enough",
        "Authorization: Bearer SCRUBBED_ACCESS_TOKEN_VALUE",
        "http://127.0.0.1:8080/v3/company/4620816365009",
        "postgresql://user@host/database",
    ],
)
def test_what_only_looks_alike_passes(harmless: str, tmp_path: Path) -> None:
    assert scanner().main([str(tree(tmp_path, harmless))]) == 0


def test_an_allowance_needs_a_reason(tmp_path: Path) -> None:
    secret, word = PLANTED["Bearer value"], "scan: " + "allow"
    reasoned = f"{secret}  # {word} - an example from the standard"
    assert scanner().main([str(tree(tmp_path, reasoned))]) == 0
    assert scanner().main([str(tree(tmp_path, f"{secret}  # {word}"))]) == 1


def test_files_that_git_ignores_are_not_read(tmp_path: Path) -> None:
    root = tree(tmp_path, PLANTED["JWT"], "local.toml")
    (root / ".gitignore").write_text("local.toml\n")
    assert scanner().main([str(root)]) == 0


def test_this_repository_holds_no_secret() -> None:
    root = TOOL.parent.parent
    if not (root / ".git").exists():
        pytest.skip("not a git checkout")
    found = [str(finding) for finding in scanner().scan_tree(root)]
    assert not found
