"""What settles what: legs between credits and debits, and what of a document stays open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.amounts import ZERO, day, read, text
from recoup.plugins.sage.standin.fault import invalid, locked, settled
from recoup.plugins.sage.standin.ledger import Ledger
from recoup.plugins.sage.standin.vocabulary import ref, ref_to, word

Day = date | str | None
ON_ACCOUNT = "payments_on_account"
FORMS = ("sales_invoices", "sales_credit_notes")
ARTEFACTS = (*FORMS, "sales_quick_entries", "contact_opening_balances")
ASLEEP = ("DRAFT", "PRO_FORMA", "VOID")


@dataclass(frozen=True, slots=True)
class Leg:
    """One settlement of one artefact, by a payment or an allocation."""

    kind: str  # contact_payments or contact_allocations
    source: str
    artefact: str
    amount: Decimal  # what it takes off, in the currency of the artefact
    discount: Decimal
    base: Decimal  # what it and the discount take off in the base currency
    on: str


def status_of(doc: Doc) -> str:
    """The status word of a document; one without a status is unpaid."""
    return str((doc.get("status") or {}).get("id") or "UNPAID")


def sign_of(kind: str, doc: Doc) -> int:
    """1 for what the customer owes, -1 for what is owed to the customer."""
    if kind == "sales_invoices":
        return 1
    if kind == "sales_quick_entries":
        return -1 if (doc.get("quick_entry_type") or {}).get("id") == "CREDIT_NOTE" else 1
    if kind == "contact_opening_balances":
        type = (doc.get("contact_opening_balance_type") or {}).get("id")
        return -1 if type == "CREDIT_NOTE" else 1
    if kind == ON_ACCOUNT:
        return 1 if doc.get("refund") else -1
    return -1


def rate_in(doc: Doc) -> Decimal:
    """The exchange rate of a document, home units per unit; 1 where it says none."""
    return read(doc.get("exchange_rate")) or Decimal(1)


def collectable(doc: Doc) -> Decimal:
    """What a customer has to pay of a document: its total less what is withheld as tax."""
    if doc.get("is_cis") and doc.get("total_after_cis_deduction") is not None:
        return read(doc["total_after_cis_deduction"])
    return read(doc.get("total_amount")) - read(doc.get("withholding_tax_amount"))


def withheld_in_base(doc: Doc) -> Decimal:
    """What is withheld of a document as tax, in the base currency."""
    total = doc.get("base_currency_total_amount")
    after = doc.get("base_currency_total_after_cis_deduction")
    if doc.get("is_cis") and total is not None and after is not None:
        return read(total) - read(after)
    return read(doc.get("base_currency_withholding_tax_amount"))


class Settling(Ledger):
    """A ledger that knows the legs. ``moves_on_allocation`` is the platform's open question."""

    moves_on_allocation: bool
    legs_of: dict[str, list[Leg]]  # artefact id → what settled it
    legs_from: dict[tuple[str, str], list[Leg]]  # (kind, id) of a payment or allocation
    owner: dict[str, str]  # payment on account id → payment id
    kind_of: dict[str, str]  # artefact id → kind
    balances: dict[str, Decimal]  # contact id → what it owes in its currency
    unsaid: dict[str, Decimal]  # opening balance id → what is open, which no attribute says

    # -- artefacts ----------------------------------------------------------------------------

    def artefact(self, id: str) -> tuple[str, Doc]:
        """(kind, document) of what can be settled; raises Fault 422 when there is none."""
        kind = self.kind_of.get(id, "")
        if kind == ON_ACCOUNT:
            payment = self.find("contact_payments", self.owner.get(id, ""))
            held = (payment or {}).get("payment_on_account")
            if payment is not None and held and str(held["id"]) == id:
                refund = (payment.get("transaction_type") or {}).get("id") == "CUSTOMER_REFUND"
                return kind, {**held, "refund": refund}
        doc = self.find(kind, id)
        if doc is None:
            raise invalid("allocated_artefacts.artefact_id", "The artefact could not be found.")
        return kind, doc

    def open_of(self, kind: str, doc: Doc) -> Decimal:
        """What of a document is open, in its currency, never negative."""
        if kind == "contact_opening_balances":
            return self.unsaid.get(str(doc["id"]), ZERO)
        return read(doc.get("outstanding_amount"))

    def base_open_of(self, kind: str, doc: Doc) -> Decimal:
        """What of a document is open in the base currency."""
        if kind == "contact_opening_balances":
            legs = self.legs_of.get(str(doc["id"]), ())
            total = read(doc.get("base_currency_total_amount", doc.get("total_amount")))
            return total - sum((leg.base for leg in legs), ZERO)
        return read(doc.get("base_currency_outstanding_amount", doc.get("outstanding_amount")))

    # -- legs ---------------------------------------------------------------------------------

    def settle_leg(
        self, kind: str, source: str, artefact: str, amount: Decimal, discount: Decimal,
        on: str, contact: str,
    ) -> Leg:  # fmt: skip
        """Take *amount* and *discount* off an artefact; raises Fault 422."""
        what, doc = self.artefact(artefact)
        taken = amount + discount
        left = self.open_of(what, doc) - taken
        if (doc.get("contact") or {}).get("id") != contact:
            raise invalid("allocated_artefacts.artefact_id", "The contact does not match.")
        if amount < 0 or discount < 0 or taken <= 0 or left < 0 or status_of(doc) in ASLEEP:
            raise settled()
        base_left = self.base_open_of(what, doc)
        base = base_left if left == 0 else min(self.home(taken, rate_in(doc)), base_left)
        leg = Leg(kind, source, artefact, amount, discount, base, on)
        self._join(leg)
        self._restate(what, doc, left, base_left - base)
        return leg

    def release_legs(self, kind: str, source: str) -> None:
        """Take back everything a payment or an allocation settled."""
        for leg in self.legs_from.get((kind, source), [])[:]:
            what, doc = self.artefact(leg.artefact)
            left = self.open_of(what, doc) + leg.amount + leg.discount
            base = self.base_open_of(what, doc) + leg.base
            self._part(leg)
            self._restate(what, doc, left, base)

    def _join(self, leg: Leg) -> None:
        self.legs_of.setdefault(leg.artefact, []).append(leg)
        self.legs_from.setdefault((leg.kind, leg.source), []).append(leg)
        self.on_undo(lambda: self._drop(leg))

    def _part(self, leg: Leg) -> None:
        self._drop(leg)

        def again() -> None:
            self.legs_of.setdefault(leg.artefact, []).append(leg)
            self.legs_from.setdefault((leg.kind, leg.source), []).append(leg)

        self.on_undo(again)

    def _drop(self, leg: Leg) -> None:
        self.legs_of[leg.artefact].remove(leg)
        self.legs_from[leg.kind, leg.source].remove(leg)

    def _restate(self, kind: str, doc: Doc, left: Decimal, base_left: Decimal) -> None:
        """Write what is open into a document, with everything that follows from it."""
        id = str(doc["id"])
        if kind == "contact_opening_balances":
            before = self.unsaid.get(id, ZERO)
            self.unsaid[id] = left
            self.on_undo(lambda: self.unsaid.__setitem__(id, before))
            if self.moves_on_allocation:
                self.put(kind, {**doc, "updated_at": self.now()})
            return
        state = {**doc, **self.open_fields(kind, doc, left, base_left)}
        if self.moves_on_allocation:
            state["updated_at"] = self.now()
        if kind == ON_ACCOUNT:
            state.pop("refund", None)
            payment = self.need("contact_payments", self.owner[id])
            moved = {"updated_at": self.now()} if self.moves_on_allocation else {}
            self.put("contact_payments", {**payment, "payment_on_account": state, **moved})
        else:
            self.put(kind, state)

    def open_fields(self, kind: str, doc: Doc, left: Decimal, base_left: Decimal) -> Doc:
        """The attributes of a document that say what of it is open and what was paid."""
        total = collectable(doc)
        status = "PAID" if left == 0 else "UNPAID" if left == total else "PART_PAID"
        fields: Doc = {
            "outstanding_amount": text(left),
            "base_currency_outstanding_amount": text(base_left),
            "status": word("artefact_statuses", status),
        }
        if kind in FORMS:
            legs = self.legs_of.get(str(doc["id"]), ())
            amounts = sum((leg.amount for leg in legs), ZERO)
            discounts = sum((leg.discount for leg in legs), ZERO)
            fields["payments_allocations_total_amount"] = text(amounts)
            fields["payments_allocations_total_discount"] = text(discounts)
            fields["total_paid"] = text(total - left)
            fields["last_paid"] = max((leg.on for leg in legs), default="")
        return fields

    def payments_allocations(self, id: str) -> list[Doc]:
        """The legs of one document as the API shows them."""
        shown = []
        for leg in self.legs_of.get(id, ()):
            source = self.need(leg.kind, leg.source)
            payment = leg.kind == "contact_payments"
            type = (source.get("transaction_type") or {}).get("displayed_as") or ""
            shown.append(
                {
                    "links": [],
                    "date": leg.on,
                    "type": type,
                    "reference": source.get("reference") or "",
                    "amount": text(leg.amount),
                    "discount": text(leg.discount),
                    "stripe_transaction_id": None,
                    "contact_allocation": None if payment else ref_to(source),
                    "artefact": None if payment else self._counterpart(leg),
                    "contact_payment": ref_to(source) if payment else None,
                    "displayed_as": source["displayed_as"],
                    "negative_payment": type == "Customer Refund",
                }
            )
        return shown

    def _counterpart(self, leg: Leg) -> Doc | None:
        others = [
            other
            for other in self.legs_from.get((leg.kind, leg.source), ())
            if other.artefact != leg.artefact
        ]
        return self.generic(others[0].artefact) if len(others) == 1 else None

    def generic(self, id: str) -> Doc:
        """A reference to an artefact of any kind."""
        kind, doc = self.artefact(id)
        return ref(kind, id, str(doc.get("displayed_as") or ""))

    # -- contacts -----------------------------------------------------------------------------

    def bump(self, contact: str, by: Decimal) -> None:
        """Let a contact owe so much more."""
        before = self.balances.get(contact, ZERO)
        self.balances[contact] = before + by
        self.on_undo(lambda: self.balances.__setitem__(contact, before))

    def rate_of(self, contact: Doc, rate: Decimal | None) -> Decimal:
        """The rate of a document of a contact: the one given, else that of its currency."""
        return self.rate(self.currency_of(contact)) if rate is None else Decimal(rate)

    def currency_of(self, contact: Doc) -> str:
        """The one currency of a contact."""
        return str((contact.get("currency") or {}).get("id") or self.base_currency)

    def date_of(self, on: Day) -> str:
        """A document's date, today by default; raises Fault 422 in a locked period."""
        try:
            written = day(on, self.today())
        except ValueError:
            raise invalid("date", f"Date {on!r} is not a date.") from None
        self.refuse_locked(written)
        return written

    def refuse_locked(self, *dates: object) -> None:
        """Raise Fault 422 when a date lies at or before the lockdown date."""
        until = (self.find("financial_settings", "") or {}).get("year_end_lockdown_date")
        if until and any(on and str(on) <= str(until) for on in dates):
            raise locked()


def magnitudes(amounts: Mapping[str, Decimal | str | int] | None) -> dict[str, Decimal]:
    """Amounts by id as Decimal."""
    return {str(id): read(amount) for id, amount in (amounts or {}).items()}
