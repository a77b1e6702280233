"""Contacts: one type, one currency, a reference that stays taken for ever."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.sage.standin.amounts import ZERO, text
from recoup.plugins.sage.standin.fault import invalid
from recoup.plugins.sage.standin.settling import Settling
from recoup.plugins.sage.standin.vocabulary import WORDS, ref, word

REFERENCE = 10  # characters


class Contacts(Settling):
    """What people do with contacts. Methods that write return a copy of the contact."""

    contact_refs: dict[str, Doc]  # contact id → the one reference that all its documents share
    references: dict[str, str]  # reference in capitals → contact id, also of deleted ones
    balance_offsets: dict[str, Decimal]  # contact or bank account id → loaded past the documents

    def create_contact(
        self,
        name: str,
        *,
        reference: str | None = None,
        currency: str | None = None,
        email: str | None = None,
        credit_days: int | None = None,
        credit_terms: str | None = None,
        contact_type: str = "CUSTOMER",
        system: bool = False,
        **more: Any,
    ) -> Doc:
        """Enter a contact; more: any attribute of its API shape. Raises Fault 422."""
        currency = currency or self.base_currency
        if not name:
            raise invalid("name", "Name cannot be blank.")
        if contact_type not in WORDS["contact_types"]:
            raise invalid("contact_type_ids", "Only one contact type is allowed.")
        if currency not in WORDS["currencies"]:
            raise invalid("currency_id", "The currency is not known.")
        with self.writing():
            id, at = self.new_id("contacts"), self.now()
            shown = self._shown(name, reference)
            self._take_reference(id, reference)
            doc: Doc = {
                "id": id, "displayed_as": shown, "$path": f"/contacts/{id}", "created_at": at,
                "updated_at": at, "name": name, "reference": reference or "",
                "contact_types": [word("contact_types", contact_type)],
                "currency": word("currencies", currency), "email": email,
                "credit_days": credit_days, "credit_terms": credit_terms, "system": system,
                **more,
            }  # fmt: skip
            if "main_contact_person" not in more:
                person = self._person(id, name, email, at)
                doc["main_contact_person"] = person
            self.put("contacts", doc)
            self.contact_refs[id] = {"id": id, "displayed_as": shown, "$path": doc["$path"]}
        return self.get("contacts", id)

    def _person(self, contact: str, name: str, email: str | None, at: str) -> Doc:
        id = self.new_id("contact_persons")
        person: Doc = {
            "id": id, "displayed_as": "Main Contact", "$path": f"/contact_persons/{id}",
            "created_at": at, "updated_at": at, "name": "Main Contact", "email": email,
            "contact_person_types": [word("contact_person_types", "MAIN")],
            "is_main_contact": True, "is_preferred_contact": True,
        }  # fmt: skip
        self.put("contact_persons", person)
        self.persons[id] = contact
        return ref("contact_persons", id, "Main Contact")

    persons: dict[str, str]  # contact person id → contact id

    @staticmethod
    def _shown(name: str, reference: str | None) -> str:
        return f"{name} ({reference})" if reference else name

    def _take_reference(self, id: str, reference: str | None) -> None:
        if not reference:
            return
        if len(reference) > REFERENCE:
            raise invalid("reference", f"Reference is too long (maximum is {REFERENCE}).")
        holder = self.references.setdefault(reference.upper(), id)
        if holder != id:
            raise invalid("reference", "Reference has already been taken.")
        self.on_undo(lambda: self.references.pop(reference.upper(), None))

    def edit_contact(self, id: str, **changes: Any) -> Doc:
        """Change attributes of a contact; raises Fault 404 or 422."""
        with self.writing():
            before = self.need("contacts", id)
            currency = (changes.get("currency") or {}).get("id")
            if currency and currency != self.currency_of(before) and self._used(id):
                raise invalid("currency_id", "Currency cannot be changed.")
            reference = changes.get("reference")
            if reference and reference != before.get("reference"):
                self._take_reference(id, str(reference))
            doc = {**before, **changes, "updated_at": self.now()}
            doc["displayed_as"] = self._shown(str(doc["name"]), doc.get("reference"))
            self._show_as(id, str(doc["displayed_as"]))
            self.put("contacts", doc)
        return self.get("contacts", id)

    def _show_as(self, id: str, shown: str) -> None:
        """Let every document show a contact under its new name; none of them is touched."""
        shared = self.contact_refs.setdefault(
            id, {"id": id, "displayed_as": "", "$path": f"/contacts/{id}"}
        )
        before = shared["displayed_as"]
        if before == shown:
            return
        shared["displayed_as"] = shown
        self.on_undo(lambda: shared.__setitem__("displayed_as", before))
        self.forget_texts()
        for kind in self.kinds():
            for doc in list(self.table(kind).values()):
                named = doc.get("contact")
                if named and named is not shared and named.get("id") == id:
                    self.put(kind, {**doc, "contact": shared})

    def rename(self, id: str, name: str) -> Doc:
        """Rename a contact; documents keep ``contact_name``, their references show the new one."""
        return self.edit_contact(id, name=name)

    def deactivate(self, id: str) -> Doc:
        """Make a contact inactive; it stays on every list that does not leave such ones out."""
        return self.edit_contact(id, is_active=False)

    def reactivate(self, id: str) -> Doc:
        """Make a contact active again."""
        return self.edit_contact(id, is_active=True)

    def delete_contact(self, id: str) -> None:
        """Delete a contact without documents; its reference stays taken. Raises Fault 422."""
        with self.writing():
            self.need("contacts", id)
            if self._used(id):
                raise invalid("base", "The contact has transactions and cannot be deleted.")
            self.bury("contacts", id)

    def _used(self, id: str) -> bool:
        kinds = ("sales_invoices", "sales_credit_notes", "sales_quick_entries",
                 "contact_opening_balances", "contact_payments")  # fmt: skip
        return any(
            (doc.get("contact") or {}).get("id") == id
            for kind in kinds
            for doc in self.table(kind).values()
        )

    def customer(self, id: str) -> Doc:
        """A contact as a document may name it; raises Fault 422."""
        doc = self.find("contacts", str(id))
        if doc is None:
            raise invalid("contact_id", "The contact could not be found.")
        return doc

    def party(self, contact: Doc) -> Doc:
        """What a document says of its contact."""
        id = str(contact["id"])
        shared = self.contact_refs.setdefault(
            id, {"id": id, "displayed_as": contact["displayed_as"], "$path": f"/contacts/{id}"}
        )
        return {
            "contact": shared,
            "contact_name": contact.get("name") or "",
            "contact_reference": contact.get("reference") or "",
        }

    def balance_of(self, id: str) -> str:
        """What a contact owes in its currency, as the API writes it."""
        with self.lock:
            self.absorb()
            offset = self.balance_offsets.get(id, ZERO)
            return text(self.balances.get(id, ZERO) + offset)

    def contact(self, id: str) -> Doc:
        """A copy of a contact with its balance; raises Fault 404."""
        shown = copy.deepcopy(self.get("contacts", id))
        shown["balance"] = self.balance_of(id)
        return shown
