"""The whole conformance suite as one class to subclass."""

from __future__ import annotations

from recoup.connector.testing.booking import BookingScenarios
from recoup.connector.testing.promises import PromiseScenarios
from recoup.connector.testing.pulling import PullScenarios
from recoup.connector.testing.telling import StoryScenarios
from recoup.connector.testing.writing import WriteScenarios

__all__ = ["LedgerConformance"]


class LedgerConformance(
    PullScenarios, PromiseScenarios, WriteScenarios, BookingScenarios, StoryScenarios
):
    """Subclass it as ``TestMyLedger``, set ``case_type`` and ``teller_type``.

    Every scenario becomes a test.
    """
