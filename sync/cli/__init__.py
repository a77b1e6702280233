"""The command line: ``recoup``. No rule lives here, and nothing heavy is imported for --help."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run ``recoup`` and leave with its exit code: the entry of the console script."""
    try:
        from recoup.sync.cli.root import recoup

        recoup.main(args=None if arguments is None else list(arguments), prog_name="recoup")
    except KeyboardInterrupt:  # before the commands themselves are listening
        print("stopped; nothing is lost, run the same command again", file=sys.stderr)
        sys.exit(130)
    finally:
        if arguments is None:  # the process ends here: a late Ctrl-C would only spoil its code
            signal.signal(signal.SIGINT, signal.SIG_IGN)
