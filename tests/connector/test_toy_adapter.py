"""A ledger that is a folder of JSON files, its adapter, and the whole conformance kit on it.

The adapter is what docs/writing-an-adapter.md walks through: nothing in it is left out. The books
have no API, no change stamps and no tokens, so a pull lists everything, a deletion is a file that
is not there, and the scenarios about throttling and consent say why they cannot be played.
"""

from __future__ import annotations

import inspect
import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from recoup.connector import (
    Allocation,
    Capability,
    Company,
    ControlTotals,
    Cursor,
    Customer,
    DocumentKind,
    DocumentRef,
    DocumentState,
    Fetched,
    InexactAmount,
    Invoice,
    Ledger,
    Money,
    Page,
    Payload,
    Payment,
    Record,
    Swept,
    Tombstone,
    Unmapped,
    Window,
    hookimpl,
)
from recoup.connector.errors import NotSupported, Unreadable
from recoup.connector.testing import LedgerCase, LedgerConformance, Teller, Unplayable
from recoup.connector.testing.acts import (
    Act,
    Bills,
    Deletes,
    Edits,
    Opens,
    Receives,
    Renames,
    Voids,
)
from recoup.connector.testing.case import Truth
from recoup.connector.testing.fakes import NOON, FakeClock
from recoup.connector.testing.teller import Known

CURRENCY = "GBP"
PAGE = 5


# --- the adapter ----------------------------------------------------------------------------


class FolderLedger:
    """One company per folder; a file is a customer, an invoice or a payment."""

    def __init__(self, folder: Path, clock: FakeClock) -> None:
        self._folder, self._clock = folder, clock

    @hookimpl
    def describe_company(self) -> Company:
        return Company(
            ledger="folder", ledger_id=self._folder.name, name="Toys", home_currency=CURRENCY
        )

    @hookimpl
    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.DELETIONS, Capability.LIVE_FETCH, Capability.CONTROL_NOW})

    @hookimpl
    def pull(self, cursor: Cursor | None) -> Iterator[Page]:
        """Every file in the order of its name; after the last one, what there is of each type."""
        after = (cursor or {}).get("after", "")
        while names := [path.name for path in self._files() if path.name > after][:PAGE]:
            after = names[-1]
            yield Page(payloads=[self._payload(name) for name in names], cursor={"after": after})
        yield Page(swept=[self._swept(kind) for kind in MAPPED], cursor={"after": ""})

    @hookimpl
    def fetch(self, wanted: Sequence[tuple[str, str]]) -> Fetched:
        here = {path.name for path in self._files()}
        names = {pair: f"{pair[0]}-{pair[1]}.json" for pair in wanted}
        return Fetched(
            payloads=[self._payload(name) for name in names.values() if name in here],
            tombstones=[Tombstone(*pair) for pair, name in names.items() if name not in here],
        )

    @hookimpl
    def source_types(self, refs: Sequence[DocumentRef]) -> Sequence[tuple[str, str]]:
        return [(ref.kind.value, ref.ledger_id) for ref in refs if ref.kind.value in MAPPED]

    @hookimpl
    def control_totals(self, as_of: date | None, detail: bool) -> ControlTotals:
        if as_of is not None or detail:
            raise NotSupported("a folder states only what is open now")
        total = Decimal(0)
        for path in self._files():
            row = json.loads(path.read_bytes())
            total += Decimal(row.get("open", "0")) * SIGN[path.name.partition("-")[0]]
        money = Money(total, CURRENCY)
        return ControlTotals(as_of=None, read_at=self._clock.now(), totals=(money,))

    @hookimpl
    def map_payloads(self, payloads: Sequence[Payload]) -> Sequence[Record | Exception]:
        return [_mapped(payload) for payload in payloads]

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))

    def _payload(self, name: str) -> Payload:
        kind, _, ledger_id = name.removesuffix(".json").partition("-")
        return Payload(kind, ledger_id, (self._folder / name).read_bytes())

    def _swept(self, kind: str) -> Swept:
        ids = frozenset(path.stem.partition("-")[2] for path in self._folder.glob(f"{kind}-*"))
        return Swept(source_type=kind, window=Window(), count=len(ids), ids=ids)


