"""The nominal ledger behind the documents: accounts, transactions, entries, dated balances."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc, cents
from recoup.plugins.sage.standin.amounts import ZERO, text
from recoup.plugins.sage.standin.shelf import Shelf
from recoup.plugins.sage.standin.vocabulary import ref, word

DEBTORS = "TRADE_DEBTORS"
BANK = "BANK"
SALES = "SALES"
TAX = "TAX_ON_SALES"
DISCOUNT = "SALES_DISCOUNT"
EXCHANGE = "EXCHANGE_RATE_GAINS"
OPENING = "OPENING_BALANCES"
WITHHELD = "CIS_WITHHELD"
SUSPENSE = "SUSPENSE"

CHART: tuple[tuple[str, int, str, str, bool], ...] = (
    # role, nominal code, name, type, control account
    (DEBTORS, 1100, "Trade Debtors", "CURRENT_ASSETS", True),
    (BANK, 1200, "Current", "BANK", False),
    (WITHHELD, 1220, "CIS Tax Withheld", "CURRENT_ASSETS", True),
    (TAX, 2200, "Tax on Sales", "CURRENT_LIABILITIES", True),
    (SALES, 4000, "Sales - Products", "SALES", False),
    (DISCOUNT, 4010, "Sales Discounts", "SALES", False),
    (EXCHANGE, 6900, "Exchange Rate Gains", "OTHER_INCOME", False),
    (OPENING, 9998, "Opening Balances Control", "CURRENT_LIABILITIES", True),
    (SUSPENSE, 9999, "Suspense", "CURRENT_LIABILITIES", False),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the nominal ledger; debit positive, in the currency of the business."""

    id: str
    account: str
    amount: Decimal
    on: str
    contact: str
    description: str
    at: str
    deleted: bool = False


@dataclass(slots=True)
class Posted:
    """One transaction: what a document did to the ledger, corrections and all."""

    id: str
    kind: str
    source: str
    type: str
    at: str
    on: str
    contact: str
    reference: str
    total: Decimal
    foreign: Decimal
    updated_at: str
    audit: int
    deleted: bool = False
    entries: list[Entry] = field(default_factory=list)


