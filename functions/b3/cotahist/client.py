"""B3's historical quotes as a client sees them: files by name, downloaded whole or not at all."""

from __future__ import annotations

import hashlib
import random
import struct
import time
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import requests
from requests.adapters import HTTPAdapter

from functions.b3.archive import entries
from functions.b3.client import USER_AGENT, Patience
from functions.b3.cotahist.errors import NotPublished
from functions.b3.cotahist.period import Period
from functions.b3.errors import SourceUnavailable

COTAHIST_URL = "https://bvmf.bmfbovespa.com.br/InstDados/SerHist"
MAX_BYTES = 500_000_000  # of one file; the largest real year has about 130 MB
# 403 among them: B3's host gives it for a while to clients that are welcome later.
_TRANSIENT = frozenset({403, 408, 429, 500, 502, 503, 504, *range(520, 528), 530})
_CHUNK = 1 << 20

Progress = Callable[[int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """A file as received: its name at B3, where it came from, where it is now, and its SHA-256."""

    name: str
    url: str
    path: Path
    sha256: str

    def open(self) -> BinaryIO:
        """The bytes as a stream."""
        return self.path.open("rb")


class _Broken(Exception):
    """One attempt that came to nothing, and may go better the next time."""


class CotahistClient:
    """Downloads files of :data:`COTAHIST_URL`.

    Args:
        base_url: the folder that the files are in.
        patience: how long to wait and how often to ask again.
        sleep: waits that many seconds.
    """

    def __init__(
        self,
        base_url: str = COTAHIST_URL,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._patience = patience or Patience()
        self._sleep = sleep
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/zip"})
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter())

    def url(self, period: Period) -> str:
        """Where B3 has the file of a period."""
        return f"{self.base_url}/{period.zip_name}"

    def download(self, period: Period, folder: Path, *, progress: Progress | None = None) -> Payload:
        """Get a file into ``folder``, under B3's name for it.

        Args:
            period: which file.
            folder: an existing folder; a partial file never stays in it.
            progress: called with the bytes so far and the total, where B3 states it.

        Raises:
            NotPublished: HTTP 404, or 200 with nothing in it.
            SourceUnavailable: no whole file within the retries.
        """
        url, target = self.url(period), folder / period.zip_name
        for attempt in range(self._patience.retries + 1):
            if attempt:
                self._sleep(self._delay(attempt))
            try:
                sha256 = self._attempt(url, target, progress)
                return Payload(name=period.zip_name, url=url, path=target, sha256=sha256)
            except (_Broken, requests.RequestException) as error:
                target.unlink(missing_ok=True)
                reason = _cause(error)
        raise SourceUnavailable(url, f"{reason} ({self._patience.retries + 1} attempts)")

    def _attempt(self, url: str, target: Path, progress: Progress | None) -> str:
        timeout = (self._patience.connect, self._patience.read)
        with self._session.get(url, timeout=timeout, allow_redirects=False, stream=True) as response:
            if response.status_code == 404:
                raise NotPublished(url)
            if response.status_code in _TRANSIENT:
                raise _Broken(f"HTTP {response.status_code}")
            if response.status_code != 200:
                location = response.headers.get("Location")
                reason = f"HTTP {response.status_code}" + (f", redirected to {location}" if location else "")
                raise SourceUnavailable(url, reason)
            return _save(url, response, target, progress)

    def _delay(self, attempt: int) -> float:
        patience = self._patience
        waited: float = min(patience.backoff * 2**attempt, patience.backoff_max)
        return waited + random.uniform(0, patience.jitter)  # noqa: S311


def _save(url: str, response: requests.Response, target: Path, progress: Progress | None) -> str:
    """Write the body to ``target``; returns its SHA-256."""
    stated = response.headers.get("Content-Length", "")
    total = int(stated) if stated.isdigit() else None
    digest, size = hashlib.sha256(), 0
    with target.open("wb") as file:
        for chunk in response.iter_content(_CHUNK):
            size += len(chunk)
            if size > MAX_BYTES:
                target.unlink()
                raise SourceUnavailable(url, f"the file is larger than {MAX_BYTES} bytes")
            file.write(chunk)
            digest.update(chunk)
            if progress:
                progress(size, total)
    if total is not None and size != total and "Content-Encoding" not in response.headers:
        raise _Broken(f"{size} of {total} bytes came")
    if nothing := _nothing_in(target):
        target.unlink()
        raise NotPublished(url, nothing)
    return digest.hexdigest()


def _nothing_in(path: Path) -> str | None:
    """What B3's host gives with HTTP 200 where it has no file yet; None for anything else."""
    with path.open("rb") as file:
        start = file.read(1024).lstrip()
        if not start:
            return "HTTP 200 without a body"
        if start[:1] == b"<":
            return "HTTP 200 with a page in place of a file"
        if start[:2] != b"PK":
            return None
        try:
            with zipfile.ZipFile(file) as archive:
                return None if any(e.file_size for e in entries(archive)) else "HTTP 200 with an empty ZIP"
        except (zipfile.BadZipFile, OSError, ValueError, LookupError, struct.error, NotImplementedError):
            return None  # damaged: its reader says how


def _cause(error: Exception) -> str:
    if isinstance(error, _Broken):
        return str(error)
    reason = error.args[0] if error.args else error
    return f"{type(error).__name__}: {getattr(reason, 'reason', reason)}"
