"""The faults that Xero can be made to suffer.

Their settings: ``seconds`` for slow, hang, clock_skew, 503_retry_after and the 429s; ``bytes`` for
truncate and cut_json, how many arrive (cut_json is whole to HTTP, only the JSON is not); ``rows``
for extra_rows; ``field`` and ``value`` for unknown_enum and null_string. token_lost rotates the
tokens and cuts the connection; it meets only the token endpoint. error_after commits, then says
500. phantom answers a write as if all were well, with an empty id, and creates nothing.
What happens between two pages is planned with ``Switchboard.between_pages``.
"""

from __future__ import annotations

THROTTLED = ("429_minute", "429_day", "429_concurrent", "429_app")
BEFORE = (*THROTTLED, "500", "501", "503", "503_retry_after", "412", "drop_before", "hang", "slow",
          "expire_token", "insufficient_scope", "disconnect", "offline", "invalid_grant",
          )  # fmt: skip
ROWS = ("phantom", "unknown_enum", "extra_rows", "blank_row", "null_string", "duplicate_rows")
AFTER = ("drop_after", "error_after", "truncate", "cut_json", "clock_skew", "token_lost", *ROWS)
ONLY = {"token_lost": "/connect/token", "invalid_grant": "/connect/token"}
