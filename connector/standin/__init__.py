"""What the stand-ins of all platforms share: a clock, a listener, faults on demand, a history.

Nothing of a platform lives here, and nothing of recoup's own: a stand-in judges an adapter and
must not lean on the code that it judges.
"""

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.listener import Answer, Dropped, Listener, Request
from recoup.connector.standin.seed_errors import SeedError
from recoup.connector.standin.switchboard import Planned, Switchboard

__all__ = [
    "Answer",
    "Clock",
    "Dropped",
    "Listener",
    "Planned",
    "Request",
    "SeedError",
    "Switchboard",
]
