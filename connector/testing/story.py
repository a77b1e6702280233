"""The story: forty events that every ledger must tell alike, and what they must come to.

It is enacted in a platform's stand-in, by its bookkeeper and never through the adapter, then
pulled. What recoup makes of it is compared, line by line, with a reckoning of the events that
knows no ledger at all.
"""

from __future__ import annotations

from datetime import date

from recoup.connector.testing.acts import (
    Act,
    Applies,
    Bills,
    Credits,
    Deletes,
    Edits,
    Event,
    Merges,
    Opens,
    Receives,
    Refunds,
    Renames,
    Voids,
)

__all__ = ["AGED_ON", "FOREIGN", "HOME", "STORY"]

HOME = "GBP"
FOREIGN = "EUR"
AGED_ON = (date(2026, 1, 31), date(2026, 2, 15), date(2026, 3, 10))  # days worth looking at


def _on(month: int, day: int, act: Act) -> Event:
    return Event(date(2026, month, day), act)


STORY: tuple[Event, ...] = (
    _on(1, 5, Opens("Alder")),
    _on(1, 5, Opens("Birch")),
    _on(1, 5, Opens("Birch North", parent="Birch")),
    _on(1, 5, Opens("Cedar", currency=FOREIGN)),
    _on(1, 5, Opens("Dogwood")),
    _on(1, 5, Opens("Elm")),
    _on(1, 6, Bills("A1", "Alder", "1200.00", date(2026, 2, 5))),
    _on(1, 7, Bills("B1", "Birch", "300.00", date(2026, 2, 6))),
    _on(1, 8, Bills("N1", "Birch North", "450.50", date(2026, 2, 7))),
    _on(1, 9, Bills("C1", "Cedar", "1000.00", date(2026, 2, 8), rate="0.8")),
    _on(1, 12, Bills("D1", "Dogwood", "80.10", date(2026, 1, 26))),
    _on(1, 13, Bills("E1", "Elm", "99.99", date(2026, 1, 13))),
    _on(1, 14, Bills("A2", "Alder", "500.00", date(2026, 2, 13))),
    _on(1, 15, Bills("A3", "Alder", "640.00", date(2026, 2, 14))),
    _on(1, 16, Bills("A4", "Alder", "77.70", date(2026, 2, 15))),
    _on(1, 20, Receives("R1", "Alder", "400.00", {"A1": "400.00"})),  # a part
    _on(1, 22, Receives("R2", "Birch", "300.00", {"B1": "300.00"})),  # the whole
    _on(1, 26, Credits("K1", "Alder", "150.00")),
    _on(1, 27, Applies("K1", "A2", "150.00")),
    _on(1, 28, Credits("K2", "Birch North", "50.50")),  # stays unapplied
    _on(2, 2, Receives("R3", "Elm", "150.00", {"E1": "99.99"})),  # too much
    _on(2, 3, Voids("A3")),
    _on(2, 4, Deletes("A4")),
    _on(2, 5, Receives("R4", "Alder", "784.00", {"A1": "784.00"}, discount={"A1": "16.00"})),
    _on(2, 9, Receives("R5", "Cedar", "600.00", {"C1": "600.00"}, rate="0.78125")),
    _on(2, 10, Bills("A5", "Alder", "60.00", date(2026, 3, 12))),
    _on(2, 11, Receives("R6", "Alder", "410.00", {"A2": "350.00", "A5": "60.00"})),
    _on(2, 12, Bills("E2", "Elm", "30.00", date(2026, 2, 26))),
    _on(2, 13, Applies("R3", "E2", "30.00")),  # from what was too much
    _on(2, 16, Refunds("F1", "K2", "10.50")),
    _on(2, 17, Receives("R7", "Birch North", "450.50", {"N1": "450.50"})),
    _on(2, 18, Deletes("R7")),  # booked in error: N1 is open again
    _on(2, 19, Receives("R8", "Birch North", "200.00", {"N1": "200.00"})),
    _on(2, 23, Bills("C2", "Cedar", "250.00", date(2026, 3, 25), rate="0.78125")),
    _on(2, 24, Credits("K3", "Cedar", "50.00", rate="0.78125")),
    _on(2, 25, Applies("K3", "C1", "50.00")),
    _on(3, 2, Receives("R9", "Birch", "75.00")),  # on account
    _on(3, 3, Renames("Elm", "Elm & Sons")),
    _on(3, 4, Merges(gone="Dogwood", kept="Alder")),
    _on(3, 5, Edits("C2", "260.00")),
)
