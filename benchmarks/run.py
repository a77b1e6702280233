"""Run every benchmark, keep what they print in results.txt and exit 1 if one missed a target.

Names choose among them: ``python -m benchmarks.run aging help`` runs those two and keeps nothing.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    wanted = sys.argv[1:]
    names = sorted(path.stem for path in HERE.glob("bench_*.py"))
    chosen = [name for name in names if not wanted or name.removeprefix("bench_") in wanted]
    missed, printed = [], []
    for name in chosen:
        print(f"--- {name}", flush=True)
        done = subprocess.run(
            [sys.executable, "-m", f"benchmarks.{name}"],
            cwd=HERE.parent,
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        print(done.stdout, flush=True)
        printed.append(f"--- {name}\n{done.stdout}")
        if done.returncode:
            missed.append(name)
    if not wanted:
        (HERE / "results.txt").write_text("\n".join(printed))
    sys.exit(f"missed: {', '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()
