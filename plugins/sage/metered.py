"""Counts API calls page by page."""

from __future__ import annotations

from recoup.plugins.sage.client import Client

__all__ = ["Metered"]


class Metered:
    """Says how many calls a client made since the question was last asked."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._told = client.calls

    def take(self) -> int:
        """Return the calls made since the last ``take``."""
        calls = self._client.calls - self._told
        self._told = self._client.calls
        return calls
