"""Judging what the store holds, without asking anybody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from recoup.connector.money import Money
from recoup.sync.store import contributors as entries
from recoup.sync.store import tieout as figures
from recoup.sync.store.aging import DEBIT_KINDS, View, foreign_items, open_sums
from recoup.sync.store.companies import CompanyRow
from recoup.sync.store.cursors import changes_so_far
from recoup.sync.store.families import read_families
from recoup.sync.store.tieout import CustomerFigure
from recoup.sync.tieout.contributors import Contributor, standing_lines
from recoup.sync.tieout.control import Control, assemble, read_controls
from recoup.sync.tieout.homing import (
    is_stated_at_home,
    judge_home_customers,
    judge_home_sum,
    read_rates,
    rounding,
    value_at_home,
)
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
    notes: tuple[str, ...] = ()  # what ties within the rounding of booked rates

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
    balances = figures.document_balances(conn, company_id)
    control = figures.control_accounts_now(conn, company_id)

    findings: list[Finding | None]
    findings = [judge_document(row) for row in figures.untied_documents(conn, company_id)]
    judged, untied = judge_customers(customers, balances, contributors, families.survivor)
    findings += untied
    notes: list[str] = []
    if any(customer.in_home for customer in customers):
        home = company.home_currency
        stated = value_at_home(figures.foreign_balances(conn, company_id, home), home)
        more, untied, notes = judge_home_customers(
            customers, balances, contributors, stated, families.survivor
        )
        judged += more
        findings += [*untied, *read_rates(stated)]
    totals, failed = _judge_controls(conn, company, control, customers, contributors)
    findings += failed
    findings += [judge_parked(parked) for parked in figures.parked_objects(conn, company_id)]
    findings += _moved(control, live)
    checked = _checked(figures.document_counts(conn, company_id), judged, len(totals))
    told = tuple(dict.fromkeys(finding for finding in findings if finding is not None))
    return Judgement(changes_so_far(conn, company_id), checked, told, totals, tuple(notes))


def _judge_controls(
    conn: Connection,
    company: CompanyRow,
    control: Mapping[str, int],
    customers: Sequence[CustomerFigure],
    contributors: Sequence[Contributor],
) -> tuple[dict[str, Control], list[Finding | None]]:
    """Identity 4 per currency, or in home currency where one account holds all of them."""
    home, everything = company.home_currency, View(company.company_id, None)
    ours = open_sums(conn, everything)
    several = company.multicurrency or bool(ours.keys() - {home})
    findings: list[Finding | None]
    if is_stated_at_home(control, home, several):
        at_home = value_at_home(foreign_items(conn, everything, home), home)
        total = {home: ours.get(home, 0) + at_home.minor}
        known = total[home] + sum(e.minor for e in contributors if e.currency == home)
        rounded = rounding(control[home] - known, at_home)
        named = [*contributors, rounded] if rounded else contributors
        findings = [
            judge_control(home, control[home], total[home], named),
            judge_home_sum(control[home], customers, contributors, at_home),
            *read_rates(at_home),
        ]
        return assemble(control, total, named), findings
    currencies = sorted(control.keys() | {c for c, minor in ours.items() if minor})
    stated = {c: control.get(c, 0) for c in currencies}
    findings = [judge_control(c, stated[c], ours.get(c, 0), contributors) for c in currencies]
    findings += judge_customer_sum(control, customers, contributors)
    return assemble(stated, ours, contributors), findings


def _checked(counts: Mapping[str, int], customers: int, controls: int) -> dict[str, int]:
    invoices, refunds = (counts.get(kind, 0) for kind in DEBIT_KINDS)
    checked = {
        Identity.INVOICE.value: invoices,
        Identity.CREDIT.value: sum(counts.values()) - invoices - refunds,
        Identity.CUSTOMER.value: customers,
        Identity.CONTROL.value: controls,
    }
    return checked | ({Identity.REFUND.value: refunds} if refunds else {})


def judge_dated(conn: Connection, company: CompanyRow, as_of: date) -> Judgement:
    """Judge the control account of a past day by the ledger's dated total, where one is stored."""
    # without a document yet, the home currency still needs the ledger's word to be proven
    ours = open_sums(conn, View(company.company_id, as_of)) or {company.home_currency: 0}
    stated = read_controls(conn, company, as_of, ours)
    # a currency with a note is in the figure of the home currency
    totals = {c: control for c, control in stated.items() if control.note is None}
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