def _mapped(payload: Payload) -> Record | Exception:
    row = json.loads(payload.raw)
    try:
        make = MAPPED.get(payload.source_type, _unmapped)
        record = make(payload, row)
        if isinstance(record, Invoice | Payment):
            _ = record.total.minor, record.balance.minor
    except (KeyError, ValueError, InexactAmount) as error:
        reason = f"{payload.source_type} {payload.ledger_id}: {error}"
        return Unreadable(reason, customer_id=row.get("customer"))
    return record


def _customer(payload: Payload, row: Mapping[str, Any]) -> Customer:
    return Customer(
        ledger_id=payload.ledger_id, name=row["name"], currency=CURRENCY, raw=payload.raw
    )


def _invoice(payload: Payload, row: Mapping[str, Any]) -> Invoice:
    return Invoice(
        ledger_id=payload.ledger_id,
        customer_id=row["customer"],
        number=row.get("number"),
        issued_on=date.fromisoformat(row["on"]),
        due_on=date.fromisoformat(row["due"]),
        total=Money.of(row["total"], CURRENCY),
        balance=Money.of(row["open"], CURRENCY),
        state=DocumentState.VOID if row["status"] == "void" else DocumentState.POSTED,
        raw=payload.raw,
    )


def _payment(payload: Payload, row: Mapping[str, Any]) -> Payment:
    own = DocumentRef(DocumentKind.PAYMENT, payload.ledger_id)
    return Payment(
        ledger_id=payload.ledger_id,
        customer_id=row["customer"],
        issued_on=date.fromisoformat(row["on"]),
        total=Money.of(row["total"], CURRENCY),
        balance=Money.of(row["open"], CURRENCY),
        allocations=tuple(
            Allocation(
                part=invoice,
                source=own,
                target=DocumentRef(DocumentKind.INVOICE, invoice),
                amount=Money.of(amount, CURRENCY),
            )
            for invoice, amount in row["pays"].items()
        ),
        raw=payload.raw,
    )


def _unmapped(payload: Payload, row: Mapping[str, Any]) -> Unmapped:
    return Unmapped(ledger_id=payload.ledger_id, source_type=payload.source_type, raw=payload.raw)


MAPPED = {"customer": _customer, "invoice": _invoice, "payment": _payment}
SIGN = {"customer": 0, "invoice": 1, "payment": -1}


# --- its books, in the hands of a bookkeeper --------------------------------------------------


class Folder:
    """The files, and what a person does to them with an editor."""

    def __init__(self, clock: FakeClock) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="toy-books-"))
        self.clock = clock
        self._count = 0

    def write(self, kind: str, ledger_id: str, row: Mapping[str, Any]) -> str:
        (self.path / f"{kind}-{ledger_id}.json").write_text(json.dumps(row, sort_keys=True))
        return ledger_id

    def add(self, kind: str, **row: Any) -> str:
        self._count += 1
        return self.write(kind, f"{self._count:04}", {"on": str(self.clock.at.date()), **row})

    def read(self, kind: str, ledger_id: str) -> dict[str, Any]:
        row: dict[str, Any] = json.loads((self.path / f"{kind}-{ledger_id}.json").read_bytes())
        return row

    def amend(self, kind: str, ledger_id: str, **fields: Any) -> None:
        self.write(kind, ledger_id, self.read(kind, ledger_id) | fields)

    def bill(self, customer: str, amount: str, due: date) -> str:
        open_amount = {"total": amount, "open": amount, "status": "sent"}
        return self.add("invoice", customer=customer, due=str(due), **open_amount)

    def receive(self, customer: str, amount: str, pays: Mapping[str, str]) -> str:
        for invoice, part in pays.items():
            self._settle(invoice, Decimal(part))
        left = Decimal(amount) - sum(map(Decimal, pays.values()))
        return self.add("payment", customer=customer, total=amount, open=str(left), pays=dict(pays))

    def remove(self, kind: str, ledger_id: str) -> None:
        for invoice, part in self.read(kind, ledger_id).get("pays", {}).items():
            self._settle(invoice, -Decimal(part))
        (self.path / f"{kind}-{ledger_id}.json").unlink()

    def _settle(self, invoice: str, amount: Decimal) -> None:
        left = Decimal(self.read("invoice", invoice)["open"]) - amount
        self.amend("invoice", invoice, open=str(left))


