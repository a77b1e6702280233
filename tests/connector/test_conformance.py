"""The suite on the example adapter: what the guide shows passes as it stands."""

from __future__ import annotations

from recoup.connector.testing import LedgerConformance
from recoup.connector.testing.memory_case import MemoryCase
from recoup.connector.testing.memory_teller import MemoryTeller


class TestMemoryLedger(LedgerConformance):
    case_type = MemoryCase
    teller_type = MemoryTeller