class Ledger(Shelf):
    """A shelf whose documents are posted. Amounts of entries are in the base currency."""

    def __init__(
        self,
        business_id: str,
        clock: Clock,
        *,
        base_currency: str,
        quirks: str,
        rates: Mapping[str, Decimal] | None,
    ) -> None:
        super().__init__(business_id, clock, quirks)
        self.base_currency = base_currency
        self.rates = dict(rates or {})  # home units per unit
        self.accounts: dict[str, str] = {}  # role → ledger account id
        self.posted: dict[str, Posted] = {}  # transaction id → what it did
        self._of_source: dict[tuple[str, str], str] = {}
        self.entry_stamp = 0  # moves with every change of an entry
        self._turnovers: dict[tuple[object, ...], dict[str, tuple[Decimal, Decimal]]] = {}
        self._open_chart()

    def _open_chart(self) -> None:
        for role, code, name, type, control in CHART:
            self.accounts[role] = self.add_account(name, code, type, role if control else None)

    def add_account(self, name: str, code: int | None, type: str, control: str | None) -> str:
        """Open a ledger account and return its id."""
        id, at = self.new_id("ledger_accounts"), self.now()
        shown = f"{name} ({code})" if code is not None else name
        self.put(
            "ledger_accounts",
            {
                "id": id, "displayed_as": shown, "$path": f"/ledger_accounts/{id}",
                "created_at": at, "updated_at": at, "name": name, "display_name": name,
                "nominal_code": code, "ledger_account_type": word("ledger_account_types", type),
                "is_control_account": control is not None, "control_name": control,
                "display_formatted": shown, "visible_in_sales": type == "SALES",
                "visible_in_banking": type == "BANK", "visible_in_journals": control is None,
            },
        )  # fmt: skip
        return id

    def account_ref(self, id: str) -> Doc:
        """A reference to a ledger account."""
        doc = self.find("ledger_accounts", id)
        return ref("ledger_accounts", id, str(doc["displayed_as"]) if doc else id)

    def rate(self, currency: str) -> Decimal:
        """Home units per unit of a currency; 1 where nobody gave a rate."""
        return (
            Decimal(1) if currency == self.base_currency else self.rates.get(currency, Decimal(1))
        )

    @staticmethod
    def home(amount: Decimal, rate: Decimal) -> Decimal:
        """An amount in the currency of the business, to the cent."""
        return amount if rate == 1 else cents(amount * rate)

    # -- posting ------------------------------------------------------------------------------

    def transaction_of(self, kind: str, id: str) -> Posted | None:
        """What a document posted; None when it did not."""
        return self.posted.get(self._of_source.get((kind, id), ""))

    def post(
        self, kind: str, id: str, *, type: str, on: str, contact: str, reference: str,
        lines: Sequence[tuple[str, Decimal]], total: Decimal, foreign: Decimal,
        transaction_id: str | None = None,
    ) -> str:  # fmt: skip
        """Let a document say what it does to the ledger, in place of what it said before.

        lines: (ledger account id, debit positive). Returns the id of the transaction.
        """
        at = self.now()
        posted = self.transaction_of(kind, id)
        if posted is None:
            number = transaction_id or self.new_id("transactions")
            audit = self.next_number("audit")
            posted = Posted(
                number, kind, id, type, at, on, contact, reference, total, foreign, at, audit
            )
            self.posted[number] = posted
            self._of_source[kind, id] = number
            self.on_undo(lambda: self._unpost(number))
        else:
            self._keep(posted)
            self._cancel(posted, at)
            posted.on, posted.contact, posted.reference = on, contact, reference
            posted.total, posted.foreign, posted.updated_at = total, foreign, at
        for account, amount in lines:
            if amount:
                entry = self.new_id("ledger_entries")
                posted.entries.append(Entry(entry, account, amount, on, contact, reference, at))
        self.entry_stamp += 1
        return posted.id

    def unpost(self, kind: str, id: str) -> None:
        """Take back what a document did: its entries stay, marked deleted, with their reversal."""
        posted = self.transaction_of(kind, id)
        if posted is not None and not posted.deleted:
            self._keep(posted)
            self._cancel(posted, self.now())
            posted.deleted, posted.updated_at = True, self.now()
            self.entry_stamp += 1

    def _unpost(self, number: str) -> None:
        posted = self.posted.pop(number)
        self._of_source.pop((posted.kind, posted.source), None)
        self.entry_stamp += 1

    def _keep(self, posted: Posted) -> None:
        before = replace(posted, entries=list(posted.entries))

        def back() -> None:
            self.posted[before.id] = before
            self.entry_stamp += 1

        self.on_undo(back)

    def _cancel(self, posted: Posted, at: str) -> None:
        kept: list[Entry] = []
        for entry in posted.entries:
            if entry.deleted:
                kept.append(entry)
                continue
            kept.append(replace(entry, deleted=True, at=at))
            id = self.new_id("ledger_entries")
            kept.append(replace(entry, id=id, amount=-entry.amount, deleted=True, at=at))
        posted.entries = kept

    # -- balances -----------------------------------------------------------------------------

    def entries(self) -> Iterator[tuple[Posted, Entry]]:
        """Every entry with its transaction, in the order of posting."""
        for posted in self.posted.values():
            for entry in posted.entries:
                yield posted, entry

    def turnover(
        self, since: str | None, until: str | None, *, live_only: bool = False
    ) -> dict[str, tuple[Decimal, Decimal]]:
        """(debits, credits) per ledger account between two dates, both included."""
        asked = (since, until, live_only, self.entry_stamp)
        kept = self._turnovers.get(asked)
        if kept is not None:
            return kept
        sums: dict[str, tuple[Decimal, Decimal]] = {}
        for _, entry in self.entries():
            if (since and entry.on < since) or (until and entry.on > until):
                continue
            if live_only and entry.deleted:
                continue
            debits, credits = sums.get(entry.account, (ZERO, ZERO))
            if entry.amount > 0:
                sums[entry.account] = (debits + entry.amount, credits)
            else:
                sums[entry.account] = (debits, credits - entry.amount)
        if len(self._turnovers) > 16:
            self._turnovers.clear()
        self._turnovers[asked] = sums
        return sums

    def balance(self, role: str, until: str | None = None) -> Decimal:
        """The balance of an account by its role, debit positive, at the end of a day."""
        with self.lock:
            self.absorb()
            debits, credits = self.turnover(None, until).get(self.accounts[role], (ZERO, ZERO))
        return debits - credits

    def balance_details(self, id: str, sums: Mapping[str, tuple[Decimal, Decimal]]) -> Doc:
        """The balance_details of an account from a turnover; the dates are the caller's."""
        debits, credits = sums.get(id, (ZERO, ZERO))
        return {
            "balance": text(abs(debits - credits)),
            "credit_or_debit": "credit" if credits > debits else "debit",
            "credits": text(credits),
            "debits": text(debits),
        }
