"""What the role of a user and the edition of a business let them do."""

from __future__ import annotations

from collections.abc import Mapping

from recoup.plugins.sage.standin.fault import Fault, denied, wrong_edition

FULL, RESTRICTED, READ, NONE = "Full Access", "Restricted Access", "Read Only", "No Access"
LEVELS = (NONE, READ, RESTRICTED, FULL)
AREAS = ("Sales", "Purchases", "Contacts", "Bank", "Journals", "Settings", "Products & Services")

# resource → (areas, whether every one of them is needed)
_ANY = ("Contacts", "Sales", "Purchases")
NEEDS: dict[str, tuple[tuple[str, ...], bool]] = {
    "contacts": (_ANY, False),
    "contact_persons": (_ANY, False),
    "addresses": (_ANY, False),
    "sales_invoices": (("Sales",), True),
    "sales_credit_notes": (("Sales",), True),
    "sales_quick_entries": (("Sales",), True),
    "contact_opening_balances": (("Settings", "Sales", "Purchases"), True),
    "contact_payments": (("Bank",), True),
    "contact_allocations": (("Sales", "Purchases", "Contacts"), True),
    "unallocated_artefacts": (("Sales", "Purchases", "Bank"), False),
    "bank_accounts": (("Bank",), True),
    "bank_deposits": (("Bank",), True),
    "bank_transfers": (("Bank",), True),
    "other_payments": (("Bank",), True),
    "journals": (("Journals",), True),
    "transactions": (("Journals",), True),
    "ledger_entries": (("Journals",), True),
    "ledger_accounts": (AREAS, False),
    "attachments": (("Sales", "Purchases"), False),
    "financial_settings": (("Settings",), True),
    "invoice_settings": (("Settings",), True),
    "business_settings": (("Settings",), True),
}
NOT_ON_START = ("contact_allocations", "sales_quick_entries", "contact_opening_balances")


def check_role(roles: Mapping[str, str], resource: str, method: str) -> None:
    """Raise Fault 403 when the levels of a user per area do not reach; a missing area is full."""
    areas, every = NEEDS.get(resource, ((), True))
    if not areas:
        return
    wanted = {"GET": READ, "POST": RESTRICTED, "PUT": RESTRICTED}.get(method, FULL)
    if resource == "contact_allocations" or (
        method != "GET" and resource in ("contact_opening_balances", "journals")
    ):
        wanted = FULL
    if method != "GET" and resource in ("contacts", "contact_persons", "addresses"):
        areas = ("Contacts",)
    reach = [LEVELS.index(roles.get(area, FULL)) >= LEVELS.index(wanted) for area in areas]
    if not (all(reach) if every else any(reach)):
        raise denied()


def check_edition(edition: str, resource: str, method: str) -> None:
    """Raise Fault 403 when the edition lacks the feature."""
    if edition == "START" and method == "POST" and resource in NOT_ON_START:
        raise wrong_edition()
    if edition == "ACCOUNTS" and method != "GET" and resource == "sales_credit_notes":
        raise wrong_edition()


def check_scope(scope: str, method: str) -> None:
    """Raise Fault 403 when a read-only consent writes."""
    if scope == "readonly" and method != "GET":
        raise Fault(403, "InsufficientScope", "The token does not have the required scope.")
