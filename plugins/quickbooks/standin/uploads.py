"""Attachments: multipart in, Attachable out, with a Fault inside HTTP 200 where it fails."""

from __future__ import annotations

import base64
import email
import email.policy

from recoup.connector.standin.wire import Doc, dumps, loads
from recoup.plugins.quickbooks.standin.books import Books
from recoup.plugins.quickbooks.standin.fault import Fault, business


def upload(books: Books, body: bytes, content_type: str) -> str:
    """Store every file of a multipart body and return the member ``AttachableResponse``."""
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    message = email.message_from_bytes(head + body.lstrip(), policy=email.policy.HTTP)
    described: list[Doc] = []
    sizes: list[int] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        name = str(part.get_param("name", "", header="content-disposition"))
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        if name.startswith("file_metadata"):
            described.append(loads(content))
        elif name.startswith("file_content"):
            sizes.append(len(content))
    if not described:
        raise business("The request holds no file_metadata part")
    sizes += [0] * (len(described) - len(sizes))
    answers = [_store(books, one, size) for one, size in zip(described, sizes, strict=False)]
    return f'"AttachableResponse":[{",".join(answers)}]'


def _store(books: Books, described: Doc, size: int) -> str:
    try:
        for ref in described.get("AttachableRef") or []:
            target = ref.get("EntityRef") or {}
            kind, id = str(target.get("type")), str(target.get("value"))
            if books.find(kind, id) is None:
                raise business(
                    f"The entity {kind} {id} that you are trying to link does not exist. "
                    f"{kind} {id}"
                )
        refs = [{**ref, "IncludeOnSend": bool(ref.get("IncludeOnSend"))}
                for ref in described.get("AttachableRef") or []]  # fmt: skip
        body = {"FileName": described.get("FileName", ""), "Size": size, **described}
        body["AttachableRef"] = refs
        doc = books.create("Attachable", body)
        token = base64.urlsafe_b64encode(doc["Id"].encode()).decode()
        doc["FileAccessUri"] = f"/v3/company/{books.realm}/download/{doc['Id']}"
        doc["TempDownloadUri"] = f"https://files.example.com/{books.realm}/attachments/{token}"
        with books.writing():
            books.store("Attachable", doc)
        return f'{{"Attachable":{dumps(doc)}}}'
    except Fault as fault:
        return f'{{"Fault":{dumps(fault.body())}}}'
