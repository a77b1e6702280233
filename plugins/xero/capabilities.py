"""What the adapter can do; imports no SDK."""

from __future__ import annotations

from recoup.connector.capabilities import Capability

__all__ = ["CAPABILITIES"]

# Missing: Xero keeps no time of creation, so nothing can be counted by it; it lists open items
# one contact a call; contacts have no parents.
CAPABILITIES = frozenset(Capability) - {
    Capability.COUNT_SWEEP,
    Capability.OPEN_ENTRIES,
    Capability.SUB_CUSTOMERS,
}
