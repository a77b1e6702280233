"""Find what looks like a secret in the files that git knows, by its shape alone.

It shares nothing with the scrubber of the cassettes, so that one mistake cannot blind both. A
line that must keep such a shape says why: ``scan: allow - the reason``. Exit code 1 with
file:line and the masked value when anything is found.

    python tools/scan_secrets.py [ROOT]
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

__all__ = ["Finding", "main", "scan_line", "scan_tree"]

PRAGMA = re.compile(r"scan: allow - \S.{5,}")  # an allowance without a reason is none
PLACEHOLDER = re.compile(r"[A-Z_]*(REDACTED|SCRUBBED)[A-Z_]*", re.IGNORECASE)
BASE64 = r"[A-Za-z0-9+/_=-]"

# Shapes, most telling first. The group "secret" is the part that must not be there.
SHAPES = [
    ("private key", re.compile(r"(?P<secret>-----BEGIN [A-Z ]*PRIVATE KEY-----)")),
    ("JWT", re.compile(r"(?P<secret>\beyJ[\w-]{8,}\.[\w-]{8,}(\.[\w-]{8,}){1,3})")),
    ("Bearer value", re.compile(r"\bBearer[ ]+(?P<secret>[A-Za-z0-9._~+/-]{20,}=*)")),
    ("Basic credentials", re.compile(r"\bBasic[ ]+(?P<secret>[A-Za-z0-9+/]{12,}={0,2})")),
    ("Intuit refresh token", re.compile(r"\b(?P<secret>AB11[A-Za-z0-9]{20,})\b")),
    ("Intuit refresh token", re.compile(r"\b(?P<secret>RT1-[0-9A-Za-z-]{20,})")),
    ("Fernet key", re.compile(r"(?<![\w+/-])(?P<secret>[\w-]{43}=)(?![\w=])")),
    ("credentials in a URL", re.compile(r"://[^/\s:@\"'{}<>]+:(?P<secret>[^/\s:@\"'{}<>]{8,})@")),
]
LONG_WORD = re.compile(rf"(?<!{BASE64})(?P<secret>[A-Za-z0-9+/_-]{{32,}}=*)(?!{BASE64})")
RESOURCE = re.compile(r"/[a-z_]{3,}/(?P<id>[A-Za-z0-9_-]*)")  # a path of an API and what is in it
NOISY_BITS = 4.2  # entropy per character; English, ids and hex stay below it
RECORDED = {".yaml", ".yml", ".json", ".har"}  # where a recorder may have put anything


class Finding(NamedTuple):
    place: str  # file:line
    shape: str
    masked: str

    def __str__(self) -> str:
        return f"{self.place}: {self.shape} {self.masked}"


def scan_line(line: str, *, recorded: bool) -> Iterator[tuple[str, str]]:
    """Yield (shape, value) for what looks like a secret; recorded files are read harder."""
    if PRAGMA.search(line):
        return
    for shape, pattern in SHAPES:
        for match in pattern.finditer(line):
            secret = match["secret"]
            if not PLACEHOLDER.fullmatch(secret) and _plausible(shape, secret):
                yield shape, secret
                return
    if recorded:
        for match in LONG_WORD.finditer(line):
            resource = RESOURCE.fullmatch(match["secret"])
            if _entropy(resource["id"] if resource else match["secret"]) > NOISY_BITS:
                yield "random text", match["secret"]
                return


def scan_tree(root: Path) -> Iterator[Finding]:
    """Scan every file that git tracks or would track under *root*."""
    for path in _files(root):
        try:
            text = (root / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # binary, deleted but not yet committed, or a link to a folder
        recorded = path.suffix in RECORDED
        for number, line in enumerate(text.splitlines(), 1):
            for shape, secret in scan_line(line, recorded=recorded):
                yield Finding(f"{path}:{number}", shape, _masked(secret))


def main(arguments: list[str]) -> int:
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    findings = list(scan_tree(root))
    for finding in findings:
        print(finding)
    print(f"{len(findings)} shapes of secrets found" if findings else "no shape of a secret found")
    return 1 if findings else 0


def _files(root: Path) -> Iterator[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    yield from sorted(Path(name) for name in listed.stdout.split("\0") if name)


def _plausible(shape: str, secret: str) -> bool:
    """Whether *secret* is more than a word that stands where a secret would."""
    if shape == "Basic credentials":
        try:
            return b":" in base64.b64decode(secret + "=" * (-len(secret) % 4))
        except binascii.Error:
            return False
    if shape == "Fernet key":
        return _entropy(secret) > NOISY_BITS
    return True


def _entropy(text: str) -> float:
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def _masked(secret: str) -> str:
    return f"{secret[:4]}… ({len(secret)} characters)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
