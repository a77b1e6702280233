"""Which lines of journals and deposits still stand on a control account, and for how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.sync.store.contributors import ControlLineRow, LaterChange, Settlement

__all__ = ["Contributor", "later_contributors", "name_document", "read_name", "standing_lines"]

_PREFIXES = {
    DocumentKind.INVOICE: "INV",
    DocumentKind.CREDIT_NOTE: "CN",
    DocumentKind.PAYMENT: "PAY",
    DocumentKind.PREPAYMENT: "PRE",
    DocumentKind.OVERPAYMENT: "OVER",
    DocumentKind.REFUND: "REF",
    DocumentKind.JOURNAL: "JE",
    DocumentKind.DEPOSIT: "DEP",
    DocumentKind.EXPENSE: "EXP",
}
_POSTED_AS = {
    DocumentKind.JOURNAL: "journal entry",
    DocumentKind.DEPOSIT: "deposit",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributor:
    """Something on the control account that is no open document of ours."""

    document: str  # the ledger's id with a type prefix and, for a line, the line's id: JE-12:3
    customer_id: str | None
    currency: str
    minor: int  # what it adds to the control account
    why: str


def name_document(kind: str, ledger_id: str, part: str | None = None) -> str:
    """``JE-12:3`` for line 3 of journal entry 12, ``INV-45`` for invoice 45."""
    named = f"{_PREFIXES[DocumentKind(kind)]}-{ledger_id}"
    return named if part is None else f"{named}:{part}"


def read_name(document: str) -> DocumentRef | None:
    """The posting that ``JE-12`` or ``DEP-7:1`` names; None for every other name."""
    prefix, dash, rest = document.partition("-")
    for kind in _POSTED_AS:
        if dash and prefix == _PREFIXES[kind]:
            return DocumentRef(kind, rest.partition(":")[0])
    return None


def standing_lines(
    lines: Iterable[ControlLineRow], settled: Iterable[Settlement]
) -> list[Contributor]:
    """Net each line of what payments settled of it; lines at zero are left out.

    The ledger states which entry a payment settles, not which of its lines. Lines of the
    payment's own customer are taken first, then the others in order; a line never turns round.
    """
    by_entry: dict[tuple[str, str], list[ControlLineRow]] = defaultdict(list)
    for line in lines:
        by_entry[line.kind, line.ledger_id].append(line)
    by_target: dict[tuple[str, str], list[Settlement]] = defaultdict(list)
    for settlement in settled:
        by_target[settlement.kind, settlement.ledger_id].append(settlement)
    standing = []
    for entry, entry_lines in by_entry.items():
        left = _net(entry_lines, by_target.get(entry, ()))
        standing += [_contributor(line, minor) for line, minor in left if minor]
    return standing


def _net(
    lines: Sequence[ControlLineRow], settled: Sequence[Settlement]
) -> list[tuple[ControlLineRow, int]]:
    left = [line.minor for line in lines]
    for settlement in settled:
        sign = 1 if settlement.inward else -1  # money in settles a debit, money out a credit
        rest = settlement.minor
        own_first = sorted(
            (n for n, line in enumerate(lines) if line.currency == settlement.currency),
            key=lambda n: lines[n].customer_id != settlement.customer_id,
        )
        for n in own_first:
            taken = min(rest, max(sign * left[n], 0))
            left[n] -= sign * taken
            rest -= taken
    return list(zip(lines, left, strict=True))


def _contributor(line: ControlLineRow, minor: int) -> Contributor:
    what = _POSTED_AS[DocumentKind(line.kind)]
    return Contributor(
        document=name_document(line.kind, line.ledger_id, line.part),
        customer_id=line.customer_id,
        currency=line.currency,
        minor=minor,
        why=f"{what} of {line.issued_on} on the control account",
    )


def later_contributors(changes: Iterable[LaterChange], as_of: date) -> list[Contributor]:
    """Documents that the control account holds by now, but that *as_of* does not count yet."""
    return [
        Contributor(
            document=name_document(change.kind, change.ledger_id),
            customer_id=change.customer_id,
            currency=change.currency,
            minor=change.minor,
            why=(
                f"dated {change.issued_on}, after {as_of}"
                if change.issued_on > as_of
                else f"settled after {as_of}"
            ),
        )
        for change in changes
    ]
