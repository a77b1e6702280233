"""A warm process that forks one child per sync.

Importing and compiling everything takes a second, a fork takes milliseconds. The nursery is a
program of its own with one thread, so that no child inherits a lock that somebody holds; the
stand-in's threads stay in the process of the test.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

from harness.child import Killer, run_job

__all__ = ["Nursery"]

Job = dict[str, Any]
Report = dict[str, Any]


class Nursery:
    """The test's end of it. One history at a time uses it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="soak-", dir=_fast_disk()))
        ours, theirs = socket.socketpair()
        home = str(Path(__file__).resolve().parents[1])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "harness.nursery", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            env={**os.environ, "PYTHONPATH": home},
        )
        theirs.close()
        self._socket = ours
        self._lines = ours.makefile("rwb")

    def run(self, job: Job) -> Report:
        """Run *job* in a fresh child; how it ended is ``outcome`` of the report."""
        self._lines.write(json.dumps(job).encode() + b"\n")
        self._lines.flush()
        answer = self._lines.readline()
        if not answer:
            raise RuntimeError("the nursery is gone")
        report: Report = json.loads(answer)
        return report

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._lines.close()
        self._socket.close()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def _serve(channel: socket.socket) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with channel, channel.makefile("rwb") as lines:
        for line in lines:
            job = json.loads(line)
            report = run_job(job, None) if job.get("warm") else _fork(job)
            lines.write(json.dumps(report).encode() + b"\n")
            lines.flush()


def _fast_disk() -> str | None:
    """Memory, where there is such a place: a kill is not a power cut, the disk proves nothing."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None


def _fork(job: Job) -> Report:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _live(job, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    report: Report = json.loads(said) if said else {"outcome": "crashed", "error": "silent"}
    if os.WIFSIGNALED(status):
        report["outcome"] = "killed"
    return report


def _live(job: Job, pipe: int) -> None:
    """The child's whole life; it never returns into the nursery's stack."""
    killer = Killer(pipe, job.get("kill"))
    try:
        report = run_job(job, killer)
    except BaseException as error:  # noqa: BLE001 - the parent judges it
        report = {"outcome": "crashed", "error": f"{type(error).__name__}: {error}"}
        report["trace"] = traceback.format_exc()
    report["census"] = killer.census
    os.write(pipe, json.dumps(report).encode())
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
