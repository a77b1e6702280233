"""What stands where xero-python keeps its urllib3 pool: no retries, exact amounts, raw bytes.

xero-python builds the address, the verb and the headers. Left alone it would send a create up to
four times, follow redirects with the token, and write amounts as binary floats.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import certifi
import urllib3
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration

__all__ = ["Bearer", "Wire", "open_api"]

TENANT = "xero-tenant-id"


class Bearer:
    """What ``Configuration.oauth2_token`` is set to: it hands out the token it is given.

    The SDK's own refreshes by itself, once a thread, and shares its state between connections.
    """

    def __init__(self) -> None:
        self._token = ""

    def carry(self, access_token: str) -> None:
        self._token = access_token

    def get_auth_settings(self) -> dict[str, str]:
        """Asked by the SDK for every call."""
        value = f"Bearer {self._token}"
        return {"type": "oauth2", "in": "header", "key": "Authorization", "value": value}


class Wire:
    """Sends what the SDK has built; a body given with ``write`` takes the place of the SDK's."""

    def __init__(self, base_url: str) -> None:
        secured: dict[str, Any] = {"cert_reqs": "CERT_REQUIRED", "ca_certs": certifi.where()}
        proxy = _proxy_for(base_url)
        self._pool = (
            urllib3.PoolManager(num_pools=2, **secured)
            if proxy is None
            else urllib3.ProxyManager(proxy, num_pools=2, **secured)
        )
        self.body: bytes | None = None

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        body: Any = None,
        fields: Any = None,
        timeout: Any = None,
        **_: Any,
    ) -> urllib3.BaseHTTPResponse:
        """Send once and return the answer, its body not yet read."""
        if not headers.get(TENANT):  # a custom connection has one organisation and names none
            headers = {name: value for name, value in headers.items() if name != TENANT}
        given: dict[str, Any] = {"fields": fields} if method in ("GET", "HEAD") else {"body": body}
        if self.body is not None and method not in ("GET", "HEAD"):
            given = {"body": self.body}
        return self._pool.request(
            method,
            url,
            headers=headers,
            timeout=timeout,
            preload_content=False,
            retries=urllib3.Retry(False),
            redirect=False,
            **given,
        )


def open_api(base_url: str) -> tuple[AccountingApi, Wire, Bearer]:
    """Build the SDK for one connection. Its Configuration is a copy, so nothing is shared."""
    # Untyped: the library names other classes for both, but asks one method of each.
    configuration: Any = Configuration()
    bearer, wire = Bearer(), Wire(base_url)
    configuration.oauth2_token = bearer
    client: Any = ApiClient(configuration)
    client.set_default_header("Accept-Encoding", "gzip")
    client.rest_client.pool_manager = wire
    return AccountingApi(client, base_url=base_url), wire, bearer


def _proxy_for(base_url: str) -> str | None:
    """The environment's proxy for the world outside; urllib3 takes none by itself."""
    parts = urlsplit(base_url)
    if parts.scheme != "https" or proxy_bypass(parts.netloc):
        return None
    return getproxies().get("https")
