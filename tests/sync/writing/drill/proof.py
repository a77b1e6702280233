"""Playing a case and proving after every write that the books hold exactly what was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from drill.acting import Finding, Tally, do, is_open, stored, take_back
from drill.cases import Case, Step
from drill.firm import Firm, State
from recoup.connector.capabilities import Capability
from recoup.connector.intents import Intent, IntentState, Operation, Outcome, intent_key
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.sync.writing import carry_out

__all__ = ["play", "prove"]

DAY = "2026-06-30"
NEEDS = {
    "pay": Capability.CREATE_PAYMENT,
    "allocate": Capability.ALLOCATE,
    "fee": Capability.CREATE_INVOICE,
    "note": Capability.ADD_NOTE,
    "expect": Capability.EXPECTED_PAYMENT,
}
MONEY = (DocumentKind.PAYMENT, DocumentKind.OVERPAYMENT, DocumentKind.PREPAYMENT)
ZERO = Decimal(0)


@dataclass
class _Wanted:
    """What a write must move, worked out from the request and the books before it."""

    invoices: dict[str, Decimal] = field(default_factory=dict)  # off each open amount
    source: tuple[DocumentRef, Decimal] | None = None
    money: Decimal = ZERO
    rest: Decimal = ZERO
    discount: Decimal = ZERO
    fee: Decimal = ZERO
    possible: bool = True


@dataclass
class _Done:
    intent: Intent
    before: State
    after: State
    touched: set[str]
    step: Step


def play(firm: Firm, case: Case, tally: Tally) -> None:
    """Play *case* with a customer of its own. Raises Finding for what is not right."""
    firm.calm()
    firm.reconnect()  # consents do not live as long as the pauses of a hundred cases
    buyer = firm.add_customer(f"Alder & Co {tally.cases}")
    bills = [firm.add_invoice(buyer, Decimal(amount)) for amount in case.amounts]
    sources = []
    if case.money:
        sources.append(firm.add_money(buyer, Decimal(case.money)))
    if case.credit:
        sources.append(firm.add_credit(buyer, Decimal(case.credit)))
    can = firm.patiently(lambda: firm.ledger().capabilities())
    begin = firm.state()
    done: list[_Done] = []
    for at, step in enumerate(case.steps):
        if NEEDS[step.operation] not in can:
            continue
        if step.operation == "allocate" and not sources:
            continue
        before = firm.state()
        intent, wanted = _ask(firm, before, buyer, bills, sources, step, at)
        firm.sent.clear()
        outcome = do(firm, intent, step.tries, tally)
        after = firm.state()
        _check_row(firm, intent, outcome)
        if isinstance(outcome, str):
            if not before.same_as(after):
                raise Finding(f"{outcome}, and yet {before.differences(after)}")
            if wanted.possible:
                raise Finding(f"refused although it was possible: {outcome}")
            continue
        _check_done(before, after, step, wanted, intent)
        _check_repeat(firm, intent, after)
        touched = {ref.ledger_id for ref in set(after.documents) if _moved(before, after, ref)}
        done.append(_Done(intent, before, after, touched, step))
    _undo_all(firm, done, begin, tally)
    broken = firm.broken_rules()
    if broken:
        raise Finding(f"the books do not hold together: {broken}")
    tally.cases += 1


def _undo_all(firm: Firm, done: list[_Done], begin: State, tally: Tally) -> None:
    """Take back the last first; what stays done stays in the way of what lies under it."""
    whole = True
    while done:
        last = done.pop()
        if last.step.undo is None or not whole:
            whole = False
            continue
        if not stored(firm, last.intent.key).inverse:
            if last.intent.operation is not Operation.ADD_NOTE:
                raise Finding(f"{last.intent.operation} has no inverse")
            whole = False
            continue
        now = firm.state()
        firm.sent.clear()
        outcome = take_back(firm, last.intent.key, last.step.undo, tally)
        after = firm.state()
        if not all(sent.open_intents for sent in firm.sent):
            raise Finding("an undo was sent that no intent speaks of")
        if isinstance(outcome, str):
            if not now.same_as(after):
                raise Finding(f"the undo was refused, and yet {now.differences(after)}")
            if not outcome.startswith("Stale"):
                raise Finding(f"the undo was refused: {outcome}")
            whole = False
            continue
        if not last.before.same_as(after):
            raise Finding(f"undone, and yet {last.before.differences(after)}")
        if stored(firm, last.intent.key).state is not IntentState.REVERSED:
            raise Finding("undone, and the intent does not say so")
        take_back(firm, last.intent.key, (), tally)
        if not after.same_as(firm.state()):
            raise Finding(f"undone twice: {after.differences(firm.state())}")
    if whole and not begin.same_as(firm.state()):
        raise Finding(f"all undone, and yet {begin.differences(firm.state())}")


def _ask(
    firm: Firm,
    books: State,
    buyer: str,
    bills: list[str],
    sources: list[DocumentRef],
    step: Step,
    at: int,
) -> tuple[Intent, _Wanted]:
    """The request that a step makes of the books as they are."""
    request: dict[str, Any]
    wanted = _Wanted()
    parts = []
    for number, quarters in step.invoices:
        id = bills[number % len(bills)]
        if id in wanted.invoices:
            continue
        left = books.documents[DocumentRef(DocumentKind.INVOICE, id)][1]
        share = (left * quarters / 4).quantize(Decimal("0.01"))
        amount = share or Decimal("10.00")
        wanted.possible &= amount <= left
        wanted.invoices[id] = amount
        parts.append({"invoice_id": id, "amount": str(amount)})
    total = sum(wanted.invoices.values(), ZERO)
    if step.operation == "pay":
        operation = Operation.CREATE_PAYMENT
        wanted.rest, wanted.money = Decimal(step.rest), total + step.rest
        _let_off(firm, books, parts, wanted, step.discount)
        request = {
            "customer_id": buyer,
            "currency": firm.currency,
            "amount": str(wanted.money),
            "issued_on": DAY,
            "reference": "CHQ 1",
            "allocations": parts,
        }
    elif step.operation == "allocate":
        operation = Operation.ALLOCATE
        source = sources[step.source % len(sources)]
        wanted.source = (source, total)
        wanted.possible &= total <= books.documents[source][1]
        named = {"kind": source.kind.value, "ledger_id": source.ledger_id}
        request = {"source": named, "allocations": parts}
    elif step.operation == "fee":
        operation = Operation.CREATE_INVOICE
        wanted = _Wanted(fee=Decimal(15))
        line = {"amount": "15.00", "description": "late fee", "item_id": firm.item_id()}
        request = {
            "customer_id": buyer,
            "currency": firm.currency,
            "issued_on": DAY,
            "due_on": DAY,
            "number": f"FEE-{buyer[-8:]}-{at}",
            "memo": "late fee",
            "lines": [line],
        }
    elif step.operation == "note":
        operation = Operation.ADD_NOTE
        named = {"kind": "invoice", "ledger_id": bills[step.source % len(bills)]}
        request, wanted = {"document": named, "note": f"promised {at}"}, _Wanted()
    else:
        operation = Operation.EXPECTED_PAYMENT
        id = bills[step.source % len(bills)]
        request, wanted = {"invoice_id": id, "expected_on": f"2026-07-{at + 10}"}, _Wanted()
    meaning = f"bank line {at}"
    key = intent_key(firm.company.slug, operation, meaning, request)
    asked = Intent(key=key, operation=operation, natural_key=meaning, request=request)
    return asked, wanted


def _let_off(
    firm: Firm, books: State, parts: list[dict[str, str]], wanted: _Wanted, discount: int
) -> None:
    """Add a discount to the first allocation, where the ledger grants one and it fits."""
    id = parts[0]["invoice_id"]
    left = books.documents[DocumentRef(DocumentKind.INVOICE, id)][1]
    if discount and firm.discounts and wanted.invoices[id] + discount <= left:
        parts[0]["discount"] = f"{discount}.00"
        wanted.discount = Decimal(discount)
        wanted.invoices[id] += discount


def _check_row(firm: Firm, intent: Intent, outcome: Outcome | str) -> None:
    """The intent is at rest, and was recorded as sent before each request that changed things."""
    row = stored(firm, intent.key)
    expected = IntentState.REFUSED if isinstance(outcome, str) else IntentState.DONE
    if is_open(row) or row.state is not expected:
        raise Finding(f"{intent.operation} ended as {outcome!r}, its row says {row.state}")
    for sent in firm.sent:
        if intent.key not in sent.open_intents:
            raise Finding(f"{sent.method} {sent.target} went out with no intent recorded as sent")
        if intent.operation is Operation.EXPECTED_PAYMENT and sent.open_intents[intent.key] == "{}":
            raise Finding("an expected date was overwritten before the old one was recorded")
    firm.sent.clear()


def _check_done(before: State, after: State, step: Step, wanted: _Wanted, intent: Intent) -> None:
    """Every document moved by what was asked for, and nothing else did."""
    new = {ref: figures for ref, figures in after.documents.items() if ref not in before.documents}
    for ref, (total, left) in before.documents.items():
        if ref not in after.documents:
            raise Finding(f"{ref} vanished")
        off = wanted.invoices.get(ref.ledger_id, ZERO)
        if wanted.source is not None and ref == wanted.source[0]:
            off = wanted.source[1]
        if after.documents[ref] != (total, left - off):
            raise Finding(f"{ref}: {total}, {left} became {after.documents[ref]}, {off} was asked")
    money = [figures for ref, figures in new.items() if ref.kind in MONEY]
    notes = [figures for ref, figures in new.items() if ref.kind is DocumentKind.CREDIT_NOTE]
    bills = [figures for ref, figures in new.items() if ref.kind is DocumentKind.INVOICE]
    sums = {
        "money": (_total(money), wanted.money),
        "left of the money": (_open(money), wanted.rest),
        "fees": (_total(bills), wanted.fee),
        "left of the fees": (_open(bills), wanted.fee),
        "left of credit notes": (_open(notes), ZERO),
    }
    for what, (held, asked) in sums.items():
        if held != asked:
            raise Finding(f"{what}: the books got {held}, {asked} was asked for")
    owed = wanted.fee - wanted.money - wanted.discount
    if after.control - before.control != owed:
        raise Finding(f"the control account moved by {after.control - before.control}, not {owed}")
    if intent.operation is Operation.ADD_NOTE:
        added = after.notes - before.notes
        if added.total() != 1 or before.notes - after.notes:
            raise Finding(f"the note stands {added.total()} times")
    if intent.operation is Operation.EXPECTED_PAYMENT:
        day = after.expected.get(intent.request["invoice_id"])
        if day != intent.request["expected_on"]:
            raise Finding(f"payment is expected on {day}")


def _check_repeat(firm: Firm, intent: Intent, after: State) -> None:
    """Asked again, nothing is sent and nothing moves."""
    firm.clock.advance(timedelta(days=9))
    outcome = firm.patiently(
        lambda: carry_out(firm.store, firm.company, firm.ledger(), intent, clock=firm.clock)
    )
    if firm.sent:
        raise Finding(f"asked again, {firm.sent[0].method} {firm.sent[0].target} was sent")
    if outcome.inverse != stored(firm, intent.key).inverse:
        raise Finding("asked again, the inverse is another")
    if not after.same_as(firm.state()):
        raise Finding(f"asked again: {after.differences(firm.state())}")


def prove(firm: Firm) -> None:
    """The store has what the books have, and it ties out."""
    firm.calm()
    firm.reconnect()
    firm.sync()
    tied = firm.tie_out()
    if tied.proven is not True:
        raise Finding(f"it does not tie out: {tied.lines}")


def _moved(before: State, after: State, ref: DocumentRef) -> bool:
    return before.documents.get(ref) != after.documents.get(ref)


def _total(figures: list[tuple[Decimal, Decimal]]) -> Decimal:
    return sum((total for total, _ in figures), ZERO)


def _open(figures: list[tuple[Decimal, Decimal]]) -> Decimal:
    return sum((left for _, left in figures), ZERO)
