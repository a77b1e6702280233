"""One company's books: documents in, documents out, and the ledger true in between."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from recoup.connector.standin.clock import Clock
from recoup.connector.standin.wire import Doc, decimal
from recoup.plugins.quickbooks.standin import proof, settling
from recoup.plugins.quickbooks.standin.amounts import money
from recoup.plugins.quickbooks.standin.bookkeeper import Bookkeeper
from recoup.plugins.quickbooks.standin.drafts import (
    complete_form,
    draft,
    in_order,
    merged,
    place_customer,
    shape_payment,
)
from recoup.plugins.quickbooks.standin.entities import (
    LISTS,
    SALES_FORMS,
    SINGLETONS,
    TRANSACTIONS,
    name_field,
)
from recoup.plugins.quickbooks.standin.fault import (
    Fault,
    bank_matched,
    books_closed,
    not_found,
    stale,
    unsupported,
)
from recoup.plugins.quickbooks.standin.forms import last_line_id, note_void, number_lines, void_form
from recoup.plugins.quickbooks.standin.ledger import DIRECT, links_of
from recoup.plugins.quickbooks.standin.profile import company_info, preferences
from recoup.plugins.quickbooks.standin.rules import check_body, check_currencies, check_unique
from recoup.plugins.quickbooks.standin.shelf import zone_of

__all__ = ["Books", "Clock", "Fault"]


class Books(Bookkeeper):
    """The books of one company, as the API and the people in its web pages change them.

    Thread-safe; every change is one transaction. Amounts are Decimal or int, dates and times the
    strings of the wire. Methods that write raise Fault and then have changed nothing.
    """

    def __init__(
        self,
        realm: str = "4620816365000000001",
        *,
        company_name: str = "Sandbox Company",
        home_currency: str = "USD",
        multicurrency: bool = False,
        country: str = "US",
        utc_offset: str = "America/Los_Angeles",
        clock: Clock | None = None,
        tax_percent: Decimal = Decimal(0),
        rates: Mapping[str, Decimal] | None = None,
    ) -> None:
        """utc_offset: an IANA zone name, DST aware, or a fixed offset such as ``-08:00``.

        rates: home units per unit, taken by sales forms that name no ExchangeRate.
        """
        super().__init__(realm, zone_of(utc_offset), clock or Clock())
        self._open()
        self.home_currency = home_currency
        self.multicurrency = multicurrency
        self.tax_percent = tax_percent
        self.rates = dict(rates or {})
        self.custom_fields: list[Doc] = []
        self.email_by_default = False
        self._matched: set[str] = set()
        self._number = 1000
        self.put("CompanyInfo", company_info(self, company_name, country, utc_offset))
        self.put("Preferences", preferences(self))

    # -- raw documents ------------------------------------------------------------------------

    def load(self, entity: str, payload: Doc) -> None:
        """Store one raw document exactly as it is: nothing is checked, derived or posted."""
        with self.lock:
            if entity == "Preferences":
                prefs = payload.get("CurrencyPrefs") or {}
                self.multicurrency = bool(prefs.get("MultiCurrencyEnabled", self.multicurrency))
                home = (prefs.get("HomeCurrency") or {}).get("value")
                self.home_currency = str(home or self.home_currency)
            if entity in SALES_FORMS:
                known = {field.get("DefinitionId") for field in self.custom_fields}
                for field in payload.get("CustomField", []):
                    if field.get("DefinitionId") not in known:
                        kept = ("DefinitionId", "Name", "Type")
                        self.custom_fields.append({k: field[k] for k in kept if k in field})
            if entity in LISTS:
                self._text.clear()  # documents loaded earlier may refer to this entry
            self.put(entity, payload)

    def get(self, entity: str, id: str) -> Doc:
        """Return a copy of one document; raises Fault 610 when there is none."""
        with self.lock:
            doc = self.find(entity, id)
            if doc is None:
                raise not_found()
            return self.copy_of(doc)

    # -- preferences --------------------------------------------------------------------------

    def preference(self, group: str, name: str) -> object:
        """Return one preference of the company, None when it is not set."""
        prefs = next(iter(self.table("Preferences").values()), {})
        return (prefs.get(group) or {}).get(name)

    @property
    def matched(self) -> set[str]:
        """The payments matched with a line of the bank feed."""
        return self._matched

    @property
    def custom_numbers(self) -> bool:
        """With custom transaction numbers the platform numbers nothing by itself."""
        return bool(self.preference("SalesFormsPrefs", "CustomTxnNumbers"))

    def next_number(self) -> str:
        """Return the next DocNumber of the sequence that all sales forms share."""
        return str(self._number + 1)

    def put(self, entity: str, doc: Doc) -> None:
        """Store a document as it stands; its number moves the sequence of the sales forms."""
        super().put(entity, doc)
        number = str(doc.get("DocNumber") or "") if entity in SALES_FORMS else ""
        if number.isdecimal():
            self._number = max(self._number, int(number))

    def _open_period(self, *docs: Doc | None) -> None:
        closed = self.preference("AccountingInfoPrefs", "BookCloseDate")
        if closed and any(doc and str(doc.get("TxnDate", "9")) <= str(closed) for doc in docs):
            raise books_closed()

    # -- the four verbs -----------------------------------------------------------------------

    def create(self, entity: str, body: Doc, *, any_number: bool = False) -> Doc:
        """Create a document and return it as stored; raises Fault.

        any_number: a DocNumber that is taken is no fault.
        """
        with self.writing():
            check_body(self, entity, body, creating=True)
            doc = draft(self, entity, body)
            self._open_period(doc if entity in TRANSACTIONS else None)
            check_unique(self, entity, doc, any_number=any_number)
            self._save(entity, None, doc, body)
            self.announce(entity, doc["Id"], "Create")
            if entity in ("Invoice", "Payment", "CreditMemo"):
                self.apply_by_itself(entity, doc["Id"])
        return self.get(entity, doc["Id"])

    def update(self, entity: str, body: Doc, sparse: bool, *, any_number: bool = False) -> Doc:
        """Update a document by Id; a SyncToken in the body must be the present one."""
        with self.writing():
            id = str(body.get("Id") or "")
            before = self._present(entity, body)
            check_body(self, entity, body, creating=False)
            doc = merged(self, entity, before, body, sparse=sparse)
            if entity in LISTS:
                self._rename_rules(entity, before, doc)
                if doc == before:
                    return self.copy_of(before)  # a list entry that does not change keeps its token
            self.touch(doc)
            self._open_period(*((before, doc) if entity in TRANSACTIONS else ()))
            check_unique(self, entity, doc, any_number=any_number)
            if entity == "Payment":
                self._refuse_locked(entity, before, changed=_money_changed(before, doc))
            self._save(entity, before, doc, body)
            self.announce(entity, id, "Update")
        return self.get(entity, id)

    def delete(self, entity: str, id: str, sync_token: str | None = None) -> Doc:
        """Delete a transaction and return the stub; list entries are only ever deactivated."""
        with self.writing():
            before = self._present(entity, {"Id": id, "SyncToken": sync_token})
            if entity in LISTS or entity in SINGLETONS:
                raise unsupported(f"delete on {entity}")
            self._open_period(before)
            self._refuse_locked(entity, before)
            settling.release(self, entity, id)
            targets = set(links_of(before)) if entity == "Payment" else set()
            if entity == "Payment":
                settling.relink(self, before, None)
            if entity == "Deposit":
                settling.relink_deposit(self, before, None)
            self.remove(entity, id)
            settling.refresh_line_ex(self, targets)
            self.announce(entity, id, "Delete")
        return {"domain": "QBO", "status": "Deleted", "Id": id}

    def void(self, entity: str, id: str, sync_token: str | None = None) -> Doc:
        """Void an invoice, payment or sales receipt: same Id, amounts zero, the note says so."""
        with self.writing():
            before = self._present(entity, {"Id": id, "SyncToken": sync_token})
            if entity not in ("Invoice", "Payment", "SalesReceipt"):
                raise unsupported(f"void on {entity}")
            self._open_period(before)
            self._refuse_locked(entity, before)
            settling.release(self, entity, id)
            doc = self.touch(self.amend(entity, id))
            if entity == "Payment":
                doc["Line"] = []
                shape_payment(doc, Decimal(0))
                doc["UnappliedAmt"] = 0
                note_void(doc)
                settling.relink(self, before, doc)
            else:
                void_form(doc)
            doc["SyncToken"] = str(int(before.get("SyncToken") or 0) + 1)
            self.store(entity, in_order(doc, entity))
            settling.refresh_line_ex(self, set(links_of(before)))
            self.announce(entity, id, "Void")
        return self.get(entity, id)

    def _present(self, entity: str, body: Doc) -> Doc:
        before = self.find(entity, str(body.get("Id") or ""))
        if before is None:
            raise not_found()
        token = body.get("SyncToken")
        if token is not None and str(token) != str(before.get("SyncToken")):
            raise stale()
        return before

    def _refuse_locked(self, entity: str, doc: Doc, *, changed: bool = True) -> None:
        if entity in ("Payment", "SalesReceipt", "RefundReceipt"):
            if doc["Id"] in self.matched:
                raise bank_matched()
            if changed:
                settling.refuse_deposited(doc)

    def _rename_rules(self, entity: str, before: Doc, doc: Doc) -> None:
        field, suffix = name_field(entity), " (deleted)"
        if field not in doc:
            return
        if before.get("Active", True) and doc.get("Active") is False:
            if not doc[field].endswith(suffix):
                name, times = doc[field], 0
                while self.bearers(entity, name + suffix):
                    times += 1
                    suffix = f" (deleted-{times})"
                doc[field] = name + suffix
        elif doc.get("Active") and not before.get("Active", True):
            doc[field] = re.sub(r" \(deleted(-\d+)?\)$", "", doc[field])
        if entity == "Customer":
            place_customer(self, doc)
        elif "FullyQualifiedName" in doc and doc[field] != before.get(field):
            head, colon, _ = str(before.get("FullyQualifiedName", "")).rpartition(":")
            doc["FullyQualifiedName"] = f"{head}{colon}{doc[field]}"

    # -- saving by kind -----------------------------------------------------------------------

    def _save(self, entity: str, before: Doc | None, doc: Doc, body: Doc) -> None:
        check_currencies(self, entity, before, doc)
        if entity == "Payment":
            self._save_payment(before, doc, body)
        elif entity in SALES_FORMS:
            self._save_form(entity, before, doc, body)
        elif entity == "Deposit":
            self._save_deposit(before, doc)
        else:
            if entity in DIRECT and before is not None:
                settling.refuse_change_of_settled(self, entity, before, doc)
            lines = doc.get("Line", []) if entity in TRANSACTIONS else []
            for at, line in enumerate(lines, 0 if entity == "JournalEntry" else 1):
                line["Amount"] = money(decimal(line.get("Amount")))
                line.setdefault("Id", str(at))
            if entity == "JournalEntry":
                doc["TotalAmt"] = 0
            elif lines:
                doc["TotalAmt"] = money(sum((decimal(x["Amount"]) for x in lines), Decimal(0)))
            self.store(entity, doc)
            if entity == "Customer" and before is not None:
                self.replace_children(doc["Id"], before)

    def _save_form(self, entity: str, before: Doc | None, doc: Doc, body: Doc) -> None:
        if before is not None:
            complete_form(self, entity, doc, before=before, body=body)
        if entity in ("Invoice", "CreditMemo"):
            applied = Decimal(0) if before is None else self._applied(before)
            if entity == "CreditMemo":
                doc.setdefault("RemainingCredit", 0)
            self.set_balance(doc, decimal(doc["TotalAmt"]) - applied)
        self.store(entity, in_order(doc, entity))
        if entity == "Invoice" and before is None:
            for link in body.get("LinkedTxn") or []:
                if link.get("TxnType") == "Estimate":
                    self.close_estimate(str(link["TxnId"]), doc["Id"])

    def _applied(self, before: Doc) -> Decimal:
        return decimal(before.get("TotalAmt")) - decimal(before.get("Balance"))

    def _save_payment(self, before: Doc | None, doc: Doc, body: Doc) -> None:
        doc["Line"] = [line for line in doc.get("Line", []) if line.get("LinkedTxn")]
        doc.setdefault("LinkedTxn", [])
        doc.setdefault("ProcessPayment", False)
        given = body.get("TotalAmt")
        total = decimal(given if given is not None else (before or {}).get("TotalAmt"))
        shape_payment(doc, total)
        if total and "DepositToAccountRef" not in doc:
            kind = ("Undeposited Funds", "Other Current Asset", "UndepositedFunds")
            doc["DepositToAccountRef"] = {"value": self.account_named(*kind)}
        settling.balance_payment(self, doc)
        settling.relink(self, before, doc)
        self.store("Payment", in_order(doc, "Payment"))
        settling.refresh_line_ex(self, set(links_of(before)) | set(links_of(doc)))

    def _save_deposit(self, before: Doc | None, doc: Doc) -> None:
        if before is not None:
            settling.refuse_change_of_settled(self, "Deposit", before, doc)
        total = Decimal(0)
        for line in doc.get("Line", []):
            for link in line.get("LinkedTxn", []):
                link.setdefault("TxnLineId", "0")
                held = self.find(str(link["TxnType"]), str(link["TxnId"])) or {}
                line.setdefault("Amount", held.get("TotalAmt", 0))
            line["Amount"] = money(decimal(line.get("Amount")))
            total += decimal(line["Amount"])
        own = [line for line in doc.get("Line", []) if "DepositLineDetail" in line]
        number_lines(own, last_line_id(before or {}))
        doc["TotalAmt"] = money(total - decimal((doc.get("CashBack") or {}).get("Amount")))
        settling.relink_deposit(self, before, doc)
        self.set_home(doc)
        self.store("Deposit", doc)

    # -- proof --------------------------------------------------------------------------------

    def check(self) -> list[str]:
        """Return every violation of the tie-out identities, in words."""
        with self.lock:
            return proof.violations(self)

    def settle(self) -> None:
        """Recompute customer balances and A/R account balances from the documents."""
        with self.writing():
            proof.settle(self)


def _money_changed(before: Doc, doc: Doc) -> bool:
    """Tell whether an update touches what a deposit holds: the amount, customer or account."""
    fields = ("TotalAmt", "CustomerRef", "DepositToAccountRef", "CurrencyRef")
    return any(before.get(field) != doc.get(field) for field in fields)
