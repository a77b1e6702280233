"""Connecting a ledger: consent with PKCE and a single-use state, then its companies on file."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from recoup.connector.errors import NeedsReconnect, RecoupError, UsageError
from recoup.connector.events import Event, EventKind
from recoup.connector.facades import Consent
from recoup.connector.model import Company
from recoup.connector.platforms import LedgerPlatform
from recoup.connector.protocols import TokenSet
from recoup.sync.callback import Callback, check_redirect, is_loopback, read_pasted
from recoup.sync.connections import Connected, book, grant_of, retire_grants
from recoup.sync.jobs.embedded import EmbeddedQueue
from recoup.sync.pull.many import PULL
from recoup.sync.workspace import Workspace, is_standin

__all__ = ["Person", "connect"]


@dataclass(frozen=True, slots=True)
class Person:
    """How the one who consents is reached."""

    show: Callable[[str], None]  # given the address to open
    paste: Callable[[str], str]  # given the redirect address; returns what was landed on
    patience: float = 300.0  # seconds until we stop waiting
    note: Callable[[str], None] = lambda _: None  # told of a company that was left out, and why


def connect(
    workspace: Workspace,
    platform: LedgerPlatform,
    person: Person,
    *,
    base_url: str | None = None,
    redirect_uri: str | None = None,
    custom: bool = False,
) -> list[Connected]:
    """Ask *person* for consent and put the companies it reaches on file.

    A company that is connected already keeps its row, its documents and its slug, and gets the
    new consent; a new id is a new company, whatever its name. One that does not answer is left
    out as long as another one does. custom: the application speaks for itself, nobody is asked.
    Raises UsageError when consent was refused or did not come, or where the platform knows no
    custom connections, NeedsReconnect when its code was refused.
    """
    if redirect_uri is not None:
        check_redirect(redirect_uri)
    if custom and platform.custom is None:
        raise UsageError(f"{platform.title} has no custom connections: leave --custom out")
    consent = workspace.consent(platform, base_url)
    if custom and platform.custom is not None:
        answer = platform.custom
        tokens = consent.exchange_code(answer, "", "")
    else:
        answer, tokens = _consented(workspace, platform, consent, person, base_url, redirect_uri)
    ids = consent.list_companies(tokens, answer)
    if not ids:
        raise NeedsReconnect("the consent reaches no company; connect again and choose one")
    connected = _keep(workspace, platform, base_url, tokens, ids, person.note)
    queue = EmbeddedQueue(workspace.store)
    for item in connected:
        queue.withdraw(PULL, str(item.company.company_id))  # what stood in its way is over
        workspace.plugins.on_event(
            Event(
                kind=EventKind.COMPANY_CONNECTED,
                company=item.company.slug,
                at=workspace.clock.now(),
                facts={"ledger": platform.name, "again": not item.new},
            )
        )
    return connected


def _consented(
    workspace: Workspace,
    platform: LedgerPlatform,
    consent: Consent,
    person: Person,
    base_url: str | None,
    redirect_uri: str | None,
) -> tuple[Mapping[str, str], TokenSet]:
    wanted = redirect_uri or platform.default_redirect_uri
    if redirect_uri is None and not is_standin(base_url):
        wanted = workspace.settings.ledger(platform.name).redirect_uri or wanted
    verifier, state = secrets.token_urlsafe(64), secrets.token_urlsafe(32)
    answer, sent_back_to = _ask(consent, person, wanted, verifier, state)
    if "error" in answer:
        raise UsageError(
            f"consent was refused ({answer.get('error_description') or answer['error']}); "
            "nothing was connected"
        )
    return answer, consent.exchange_code(answer, sent_back_to, verifier)


def _ask(
    consent: Consent, person: Person, redirect_uri: str | None, verifier: str, state: str
) -> tuple[Mapping[str, str], str]:
    """Return the answer's query and the redirect address that it came to."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
    s256 = challenge.rstrip(b"=").decode()
    if redirect_uri is not None and not is_loopback(redirect_uri):
        person.show(consent.authorize_url(redirect_uri, state, s256))
        return read_pasted(person.paste(redirect_uri), redirect_uri, state), redirect_uri
    with Callback(state, redirect_uri) as callback:
        person.show(consent.authorize_url(callback.redirect_uri, state, s256))
        return callback.wait(person.patience), callback.redirect_uri


def _keep(
    workspace: Workspace,
    platform: LedgerPlatform,
    base_url: str | None,
    tokens: TokenSet,
    ids: Sequence[str],
    note: Callable[[str], None],
) -> list[Connected]:
    """Tokens first, so that a crash loses no consent; then ask whom they reach; then the rows.

    The ids came through a browser. A known company's grant is overwritten only after its
    ledger has answered to the new tokens, so a forged id costs nobody a working connection.
    """
    new = f"{platform.name}-{secrets.token_hex(8)}"
    workspace.vault.save(new, tokens)
    try:
        found = _describe_all(workspace, platform, base_url, new, ids, note)
        reached = [company.ledger_id for company in found]
        known = grant_of(workspace.store, platform.name, base_url, reached)
        if known is not None:
            workspace.vault.save(known, workspace.vault.read(new))
            workspace.vault.forget(new)
        connected = book(
            workspace.store,
            found,
            base_url=base_url,
            grant_id=known or new,
            at=workspace.clock.now(),
        )
    except RecoupError:
        workspace.vault.forget(new)
        raise
    for unused in retire_grants(workspace.store, platform.name, base_url):
        workspace.vault.forget(unused)
    return connected


def _describe_all(
    workspace: Workspace,
    platform: LedgerPlatform,
    base_url: str | None,
    grant_id: str,
    ids: Sequence[str],
    note: Callable[[str], None],
) -> list[Company]:
    """Ask each company who it is. Raises the first error when none answers."""
    found: list[Company] = []
    failed: list[tuple[str, RecoupError]] = []
    for ledger_id in dict.fromkeys(ids):
        try:
            found.append(_describe(workspace, platform, base_url, grant_id, ledger_id))
        except RecoupError as error:
            failed.append((ledger_id, error))
    if not found:
        raise failed[0][1]
    for ledger_id, why in failed:
        note(f"{platform.title} {ledger_id} was left out: {why}; connect again to add it")
    return found


def _describe(
    workspace: Workspace,
    platform: LedgerPlatform,
    base_url: str | None,
    grant_id: str,
    ledger_id: str,
) -> Company:
    connection = workspace.connection(
        ledger=platform.name, ledger_id=ledger_id, grant_id=grant_id, base_url=base_url
    )
    return workspace.reach(connection).describe_company()