class FolderCase(LedgerCase):
    currency = CURRENCY
    invoice_type = "invoice"

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.books = Folder(self.clock)

    def open_ledger(self) -> Ledger:
        return Ledger(FolderLedger(self.books.path, self.clock))

    def close(self) -> None:
        shutil.rmtree(self.books.path)

    def truth(self) -> Truth:
        rows = [(path.stem, json.loads(path.read_bytes())) for path in self.books.path.iterdir()]
        return {
            DocumentRef(DocumentKind(stem.partition("-")[0]), stem.partition("-")[2]): Money.of(
                row["open"], CURRENCY
            )
            for stem, row in rows
            if "open" in row and row.get("status") != "void"
        }

    def add_customer(self, name: str) -> str:
        return self.books.add("customer", name=name)

    def add_invoice(self, customer_id: str, amount: str) -> str:
        return self.books.bill(customer_id, amount, self.clock.at.date())

    def pay(self, invoice_id: str, amount: str) -> str:
        customer = self.books.read("invoice", invoice_id)["customer"]
        return self.books.receive(customer, amount, {invoice_id: amount})

    def edit_invoice(self, invoice_id: str, amount: str) -> None:
        self.books.amend("invoice", invoice_id, total=amount, open=amount)

    def void_invoice(self, invoice_id: str) -> None:
        self.books.amend("invoice", invoice_id, open="0.00", status="void")

    def delete_invoice(self, invoice_id: str) -> None:
        self.books.remove("invoice", invoice_id)

    def delete_payment(self, payment_id: str) -> None:
        self.books.remove("payment", payment_id)

    def write_raw(self, invoice_id: str, fields: Mapping[str, Any]) -> None:
        self.books.amend("invoice", invoice_id, **fields)

    def strange_fields(self) -> Mapping[str, Any]:
        return {"colour": {"of": "the paper"}}

    def strange_values(self) -> Mapping[str, Any]:
        return {"status": "framed"}

    def total_field(self, amount: str) -> Mapping[str, Any]:
        return {"total": amount, "open": amount}


class FolderTeller(Teller):
    differences: ClassVar[Mapping[str, str]] = {"Birch North": "a customer has no parent"}

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.books = Folder(self.clock)

    def open_ledger(self) -> Ledger:
        return Ledger(FolderLedger(self.books.path, self.clock))

    def close(self) -> None:
        shutil.rmtree(self.books.path)

    def turn_to(self, day: date) -> None:
        self.clock.at = datetime.combine(day, time(12), tzinfo=UTC)

    def open_customer(self, act: Opens, known: Known) -> str:
        if act.currency is not None:
            raise Unplayable("a folder has one currency")
        return self.books.add("customer", name=act.customer)

    def tell(self, act: Act, known: Known) -> Mapping[str, Sequence[DocumentRef]]:
        match act:
            case Bills():
                made = self.books.bill(known.customers[act.customer], act.amount, act.due_on)
                return {act.invoice: [DocumentRef(DocumentKind.INVOICE, made)]}
            case Receives() if not act.discount:
                pays = {known.only(invoice): amount for invoice, amount in act.against.items()}
                made = self.books.receive(known.customers[act.customer], act.amount, pays)
                return {act.receipt: [DocumentRef(DocumentKind.PAYMENT, made)]}
            case Edits():
                fields = {"total": act.amount, "open": act.amount}
                self.books.amend("invoice", known.only(act.invoice), **fields)
            case Voids():
                self.books.amend("invoice", known.only(act.invoice), open="0.00", status="void")
            case Deletes():
                [ref] = known.documents[act.document]
                self.books.remove(ref.kind.value, ref.ledger_id)
            case Renames():
                self.books.amend("customer", known.customers[act.customer], name=act.name)
            case _:
                raise Unplayable("a folder has no credit notes, discounts or merges")
        return {}


class TestFolderLedger(LedgerConformance):
    case_type = FolderCase
    teller_type = FolderTeller


def test_the_adapter_is_a_page_or_two() -> None:
    parts = (FolderLedger, _mapped, _customer, _invoice, _payment, _unmapped)
    assert sum(len(inspect.getsource(part).splitlines()) for part in parts) < 150
