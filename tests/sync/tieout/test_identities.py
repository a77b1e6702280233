"""The four identities, on rows: consistent books tie, one wrong figure is always found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from recoup.connector.model import ControlAccount, Customer, Payment
from recoup.connector.money import Money
from recoup.sync.store.contributors import ControlLineRow, Settlement
from recoup.sync.store.tieout import BalanceSum, CustomerFigure, DocumentFigures, ParkedObject
from recoup.sync.tieout.contributors import Contributor, standing_lines
from recoup.sync.tieout.identities import (
    Finding,
    Identity,
    judge_control,
    judge_customer_sum,
    judge_customers,
    judge_document,
    judge_parked,
)

DAY = date(2026, 1, 5)
INVOICE = DocumentFigures("invoice", "12", "5", "USD", 10000, 4000, 6000, 0)


def judge(rows: Rows) -> list[Finding]:
    """All four identities over *rows*."""
    found = [judge_document(row) for row in rows.documents]
    found += judge_customers(rows.customers, rows.balances, rows.contributors)[1]
    found.append(judge_control("USD", rows.control, rows.open_minor, rows.contributors))
    found += judge_customer_sum({"USD": rows.control}, rows.customers, rows.contributors)
    return [finding for finding in found if finding is not None]


@dataclass(frozen=True)
class Rows:
    documents: Sequence[DocumentFigures]
    customers: Sequence[CustomerFigure]
    contributors: Sequence[Contributor]
    control: int

    @property
    def balances(self) -> list[BalanceSum]:
        return [
            BalanceSum(d.customer_id, d.currency, d.balance if d.kind == "invoice" else -d.balance)
            for d in self.documents
        ]

    @property
    def open_minor(self) -> int:
        return sum(
            d.total - d.inward if d.kind == "invoice" else d.outward - d.total - d.inward
            for d in self.documents
        )


def rows_of(paper: Any) -> Rows:
    """What SQL would say of the books on paper."""
    inward: dict[Any, int] = defaultdict(int)
    outward: dict[Any, int] = defaultdict(int)
    settled, lines, documents = [], [], []
    records = list(paper.records.values())
    for payment in (r for r in records if isinstance(r, Payment)):
        for part in payment.allocations:
            inward[part.target] += part.amount.minor
            outward[part.source] += part.amount.minor
            if part.target.kind == "journal":
                entry = part.target.ledger_id
                amount = part.amount.minor
                settled.append(
                    Settlement("journal", entry, payment.customer_id, "USD", amount, True)
                )
    for record in records:
        if hasattr(record, "total"):
            facts = (record.customer_id, "USD", record.total.minor, record.balance.minor)
            allocated = (inward[record.ref], outward[record.ref])
            documents.append(DocumentFigures._make((*record.ref, *facts, *allocated)))
        for line in getattr(record, "lines", ()):
            where = (*record.ref, line.part, line.customer_id, "USD", line.amount.minor)
            lines.append(ControlLineRow._make((*where, record.issued_on)))
    customers = [
        CustomerFigure(r.ledger_id, r.currency, r.balance.minor)
        for r in records
        if isinstance(r, Customer) and r.balance is not None
    ]
    control = sum(r.balance.minor for r in records if isinstance(r, ControlAccount))
    return Rows(documents, customers, standing_lines(lines, settled), control)


@st.composite
def books(draw: st.DrawFn, make: Callable[[], Any]) -> Any:
    """Small books: a few customers, invoices, credit notes, payments on all of them, journals."""
    paper = make()
    cents = st.integers(1, 500).map(lambda minor: f"{minor / 100:.2f}")
    for customer in range(draw(st.integers(1, 3))):
        who = str(customer)
        paper.customer(who)
        number = iter(range(100 * (customer + 1), 100 * (customer + 2)))
        lines = []
        for _ in range(draw(st.integers(0, 3))):
            invoice, total = str(next(number)), draw(cents)
            paper.invoice(invoice, who, total, DAY + timedelta(days=draw(st.integers(0, 40))))
            part = draw(st.integers(0, Money.of(total, "USD").minor))
            if part:
                lines.append(("invoice", invoice, f"{part / 100:.2f}"))
        if draw(st.booleans()):
            paper.credit_note(note := str(next(number)), who, amount := draw(cents), DAY)
            lines.append(("credit_note", note, amount))
        if draw(st.booleans()):
            paper.journal(entry := str(next(number)), DAY, [(who, amount := draw(cents))])
            if draw(st.booleans()):
                lines.append(("journal", entry, amount))
        if lines:
            paper.payment(str(next(number)), who, "50.00", DAY, lines)
    return paper


PROPERTY = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@PROPERTY
@given(st.data())
def test_books_that_agree_tie_out(paper: Any, clock: Any, data: st.DataObject) -> None:
    made = data.draw(books(lambda: type(paper)(clock)))
    assert judge(rows_of(made)) == []


@PROPERTY
@given(st.data(), st.sampled_from(["total", "balance", "inward", "outward"]), st.integers(1, 999))
def test_a_single_wrong_figure_of_a_document_is_found_and_its_customer_named(
    paper: Any, clock: Any, data: st.DataObject, figure: str, off: int
) -> None:
    rows = rows_of(data.draw(books(lambda: type(paper)(clock))))
    wrong = [d for d in rows.documents if figure != "outward" or d.kind != "invoice"]
    assume(wrong)
    victim = data.draw(st.sampled_from(wrong))
    changed = victim._replace(**{figure: getattr(victim, figure) + off})
    documents = [changed if d is victim else d for d in rows.documents]
    held = {f.customer_id for f in judge(replace(rows, documents=documents))} - {None}
    assert held == {victim.customer_id}


@PROPERTY
@given(st.data())
def test_a_missing_open_document_is_found_and_its_customer_named(
    paper: Any, clock: Any, data: st.DataObject
) -> None:
    rows = rows_of(data.draw(books(lambda: type(paper)(clock))))
    opened = [d for d in rows.documents if d.balance]
    assume(opened)
    lost = data.draw(st.sampled_from(opened))
    findings = judge(replace(rows, documents=[d for d in rows.documents if d is not lost]))
    assert {f.customer_id for f in findings} - {None} == {lost.customer_id}
    assert Identity.CONTROL in {f.identity for f in findings}


@PROPERTY
@given(st.data(), st.integers(1, 999))
def test_a_wrong_customer_balance_is_found_and_that_customer_named(
    paper: Any, clock: Any, data: st.DataObject, off: int
) -> None:
    rows = rows_of(data.draw(books(lambda: type(paper)(clock))))
    victim = data.draw(st.sampled_from(rows.customers))
    changed = victim._replace(minor=(victim.minor or 0) - off)
    customers = [changed if c is victim else c for c in rows.customers]
    findings = judge(replace(rows, customers=customers))
    assert [(f.identity, f.customer_id) for f in findings] == [
        (Identity.CUSTOMER, victim.customer_id),
        (Identity.CUSTOMER_SUM, None),
    ]


@PROPERTY
@given(st.data(), st.integers(1, 999))
def test_a_wrong_control_account_is_found_and_holds_nobody(
    paper: Any, clock: Any, data: st.DataObject, off: int
) -> None:
    rows = rows_of(data.draw(books(lambda: type(paper)(clock))))
    findings = judge(replace(rows, control=rows.control + off))
    assert [(f.identity, f.customer_id) for f in findings] == [
        (Identity.CONTROL, None),
        (Identity.CUSTOMER_SUM, None),
    ]


def test_an_invoice_ties_when_its_allocations_make_its_balance() -> None:
    assert judge_document(INVOICE) is None


def test_an_invoice_that_does_not_tie_says_both_figures() -> None:
    finding = judge_document(INVOICE._replace(balance=5000))
    assert finding is not None
    assert finding.line == (
        "invoice 12: ledger says 50.00 USD is open, its allocations leave 40.00 USD"
    )


def test_a_payment_ties_when_total_and_credits_equal_what_it_paid_and_kept() -> None:
    payment = DocumentFigures("payment", "9", "5", "USD", 5000, 1000, 2000, 6000)
    assert judge_document(payment) is None
    assert judge_document(payment._replace(inward=0)) is not None


def test_a_customer_who_does_not_tie_is_told_with_both_amounts() -> None:
    _, [finding] = judge_customers(
        [CustomerFigure("12", "USD", 10000)], [BalanceSum("12", "USD", 9000)], []
    )
    assert finding.line == "customer 12: ledger says 100.00 USD, documents say 90.00 USD"


def test_documents_of_a_merged_customer_count_for_the_one_that_is_left() -> None:
    customers, balances = [CustomerFigure("1", "USD", 500)], [BalanceSum("2", "USD", 500)]
    judged, findings = judge_customers(customers, balances, [], {"2": "1"}.__getitem__)
    assert (judged, findings) == (1, [])


def test_a_customer_without_a_balance_is_not_judged() -> None:
    silent = [CustomerFigure("1", "USD", None)]
    assert judge_customers(silent, [BalanceSum("1", "USD", 500)], []) == (0, [])
    assert judge_customer_sum({"USD": 500}, silent, []) == []


def test_a_parked_object_is_a_finding_that_holds_its_customer() -> None:
    finding = judge_parked(ParkedObject("Invoice", "7", "5", "10.005 has too many decimals"))
    assert (finding.identity, finding.customer_id) == (Identity.PARKED, "5")
    assert "Invoice 7 could not be read: 10.005" in finding.line
