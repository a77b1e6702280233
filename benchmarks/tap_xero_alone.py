"""tap-xero against the pre-rendered server, run by the interpreter that has it installed.

``PYTHON -m benchmarks.tap_xero_alone NAME PORT FOLDER`` syncs contacts, invoices and payments and
prints one JSON line. The tap is as published: only the two addresses that it has written into its
code are sent elsewhere. Its messages go to a file, whose records are counted.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

STREAMS = {"contacts": "Contacts", "invoices": "Invoices", "payments": "Payments"}


def prepared(port: int, folder: Path) -> Any:
    """The tap's context: our server for its addresses, three streams selected."""
    import tap_xero
    from tap_xero import client
    from tap_xero.context import Context

    client.BASE_URL = f"http://127.0.0.1:{port}/api.xro/2.0"

    def no_refresh(self: Any, config: dict[str, str], path: str) -> None:
        self.access_token, self.tenant_id = "bench", config["tenant_id"]

    client.XeroClient.refresh_credentials = no_refresh
    config = {"start_date": "2000-01-01T00:00:00Z", "tenant_id": "bench"}
    context = Context(config, {}, None, str(folder / "config.json"))
    context.catalog = tap_xero.discover(context)
    for stream in context.catalog.streams:
        stream.metadata[0]["metadata"]["selected"] = stream.tap_stream_id in STREAMS
        assert stream.is_selected() == (stream.tap_stream_id in STREAMS)
    return context


def main() -> None:
    port, folder = int(sys.argv[2]), Path(sys.argv[3])
    import tap_xero

    logging.disable(logging.CRITICAL)  # a line a page would be measured too
    context = prepared(port, folder)
    answer, written = os.dup(1), folder / "messages"
    with written.open("wb") as file:
        os.dup2(file.fileno(), 1)
        began = time.perf_counter()
        tap_xero.sync(context)
        sys.stdout.flush()
        spent = time.perf_counter() - began
    os.dup2(answer, 1)
    documents = dict.fromkeys(STREAMS.values(), 0)
    with written.open("rb") as file:
        for line in file:
            message = json.loads(line)
            if message["type"] == "RECORD":
                documents[STREAMS[message["stream"]]] += 1
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    told = {"seconds": spent, "documents": documents, "peak_mb": peak}
    print(json.dumps({**told, "version": version("tap-xero")}))


if __name__ == "__main__":
    main()
