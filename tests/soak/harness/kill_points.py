"""Where a sync can be killed: before each kind of statement and before each commit.

A test fails when a sync passes a point that is not listed here, so the list stays whole.
"""

from __future__ import annotations

__all__ = ["KILL_POINTS", "RARE"]

KILL_POINTS = [
    "control BEGIN",
    "control COMMIT",
    "control DELETE leases",
    "control DELETE pauses",
    "control INSERT budgets",
    "control INSERT leases",
    "control INSERT pauses",
    "control SELECT budgets",
    "control SELECT leases",
    "control SELECT pauses",
    "control SELECT tokens",
    "control UPDATE budgets",
    "control UPDATE leases",
    "control UPDATE tokens",
    "store BEGIN",
    "store COMMIT",
    "store DELETE allocations",
    "store DELETE awaited",
    "store DELETE posting_lines",
    "store INSERT allocations",
    "store INSERT awaited",
    "store INSERT control_accounts",
    "store INSERT cursors",
    "store INSERT customers",
    "store INSERT deposited",
    "store INSERT documents",
    "store INSERT objects",
    "store INSERT observations",
    "store INSERT past_allocations",
    "store INSERT past_documents",
    "store INSERT posting_lines",
    "store INSERT postings",
    "store INSERT pulls",
    "store SELECT allocations",
    "store SELECT awaited",
    "store SELECT cursors",
    "store SELECT dictionaries",
    "store SELECT documents",
    "store SELECT objects",
    "store SELECT observations",
    "store SELECT pulls",
    "store UPDATE cursors",
    "store UPDATE customers",
    "store UPDATE postings",
]

# What few syncs pass: some kills wait for whichever of these comes first.
RARE = [
    "control DELETE pauses",
    "control INSERT budgets",
    "control INSERT pauses",
    "control UPDATE leases",
    "control UPDATE tokens",
    "store DELETE allocations",
    "store DELETE awaited",
    "store INSERT awaited",
    "store INSERT deposited",
    "store INSERT past_allocations",
    "store INSERT past_documents",
    "store INSERT posting_lines",
    "store UPDATE customers",
    "store UPDATE postings",
]
