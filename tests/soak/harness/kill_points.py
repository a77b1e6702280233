"""Where a sync can be killed: before each kind of statement and before each commit.

A test fails when a sync passes a point that is not listed here, so the list stays whole.
"""

from __future__ import annotations

__all__ = ["points_of", "rare_of"]

_ALL = (
    "control BEGIN",
    "control COMMIT",
    "control DELETE budgets",
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
    "store CREATE",
    "store DELETE allocations",
    "store INSERT allocations",
    "store INSERT control_accounts",
    "store INSERT cursors",
    "store INSERT customers",
    "store INSERT documents",
    "store INSERT objects",
    "store INSERT observations",
    "store INSERT past_allocations",
    "store INSERT past_documents",
    "store INSERT pulls",
    "store SELECT allocations",
    "store SELECT answered",
    "store SELECT awaited",
    "store SELECT cursors",
    "store SELECT customers",
    "store SELECT dictionaries",
    "store SELECT documents",
    "store SELECT objects",
    "store SELECT observations",
    "store SELECT pulls",
    "store UPDATE cursors",
    "store UPDATE customers",
)
_AWAITING = ("store DELETE awaited", "store INSERT awaited")
_SWEEPING = (
    "control INSERT open_sweeps",
    "control SELECT open_sweeps",
    "control UPDATE open_sweeps",
)
_POSTING = (
    "store DELETE posting_lines",
    "store INSERT deposited",
    "store INSERT posting_lines",
    "store INSERT postings",
    "store UPDATE postings",
)
_OWN = {
    "quickbooks": (*_AWAITING, *_POSTING),
    "xero": _SWEEPING,
    "sage": (*_AWAITING, *_SWEEPING),
}
# What few syncs pass: some kills wait for whichever of these comes first.
_RARE = {
    "control DELETE budgets",
    "control DELETE pauses",
    "control INSERT budgets",
    "control INSERT open_sweeps",
    "control INSERT pauses",
    "control UPDATE leases",
    "control UPDATE open_sweeps",
    "control UPDATE tokens",
    "store DELETE allocations",
    "store DELETE awaited",
    "store DELETE posting_lines",
    "store INSERT awaited",
    "store INSERT deposited",
    "store INSERT past_allocations",
    "store INSERT past_documents",
    "store INSERT posting_lines",
    "store UPDATE customers",
    "store UPDATE postings",
}


def points_of(platform: str) -> list[str]:
    """All that a sync of the platform can be killed before."""
    return sorted({*_ALL, *_OWN[platform]})


def rare_of(platform: str) -> list[str]:
    """Those of them that few syncs pass."""
    return sorted(_RARE & {*_ALL, *_OWN[platform]})
