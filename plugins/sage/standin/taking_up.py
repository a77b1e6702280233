"""Taking raw documents into account: their legs, what they post, what their contacts owe."""

from __future__ import annotations

from decimal import Decimal

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.allocations import ALLOCATIONS, Allocations
from recoup.plugins.sage.standin.amounts import ZERO, read
from recoup.plugins.sage.standin.receipts import PAYMENTS
from recoup.plugins.sage.standin.settling import (
    ARTEFACTS,
    ASLEEP,
    FORMS,
    ON_ACCOUNT,
    Leg,
    collectable,
    rate_in,
    sign_of,
    status_of,
    withheld_in_base,
)

OURS = ("CUSTOMER_RECEIPT", "CUSTOMER_REFUND", "CUSTOMER_ALLOCATION")


class TakingUp(Allocations):
    """Books that were loaded: the documents stay as they are, the ledger follows from them."""

    _loaded: list[tuple[str, str]]

    def absorb(self) -> None:
        """Post what was loaded and not yet posted; nothing of the documents changes."""
        if not self._loaded or self._absorbing:
            return
        self._absorbing = True
        try:
            loaded, self._loaded = self._loaded, []
            for kind, id in loaded:
                doc = self.find(kind, id)
                if doc is not None and kind in ARTEFACTS:
                    self._absorb_document(kind, doc)
            for wanted in (PAYMENTS, ALLOCATIONS):
                for kind, id in loaded:
                    doc = self.find(kind, id)
                    if doc is not None and kind == wanted:
                        self._absorb_settlement(kind, doc)
            for kind, id in loaded:
                doc = self.find(kind, id)
                if doc is not None and kind == "journals":
                    self._absorb_journal(doc)
            self._absorb_balances(loaded)
        finally:
            self._absorbing = False

    _absorbing = False

    def _absorb_document(self, kind: str, doc: Doc) -> None:
        id = str(doc.get("id"))
        if self.transaction_of(kind, id) is not None or "contact" not in doc:
            return
        if status_of(doc) in ASLEEP or doc.get("total_amount") is None:
            return
        if kind == "contact_opening_balances":
            if str((doc.get("transaction_type") or {}).get("id", "")).startswith("VENDOR"):
                return
            self.unsaid[id] = collectable(doc)
        self._number_seen(kind, doc)
        self.bump(str((doc["contact"] or {}).get("id")), sign_of(kind, doc) * collectable(doc))
        self.post_lines(kind, doc)

    def _number_seen(self, kind: str, doc: Doc) -> None:
        field = {"sales_invoices": "invoice_number", "sales_credit_notes": "credit_note_number"}
        if kind in FORMS:
            digits = str(doc.get(field[kind]) or "").rpartition("-")[2]
            if digits.isdecimal():
                self.resume({"SI" if kind == "sales_invoices" else "SCN": int(digits)})

    def _absorb_settlement(self, kind: str, doc: Doc) -> None:
        id = str(doc["id"])
        type = str((doc.get("transaction_type") or {}).get("id"))
        if type not in OURS or self.transaction_of(kind, id) is not None:
            return
        legs: list[tuple[int, Leg]] = []
        receipt = -1 if type == "CUSTOMER_REFUND" else 1
        for part in doc.get("allocated_artefacts") or []:
            artefact = str((part.get("artefact") or {}).get("id"))
            if artefact not in self.kind_of:
                continue
            sign = sign_of(*self.artefact(artefact)) * receipt
            leg = self._taken_up(kind, doc, artefact, sign * read(part["amount"]), part)
            legs.append((sign, leg))
        if kind == PAYMENTS:
            rest = read((doc.get("payment_on_account") or {}).get("total_amount"))
            self._post_payment(doc, legs, rest)
        else:
            self.post_allocation(doc, sum((sign * leg.base for sign, leg in legs), ZERO))

    def _taken_up(self, kind: str, doc: Doc, artefact: str, amount: Decimal, part: Doc) -> Leg:
        """Record a leg that a loaded document states; its base follows from what stays open."""
        what, target = self.artefact(artefact)
        discount = read(part.get("discount"))
        legs = self.legs_of.get(artefact, ())
        taken = sum((leg.amount + leg.discount for leg in legs), ZERO) + amount + discount
        base_before = self.base_total(target) - sum((leg.base for leg in legs), ZERO)
        base = base_before - self.home(collectable(target) - taken, rate_in(target))
        leg = Leg(kind, str(doc["id"]), artefact, amount, discount, base, str(doc.get("date")))
        self._join(leg)
        if what == "contact_opening_balances":
            self.unsaid[artefact] = self.unsaid.get(artefact, ZERO) - amount - discount
        return leg

    @staticmethod
    def base_total(doc: Doc) -> Decimal:
        """What a document is worth to collect in the base currency."""
        total = doc.get("base_currency_total_amount")
        total = doc.get("total_amount") if total is None else total
        return read(total) - withheld_in_base(doc)

    def _absorb_journal(self, doc: Doc) -> None:
        if self.transaction_of("journals", str(doc["id"])) is None:
            lines = [
                (str((line.get("ledger_account") or {}).get("id")),
                 read(line.get("debit")) - read(line.get("credit")))
                for line in doc.get("journal_lines") or []
            ]  # fmt: skip
            total = sum((amount for _, amount in lines if amount > 0), ZERO)
            self.post(
                "journals", str(doc["id"]), type="JOURNAL", on=str(doc.get("date")), contact="",
                reference=str(doc["displayed_as"]), lines=lines, total=total, foreign=total,
                transaction_id=(doc.get("transaction") or {}).get("id"),
            )  # fmt: skip

    def _absorb_balances(self, loaded: list[tuple[str, str]]) -> None:
        """Remember by how much loaded balances differ from what the documents say."""
        sums = None
        for kind, id in loaded:
            doc = self.find(kind, id)
            if doc is None or id in self.balance_offsets:
                continue
            if kind not in ("contacts", "bank_accounts"):
                continue
            stated = self.whole(kind, doc).get("balance")
            if stated is None:
                continue
            if kind == "contacts":
                self.balance_offsets[id] = read(stated) - self.balances.get(id, ZERO)
            else:
                sums = self.turnover(None, None) if sums is None else sums
                account = str((doc.get("ledger_account") or {}).get("id"))
                debits, credits = sums.get(account, (ZERO, ZERO))
                self.balance_offsets[id] = read(stated) - debits + credits

    def take_back(self, kind: str, doc: Doc, *, gone: bool, raw: bool) -> None:
        """Take a document from a state file as it was, deleted or not, loaded or made here."""
        id = str(doc.get("id") or "")
        if raw:
            doc = self.compacted(kind, doc)
        if gone:
            self.put_gone(kind, doc)
            if kind == "contacts" and doc.get("reference"):
                self.references.setdefault(str(doc["reference"]).upper(), id)
            return
        contact = doc.get("contact")
        if not raw and contact:
            shared = self.contact_refs.setdefault(str(contact["id"]), contact)
            doc = {**doc, "contact": shared}
        if kind in ("contacts", "bank_accounts"):
            self.balance_offsets.setdefault(id, ZERO)
        self.put(kind, doc)
        self.note_loaded(kind, doc)

    def note_loaded(self, kind: str, doc: Doc) -> None:
        """Remember what a loaded document is called and where it is found."""
        id = str(doc.get("id") or "")
        self._loaded.append((kind, id))
        if kind in ARTEFACTS:
            self.kind_of[id] = kind
        elif kind == PAYMENTS and doc.get("payment_on_account"):
            held = str(doc["payment_on_account"]["id"])
            self.owner[held], self.kind_of[held] = id, ON_ACCOUNT
        elif kind == "contacts":
            if doc.get("reference"):
                self.references.setdefault(str(doc["reference"]).upper(), id)
            person = (doc.get("main_contact_person") or {}).get("id")
            if person:
                self.persons[str(person)] = id
