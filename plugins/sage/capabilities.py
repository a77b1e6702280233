"""What the adapter can do; imports nothing of Sage's."""

from __future__ import annotations

from recoup.connector.capabilities import Capability

__all__ = ["CAPABILITIES", "REDUCED"]

# Missing: Sage has no webhooks, no sub-customers, no mailing and no pay link in its API, no field
# for an expected payment date, no word about its own reminders. The only notes of a document are
# printed on it for the customer, so there is no note for the bookkeeper either.
CAPABILITIES = frozenset(
    {
        Capability.INCREMENTAL_PULL,
        Capability.DELETIONS,
        Capability.COUNT_SWEEP,
        Capability.OPEN_SWEEP,
        Capability.LIVE_FETCH,
        Capability.CONTROL_NOW,
        Capability.CONTROL_DATED,
        Capability.MULTICURRENCY,
        Capability.CREATE_PAYMENT,
        Capability.ALLOCATE,
        Capability.REVERSE,
        Capability.CREATE_INVOICE,
        Capability.INVOICE_PDF,
    }
)

# Allocations want Full Access in Sales, Purchases and Contacts; a consent without it cannot make
# any either. What is allocated is then read off the documents.
REDUCED = CAPABILITIES - {Capability.ALLOCATE}
