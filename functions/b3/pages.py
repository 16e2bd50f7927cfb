"""Gets an answer of several pages, whole."""

from __future__ import annotations

from collections.abc import Callable

from functions.b3.client import Payload
from functions.b3.json_pages import Page, read_page


def read_pages(fetch: Callable[[int], Payload]) -> list[Page]:
    """Every page that the first one announces; ``fetch`` gets one by its number.

    Raises:
        UnreadablePayload: an answer that is no page, or too many pages announced.
        SourceUnavailable: ``fetch``'s own.
    """
    first = read_page(fetch(1).body)
    return [first, *(read_page(fetch(number).body) for number in range(2, first.total_pages + 1))]
