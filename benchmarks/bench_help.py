"""How long `recoup --help` takes: adapters and libraries are imported only when they are used."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.printing import Check, Table, finish

RUNS = 15


def timed(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    recoup = str(Path(sys.executable).with_name("recoup"))
    for command in ([recoup, "--help"], [sys.executable, "-c", "import click"]):
        timed(command)
    helped, bare = [], []
    for _ in range(RUNS):
        helped.append(timed([recoup, "--help"]))
        bare.append(timed([sys.executable, "-c", "import click"]))
    table = Table(f"recoup --help, {RUNS} runs in turn with a bare `import click`")
    ours, click = statistics.median(helped), statistics.median(bare)
    table.row("median seconds", recoup_help=ours, import_click=click, ratio=ours / click)
    finish(table, [Check("seconds for recoup --help", ours, at_most=0.3)])


if __name__ == "__main__":
    main()
