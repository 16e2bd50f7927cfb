"""GETs to an exchange's REST host: paced, retried with backoff, honouring Retry-After.

A host that refuses this address (403, 451) is left alone for a while: asking on would look like an attack,
and change nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import urlsplit

from stream.backoff import Backoff
from stream.clock import monotonic
from stream.errors import PASSING_STATUSES, REFUSED_STATUSES, RestError
from stream.http import HttpClient, HttpError

USER_AGENT = "bovespa-stream/0.1 (trade recorder)"
_ATTEMPTS = 4
_LONGEST_WAIT = 60.0


class RestClient:
    """Calls are at least `interval` seconds apart, which keeps below the exchange's public rate limit.

    `on_refusal` is told host and status the first time that a host refuses this address, and None for the
    status when it answers again. For `refused_pause` seconds after a refusal the host isn't asked.
    """

    def __init__(
        self,
        http: HttpClient,
        interval: float,
        backoff: Backoff,
        *,
        refused_pause: float = 300.0,
        on_refusal: Callable[[str, int | None], None] = lambda host, status: None,
    ) -> None:
        self._http = http
        self._interval = interval
        self._first = backoff
        self._refused_pause = refused_pause
        self._on_refusal = on_refusal
        self._refused: dict[str, tuple[float, RestError]] = {}
        self._next = 0.0
        self._turn = asyncio.Lock()

    async def get(self, url: str) -> bytes:
        """The body of a 200.

        Raises:
            RestError: for refusals (4xx) at once, for the rest after the retries.
        """
        host = urlsplit(url).netloc
        until, known = self._refused.get(host, (0.0, None))
        if known is not None and monotonic() < until:
            raise RestError(url, known.reason, known.status, known=True)
        self._first.reset()
        for attempt in range(_ATTEMPTS):
            async with self._turn:
                await asyncio.sleep(self._next - monotonic())
                self._next = monotonic() + self._interval
            wait = self._first.next()
            status: int | None = None
            try:
                answer = await self._http.request("GET", url, {"User-Agent": USER_AGENT})
            except HttpError as error:
                reason = str(error)
            else:
                status = answer.status
                if status == 200:
                    if self._refused.pop(host, None) is not None:
                        self._on_refusal(host, None)
                    return answer.body
                reason = f"HTTP {status}: {answer.body[:200].decode(errors='replace')}"
                if status < 500 and status not in PASSING_STATUSES:
                    refusal = RestError(url, reason, status)
                    if status in REFUSED_STATUSES:
                        self._note_refusal(host, refusal)
                    raise refusal
                wait = max(wait, _retry_after(answer.headers.get("retry-after", "")))
            if attempt + 1 < _ATTEMPTS:
                await asyncio.sleep(wait)
        raise RestError(url, reason, status)

    def _note_refusal(self, host: str, error: RestError) -> None:
        new = host not in self._refused
        self._refused[host] = (monotonic() + self._refused_pause, error)
        if new:
            self._on_refusal(host, error.status)


def _retry_after(text: str) -> float:
    """Seconds, bounded; the date form of the header is not used by these hosts and counts as 0."""
    return min(float(text), _LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0
