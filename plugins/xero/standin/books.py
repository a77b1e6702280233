"""One organisation's books: documents in, documents out, the control account true in between."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin import profile, proof
from recoup.plugins.xero.standin.bookkeeper import Bookkeeper
from recoup.plugins.xero.standin.fault import Fault
from recoup.plugins.xero.standin.kinds import kind_of
from recoup.plugins.xero.standin.ledger import Day
from recoup.plugins.xero.standin.moments import day_stamp

__all__ = ["Books", "Clock", "Fault"]


class Books(Bookkeeper):
    """The books of one organisation, as the API and the people in its web pages change them.

    Thread-safe; every verb is one change and raises Fault, having changed nothing. Documents are
    those of the wire, amounts Decimal. What a verb does happens at the instant of ``clock``; the
    day it is dated is ``on`` (a date or ISO text; None is the organisation's today).
    """

    def __init__(
        self,
        tenant_id: str = "c2cc9b6e-9458-4c7d-93cc-f02b81b0594f",
        *,
        name: str = "Demo Company",
        base_currency: str = "NZD",
        country: str = "NZ",
        time_zone: str = "NEWZEALANDSTANDARDTIME",
        is_demo: bool = False,
        clock: Clock | None = None,
        rates: Mapping[str, Decimal] | None = None,
        bare: bool = False,
    ) -> None:
        """time_zone: an IANA name or Xero's word. rates: home units per foreign unit.

        bare: without chart of accounts, tax rates, theme and user, which are to be loaded.
        """
        zone, self._zone_word = profile.zone_of(time_zone)
        super().__init__(tenant_id, zone, clock or Clock(), base_currency, rates)
        self.name, self.country, self.is_demo = name, country, is_demo
        self.on_reset: Callable[[Books, str], None] | None = None
        self.refill: Callable[[Books], object] | None = None  # fills a demo that starts anew
        self.reminders_enabled = False
        self._open_up(bare)

    def _open_up(self, bare: bool) -> None:
        now = self.clock.now()
        entry = profile.organisation(
            self.tenant_id,
            self.name,
            self.base_currency,
            self.country,
            self._zone_word,
            self.is_demo,
            now,
        )
        self.put("Organisations", entry)
        if bare:
            return
        for account in profile.chart(self.tenant_id, self.base_currency, now):
            self.put("Accounts", account)
        for rate in profile.tax_rates():
            self.put("TaxRates", rate)
        self.put("Currencies", {"Code": self.base_currency, "Description": self.base_currency})
        self.put("BrandingThemes", profile.theme(self.tenant_id, now))
        self.put("Users", profile.user(self.tenant_id, now))

    # -- raw documents ------------------------------------------------------------------------

    def load(self, kind: str, payload: Doc) -> None:
        """Store one raw API object exactly as it is: nothing is checked, derived or reported.

        kind: the API's plural or singular name, whatever its case (``Invoices``, ``invoice``).
        An Organisation replaces the present one; its base currency and zone are taken over, the
        tenant id is not.
        """
        with self.lock:
            plural = kind_of(kind).plural
            if plural == "Organisations":
                for id in list(self.table(plural)):
                    self.remove(plural, id)
                self.base_currency = str(payload.get("BaseCurrency", self.base_currency))
                self.is_demo = bool(payload.get("IsDemoCompany", self.is_demo))
                self.name = str(payload.get("Name", self.name))
                if payload.get("Timezone") in profile.ZONES:
                    self.zone, self._zone_word = profile.zone_of(str(payload["Timezone"]))
            self.put(plural, payload)

    # -- the organisation ---------------------------------------------------------------------

    def lock_books(self, day: Day | date) -> None:
        """Lock every day up to and including *day*; None opens the books again."""
        with self.writing():
            entry = dict(self.organisation())
            entry.pop("PeriodLockDate", None)
            if day is not None:
                entry["PeriodLockDate"] = day_stamp(self.day(day))
            self.put("Organisations", entry)

    def reset_demo(self) -> str:
        """Start the organisation anew under another tenant id, as demo companies do; returns it.

        Its chart of accounts is the stand-in's own, its documents those that ``refill`` loads.
        """
        with self.lock:
            old = self.tenant_id
            new = self.new_id()
            self.forget()
            self.tenant_id, self.given_ids, self.given_numbers = new, 0, {}
            self._open_up(bare=False)
            if self.refill is not None:
                self.refill(self)
            if self.on_reset is not None:
                self.on_reset(self, old)
            if self.commit is not None:
                self.commit()
            return new

    # -- proof --------------------------------------------------------------------------------

    def check(self) -> list[str]:
        """Every violation of what must always hold, in words."""
        with self.lock:
            return proof.violations(self)
