"""One business's books: documents in, documents out, and the ledger true in between."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin import ledger, proof, settings
from recoup.plugins.sage.standin.amounts import ZERO, day, read, text
from recoup.plugins.sage.standin.documents import Money
from recoup.plugins.sage.standin.fault import Fault
from recoup.plugins.sage.standin.settling import Day
from recoup.plugins.sage.standin.shelf import SINGLETONS
from recoup.plugins.sage.standin.taking_up import TakingUp
from recoup.plugins.sage.standin.vocabulary import ref, word

__all__ = ["Books", "Clock", "Fault"]


class Books(TakingUp):
    """The books of one business, as the API and the people in its web pages change them.

    Thread-safe; every change is one transaction. Documents are dicts of the wire: amounts and
    dates are strings. Methods that write raise Fault and then have changed nothing; they happen
    at the instant of the clock, so a past is written by freezing it there.
    """

    def __init__(
        self,
        business_id: str = "a239f6a0e89300973577b75bd290297e",
        *,
        name: str = "Sage Sandbox Ltd",
        base_currency: str = "GBP",
        country: str = "GB",
        clock: Clock | None = None,
        rates: Mapping[str, Decimal] | None = None,
        quirks: str = "2025",
        moves_on_allocation: bool = False,
        vat: bool = True,
    ) -> None:
        """business_id: 32 hex digits. country: GB, IE or CA. rates: home units per unit.

        quirks: 2022 or 2025, the year of the contract. moves_on_allocation: whether settling a
        document moves its ``updated_at``. vat: registered; else entries leave net and tax null.
        """
        if quirks not in ("2022", "2025"):
            raise ValueError(f"quirks is 2022 or 2025, not {quirks!r}")
        self.legs_of, self.legs_from = {}, {}
        self.owner, self.kind_of, self.balances, self.unsaid = {}, {}, {}, {}
        self.contact_refs, self.references, self.balance_offsets = {}, {}, {}
        self.persons, self._owed_by, self._loaded = {}, {}, []
        self.name, self.country, self.vat = name, country, vat
        self.moves_on_allocation = moves_on_allocation
        self.roles: dict[str, str] = {}  # area → level of the user; what is missing is full access
        self.edition = "ACCOUNTING"  # or START, ACCOUNTS
        self.subscription_active = True
        super().__init__(
            business_id,
            clock or Clock(),
            base_currency=base_currency,
            quirks=quirks,
            rates=rates,
        )
        at = self.now()
        self.put("financial_settings", settings.financial(base_currency, country, vat, at))
        self.put("invoice_settings", settings.invoicing(at))
        self.put("business_settings", settings.business(at, self._defaults()))
        self.add_bank("Current", 1200, self.accounts[ledger.BANK])

    def _defaults(self) -> dict[str, Doc]:
        """Where is posted what names no account, as a business is opened."""
        roles = {
            "sales": ledger.SALES, "product_sales": ledger.SALES, "service_sales": ledger.SALES,
            "sales_discount": ledger.DISCOUNT, "customer_receipt_discount": ledger.DISCOUNT,
            "exchange_rate_gains": ledger.EXCHANGE, "exchange_rate_losses": ledger.EXCHANGE,
        }  # fmt: skip
        return {use: self.account_ref(self.accounts[role]) for use, role in roles.items()}

    # -- raw documents ------------------------------------------------------------------------

    def load(self, kind: str, payload: Doc) -> None:
        """Store one raw API object exactly as it is, ``deleted_at`` making it a tombstone.

        The ledger and the legs follow from it before the next change or balance; the object
        itself does not change, and nothing is checked.
        """
        with self.lock:
            if kind in SINGLETONS:
                home = (payload.get("base_currency") or {}).get("id")
                self.base_currency = str(home or self.base_currency)
            elif kind == "bank_accounts" and self._own_bank:
                self._drop_own_bank()
            self.put_raw(kind, payload)
            self.note_loaded(kind, payload)

    def add_bank(self, name: str, nominal: int, account: str | None = None) -> Doc:
        """Open a bank account with a ledger account behind it."""
        with self.lock:
            account = account or self.add_account(name, nominal, "BANK", None)
            id, at = self.new_id("bank_accounts"), self.now()
            details = dict.fromkeys(("account_number", "sort_code", "bic", "iban"))
            self.put(
                "bank_accounts",
                {
                    "id": id, "displayed_as": f"{name} ({nominal})",
                    "$path": f"/bank_accounts/{id}", "created_at": at, "updated_at": at,
                    "bank_account_details": {"account_name": name, **details},
                    "ledger_account": self.account_ref(account), "nominal_code": nominal,
                    "bank_account_type": word("bank_account_types", "CHECKING"),
                    "default_payment_method": word("payment_methods", "ELECTRONIC"),
                    "currency": word("currencies", self.base_currency),
                },
            )  # fmt: skip
            self._own_bank = self._own_bank or id
        return self.get("bank_accounts", id)

    _own_bank = ""

    def _drop_own_bank(self) -> None:
        """A business that is loaded with bank accounts has only those."""
        used = any(
            (doc.get("bank_account") or {}).get("id") == self._own_bank
            for doc in self.table("contact_payments").values()
        )
        if not used:
            self._rows["bank_accounts"].pop(self._own_bank, None)
            self.changed("bank_accounts", self._own_bank)
            self._own_bank = ""

    # -- the rest of what people do -----------------------------------------------------------

    def journal(
        self, amount: Money, *, on: Day = None, reference: str = "JNL", description: str = ""
    ) -> Doc:
        """Debit the trade debtors control account by hand; a negative amount credits it.

        No contact and no document knows of it: the control account leaves the sub-ledger.
        """
        total = read(amount)
        with self.writing():
            id, at = self.new_id("journals"), self.now()
            debtors, other = self.accounts[ledger.DEBTORS], self.accounts[ledger.SUSPENSE]
            lines = [(debtors, total), (other, -total)]
            doc: Doc = {
                "id": id, "displayed_as": reference, "$path": f"/journals/{id}",
                "created_at": at, "updated_at": at, "date": self.date_of(on),
                "transaction_type": word("transaction_types", "JOURNAL"),
                "reference": reference, "description": description, "total": text(abs(total)),
                "journal_lines": [self.journal_line(*line, description) for line in lines],
            }  # fmt: skip
            number = self.post(
                "journals", id, type="JOURNAL", on=str(doc["date"]), contact="",
                reference=reference, lines=lines, total=abs(total), foreign=abs(total),
            )  # fmt: skip
            self.put("journals", {**doc, "transaction": ref("transactions", number, reference)})
        return self.get("journals", id)

    def journal_line(self, account: str, amount: Decimal, details: str) -> Doc:
        """One line of a journal, debit positive."""
        return {
            "id": self.new_id("lines"), "ledger_account": self.account_ref(account),
            "details": details, "debit": text(max(amount, ZERO)),
            "credit": text(max(-amount, ZERO)), "analysis_type_categories": [],
            "include_on_tax_return": False, "tax_reconciled": False, "cleared": False,
            "bank_reconciled": False, "journal_line_foreign_currency": None,
        }  # fmt: skip

    @property
    def journals_on_debtors(self) -> Decimal:
        """What journals put on the control account past every document."""
        account = self.accounts[ledger.DEBTORS]
        return sum(
            (
                entry.amount
                for posted, entry in self.entries()
                if posted.kind == "journals" and entry.account == account
            ),
            ZERO,
        )

    def delete_journal(self, id: str) -> None:
        """Delete a journal."""
        with self.writing():
            self.refuse_locked(self.need("journals", id).get("date"))
            self.unpost("journals", id)
            self.bury("journals", id)

    def lockdown(self, until: Day) -> None:
        """Lock every date up to and including *until*; None unlocks."""
        written = day(until, "") or None
        self.edit_settings("financial_settings", year_end_lockdown_date=written)

    def edit_settings(self, kind: str, **changes: Any) -> Doc:
        """Change attributes of a settings object."""
        with self.writing():
            doc = {**self.need(kind, ""), **changes, "updated_at": self.now()}
            self.put(kind, doc)
        return self.get(kind, "")

    def touch(self, kind: str, id: str) -> None:
        """Move the ``updated_at`` of a document and nothing else, as saving it unchanged does."""
        with self.writing():
            self.put(kind, {**self.need(kind, id), "updated_at": self.now()})

    # -- figures ------------------------------------------------------------------------------

    def bank_balance(self, bank: Doc) -> str:
        """The balance of a bank account: what was posted, and what it was loaded with besides."""
        account = str((bank.get("ledger_account") or {}).get("id"))
        with self.lock:
            self.absorb()
            debits, credits = self.turnover(None, None).get(account, (ZERO, ZERO))
            offset = self.balance_offsets.get(str(bank["id"]), ZERO)
        return text(debits - credits + offset)

    def forget(self) -> None:
        """Empty the books: documents, tombstones, legs and the ledger."""
        super().forget()
        for store in (
            self.legs_of, self.legs_from, self.owner, self.kind_of, self.balances, self.unsaid,
            self.contact_refs, self.references, self.balance_offsets, self.persons,
            self._owed_by, self._loaded, self.posted, self._of_source,
        ):  # fmt: skip
            store.clear()
        self.entry_stamp += 1

    def debtors(self, until: Day = None) -> Decimal:
        """The trade debtors control account, at the end of a day where one is given."""
        return self.balance(ledger.DEBTORS, day(until, "") or None)

    def open_kinds(self) -> list[tuple[str, str]]:
        """(kind, id) of every document that can be open."""
        return proof.artefacts(self)

    def check(self) -> list[str]:
        """Return every violation of the tie-out identities, in words."""
        with self.lock:
            self.absorb()
            return proof.violations(self)
