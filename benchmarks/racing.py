"""A race: one server that only copies bytes, and contenders, each alone in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

__all__ = ["HERE", "race", "served"]

HERE = Path(__file__).parent


@contextmanager
def served(script: str, *words: object) -> Iterator[int]:
    """Run a script of this folder that prints its port once it can answer."""
    command = [sys.executable, "-m", f"benchmarks.{script}", *(str(word) for word in words)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=HERE.parent)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait()


def race(module: str, name: str, port: int, *, python: str = sys.executable) -> dict[str, Any]:
    """Run one contender of a module of this folder; its last line of output is its JSON answer.

    python: another interpreter, that of an environment of its own.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [python, "-m", f"benchmarks.{module}", name, str(port), folder]
        done = subprocess.run(command, capture_output=True, text=True, cwd=HERE.parent, check=False)
    if done.returncode:
        sys.exit(f"{name} failed:\n{done.stderr[-4000:]}")
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer
