"""One way to write books down, so that those of different ledgers can be laid side by side.

Every line begins with the label of what it is about. Documents are called by the story's labels;
those of one label are added up; a payment over nothing that only leads a credit to an invoice is
left out and the credit drawn straight to the invoice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from recoup.connector.model import (
    Allocation,
    CreditNote,
    DocumentRef,
    DocumentState,
    Invoice,
    Payment,
    Refund,
)
from recoup.connector.testing.mirror import Mirror
from recoup.connector.testing.reckoning import Owed, Reckoning
from recoup.connector.testing.teller import Known

__all__ = ["reckoned_lines", "told_lines"]

Kept = Invoice | CreditNote | Payment | Refund
ZERO = Decimal(0)


def reckoned_lines(books: Reckoning, home: str) -> set[str]:
    """The lines of the reckoning."""
    lines = set()
    for label, name in books.customers.items():
        parent = books.parents.get(label)
        lines.add(_customer(label, name, books.currencies[label] or home, parent))
    for label, document in books.documents.items():
        if document.state == "posted":
            lines.add(_document(document, books.open(label)))
        else:
            lines.add(f"{label}: {'gone' if document.state == 'deleted' else 'void'}")
    for made in books.allocations:
        lines.add(_allocation(made.source, made.target, made.amount, made.kind, made.on))
    return lines


def told_lines(mirror: Mirror, known: Known) -> set[str]:
    """The lines of what was pulled."""
    books = _Told(mirror, known)
    lines = set(books.customers())
    for label in known.documents:
        lines |= set(books.documents(label))
    lines |= set(books.strangers())
    lines |= set(books.allocations())
    return lines


class _Told:
    def __init__(self, mirror: Mirror, known: Known) -> None:
        self.mirror, self.known = mirror, known
        self.kept: dict[DocumentRef, Kept] = {
            record.ref: record
            for record in mirror.records.values()
            if isinstance(record, Invoice | CreditNote | Payment | Refund)
        }
        self.label = {ref: label for label, refs in known.documents.items() for ref in refs}
        self.customer = {id: label for label, id in known.customers.items()}
        self.made = mirror.allocations()
        self.carrier = {
            made.source: record.ref
            for record in self.kept.values()
            if not isinstance(record, Invoice)
            for made in record.allocations
            if made.source not in self.kept
        }

    def customers(self) -> Iterator[str]:
        named = {customer.ledger_id: customer for customer in self.mirror.customers()}
        for label, id in self.known.customers.items():
            if id in named and named[id].active:
                customer = named[id]
                parent = self.customer.get(customer.parent_id or "")
                yield _customer(label, customer.name, customer.currency, parent)

    def documents(self, label: str) -> Iterator[str]:
        found = [self.kept[ref] for ref in self.known.documents[label] if ref in self.kept]
        live = [record for record in found if record.state is DocumentState.POSTED]
        if live:
            first = live[0]
            owed = Owed(
                label,
                _kind(first),
                self.customer.get(first.customer_id, first.customer_id),
                first.issued_on,
                sum((record.total.amount for record in live), ZERO),
                first.rate or Decimal(1),
                first.due_on if isinstance(first, Invoice) else None,
            )
            yield _document(owed, sum((record.balance.amount for record in live), ZERO))
        else:
            void = any(record.state is DocumentState.VOID for record in found)
            yield f"{label}: {'void' if void else 'gone'}"

    def strangers(self) -> Iterator[str]:
        """Documents that no act accounts for."""
        for ref, record in self.kept.items():
            through = isinstance(record, Payment) and not record.total.amount
            if ref not in self.label and not through and record.state is DocumentState.POSTED:
                yield f"{ref}: no event of the story made it"

    def allocations(self) -> Iterator[str]:
        for made in self.made:
            if self._leads(made.source) or self._leads(made.target):
                continue
            yield self._line(made.source, made.target, made)
        for ref in {made.source for made in self.made if self._leads(made.source)}:
            yield from self._drawn_straight(ref)

    def _leads(self, ref: DocumentRef) -> bool:
        record = self.kept.get(ref)
        return ref not in self.label and isinstance(record, Payment) and not record.total.amount

    def _drawn_straight(self, ref: DocumentRef) -> Iterator[str]:
        """Credits into a payment over nothing, laid over what leaves it, in order."""
        credits = [(made.source, made.amount.amount) for made in self.made if made.target == ref]
        for out in (made for made in self.made if made.source == ref):
            left = out.amount.amount
            while left and credits:
                source, amount = credits.pop(0)
                part = min(left, amount)
                yield self._line(source, out.target, out, part, via=ref)
                left -= part
                if amount > part:
                    credits.insert(0, (source, amount - part))

    def _line(
        self,
        source: DocumentRef,
        target: DocumentRef,
        made: Allocation,
        amount: Decimal | None = None,
        via: DocumentRef | None = None,
    ) -> str:
        kind = made.kind.value
        if kind == "cash" and source.kind == "credit_note":
            kind = "credit"
        on = made.made_on or max(self._dates([source, target, *([via] if via else [])]))
        amount = made.amount.amount if amount is None else amount
        return _allocation(self._name(source), self._name(target), amount, kind, on)

    def _name(self, ref: DocumentRef) -> str:
        """A source that is no document, such as a discount's, goes by what carries it."""
        return self.label.get(ref) or self.label.get(self.carrier.get(ref, ref), str(ref))

    def _dates(self, refs: Iterable[DocumentRef]) -> Iterator[date]:
        for ref in refs:
            ref = self.carrier.get(ref, ref)
            if ref in self.kept:
                yield self.kept[ref].issued_on


def _kind(record: Kept) -> str:
    match record:
        case Invoice():
            return "invoice"
        case CreditNote():
            return "credit note"
        case Refund():
            return "refund"
    return "receipt"


def _customer(label: str, name: str, currency: str, parent: str | None) -> str:
    return f"{label}: customer {name} in {currency}" + (f", of {parent}" if parent else "")


def _document(document: Owed, left: Decimal) -> str:
    due = f", due {document.due_on}" if document.due_on else ""
    rate = f" at {document.rate.normalize():f}" if document.rate != 1 else ""
    return (
        f"{document.label}: {document.kind} of {document.customer}, {document.issued_on}{due}, "
        f"{document.total:.2f}{rate}, open {left:.2f}"
    )


def _allocation(source: str, target: str, amount: Decimal, kind: str, on: date) -> str:
    return f"{source}: {amount:.2f} against {target} as {kind} on {on}"
