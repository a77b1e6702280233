"""Full pages put together before they are handed over.

Sage's pages hold 200 rows at most, and each page handed over is stored in a transaction of its
own: five of them in one cost a fifth less. Nothing waits that is not followed by more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from recoup.connector.errors import RecoupError
from recoup.connector.pages import Page

__all__ = ["gathered"]

FULL = 150  # payloads of a page that others surely follow
ENOUGH = 1000


def gathered(pages: Iterable[Page]) -> Iterator[Page]:
    """Yield *pages* in their order, full ones together; before an error, what was read until then.

    A pull that is killed reads at most so many rows again.
    """
    held: list[Page] = []
    try:
        for page in pages:
            if page.swept and held:  # a sweep is judged against what was stored before it
                yield _joined(held)
                held = []
            held.append(page)
            count = sum(len(one.payloads) for one in held)
            if count >= ENOUGH or len(page.payloads) < FULL or page.swept:
                yield _joined(held)
                held = []
    except RecoupError:
        if held:
            yield _joined(held)
        raise
    if held:
        yield _joined(held)


def _joined(pages: Sequence[Page]) -> Page:
    if len(pages) == 1:
        return pages[0]
    return Page(
        payloads=[payload for page in pages for payload in page.payloads],
        tombstones=[stone for page in pages for stone in page.tombstones],
        cursor=pages[-1].cursor,
        calls=sum(page.calls for page in pages),
    )
