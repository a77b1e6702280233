"""The drawers of an invented business: its documents, numbers, parties and open items.

The register above enters what happens; this keeps what stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from recoup.plugins.sage.standin.amounts import ZERO, text
from recoup.plugins.sage.standin.seed_documents import Firm, Payload, Worth, hex_id
from recoup.plugins.sage.standin.vocabulary import ref

MASTERS = ("contact_persons", "contacts")


@dataclass(frozen=True, slots=True)
class Part:
    """So much of a payment set against one document."""

    document: Payload
    amount: Decimal  # positive, in the contact's currency
    discount: Decimal = ZERO  # settles beside the amount; no money


@dataclass(slots=True)
class Item:
    """What the register knows of one document that can be open."""

    document: Payload
    contact_id: str
    worth: Worth
    credit: bool
    vendor: bool
    due: Decimal  # what can be collected; a void or a draft has nothing
    cash: Decimal = ZERO  # settled by money or credits
    discount: Decimal = ZERO

    @property
    def open(self) -> Decimal:
        return self.due - self.cash - self.discount


@dataclass(frozen=True, slots=True)
class Chart:
    """Where the documents are posted: references to accounts that the stand-in keeps."""

    sales: Payload  # a ledger account
    bank: Callable[[str], Payload]  # currency → a bank account


def loose_chart() -> Chart:
    """A chart that no ledger stands behind, for a register that is only looked at."""
    sales = ref("ledger_accounts", hex_id("sales"), "Sales")
    return Chart(sales, lambda code: ref("bank_accounts", hex_id(code), f"Current {code}"))


class Filing:
    """Every document of a business that is being invented, and what of each is open.

    price: home units for one unit of a currency on a day. moves: whether updated_at of a document
    moves when something is set against it. chart: where the documents are posted.
    """

    def __init__(
        self,
        firm: Firm,
        opened_at: datetime,
        price: Callable[[str, date], Decimal],
        *,
        moves: bool = False,
        chart: Chart | None = None,
    ) -> None:
        self.chart = chart or loose_chart()
        self.firm = firm
        self.opened_at = opened_at
        self.moves = moves
        self._price = price
        self._documents: dict[str, dict[str, Payload]] = {}
        self._items: dict[str, Item] = {}
        self._counts: dict[str, int] = {}
        self._parties: dict[str, Payload] = {}

    # -- what stands in it --------------------------------------------------------------------

    def documents(self) -> Iterator[tuple[str, Payload]]:
        """(kind, payload) of everything, masters before what refers to them."""
        self._balance()
        for kind in (*MASTERS, *sorted(set(self._documents) - set(MASTERS))):
            for payload in self._documents.get(kind, {}).values():
                yield kind, payload

    def all(self, kind: str) -> list[Payload]:
        return list(self._documents.get(kind, {}).values())

    def open_amount(self, document: Payload) -> Decimal:
        """What is still open of a document, as a magnitude."""
        return self._items[document["id"]].open

    def item(self, ident: str) -> Item:
        """What is known of an artefact."""
        return self._items[ident]

    def next_id(self, kind: str) -> str:
        return hex_id(self.firm.business_id, kind, self.count(kind))

    def count(self, what: str) -> int:
        """One more of *what*: 1, 2, 3 …"""
        self._counts[what] = self._counts.get(what, 0) + 1
        return self._counts[what]

    def keep(self, kind: str, payload: Payload) -> Payload:
        self._documents.setdefault(kind, {})[payload["id"]] = payload
        if "contact" in payload:
            payload["contact"] = self.party(payload["contact"])
        return payload

    def party(self, contact: Payload) -> Payload:
        """The one reference to a contact that all its documents share: a new name shows at once."""
        return self._parties.setdefault(contact["id"], contact)

    def drop(self, kind: str, payload: Payload) -> None:
        """Take a document out without a trace, as a deleted draft is."""
        del self._documents[kind][payload["id"]]
        self._items.pop(payload["id"], None)

    def transaction(self, ident: str, name: str) -> Payload:
        """A reference to the posting of a document."""
        return ref("transactions", hex_id(ident, "transaction"), name)

    def rate(self, currency: str, on: date) -> Decimal:
        """Home units for one unit of *currency* on a day."""
        return Decimal(1) if currency == self.firm.home else self._price(currency, on)

    def worth(
        self,
        currency: str,
        on: date,
        net: Decimal,
        tax: Decimal = ZERO,
        tax_rate: str | None = None,
    ) -> Worth:
        """Amounts at the rate of the day."""
        return Worth(net, tax, currency, self.rate(currency, on), tax_rate)

    def _balance(self) -> None:
        """Write every contact's balance: open debits less open credits."""
        balances: dict[str, Decimal] = {}
        for item in self._items.values():
            signed = -item.open if item.credit else item.open
            balances[item.contact_id] = balances.get(item.contact_id, ZERO) + signed
        for payload in self._documents.get("contacts", {}).values():
            if payload["contact_types"][0]["id"] == "VENDOR":
                continue  # the stand-in keeps no purchase ledger
            payload["balance"] = text(balances.get(payload["id"], ZERO))
