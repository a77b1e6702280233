"""dlt's rest_api source into SQLite, append: the contender that every ledger has."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Loaded", "load"]


class Loaded(NamedTuple):
    """How long the pipeline ran, and the rows of each resource."""

    seconds: float
    rows: dict[str, int]
    version: str


def load(folder: Path, base_url: str, endpoints: dict[str, dict[str, Any]]) -> Loaded:
    """Run a pipeline over *endpoints*, each a resource of its own in the rest_api's words."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["DLT_DATA_DIR"] = str(folder / "dlt")
    import dlt
    from dlt.sources.rest_api import rest_api_source

    resources = [{"name": name, "endpoint": endpoint} for name, endpoint in endpoints.items()]
    config: Any = {"client": {"base_url": base_url}, "resources": resources}
    pipeline = dlt.pipeline(
        "bench",
        destination=dlt.destinations.sqlalchemy(f"sqlite:///{folder / 'dlt.db'}"),
        dataset_name="main",
        pipelines_dir=str(folder / "pipelines"),
    )
    began = time.perf_counter()
    pipeline.run(rest_api_source(config))
    spent = time.perf_counter() - began
    counted: dict[str, int] = pipeline.last_trace.last_normalize_info.row_counts
    return Loaded(spent, {name: counted[name] for name in endpoints}, str(dlt.__version__))
