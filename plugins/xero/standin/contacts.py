"""What a person does with contacts in Xero's own pages: enter, rename, archive, merge."""

from __future__ import annotations

from abc import ABC
from typing import Any

from recoup.connector.standin.wire import Doc
from recoup.plugins.xero.standin.drafts import new_contact
from recoup.plugins.xero.standin.fault import Fault, not_found
from recoup.plugins.xero.standin.money import Money
from recoup.plugins.xero.standin.shelf import copied


class Contacts(Money, ABC):
    """The verbs on contacts. Every one is one change and raises Fault."""

    merge_touches_documents = False  # unproven: whether a merge moves UpdatedDateUTC of documents

    def create_contact(self, name: str, *, email: str = "", **fields: Any) -> Doc:
        """Enter a contact; fields: raw ones by name, e.g. DefaultCurrency, ContactNumber."""
        with self.writing():
            if self.named_contact(name):
                raise Fault(
                    f"The contact name {name} is already assigned to another contact. "
                    "The contact name must be unique across all active contacts."
                )
            asked = {"Name": name, "EmailAddress": email, **fields}
            doc = new_contact(asked, self.new_id())
            self.check_contact(doc)
            self.store("Contacts", doc, new=True)
            return self.get("Contacts", doc["ContactID"])

    def check_contact(self, doc: Doc) -> None:
        """Raises Fault for what no contact may be."""
        if not doc.get("Name") or len(str(doc["Name"])) > 255:
            raise Fault("The contact name must have 1 to 255 characters")
        number = doc.get("ContactNumber")
        if number:
            others = set(self.numbered("Contacts", str(number))) - {doc["ContactID"]}
            if others or len(str(number)) > 50:
                raise Fault(f"The contact number {number} is already used or too long")

    def rename(self, contact_id: str, name: str) -> Doc:
        """Rename a contact; documents show the new name without being touched."""
        return self.edit_contact(contact_id, Name=name)

    def edit_contact(self, contact_id: str, **fields: Any) -> Doc:
        """Change raw fields of a contact by name."""
        with self.writing():
            doc = self.amend("Contacts", contact_id)
            before = doc.get("Name")
            doc.update(fields)
            other = self.named_contact(str(doc.get("Name", "")))
            if other is not None and other["ContactID"] != doc["ContactID"]:
                raise Fault(
                    f"The contact name {doc['Name']} is already assigned to another contact."
                )
            self.check_contact(doc)
            self.store("Contacts", doc)
            if doc.get("Name") != before:
                self._show(doc["ContactID"], doc)
            return self.get("Contacts", doc["ContactID"])

    def archive(self, contact_id: str) -> Doc:
        """Archive a contact; its documents stay as they are."""
        with self.writing():
            doc = self.amend("Contacts", contact_id)
            doc["ContactStatus"] = "ARCHIVED"
            self.store("Contacts", doc)
            return self.get("Contacts", contact_id)

    def restore(self, contact_id: str) -> Doc:
        """Take a contact back from the archive; a merged one stays merged."""
        with self.writing():
            doc = self.amend("Contacts", contact_id)
            if doc.get("MergedToContactID"):
                raise Fault("A merged contact cannot be restored")
            doc["ContactStatus"] = "ACTIVE"
            self.store("Contacts", doc)
            return self.get("Contacts", contact_id)

    def merge_contacts(self, keep: str, gone: str) -> Doc:
        """Merge *gone* into *keep*: it is archived with MergedToContactID, its documents move."""
        with self.writing():
            if keep == gone or not {keep, gone} <= set(self.table("Contacts")):
                raise not_found()
            kept, left = self.amend("Contacts", keep), self.amend("Contacts", gone)
            left |= {"ContactStatus": "ARCHIVED", "MergedToContactID": keep}
            kept["IsCustomer"] = bool(kept.get("IsCustomer") or left.get("IsCustomer"))
            kept["IsSupplier"] = bool(kept.get("IsSupplier") or left.get("IsSupplier"))
            self._show(gone, kept, touch=self.merge_touches_documents)
            self.live |= {keep, gone}
            self.store("Contacts", left)
            self.store("Contacts", kept)
            return self.get("Contacts", keep)

    def _show(self, contact_id: str, contact: Doc, *, touch: bool = False) -> None:
        """Let every document of a contact, and its payments, show another id and name."""
        named = {"ContactID": contact["ContactID"], "Name": contact["Name"]}
        for kind, id in self.of_contact(contact_id):
            doc = copied(self.table(kind)[id])
            doc["Contact"] |= named
            if touch:
                self.touch(doc)
            self.put(kind, doc)
            for payment in self.payments_of(id):
                shown = copied(payment)
                for field in ("Invoice", "CreditNote", "Overpayment", "Prepayment"):
                    if shown.get(field, {}).get("Contact"):
                        shown[field]["Contact"] |= named
                self.put("Payments", shown)

    def _becomes(self, contact: Doc, role: str) -> None:
        """Mark a contact as customer or supplier, which does not move its UpdatedDateUTC."""
        held = self.table("Contacts")[contact["ContactID"]]
        if not held.get(role):
            self.put("Contacts", {**copied(held), role: True})
