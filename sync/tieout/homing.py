"""One figure in home currency over documents of every currency, and how far it may be off.

Some ledgers state a customer's balance, or the control account, in the home currency alone. Each
of our documents is then worth its open amount at the rate it was booked at, rounded half-up to
the home currency. The ledger may round elsewhere, so a sum may be off by one minor unit for each
document in another currency; where there is none it must be exact.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.money import Money, exponent
from recoup.sync.store.aging import ForeignItem
from recoup.sync.store.tieout import BalanceSum, CustomerFigure, ForeignBalance
from recoup.sync.tieout.contributors import Contributor, name_document
from recoup.sync.tieout.identities import Finding, Identity

__all__ = [
    "AtHome",
    "Valued",
    "foreign_contributors",
    "is_stated_at_home",
    "judge_home_customers",
    "judge_home_sum",
    "read_rates",
    "rounding",
    "to_home",
    "value_at_home",
]


Foreign = ForeignItem | ForeignBalance


class Valued(NamedTuple):
    """A foreign document in home units."""

    kind: str
    ledger_id: str
    customer_id: str
    currency: str  # its own
    rate: str
    minor: int  # of the home currency


@dataclass(frozen=True, slots=True)
class AtHome:
    """Open documents in other currencies than *currency*, at their booked rates."""

    currency: str
    valued: Sequence[Valued] = ()
    without_rate: Sequence[Foreign] = field(default=())

    @property
    def minor(self) -> int:
        return sum(item.minor for item in self.valued)

    @property
    def most_off(self) -> int:
        """The minor units by which rounding alone may part two sums of these documents."""
        return len(self.valued)


def to_home(minor: int, currency: str, rate: str, home: str) -> int:
    """Minor units of *home* that an amount is worth at *rate*, rounded half-up."""
    amount = Decimal(minor).scaleb(-exponent(currency)) * Decimal(rate)
    return int(amount.scaleb(exponent(home)).to_integral_value(ROUND_HALF_UP))


def value_at_home(items: Iterable[Foreign], home: str) -> AtHome:
    valued, without = [], []
    for item in items:
        if item.rate is None:
            without.append(item)
            continue
        worth = to_home(item.minor, item.currency, item.rate, home)
        facts = (item.kind, item.ledger_id, item.customer_id, item.currency)
        valued.append(Valued(*facts, rate=item.rate, minor=worth))
    return AtHome(home, valued, without)


def is_stated_at_home(accounts: Iterable[str], home: str, foreign: bool) -> bool:
    """Whether one control account in the home currency holds documents of every currency.

    accounts: the currencies of the control accounts. A ledger with an account per currency has
    one in each that it ever had a document in. foreign: there may be such documents.
    """
    return foreign and set(accounts) == {home}


def read_rates(at_home: AtHome) -> list[Finding]:
    """A foreign document without a rate proves nothing about the home currency."""
    findings = []
    for item in at_home.without_rate:
        subject = str(DocumentRef(DocumentKind(item.kind), item.ledger_id))
        findings.append(
            Finding(
                identity=Identity.RATE,
                subject=subject,
                customer_id=item.customer_id,
                stated=None,
                derived=None,
                line=f"{subject} is in {item.currency} but carries no exchange rate",
            )
        )
    return findings


def judge_home_customers(
    customers: Iterable[CustomerFigure],
    balances: Iterable[BalanceSum],
    contributors: Iterable[Contributor],
    at_home: AtHome,
    survivor: Callable[[str], str] = str,
) -> tuple[int, list[Finding], list[str]]:
    """Identity 3 for customers whose balance is one figure in home currency.

    balances: as for judge_customers. Returns how many were judged, what failed, and a note for
    each who is off by no more than rounding allows.
    """
    home = at_home.currency
    ours: dict[str, int] = defaultdict(int)
    allowed: dict[str, int] = defaultdict(int)
    entries: list[BalanceSum | Contributor] = [*balances, *contributors]
    for entry in entries:
        if entry.currency == home and entry.customer_id is not None:
            ours[survivor(entry.customer_id)] += entry.minor
    for item in at_home.valued:
        ours[survivor(item.customer_id)] += item.minor
        allowed[survivor(item.customer_id)] += 1
    judged, findings, notes = 0, [], []
    for customer in customers:
        if customer.minor is None or not customer.in_home:
            continue
        judged += 1
        who = customer.customer_id
        off = customer.minor - ours[who]
        if not off:
            continue
        stated, derived = (Money.from_minor(m, home) for m in (customer.minor, ours[who]))
        line = f"customer {who}: ledger says {stated}, documents say {derived}"
        if allowed[who]:
            line += f" at their booked rates{_tolerated(allowed[who], home)}"
        if abs(off) <= allowed[who]:
            notes.append(line)
            continue
        findings.append(
            Finding(
                identity=Identity.CUSTOMER,
                subject=f"customer {who}",
                customer_id=who,
                stated=stated,
                derived=derived,
                line=line,
            )
        )
    return judged, findings, notes


def judge_home_sum(
    control: int,
    customers: Sequence[CustomerFigure],
    contributors: Iterable[Contributor],
    at_home: AtHome,
) -> Finding | None:
    """Identity 4: the one control account against the customers' own balances.

    Not judged where some customer states no balance, or states it in another currency.
    """
    home = at_home.currency
    if any(c.minor is None or not (c.in_home or c.currency == home) for c in customers):
        return None
    total = sum(customer.minor or 0 for customer in customers)
    total += sum(e.minor for e in contributors if e.customer_id is None and e.currency == home)
    if abs(control - total) <= at_home.most_off:
        return None
    stated, derived = Money.from_minor(control, home), Money.from_minor(total, home)
    subject = f"control account {home}"
    return Finding(
        identity=Identity.CUSTOMER_SUM,
        subject=subject,
        customer_id=None,
        stated=stated,
        derived=derived,
        line=(
            f"{subject}: ledger says {stated}, its customers' balances add up to {derived}"
            f"{_tolerated(at_home.most_off, home)}"
        ),
    )


def rounding(off: int, at_home: AtHome) -> Contributor | None:
    """The entry that names what rounding alone explains of a difference; None beyond that."""
    most = at_home.most_off
    if not off or abs(off) > most:
        return None
    return Contributor(
        document="rounding",
        customer_id=None,
        currency=at_home.currency,
        minor=off,
        why=f"{_counted(most)} at booked rates, each rounded to {at_home.currency}",
    )


def foreign_contributors(held: AtHome, counted: AtHome) -> list[Contributor]:
    """What documents in other currencies add to the one control account.

    held: all that it holds. counted: what is among our documents already.
    """
    was = {(item.kind, item.ledger_id): item for item in counted.valued}
    pairs = [(item, was.pop((item.kind, item.ledger_id), None)) for item in held.valued]
    changes = [(item, item.minor - (before.minor if before else 0)) for item, before in pairs]
    changes += [(item, -item.minor) for item in was.values()]
    return [
        Contributor(
            document=name_document(item.kind, item.ledger_id),
            customer_id=item.customer_id,
            currency=held.currency,
            minor=minor,
            why=f"{item.currency} at its booked rate {item.rate}",
        )
        for item, minor in changes
        if minor
    ]


def _tolerated(count: int, home: str) -> str:
    if not count:
        return ""
    most = Money.from_minor(count, home)
    return f" (up to {most} may be rounding: {_counted(count)})"


def _counted(count: int) -> str:
    return f"{count} {'document' if count == 1 else 'documents'} in other currencies"
