"""Which seeds have passed, and what they met: a long run that was stopped goes on from there."""

from __future__ import annotations

import json
import os
from pathlib import Path

from harness.world import Tally

__all__ = ["Progress"]


class Progress:
    """A small JSON file, rewritten whole after each batch."""

    def __init__(self, path: Path, *, fresh: bool) -> None:
        self._path = path
        self.seeds: list[int] = []
        self.tally = Tally()
        if not fresh and path.exists():
            stored = json.loads(path.read_text())
            self.seeds = stored["seeds"]
            self.tally.add(stored["tally"])

    def keep(self, seeded: int, tally: Tally) -> None:
        self.seeds.append(seeded)
        self.tally.add(tally.as_plain())
        written = json.dumps({"seeds": self.seeds, "tally": self.tally.as_plain()}, indent=1)
        self._path.parent.mkdir(exist_ok=True)
        beside = self._path.with_suffix(".tmp")
        beside.write_text(written)
        os.replace(beside, self._path)
