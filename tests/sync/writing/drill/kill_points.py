"""Where a write can be killed: before each kind of statement, each commit, around each call.

A test fails when a write passes a point that is not listed here, so the list stays whole.
"""

from __future__ import annotations

__all__ = ["POINTS", "RARE", "points_of"]

STORE = (
    "BEGIN",
    "COMMIT",
    "DELETE allocations",
    "DELETE awaited",
    "INSERT allocations",
    "INSERT audit",
    "INSERT awaited",
    "INSERT documents",
    "INSERT intents",
    "INSERT objects",
    "INSERT observations",
    "INSERT past_allocations",
    "INSERT past_documents",
    "SELECT allocations",
    "SELECT answered",
    "SELECT audit",
    "SELECT awaited",
    "SELECT cursors",
    "SELECT dictionaries",
    "SELECT documents",
    "SELECT intents",
    "SELECT objects",
    "SELECT observations",
    "INSERT cursors",
    "UPDATE intents",
)
CONTROL = (
    "BEGIN",
    "COMMIT",
    "DELETE leases",
    "DELETE pauses",
    "INSERT budgets",
    "INSERT leases",
    "INSERT pauses",
    "SELECT budgets",
    "SELECT leases",
    "SELECT pauses",
    "SELECT tokens",
    "UPDATE budgets",
    "UPDATE leases",
    "UPDATE tokens",
)
CALLS = {
    "quickbooks": ("GET", "POST", "token"),
    "xero": ("GET", "POST", "PUT", "DELETE", "token"),
    "sage": ("GET", "POST", "DELETE", "token"),
}
MORE = {
    "quickbooks": (),
    "xero": ("control DELETE budgets",),
    "sage": ("control DELETE budgets",),
}
POINTS = {
    platform: (
        *(f"store {name}" for name in STORE),
        *(f"control {name}" for name in CONTROL),
        *(f"call {when} {kind}" for kind in kinds for when in ("before", "after")),
        *MORE[platform],
    )
    for platform, kinds in CALLS.items()
}

# What few writes pass: the long run waits until each was met, two hundred cases need not meet it.
RARE = frozenset(
    {
        "call after token",
        "call before token",
        "control DELETE budgets",
        "control DELETE leases",
        "control DELETE pauses",
        "control INSERT budgets",
        "control INSERT leases",
        "control INSERT pauses",
        "control SELECT leases",
        "control UPDATE leases",
        "control UPDATE tokens",
        "store DELETE awaited",
        "store INSERT awaited",
        "store INSERT cursors",
        "store INSERT past_allocations",
        "store INSERT past_documents",
        "store SELECT answered",
        "store SELECT dictionaries",
    }
)


def points_of(platform: str, database: str) -> tuple[str, ...]:
    """On PostgreSQL one database holds what SQLite has in two files."""
    points = POINTS[platform]
    if database == "sqlite":
        return points
    return tuple(dict.fromkeys(point.replace("control ", "store ") for point in points))
