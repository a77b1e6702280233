"""The faults that Sage Accounting can be made to suffer.

Before the commit: 429, 429_retry (``seconds``), 500, 502, 503, 504, 525, drop_before, hang
(``seconds``), expire_token, no_subscription, denied, lead_switch (``business``: the new lead),
wrong_business (``business``: the id echoed; its data too, where the server has it).
After it: 500_after, drop_after, truncate (``bytes``), cut_json (``bytes``).
On lists: blank_row, null_row, extra_row (a row twice), overfull (``rows`` that follow on this
page), next_null, stuck_page (the page before again).
"""

from __future__ import annotations

THROTTLED = ("429", "429_retry")
BEFORE = (*THROTTLED, "500", "502", "503", "504", "525", "drop_before", "hang", "expire_token",
          "no_subscription", "denied", "lead_switch", "wrong_business")  # fmt: skip
AFTER = ("500_after", "drop_after", "truncate", "cut_json")
LISTS = ("blank_row", "null_row", "extra_row", "overfull", "next_null", "stuck_page")
ALL = BEFORE + AFTER + LISTS
