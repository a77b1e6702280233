"""What a write is built upon, read before its first try.

It is stored with the plan, so that every try sends the same body under the same key: the platform
then repeats its first answer, and a refusal means that no try was carried out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from recoup.connector.errors import Gone
from recoup.connector.intents import Intent, Operation
from recoup.connector.model import DocumentKind, DocumentRef
from recoup.plugins.quickbooks import decode
from recoup.plugins.quickbooks.client import Client
from recoup.plugins.quickbooks.confirm import confirm
from recoup.plugins.quickbooks.entities import to_source_type
from recoup.plugins.quickbooks.payment_lines import plain_lines

__all__ = ["foresee", "kept_lines", "live", "rate_of_invoice"]

Object = dict[str, Any]


def foresee(client: Client, intent: Intent, *, home: str | None) -> Object:
    """Return ``{"seen": …}`` for writes whose body depends on the books, else nothing."""
    asked = intent.request
    match intent.operation:
        case Operation.CREATE_PAYMENT if not asked.get("rate") and asked["currency"] != home:
            invoices = [str(part["invoice_id"]) for part in asked.get("allocations", ())]
            return {"seen": {"rate": rate_of_invoice(client, invoices)}}
        case Operation.ALLOCATE:
            return _source(client, asked["source"])
        case Operation.ADD_NOTE:
            entity, tree = _document(client, asked["document"])
            seen = {"Id": tree["Id"], "SyncToken": tree["SyncToken"]}
            seen["PrivateNote"] = str(tree.get("PrivateNote") or "")
            if entity == "Payment":
                seen["Line"] = kept_lines(plain_lines(tree))
            return {"seen": seen}
    return {}


def _source(client: Client, named: Mapping[str, Any]) -> Object:
    entity, tree = _document(client, named)
    fields = {"Payment": ("Id", "SyncToken", "CustomerRef", "TotalAmt")}
    wanted = fields.get(entity, ("CustomerRef", "CurrencyRef", "ExchangeRate"))
    seen = {name: tree[name] for name in wanted if name in tree}
    for name in ("TotalAmt", "ExchangeRate"):
        if name in seen:
            seen[name] = str(seen[name])
    if entity == "Payment":
        seen["Line"] = kept_lines(plain_lines(tree))
    return {"seen": seen}


def _document(client: Client, named: Mapping[str, Any]) -> tuple[str, Object]:
    ref = DocumentRef(DocumentKind(named["kind"]), str(named["ledger_id"]))
    entity, ledger_id = to_source_type(ref)
    return entity, decode.read_tree(live(client, entity, ledger_id))


def kept_lines(lines: Sequence[Object]) -> list[Object]:
    """Lines as JSON holds them: amounts as text, which exact_lines reads back."""
    return [{**line, "Amount": str(line["Amount"])} for line in lines]


def live(client: Client, entity: str, ledger_id: str) -> bytes:
    """Read a document as it is now. Raises Gone when the platform no longer has it."""
    with client.session.urgently():
        found = confirm(client, [(entity, ledger_id)])
    if not found.payloads:
        raise Gone(f"QuickBooks has no {entity} {ledger_id} any more")
    return found.payloads[0].raw


def rate_of_invoice(client: Client, invoices: Sequence[str]) -> str | None:
    """Receivables are cleared at the invoice's rate; None in a company with one currency."""
    if not invoices:
        return None
    rate = msgspec.json.decode(live(client, "Invoice", invoices[0]), type=_Rated).rate
    return None if rate is None else str(rate)


class _Rated(msgspec.Struct, rename={"rate": "ExchangeRate"}):
    rate: Decimal | None = None
