"""Allocations: credits set against debits, without any money moving."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin import ledger
from recoup.plugins.sage.standin.amounts import ZERO, text
from recoup.plugins.sage.standin.fault import invalid
from recoup.plugins.sage.standin.receipts import Amounts, Receipts
from recoup.plugins.sage.standin.settling import Day, magnitudes, sign_of
from recoup.plugins.sage.standin.vocabulary import ref, word

ALLOCATIONS = "contact_allocations"


class Allocations(Receipts):
    """What people do with credits. Methods that write return a copy; they raise Fault."""

    def allocate(self, contact: str, legs: Amounts, *, on: Day = None, **more: Any) -> Doc:
        """Set credits against debits: artefact id → amount, debits positive, the sum zero.

        The credit leg of a receipt is its payment on account.
        """
        with self.writing():
            party = self.customer(contact)
            id, at = self.new_id(ALLOCATIONS), self.now()
            doc: Doc = {
                "id": id, "displayed_as": "Customer Allocation", "$path": f"/{ALLOCATIONS}/{id}",
                "created_at": at, "updated_at": at, "date": self.date_of(on),
                "transaction_type": word("transaction_types", "CUSTOMER_ALLOCATION"),
                "contact": self.party(party)["contact"], **more,
            }  # fmt: skip
            self.put(ALLOCATIONS, doc)
            self._pair(doc, magnitudes(legs))
        return self.get(ALLOCATIONS, id)

    def _pair(self, doc: Doc, amounts: Mapping[str, Decimal]) -> None:
        id, contact = str(doc["id"]), str(doc["contact"]["id"])
        if len(amounts) < 2 or sum(amounts.values(), ZERO) != 0:
            raise invalid("allocated_artefacts", "The allocated amounts must sum to zero.")
        parts: list[Doc] = []
        difference = ZERO
        for artefact, amount in amounts.items():
            sign = sign_of(*self.artefact(artefact))
            leg = self.settle_leg(
                ALLOCATIONS, id, artefact, sign * amount, ZERO, str(doc["date"]), contact
            )
            difference += sign * leg.base
            parts.append(
                {"id": self.new_id("parts"), "artefact": self.generic(artefact),
                 "amount": text(amount)}
            )  # fmt: skip
        number = self.post_allocation(doc, difference)
        link = ref("transactions", number, str(doc["displayed_as"]))
        self.put(ALLOCATIONS, {**doc, "allocated_artefacts": parts, "transaction": link})

    def post_allocation(self, doc: Doc, difference: Decimal) -> str:
        """Post what exchange rates make of an allocation; returns the transaction id."""
        lines = [
            (self.accounts[ledger.DEBTORS], -difference),
            (self.accounts[ledger.EXCHANGE], difference),
        ]
        return self.post(
            ALLOCATIONS, str(doc["id"]), type="CUSTOMER_ALLOCATION", on=str(doc.get("date")),
            contact=str((doc.get("contact") or {}).get("id")),
            reference=str(doc["displayed_as"]), lines=lines, total=ZERO, foreign=ZERO,
            transaction_id=(doc.get("transaction") or {}).get("id"),
        )  # fmt: skip

    def edit_allocation(self, id: str, legs: Amounts, **changes: Any) -> Doc:
        """Replace the legs of an allocation; no leg at all is refused: delete it instead."""
        with self.writing():
            before = self.need(ALLOCATIONS, id)
            self.refuse_locked(before.get("date"))
            self.release_legs(ALLOCATIONS, id)
            doc = {**before, **changes, "updated_at": self.now()}
            self._pair(doc, magnitudes(legs))
        return self.get(ALLOCATIONS, id)

    def unallocate(self, id: str) -> None:
        """Take back an allocation, or take a payment off everything it settled."""
        if self.find(ALLOCATIONS, id) is None:
            self.edit_payment(id, {})
            return
        with self.writing():
            doc = self.need(ALLOCATIONS, id)
            self.refuse_locked(doc.get("date"))
            self.release_legs(ALLOCATIONS, id)
            self.unpost(ALLOCATIONS, id)
            self.bury(ALLOCATIONS, id)
