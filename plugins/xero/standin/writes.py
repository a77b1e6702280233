"""PUT and POST of documents: many elements in one body, refused one by one or together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from recoup.connector.standin.listener import Answer
from recoup.connector.standin.wire import Doc, dumps, loads
from recoup.plugins.xero.standin import entry
from recoup.plugins.xero.standin.answer import answer_fault
from recoup.plugins.xero.standin.books import Books
from recoup.plugins.xero.standin.fault import Fault, malformed
from recoup.plugins.xero.standin.intake import cleaned
from recoup.plugins.xero.standin.kinds import Kind
from recoup.plugins.xero.standin.moments import instant_of, read_ms, stamp

if TYPE_CHECKING:
    from recoup.plugins.xero.standin.api import Api, Call

NOBODY = "00000000-0000-0000-0000-000000000000"
Enter = Callable[[Books, Doc, bool], str]

ENTRIES: dict[str, Enter] = {
    "Invoices": entry.invoice,
    "CreditNotes": entry.credit_note,
    "Contacts": entry.contact,
    "Payments": entry.payment,
    "BatchPayments": entry.batch_payment,
    "BankTransactions": entry.bank_transaction,
}
MALFORMED = (TypeError, AttributeError, LookupError, ValueError, ArithmeticError)


def body_of(call: Call) -> Any:
    """The JSON of a body. Raises Fault when it is none."""
    try:
        return loads(call.body or b"{}")
    except ValueError as error:
        raise malformed(f"The request body is no JSON: {error}") from None


def elements_of(body: Any, plural: str) -> list[Doc]:
    """The elements of a body: a list under the plural, a bare list, or one bare object."""
    if isinstance(body, dict):
        body = body.get(plural, [body])
    if not isinstance(body, list) or not all(isinstance(part, dict) for part in body):
        raise malformed(f"An object with a list of {plural} is needed")
    if not body:
        raise malformed(f"No {plural} found in the request")
    return [cleaned(plural, part) for part in body]


def change(api: Api, kind: Kind, call: Call) -> Answer:
    """Create or update every element; PUT only creates."""
    elements = elements_of(body_of(call), kind.plural)
    if len(call.path) == 2:
        if len(elements) != 1:
            raise malformed("One element is needed where the path names one")
        elements[0] = {**elements[0], kind.id: api.books.by_id(kind.plural, call.path[1])}
    if call.planned is not None and call.planned.kind == "phantom":
        return _answer(api, kind, call, [{**element, kind.id: NOBODY} for element in elements])
    if call.asked("summarizeErrors").lower() == "false":
        return _one_by_one(api, kind, call, elements)
    wrong: list[Doc] = []
    done: list[str] = []
    try:
        with api.books.writing():
            for element in elements:
                try:
                    done.append(_enter(api.books, kind, element, call.method == "PUT"))
                except Fault as fault:
                    if fault.kind != "ValidationException":
                        raise
                    wrong.append(_refused(kind, element, fault))
            if wrong:
                raise Fault("A validation exception occurred")
    except Fault as fault:
        if not wrong or fault.kind != "ValidationException":
            raise
        return answer_fault(fault, json=call.json, elements=wrong)
    return _answer(api, kind, call, _shown(api, kind, done))


def _one_by_one(api: Api, kind: Kind, call: Call, elements: list[Doc]) -> Answer:
    shown = []
    for element in elements:
        try:
            id = _enter(api.books, kind, element, call.method == "PUT")
        except Fault as fault:
            if fault.kind != "ValidationException":
                raise
            shown.append({**_refused(kind, element, fault), "StatusAttributeString": "ERROR"})
        else:
            shown.append({**_shown(api, kind, [id])[0], "StatusAttributeString": "OK"})
    return _answer(api, kind, call, shown)


def _enter(books: Books, kind: Kind, element: Doc, only_new: bool) -> str:
    try:
        return ENTRIES[kind.plural](books, element, only_new)
    except MALFORMED as error:
        raise malformed(f"The element has an impossible shape: {error}") from error


def _shown(api: Api, kind: Kind, ids: list[str]) -> list[Doc]:
    shown = api.shown(kind, ids)
    for doc in shown if kind.plural == "Payments" else ():
        # As recorded: a write answers an instant a few milliseconds before the one it stores.
        earlier = read_ms(doc["UpdatedDateUTC"]) - 4
        doc["UpdatedDateUTC"] = stamp(instant_of(earlier))
    return shown


def _refused(kind: Kind, element: Doc, fault: Fault) -> Doc:
    return {
        kind.id: NOBODY,
        **element,
        "HasValidationErrors": True,
        "ValidationErrors": fault.errors(),
    }


def _answer(api: Api, kind: Kind, call: Call, shown: list[Doc]) -> Answer:
    return api.close(call, f'"{kind.plural}":{dumps(shown)}')
