"""Receipts, refunds and payments on account, as a person enters them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin import ledger
from recoup.plugins.sage.standin.amounts import ZERO, read, text
from recoup.plugins.sage.standin.documents import Money
from recoup.plugins.sage.standin.entries import Entries
from recoup.plugins.sage.standin.fault import invalid
from recoup.plugins.sage.standin.settling import (
    ON_ACCOUNT,
    Day,
    Leg,
    magnitudes,
    rate_in,
    sign_of,
)
from recoup.plugins.sage.standin.vocabulary import ref, ref_to, word

RECEIPT, REFUND = "CUSTOMER_RECEIPT", "CUSTOMER_REFUND"
PAYMENTS = "contact_payments"
Amounts = Mapping[str, Money]


class Receipts(Entries):
    """What people do with money. Methods that write return a copy; they raise Fault."""

    def receive(
        self,
        contact: str,
        amount: Money,
        allocations: Amounts | None = None,
        *,
        discounts: Amounts | None = None,
        on: Day = None,
        rate: Decimal | None = None,
        reference: str = "",
        method: str = "ELECTRONIC",
        bank: str | None = None,
        **more: Any,
    ) -> Doc:
        """Enter a receipt: artefact id → amount; what is left over becomes a payment on account.

        An amount set against a credit is negative. discounts: artefact id → what is let off
        besides the money.
        """
        return self._pay(
            RECEIPT,
            contact,
            amount,
            allocations,
            discounts,
            on,
            rate,
            reference,
            method,
            bank,
            more,
        )

    def pay_on_account(self, contact: str, amount: Money, **more: Any) -> Doc:
        """Enter a receipt that settles nothing yet."""
        return self.receive(contact, amount, {}, **more)

    def refund(
        self,
        contact: str,
        amount: Money,
        allocations: Amounts | None = None,
        *,
        on: Day = None,
        rate: Decimal | None = None,
        reference: str = "",
        method: str = "ELECTRONIC",
        bank: str | None = None,
        **more: Any,
    ) -> Doc:
        """Pay money back: id of a credit note or payment on account → amount."""
        return self._pay(
            REFUND, contact, amount, allocations, None, on, rate, reference, method, bank, more
        )

    def _pay(
        self, type: str, contact: str, amount: Money, allocations: Amounts | None,
        discounts: Amounts | None, on: Day, rate: Decimal | None, reference: str, method: str,
        bank: str | None, more: Doc,
    ) -> Doc:  # fmt: skip
        with self.writing():
            party = self.customer(contact)
            total, price = read(amount), self.rate_of(party, rate)
            if total < 0 or (total == 0 and not allocations):
                raise invalid("total_amount", "Total amount must be greater than 0.")
            account = self.bank(bank)
            id, at = self.new_id(PAYMENTS), self.now()
            shown = reference or str(word("transaction_types", type)["displayed_as"])
            doc: Doc = {
                "id": id, "displayed_as": shown, "$path": f"/{PAYMENTS}/{id}", "created_at": at,
                "updated_at": at, "transaction_type": word("transaction_types", type),
                "payment_method": word("payment_methods", method),
                "contact": self.party(party)["contact"], "bank_account": ref_to(account),
                "date": self.date_of(on), "total_amount": text(total),
                "currency": word("currencies", self.currency_of(party)),
                "exchange_rate": text(price),
                "base_currency_total_amount": text(self.home(total, price)),
                "reference": reference, **more,
            }  # fmt: skip
            self.put(PAYMENTS, doc)
            self._spread(doc, magnitudes(allocations), magnitudes(discounts))
        return self.get(PAYMENTS, id)

    def bank(self, id: str | None) -> Doc:
        """A bank account, the first one when none is named; raises Fault 422."""
        if id is None:
            return next(iter(self.table("bank_accounts").values()))
        found = self.find("bank_accounts", str(id))
        if found is None:
            raise invalid("bank_account_id", "The bank account could not be found.")
        return found

    def _spread(
        self, doc: Doc, allocations: Mapping[str, Decimal], discounts: Mapping[str, Decimal]
    ) -> None:
        """Set a payment against artefacts, put the rest on account, and post it."""
        id, contact = str(doc["id"]), str(doc["contact"]["id"])
        receipt = doc["transaction_type"]["id"] == RECEIPT
        parts: list[Doc] = []
        legs: list[tuple[int, Leg]] = []
        money = ZERO
        for artefact in {**allocations, **discounts}:
            amount, discount = allocations.get(artefact, ZERO), discounts.get(artefact, ZERO)
            if self.owner.get(artefact) == id:
                raise invalid("allocated_artefacts", "A payment cannot settle itself.")
            sign = sign_of(*self.artefact(artefact)) * (1 if receipt else -1)
            leg = self.settle_leg(
                PAYMENTS, id, artefact, sign * amount, discount, str(doc["date"]), contact
            )
            legs.append((sign, leg))
            money += amount
            parts.append(
                {"id": self.new_id("parts"), "artefact": self.generic(artefact),
                 "amount": text(amount), "discount": text(discount)}
            )  # fmt: skip
        rest = read(doc.get("total_amount")) - money
        if rest < 0:
            raise invalid("allocated_artefacts", "The allocations exceed the total amount.")
        doc = {**self.need(PAYMENTS, id), "allocated_artefacts": parts}
        doc["payment_on_account"] = self._on_account(doc, rest) if rest else None
        self.put(PAYMENTS, self._post_payment(doc, legs, rest))

    def _on_account(self, doc: Doc, rest: Decimal) -> Doc:
        held = doc.get("payment_on_account") or {}
        id = str(held.get("id") or self.new_id(ON_ACCOUNT))
        self.owner[id], self.kind_of[id] = str(doc["id"]), ON_ACCOUNT
        rate, at = rate_in(doc), self.now()
        used = sum((leg.amount for leg in self.legs_of.get(id, ())), ZERO)
        if used > rest:
            raise invalid("payment_on_account", "The payment on account is allocated.")
        used_base = sum((leg.base for leg in self.legs_of.get(id, ())), ZERO)
        party = self.customer(str(doc["contact"]["id"]))
        base = self._rest_base(doc, rest)
        fields: Doc = {
            "id": id, "displayed_as": doc["displayed_as"], "$path": f"/{ON_ACCOUNT}/{id}",
            "created_at": held.get("created_at", at), "updated_at": at, **self.party(party),
            "date": doc["date"], "reference": doc.get("reference", ""), "net_amount": text(rest),
            "tax_amount": "0.0", "total_amount": text(rest), "currency": doc.get("currency"),
            "exchange_rate": text(rate), "base_currency_net_amount": text(base),
            "base_currency_tax_amount": "0.0", "base_currency_total_amount": text(base),
        }  # fmt: skip
        return fields | self.open_fields(ON_ACCOUNT, fields, rest - used, base - used_base)

    def _rest_base(self, doc: Doc, rest: Decimal) -> Decimal:
        if rest == read(doc.get("total_amount")):
            return read(doc.get("base_currency_total_amount"))
        return self.home(rest, rate_in(doc))

    def _post_payment(self, doc: Doc, legs: Sequence[tuple[int, Leg]], rest: Decimal) -> Doc:
        """Post a payment: bank, discounts, debtors, and what the exchange rates make of it."""
        way = 1 if doc["transaction_type"]["id"] == RECEIPT else -1
        total = read(doc.get("total_amount"))
        discounts = sum((leg.discount for _, leg in legs), ZERO)
        before = self._owed_by.get(str(doc["id"]), ZERO)
        owed = -way * (total + discounts)
        self.bump(str(doc["contact"]["id"]), owed - before)
        self._remember_owed(str(doc["id"]), owed)
        cash = read(doc.get("base_currency_total_amount"))
        let_off = sum((self._discount_base(leg) for _, leg in legs), ZERO)
        settled = sum((sign * leg.base for sign, leg in legs), ZERO)
        settled += self._rest_base(doc, rest) if rest else ZERO
        lines = [
            (self._bank_ledger(doc), way * cash),
            (self.accounts[ledger.DISCOUNT], way * let_off),
            (self.accounts[ledger.DEBTORS], -way * settled),
            (self.accounts[ledger.EXCHANGE], way * (settled - cash - let_off)),
        ]
        id = self.post(
            PAYMENTS, str(doc["id"]), type=str(doc["transaction_type"]["id"]),
            on=str(doc["date"]), contact=str(doc["contact"]["id"]),
            reference=str(doc["displayed_as"]), lines=lines, total=cash, foreign=total,
            transaction_id=(doc.get("transaction") or {}).get("id"),
        )  # fmt: skip
        return {**doc, "transaction": ref("transactions", id, str(doc["displayed_as"]))}

    _owed_by: dict[str, Decimal]  # payment or allocation id → what it made its contact owe

    def _remember_owed(self, id: str, owed: Decimal) -> None:
        before = self._owed_by.get(id, ZERO)
        self._owed_by[id] = owed
        self.on_undo(lambda: self._owed_by.__setitem__(id, before))

    def _discount_base(self, leg: Leg) -> Decimal:
        if not leg.discount:
            return ZERO
        _, doc = self.artefact(leg.artefact)
        return self.home(leg.discount, rate_in(doc))

    def _bank_ledger(self, doc: Doc) -> str:
        bank = self.find("bank_accounts", str((doc.get("bank_account") or {}).get("id"))) or {}
        return str((bank.get("ledger_account") or {}).get("id") or self.accounts[ledger.BANK])

    # -- changing and deleting ----------------------------------------------------------------

    def edit_payment(
        self, id: str, allocations: Amounts | None = None, discounts: Amounts | None = None,
        **changes: Any,
    ) -> Doc:  # fmt: skip
        """Change a payment; allocations replaces all of them, ``{}`` takes it off everything."""
        with self.writing():
            before = self.need(PAYMENTS, id)
            self._refuse_matched(before)
            self.refuse_locked(before.get("date"), changes.get("date"))
            given = before.get("allocated_artefacts") or []
            if allocations is None:
                allocations = {part["artefact"]["id"]: read(part["amount"]) for part in given}
                discounts = {part["artefact"]["id"]: read(part.get("discount")) for part in given}
            self.release_legs(PAYMENTS, id)
            doc = {**self.need(PAYMENTS, id), **changes, "updated_at": self.now()}
            if "total_amount" in changes or "exchange_rate" in changes:
                base = self.home(read(doc.get("total_amount")), rate_in(doc))
                doc["base_currency_total_amount"] = text(base)
            self.put(PAYMENTS, doc)
            self._spread(doc, magnitudes(allocations), magnitudes(discounts))
            self._drop_unused(before)
        return self.get(PAYMENTS, id)

    def _drop_unused(self, before: Doc) -> None:
        held = before.get("payment_on_account")
        now = self.need(PAYMENTS, str(before["id"])).get("payment_on_account")
        if held and not now and self.legs_of.get(str(held["id"])):
            raise invalid("payment_on_account", "The payment on account is allocated.")

    def delete_payment(self, id: str) -> None:
        """Delete a payment: it leaves a tombstone and what it settled is open again."""
        with self.writing():
            doc = self.need(PAYMENTS, id)
            self._refuse_matched(doc)
            self.refuse_locked(doc.get("date"))
            held = doc.get("payment_on_account")
            if held and self.legs_of.get(str(held["id"])):
                raise invalid("base", "The payment on account is allocated.")
            self.release_legs(PAYMENTS, id)
            self.bump(str(doc["contact"]["id"]), -self._owed_by.get(id, ZERO))
            self._remember_owed(id, ZERO)
            self.unpost(PAYMENTS, id)
            self.bury(PAYMENTS, id)

    def bank_match(self, id: str) -> Doc:
        """Reconcile a payment with the bank: from now on it cannot be changed or deleted."""
        with self.writing():
            self.put(PAYMENTS, {**self.need(PAYMENTS, id), "editable": False})
        return self.get(PAYMENTS, id)

    @staticmethod
    def _refuse_matched(doc: Doc) -> None:
        if doc.get("editable", True) is False:
            raise invalid("base", "The payment has been bank reconciled and cannot be changed.")
