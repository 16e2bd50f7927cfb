"""GETs to an exchange's REST host: paced, retried with backoff, honouring Retry-After."""

from __future__ import annotations

import asyncio
import time

from stream.backoff import Backoff
from stream.errors import RestError
from stream.http import HttpClient, HttpError

USER_AGENT = "bovespa-stream/0.1 (trade recorder)"
_ATTEMPTS = 4
_LONGEST_WAIT = 60.0


class RestClient:
    """Calls are at least `interval` seconds apart, which keeps below the exchange's public rate limit."""

    def __init__(self, http: HttpClient, interval: float, backoff: Backoff) -> None:
        self._http = http
        self._interval = interval
        self._first = backoff
        self._next = 0.0
        self._turn = asyncio.Lock()

    async def get(self, url: str) -> bytes:
        """The body of a 200. Raises RestError for refusals (4xx) at once, for the rest after the retries."""
        self._first.reset()
        for attempt in range(_ATTEMPTS):
            async with self._turn:
                await asyncio.sleep(self._next - time.monotonic())
                self._next = time.monotonic() + self._interval
            wait = self._first.next()
            status: int | None = None
            try:
                answer = await self._http.request("GET", url, {"User-Agent": USER_AGENT})
            except HttpError as error:
                reason = str(error)
            else:
                status = answer.status
                if status == 200:
                    return answer.body
                reason = f"HTTP {status}: {answer.body[:200].decode(errors='replace')}"
                # 418 is Binance's "banned for ignoring 429".
                if status < 500 and status not in (408, 418, 429):
                    raise RestError(url, reason, status)
                wait = max(wait, _retry_after(answer.headers.get("retry-after", "")))
            if attempt + 1 < _ATTEMPTS:
                await asyncio.sleep(wait)
        raise RestError(url, reason, status)


def _retry_after(text: str) -> float:
    """Seconds, bounded; the date form of the header is not used by these hosts and counts as 0."""
    return min(float(text), _LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0
