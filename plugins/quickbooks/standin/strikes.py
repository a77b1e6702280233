"""The faults that QuickBooks can be made to suffer.

Their settings: ``seconds`` for hang; ``bytes`` for truncate and cut_json, how many arrive
(cut_json is whole to HTTP, only the JSON is not); ``ids`` for false_deleted, none takes the first
row; ``retry_after`` for the throttles. false_deleted and poison_4002 meet only CDC calls.
"""

from __future__ import annotations

THROTTLED = ("429_xml", "429_json_lower", "429_json_upper", "429_html", "403_throttle")
BEFORE = (*THROTTLED, "500", "502", "503", "504", "drop_before", "hang", "expire_token",
          "monthly_block", "poison_4002", "auth_120", "fault_in_200")  # fmt: skip
AFTER = ("drop_after", "truncate", "cut_json", "false_deleted")
ONLY = {"false_deleted": "cdc?", "poison_4002": "cdc?"}
