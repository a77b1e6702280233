"""The four identities that prove our figures equal the ledger's own.

1. invoice, refund: total − balance = Σ allocations in
2. payment, credit note: total + Σ in − Σ out = balance
3. customer: the ledger's balance = Σ open debits − Σ open credits + contributors
4. control account: its balance = Σ open documents + contributors, and = Σ customer balances

Contributors are what stands on a control account without being a document of ours. Amounts are
minor units; a rule that holds says nothing, one that fails returns a finding.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.money import Money
from recoup.sync.store.aging import DEBIT_KINDS
from recoup.sync.store.tieout import BalanceSum, CustomerFigure, DocumentFigures, ParkedObject
from recoup.sync.tieout.contributors import Contributor

__all__ = [
    "Finding",
    "Identity",
    "judge_control",
    "judge_customer_sum",
    "judge_customers",
    "judge_document",
    "judge_parked",
]


class Identity(StrEnum):
    """Which identity failed, or what kept one from being judged."""

    INVOICE = "invoice"
    CREDIT = "credit"  # payments, prepayments, overpayments and credit notes
    REFUND = "refund"
    CUSTOMER = "customer"
    CONTROL = "control"  # the control account against our open documents
    CUSTOMER_SUM = "customer_sum"  # the control account against the customers' balances
    RATE = "rate"  # a document in another currency that carries no rate
    PARKED = "parked"  # an object that could not be read
    MOVED = "moved"  # the ledger's control account is not what the last pull read


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not tie. *line* is for people; it holds ids and amounts, no names."""

    identity: Identity
    subject: str  # "invoice 12", "customer 5", "control account USD"
    customer_id: str | None  # whom it holds; None for findings about the company
    stated: Money | None  # the ledger's figure
    derived: Money | None  # what the documents make of it
    line: str


def judge_document(figures: DocumentFigures) -> Finding | None:
    """Identity 1 for an invoice or refund, identity 2 for anything that lowers a debt."""
    kind = DocumentKind(figures.kind)
    if figures.kind in DEBIT_KINDS:
        identity = Identity(figures.kind)
        derived = figures.total - figures.inward
    else:
        identity, derived = Identity.CREDIT, figures.total + figures.inward - figures.outward
    if derived == figures.balance:
        return None
    stated = Money.from_minor(figures.balance, figures.currency)
    ours = Money.from_minor(derived, figures.currency)
    subject = str(DocumentRef(kind, figures.ledger_id))
    return Finding(
        identity=identity,
        subject=subject,
        customer_id=figures.customer_id,
        stated=stated,
        derived=ours,
        line=f"{subject}: ledger says {stated} is open, its allocations leave {ours}",
    )


def judge_customers(
    customers: Iterable[CustomerFigure],
    balances: Iterable[BalanceSum],
    contributors: Iterable[Contributor],
    survivor: Callable[[str], str] = str,
) -> tuple[int, list[Finding]]:
    """Identity 3 for every customer that states a balance; returns how many were judged.

    One whose balance is a figure in home currency is judged elsewhere (homing).

    balances are Σ of the documents' own open figures per customer, credits negative. survivor
    follows merges: documents that still name a merged customer count for the one that is left.
    """
    derived: dict[tuple[str, str], int] = defaultdict(int)
    for balance in balances:
        derived[survivor(balance.customer_id), balance.currency] += balance.minor
    for entry in contributors:
        if entry.customer_id is not None:
            derived[survivor(entry.customer_id), entry.currency] += entry.minor
    judged, findings = 0, []
    for customer in customers:
        if customer.minor is None or customer.in_home:
            continue
        judged += 1
        ours = derived.get((customer.customer_id, customer.currency), 0)
        if ours != customer.minor:
            findings.append(_customer_finding(customer, customer.minor, ours))
    return judged, findings


def _customer_finding(customer: CustomerFigure, stated_minor: int, derived_minor: int) -> Finding:
    stated = Money.from_minor(stated_minor, customer.currency)
    derived = Money.from_minor(derived_minor, customer.currency)
    subject = f"customer {customer.customer_id}"
    return Finding(
        identity=Identity.CUSTOMER,
        subject=subject,
        customer_id=customer.customer_id,
        stated=stated,
        derived=derived,
        line=f"{subject}: ledger says {stated}, documents say {derived}",
    )


def judge_control(
    currency: str, control: int, documents: int, contributors: Iterable[Contributor]
) -> Finding | None:
    """Identity 4: the control account against open documents and named contributors."""
    entries = sum(entry.minor for entry in contributors if entry.currency == currency)
    if control == documents + entries:
        return None
    stated = Money.from_minor(control, currency)
    derived = Money.from_minor(documents + entries, currency)
    return Finding(
        identity=Identity.CONTROL,
        subject=f"control account {currency}",
        customer_id=None,
        stated=stated,
        derived=derived,
        line=(
            f"control account {currency}: ledger says {stated}, documents and named entries say "
            f"{derived}, {stated - derived} is unexplained"
        ),
    )


def judge_customer_sum(
    control: Mapping[str, int],
    customers: Iterable[CustomerFigure],
    contributors: Iterable[Contributor],
) -> list[Finding]:
    """Identity 4: the control account against the customers' own balances.

    A currency in which some customer states no balance is not judged.
    """
    sums: dict[str, int] = defaultdict(int)
    silent: set[str] = set()
    for customer in customers:
        if customer.minor is None:
            silent.add(customer.currency)
        else:
            sums[customer.currency] += customer.minor
    for entry in contributors:
        if entry.customer_id is None:
            sums[entry.currency] += entry.minor
    findings = []
    for currency in sorted(control.keys() - silent):
        if sums[currency] == control[currency]:
            continue
        stated = Money.from_minor(control[currency], currency)
        derived = Money.from_minor(sums[currency], currency)
        findings.append(
            Finding(
                identity=Identity.CUSTOMER_SUM,
                subject=f"control account {currency}",
                customer_id=None,
                stated=stated,
                derived=derived,
                line=(
                    f"control account {currency}: ledger says {stated}, "
                    f"its customers' balances add up to {derived}"
                ),
            )
        )
    return findings


def judge_parked(parked: ParkedObject) -> Finding:
    """An object that could not be read proves nothing, so it is a finding of its own."""
    return Finding(
        identity=Identity.PARKED,
        subject=f"{parked.source_type} {parked.ledger_id}",
        customer_id=parked.customer_id,
        stated=None,
        derived=None,
        line=f"{parked.source_type} {parked.ledger_id} could not be read: {parked.reason}",
    )
