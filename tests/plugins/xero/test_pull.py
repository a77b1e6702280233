"""The pull against the stand-in: nothing lost, little asked, other books never taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from recoup.connector.errors import Fatal, NeedsConsent, NeedsReconnect, WrongCompany
from recoup.connector.model import ControlAccount, Customer, Invoice, Payment, Refund
from recoup.connector.money import Money
from recoup.connector.pages import Tombstone
from recoup.plugins.xero.adapter import XeroLedger
from recoup.plugins.xero.consent import SCOPES
from recoup.plugins.xero.cursor import State
from recoup.plugins.xero.pull import OVERLAP
from recoup.plugins.xero.standin.fault import Fault


def settled(world: Any, many: int = 3) -> tuple[str, list[str]]:
    """An organisation that was pulled an hour ago."""
    buyer = world.customer()
    ids = [world.invoice(buyer) for _ in range(many)]
    world.wait(hours=1)
    world.pull()
    world.wait(hours=1)
    return buyer, ids


def calls(pages: Any) -> int:
    return sum(page.calls for page in pages)


def ids_of(pages: Any, source_type: str = "Invoice") -> list[str]:
    return [p.ledger_id for page in pages for p in page.payloads if p.source_type == source_type]


def balance(world: Any, customer: str) -> str:
    record = world.mirror.records["Contact", customer]
    assert isinstance(record, Customer) and record.balance is not None
    return record.balance.text


def test_nothing_new_costs_at_most_eight_calls(world: Any) -> None:
    settled(world)
    for _ in range(5):
        world.wait(hours=12)
        pages = world.pull()
        assert calls(pages) <= 8
        assert ids_of(pages, "Payment") == []


def test_the_window_begins_before_xeros_own_clock(world: Any) -> None:
    settled(world)
    world.options.skew_seconds = -300  # Xero is five minutes behind us
    world.pull()
    state = State.load(world.mirror.cursor)
    assert state.marks["Invoice"] == world.clock.now() - timedelta(seconds=300) - OVERLAP


@pytest.mark.parametrize("skew", [-300, 300])
def test_five_minutes_between_the_clocks_lose_nothing(world: Any, skew: float) -> None:
    buyer, _ = settled(world)
    world.options.skew_seconds = skew
    world.pull()
    for _ in range(3):
        late = world.invoice(buyer)
        world.wait(minutes=1)
        world.pull()
        assert ("Invoice", late) in world.mirror.records


def test_a_payment_brings_its_invoice_its_contact_and_the_control_account(world: Any) -> None:
    buyer, [first, *_] = settled(world)
    assert balance(world, buyer) == "300.00"
    world.books.pay(first, "40.00")
    pages = world.pull()
    assert first in ids_of(pages)
    assert balance(world, buyer) == "260.00"
    [control] = [r for r in world.mirror.records.values() if isinstance(r, ControlAccount)]
    assert control.balance == Money.of("260.00", world.books.base_currency)
    assert calls(pages) <= 7 + 2 + 1


def test_what_money_settles_is_read_when_it_was_not_seen_in_the_pass(world: Any) -> None:
    _, [first, *_] = settled(world)
    world.standin.faults.between_pages(lambda: world.books.pay(first, "10.00"), match="Invoices?")
    world.pull()
    invoice = world.mirror.records["Invoice", first]
    assert isinstance(invoice, Invoice) and invoice.balance.text == "90.00"
    assert any(isinstance(r, Payment) for r in world.mirror.records.values())


def test_many_touched_contacts_are_read_whole(world: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("recoup.plugins.xero.pull.MOST_RELATED", 2)
    buyers = [world.customer(f"Buyer {n}") for n in range(5)]
    world.wait(hours=1)
    world.pull()
    world.wait(hours=1)
    for buyer in buyers:
        world.invoice(buyer, "10.00")
    pages = world.pull()
    assert {balance(world, buyer) for buyer in buyers} == {"10.00"}
    assert sum(path == "Contacts" for path in world.asked()) >= 2
    assert set(buyers) <= set(ids_of(pages, "Contact"))


def test_a_merged_contact_is_buried_under_its_survivor(world: Any) -> None:
    buyer, _ = settled(world)
    kept = world.customer("Kept")
    world.books.merge_contacts(kept, buyer)
    stones = [stone for page in world.pull() for stone in page.tombstones]
    assert Tombstone("Contact", buyer, kept) in stones


def test_an_archived_contact_stays_and_still_owes(world: Any) -> None:
    buyer, _ = settled(world)
    world.books.archive(buyer)
    world.pull()
    record = world.mirror.records["Contact", buyer]
    assert isinstance(record, Customer) and not record.active
    assert balance(world, buyer) == "300.00"


def test_a_refund_comes_under_the_credit_that_paid_it(world: Any) -> None:
    buyer, _ = settled(world)
    over = world.books.create_overpayment(buyer, "50.00")["OverpaymentID"]
    world.books.refund(over, "20.00")
    world.pull()
    [refund] = [r for r in world.mirror.records.values() if isinstance(r, Refund)]
    assert [part.source.ledger_id for part in refund.allocations] == [over]
    held = world.mirror.records["Overpayment", over]
    assert isinstance(held, Payment) and held.balance.text == "30.00"


def test_what_is_open_is_swept_whatever_its_stamp_says(world: Any) -> None:
    _, [first, *_] = settled(world)
    world.books.pay(first, "1.00")
    world.wait(hours=1)
    world.pull()
    world.wait(hours=1)
    world.books.edit_due_date(first, "2027-01-31")
    assert first not in ids_of(world.pull()), "the blind spot"
    pages = list(world.ledger().sweep_open())
    [swept] = [swept for page in pages for swept in page.swept]
    assert swept.open_only and first in (swept.ids or ())
    [payload] = [p for page in pages for p in page.payloads if p.ledger_id == first]
    [record] = world.ledger().map_payloads([payload])
    assert isinstance(record, Invoice) and record.due_on.isoformat() == "2027-01-31"


def test_batches_are_read_only_when_money_moved(world: Any) -> None:
    _, [first, second, *_] = settled(world)
    at = len(world.standin.log)
    world.pull()
    assert "BatchPayments" not in world.asked(at)
    world.books.batch_pay([(first, "10.00"), (second, "20.00")])
    pages = world.pull()
    assert len(ids_of(pages, "BatchPayment")) == 1
    assert len(ids_of(pages, "Payment")) == 2


def test_every_document_is_read_again_within_the_month(make_world: Any) -> None:
    world = make_world(page_rows=2)
    _, [first, *_] = settled(world, many=5)
    world.books.pay(first, "1.00")
    world.wait(hours=1)
    world.pull()
    world.books.edit_due_date(first, "2027-01-31")
    seen: list[str] = []
    for _ in range(20):
        world.wait(days=3)
        pages = world.pull()
        assert calls(pages) <= 8
        seen += ids_of(pages)
    assert first in seen


def test_a_demo_company_that_was_reset_is_never_merged_into_the_old_one(world: Any) -> None:
    settled(world)
    before = dict(world.mirror.records)
    old = world.connection
    world.books.reset_demo()
    with pytest.raises(NeedsReconnect):
        list(XeroLedger(old).pull(world.mirror.cursor))
    assert world.mirror.records == before


@pytest.mark.parametrize(
    ("field", "value", "wanted"),
    [
        ("OrganisationID", "0f0e0d0c-0b0a-4908-8706-050403020100", WrongCompany),
        ("IsDemoCompany", True, WrongCompany),
        ("BaseCurrency", "EUR", Fatal),
    ],
)
def test_other_books_under_the_same_tenant_are_refused(
    world: Any, field: str, value: object, wanted: type[Exception]
) -> None:
    settled(world)
    world.wait(days=2)
    world.books.load("Organisations", {**world.books.organisation(), field: value})
    with pytest.raises(wanted) as raised:
        world.pull()
    assert type(raised.value) is wanted


def test_an_organisation_disconnected_between_pages_stops_and_keeps_what_came(world: Any) -> None:
    world.page_rows = 2
    buyer = world.customer()
    for _ in range(5):
        world.invoice(buyer)
    world.standin.faults.next("disconnect", match="page=2")
    with pytest.raises(NeedsReconnect, match="disconnected"):
        world.pull()
    assert len([key for key in world.mirror.records if key[0] == "Invoice"]) == 2
    world.connect()
    world.pull()
    assert len([key for key in world.mirror.records if key[0] == "Invoice"]) == 5


def test_a_consent_that_is_too_narrow_asks_for_more_and_refreshes_nothing(world: Any) -> None:
    world.connect("offline_access accounting.contacts.read accounting.settings.read")
    with pytest.raises(NeedsConsent):
        world.pull()
    assert world.vault.refresh_count == 0


def test_our_own_scopes_are_enough_for_everything_that_is_read(world: Any) -> None:
    buyer, _ = settled(world)
    world.connect(" ".join(SCOPES))
    world.mirror.cursor = None
    world.pull()
    assert world.ledger().native_reminders() is False
    assert world.ledger().describe_company().ledger_id == world.books.tenant_id
    assert ("Contact", buyer) in world.mirror.records


def test_a_poison_record_is_parked_alone_and_named(world: Any) -> None:
    _, [bad, *good] = settled(world, many=4)
    world.standin.faults.poisoned.add(("Invoices", bad))
    world.mirror.__init__()
    world.pull()
    assert list(world.mirror.parked) == [("Invoice", bad)]
    assert bad in str(world.mirror.parked["Invoice", bad])
    assert {key[1] for key in world.mirror.records if key[0] == "Invoice"} == set(good)


@pytest.mark.parametrize("fault", ["extra_rows", "duplicate_rows", "blank_row", "null_string"])
def test_odd_rows_on_a_page_double_and_lose_nothing(make_world: Any, fault: str) -> None:
    world = make_world(page_rows=3)
    buyer = world.customer()
    ids = {world.invoice(buyer) for _ in range(8)}
    world.standin.faults.next(fault, match="Invoices?", times=3)
    world.pull()
    assert {key[1] for key in world.mirror.records if key[0] == "Invoice"} == ids
    assert not world.mirror.parked


def test_an_unknown_status_is_kept_as_it_came(world: Any) -> None:
    buyer = world.customer()
    id = world.invoice(buyer)
    world.standin.faults.next("unknown_enum", match="Invoices?", value="PONDERED")
    world.pull()
    assert not world.mirror.parked
    assert ("Invoice", id) in world.mirror.records


def test_a_cursor_of_another_version_is_refused(world: Any) -> None:
    with pytest.raises(Fatal, match="version 9"):
        list(world.ledger().pull({"version": 9}))


def test_a_wrong_tenant_is_never_asked_for(make_world: Any) -> None:
    first, second = make_world(name="One"), make_world(name="Two")
    for world in (first, second):
        settled(world)
    assert (first.standin.wrong_tenant, second.standin.wrong_tenant) == (0, 0)


def test_a_list_too_long_to_walk_is_read_in_parts_by_date(world: Any) -> None:
    buyer = world.customer()
    ids = [world.invoice(buyer, on=f"20{year}-03-01") for year in range(18, 27)]
    ids += [world.invoice(buyer, on=f"2026-{month:02}-01") for month in range(1, 7)]
    listed = world.standin.apis[id(world.books)]
    refuse_long_walks(listed, most=4)
    world.pull()
    assert {key[1] for key in world.mirror.records if key[0] == "Invoice"} == set(ids)


def refuse_long_walks(api: Any, most: int) -> None:
    """Let Xero refuse whatever would select more than *most* invoices."""
    select = api._selected

    def limited(kind: Any, asked: Any) -> Any:
        found = select(kind, asked)
        if kind.plural == "Invoices" and not asked.ids and len(found) > most:
            raise Fault("too many", kind="HighVolumeException", number=0)
        return found

    api._selected = limited


def test_an_edit_behind_a_slow_page_is_not_lost(make_world: Any) -> None:
    world = make_world(page_rows=2)
    buyer = world.customer()
    first = min(world.invoice(buyer) for _ in range(5))

    def edit_and_wait() -> None:
        world.books.edit_invoice(first, amount="7.00")
        world.clock.advance(timedelta(minutes=10))

    world.standin.faults.between_pages(edit_and_wait, match="InvoiceID+ASC&page=1")
    world.pull()
    record = world.mirror.records["Invoice", first]
    assert isinstance(record, Invoice) and record.total.text == "7.00"
