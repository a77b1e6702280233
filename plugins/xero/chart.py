"""Which account money goes to when the request names none: the only one it can be, or nobody's."""

from __future__ import annotations

from collections.abc import Sequence

from recoup.connector.errors import Skippable
from recoup.plugins.xero.structs import AccountObject

__all__ = ["bank_account", "sales_account"]

_SALES = ("SALES", "REVENUE")


def bank_account(
    chart: Sequence[AccountObject], named: str | None, currency: str, home: str
) -> str:
    """Return the AccountID of the account that took the money.

    named: its code or id. Without a name it is the only active bank account in *currency*; Xero
    leaves the currency out where it is the home currency. Raises Skippable when there is no such
    account, or more than one: money is never put on a guessed account.
    """
    living = [a for a in chart if (a.status or "ACTIVE") == "ACTIVE"]
    if named:
        for account in living:
            if named in (account.code, account.account_id):
                return account.account_id
        raise Skippable(f"Xero has no active account {named!r}")
    banks = [a for a in living if a.type == "BANK" and (a.currency_code or home) == currency]
    if len(banks) == 1:
        return banks[0].account_id
    if not banks:
        raise Skippable(
            f"Xero has no active bank account in {currency}: name the account that took the "
            "money in the request (account)"
        )
    names = ", ".join(sorted(a.code or a.account_id for a in banks))
    raise Skippable(
        f"Xero has several bank accounts in {currency} ({names}): name the one that took the "
        "money in the request (account)"
    )


def sales_account(chart: Sequence[AccountObject]) -> str:
    """Return the code of the sales account with the lowest code: Xero's charts begin with it."""
    codes = [
        account.code
        for account in chart
        if account.code and account.type in _SALES and (account.status or "ACTIVE") == "ACTIVE"
    ]
    if not codes:
        raise Skippable("Xero has no active sales account: name one in the line (item_id)")
    return min(codes)
