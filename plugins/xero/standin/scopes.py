"""Which scopes a request needs: the granular ones of 2026, or the broad ones that end in 2027."""

from __future__ import annotations

from recoup.plugins.xero.standin.options import Options

_BROAD = "accounting.transactions"
_NEEDS = {
    "Invoices": ("accounting.invoices", _BROAD),
    "CreditNotes": ("accounting.invoices", _BROAD),
    "Quotes": ("accounting.invoices", _BROAD),
    "RepeatingInvoices": ("accounting.invoices", _BROAD),
    "Items": ("accounting.invoices", _BROAD),
    "Payments": ("accounting.payments", _BROAD),
    "BatchPayments": ("accounting.payments", _BROAD),
    "BankTransactions": ("accounting.banktransactions", _BROAD),
    "BankTransfers": ("accounting.banktransactions", _BROAD),
    "Contacts": ("accounting.contacts",),
    "ContactGroups": ("accounting.contacts",),
}
_REPORTS = {
    "AgedReceivablesByContact": "accounting.reports.aged.read",
    "BalanceSheet": "accounting.reports.balancesheet.read",
    "TrialBalance": "accounting.reports.trialbalance.read",
}


def allowed(scopes: str, method: str, path: list[str], options: Options) -> bool:
    """Whether the scopes of a token open a path under /api.xro/2.0."""
    held = set(scopes.split())
    if path[0] == "Reports":
        wanted = _REPORTS.get(path[1]) if len(path) > 1 else None
        if wanted is None:  # no report of ours: whoever may read one is told so
            return any(scope.startswith("accounting.reports") for scope in held)
        return bool(held & {"accounting.reports.read", wanted})
    needs = _NEEDS.get(path[0], ("accounting.settings",))
    if path[0] in ("Overpayments", "Prepayments"):
        needs = (*options.credit_scopes, _BROAD)
    if len(path) > 2 and path[2] == "Attachments":
        needs = ("accounting.attachments",)
    if method == "GET":
        needs = (*needs, *(f"{scope}.read" for scope in needs))
    return bool(held & set(needs))
