"""Scenarios of the capabilities: what is declared works, what is not raises NotSupported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from recoup.connector.capabilities import Capability
from recoup.connector.errors import NotSupported
from recoup.connector.facades import Ledger
from recoup.connector.intents import Intent, Operation
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.connector.money import Money
from recoup.connector.pages import Window
from recoup.connector.testing.case import LedgerCase
from recoup.connector.testing.fakes import AS_OF
from recoup.connector.testing.mirror import Mirror
from recoup.connector.testing.pulling import crowd
from recoup.connector.testing.scenario import Scenarios, assert_same_books, playable, require

__all__ = ["PromiseScenarios"]


def _write(operation: Operation) -> Intent:
    return Intent(key="undeclared", operation=operation, natural_key="a promise test", request={})


# What asks for each capability. A member without a line changes what a pull brings and has no
# hook of its own to refuse.
ASKED: Mapping[Capability, Callable[[Ledger, LedgerCase], object]] = {
    Capability.COUNT_SWEEP: lambda ledger, case: ledger.sweep(case.invoice_type, Window(), False),
    Capability.OPEN_SWEEP: lambda ledger, _: list(ledger.sweep_open()),
    Capability.LIVE_FETCH: lambda ledger, case: ledger.fetch([(case.invoice_type, "1")]),
    Capability.CONTROL_NOW: lambda ledger, _: ledger.control_totals(None),
    Capability.CONTROL_DATED: lambda ledger, _: ledger.control_totals(AS_OF),
    Capability.OPEN_ENTRIES: lambda ledger, _: ledger.control_totals(None, detail=True),
    Capability.CREATE_PAYMENT: lambda ledger, _: ledger.create_payment(
        _write(Operation.CREATE_PAYMENT)
    ),
    Capability.ALLOCATE: lambda ledger, _: ledger.allocate(_write(Operation.ALLOCATE)),
    Capability.REVERSE: lambda ledger, _: ledger.reverse(_write(Operation.REVERSE)),
    Capability.CREATE_INVOICE: lambda ledger, _: ledger.create_invoice(
        _write(Operation.CREATE_INVOICE)
    ),
    Capability.EMAIL_INVOICE: lambda ledger, _: ledger.email_invoice(
        _write(Operation.EMAIL_INVOICE)
    ),
    Capability.INVOICE_PDF: lambda ledger, _: ledger.invoice_pdf("1"),
    Capability.INVOICE_LINK: lambda ledger, _: ledger.invoice_link("1"),
    Capability.ADD_NOTE: lambda ledger, _: ledger.add_note(_write(Operation.ADD_NOTE)),
    Capability.EXPECTED_PAYMENT: lambda ledger, _: ledger.set_expected_payment(
        _write(Operation.EXPECTED_PAYMENT)
    ),
    Capability.NATIVE_REMINDERS: lambda ledger, _: ledger.native_reminders(),
}


class PromiseScenarios(Scenarios):
    """Capabilities, and the reading hooks that they announce."""

    def test_what_is_not_declared_raises_not_supported(self, case: LedgerCase) -> None:
        ledger = case.open_ledger()
        answered = []
        for capability in sorted(ASKED.keys() - ledger.capabilities()):
            try:
                ASKED[capability](ledger, case)
            except NotSupported:
                continue
            answered.append(capability)
        assert not answered, f"these answer without being declared: {answered}"

    def test_capabilities_are_members_of_the_enum(self, case: LedgerCase) -> None:
        assert case.open_ledger().capabilities() <= frozenset(Capability)

    def test_the_company_describes_itself_the_same_each_time(self, case: LedgerCase) -> None:
        company = case.open_ledger().describe_company()
        assert company == case.open_ledger().describe_company()
        assert company.home_currency == case.currency
        assert company.ledger_id and company.name

    def test_a_live_fetch_sees_a_payment_at_once(self, case: LedgerCase) -> None:
        ledger = case.open_ledger()
        require(ledger, Capability.LIVE_FETCH)
        invoice_id = case.add_invoice(case.add_customer("Fetch"), "10.00")
        Mirror().pull(ledger)
        case.pay(invoice_id, "4.00")
        ref = DocumentRef(DocumentKind.INVOICE, invoice_id)
        found = ledger.fetch(ledger.source_types([ref]))
        [record] = ledger.map_payloads(found.payloads)
        assert getattr(record, "balance", None) == Money.of("6.00", case.currency)

    def test_a_live_fetch_tells_what_is_gone(self, case: LedgerCase) -> None:
        ledger = case.open_ledger()
        require(ledger, Capability.LIVE_FETCH)
        buyer = case.add_customer("Gone")
        gone, stays = case.add_invoice(buyer, "10.00"), case.add_invoice(buyer, "20.00")
        with playable():
            case.delete_invoice(gone)
        found = ledger.fetch([(case.invoice_type, gone), (case.invoice_type, stays)])
        assert [stone.ledger_id for stone in found.tombstones] == [gone]
        assert [payload.ledger_id for payload in found.payloads] == [stays]

    def test_an_open_sweep_shows_what_no_stamp_betrayed(self, case: LedgerCase) -> None:
        require(case.open_ledger(), Capability.OPEN_SWEEP)
        _, invoices = crowd(case)
        case.pay(invoices[0], "1.10")  # paid in full
        mirror = Mirror()
        mirror.pull(case.open_ledger())
        case.clock.advance(timedelta(hours=1))
        with playable():
            case.change_silently(invoices[3])
        pages = list(case.open_ledger().sweep_open())
        [swept] = [s for p in pages for s in p.swept if s.source_type == case.invoice_type]
        shown = {p.ledger_id: p.raw for page in pages for p in page.payloads}
        assert swept.open_only and swept.ids == frozenset(invoices[1:])
        assert swept.ids <= shown.keys()
        assert shown[invoices[3]] != mirror.payloads[case.invoice_type, invoices[3]].raw

    def test_a_sweep_counts_and_lists_what_is_there(self, case: LedgerCase) -> None:
        ledger = case.open_ledger()
        require(ledger, Capability.COUNT_SWEEP)
        _, invoices = crowd(case)
        counted, _ = ledger.sweep(case.invoice_type, Window(), False)
        listed, _ = ledger.sweep(case.invoice_type, Window(), True)
        assert counted.count == listed.count == len(invoices)
        totals = {swept.source_type: swept.count for swept in ledger.count_objects()}
        assert totals[case.invoice_type] == len(invoices)
        assert listed.ids == frozenset(invoices)

    def test_a_sweep_keeps_to_its_window(self, case: LedgerCase) -> None:
        ledger = case.open_ledger()
        require(ledger, Capability.COUNT_SWEEP)
        buyer = case.add_customer("Window")
        case.add_invoice(buyer, "1.00")
        case.clock.advance(timedelta(hours=1))
        start = case.clock.now()
        inside = case.add_invoice(buyer, "2.00")
        window = Window(start, start + timedelta(minutes=5))
        swept, _ = ledger.sweep(case.invoice_type, window, True)
        assert swept.ids == frozenset({inside})

    def test_the_control_account_is_the_sum_of_what_is_open(self, case: LedgerCase) -> None:
        ledger = case.open_ledger()
        require(ledger, Capability.CONTROL_NOW)
        _, invoices = crowd(case)
        case.pay(invoices[0], "1.00")
        mirror = Mirror()
        mirror.pull(ledger)
        owed = Money.zero(case.currency)
        for ref, amount in mirror.open_amounts().items():
            owed = owed + amount if ref.kind is DocumentKind.INVOICE else owed - amount
        [total] = [t for t in ledger.control_totals(None).totals if t.currency == case.currency]
        assert total == owed
        assert_same_books(mirror, case)

    def test_a_dated_control_total_leaves_out_what_came_later(self, case: LedgerCase) -> None:
        ledger = case.open_ledger()
        require(ledger, Capability.CONTROL_DATED)
        crowd(case)
        long_ago = AS_OF - timedelta(days=3650)
        assert not any(total.amount for total in ledger.control_totals(long_ago).totals)

    def test_the_open_entries_sum_to_the_control_total(self, case: LedgerCase) -> None:
        ledger = case.open_ledger()
        require(ledger, Capability.OPEN_ENTRIES)
        _, invoices = crowd(case)
        case.pay(invoices[0], "1.00")
        stated = ledger.control_totals(None, detail=True)
        [total] = [t for t in stated.totals if t.currency == case.currency]
        assert sum(entry.amount.amount for entry in stated.open_entries) == total.amount
