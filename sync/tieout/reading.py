"""Judging what the store holds, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from recoup.connector.model import DocumentKind
from recoup.connector.money import Money
from recoup.sync.store import contributors as entries
from recoup.sync.store import tieout as figures
from recoup.sync.store.aging import View, open_sums
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.cursors import changes_so_far
from recoup.sync.store.families import read_families
from recoup.sync.tieout.contributors import Contributor, standing_lines
from recoup.sync.tieout.control import Control, assemble, read_controls
from recoup.sync.tieout.identities import (
    Finding,
    Identity,
    judge_control,
    judge_customer_sum,
    judge_customers,
    judge_document,
    judge_parked,
)

__all__ = ["Judgement", "judge_dated", "judge_now"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one reading of the store came to."""

    changes: int  # the state that was judged: stored changes up to then
    checked: Mapping[str, int]
    findings: tuple[Finding, ...]
    totals: Mapping[str, Control]

    @property
    def doubts(self) -> tuple[Finding, ...]:
        """Findings that reading again may settle."""
        return tuple(f for f in self.findings if f.identity is not Identity.PARKED)

    @property
    def reasons(self) -> dict[str, str]:
        """Whom to hold, and why: every line about the customer, in order."""
        lines: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.customer_id is not None:
                lines.setdefault(finding.customer_id, []).append(finding.line)
        return {customer: "; ".join(said) for customer, said in lines.items()}


def judge_now(
    conn: Connection,
    company: CompanyRow,
    foreign: Sequence[Contributor],
    live: Mapping[str, int] | None = None,
) -> Judgement:
    """Judge all four identities on the state now. live: the control accounts as just read."""
    company_id = company.company_id
    families = read_families(conn, company_id)
    contributors = [
        *standing_lines(
            entries.control_lines(conn, company_id), entries.settlements(conn, company_id)
        ),
        *foreign,
    ]
    customers = figures.customer_figures(conn, company_id)
    control = figures.control_accounts_now(conn, company_id)
    ours = open_sums(conn, View(company_id, None))
    counts = figures.document_counts(conn, company_id)

    findings = [judge_document(row) for row in figures.untied_documents(conn, company_id)]
    judged, untied = judge_customers(
        customers, figures.document_balances(conn, company_id), contributors, families.survivor
    )
    findings += untied
    currencies = sorted(control.keys() | {c for c, minor in ours.items() if minor})
    findings += [
        judge_control(c, control.get(c, 0), ours.get(c, 0), contributors) for c in currencies
    ]
    findings += judge_customer_sum(control, customers, contributors)
    findings += [judge_parked(parked) for parked in figures.parked_objects(conn, company_id)]
    findings += _moved(control, live)
    invoices = counts.get(DocumentKind.INVOICE, 0)
    checked = {
        Identity.INVOICE.value: invoices,
        Identity.CREDIT.value: sum(counts.values()) - invoices,
        Identity.CUSTOMER.value: judged,
        Identity.CONTROL.value: len(currencies),
    }
    totals = assemble({c: control.get(c, 0) for c in currencies}, ours, contributors)
    failed = tuple(finding for finding in findings if finding is not None)
    return Judgement(changes_so_far(conn, company_id), checked, failed, totals)


def judge_dated(conn: Connection, company: CompanyRow, as_of: date) -> Judgement:
    """Judge the control account of a past day by the ledger's dated total, where one is stored."""
    # without a document yet, the home currency still needs the ledger's word to be proven
    ours = open_sums(conn, View(company.company_id, as_of)) or {company.home_currency: 0}
    totals = read_controls(conn, company, as_of, ours)
    findings = []
    for currency, control in totals.items():
        if control.ledger is None:
            continue
        explained = [
            Contributor(
                document=item.document,
                customer_id=None,
                currency=currency,
                minor=item.amount.minor,
                why=item.why,
            )
            for item in control.explained
        ]
        finding = judge_control(currency, control.ledger.minor, control.ours.minor, explained)
        if finding is not None:
            findings.append(finding)
    judged = sum(control.ledger is not None for control in totals.values())
    checked = {Identity.CONTROL.value: judged}
    return Judgement(changes_so_far(conn, company.company_id), checked, tuple(findings), totals)


def _moved(control: Mapping[str, int], live: Mapping[str, int] | None) -> list[Finding]:
    """The pull is behind the books where the ledger now states another total."""
    findings = []
    for currency in sorted(live or ()):
        now, then = (live or {})[currency], control.get(currency, 0)
        if now == then:
            continue
        stated, ours = Money.from_minor(now, currency), Money.from_minor(then, currency)
        findings.append(
            Finding(
                identity=Identity.MOVED,
                subject=f"control account {currency}",
                customer_id=None,
                stated=stated,
                derived=ours,
                line=(
                    f"control account {currency}: ledger now says {stated}, the last pull read "
                    f"{ours}: sync again"
                ),
            )
        )
    return findings
