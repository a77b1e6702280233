"""What the adapter can do; imports no SDK."""

from __future__ import annotations

from recoup.connector.capabilities import Capability

__all__ = ["CAPABILITIES"]

# Missing: the platform has no field for an expected payment date, and it does not say whether
# its own reminders are on. It tells every change, so that no sweep of what is open is needed.
# Dated control totals hold for companies with one currency only.
CAPABILITIES = frozenset(Capability) - {
    Capability.EXPECTED_PAYMENT,
    Capability.NATIVE_REMINDERS,
    Capability.OPEN_SWEEP,
}
