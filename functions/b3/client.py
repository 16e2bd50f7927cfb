"""B3's index page as a client sees it: which calls there are, and how to ask without being a burden."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import BinaryIO

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from functions.b3.errors import SourceUnavailable

B3_URL = "https://sistemaswebb3-listados.b3.com.br"
USER_AGENT = "bovespa-pipeline/0.1 (daily portfolio collector; python-requests)"
MAX_BYTES = 20_000_000  # of one answer; a real page has 10 to 50 kB
PAGE_SIZE = 120
_TRANSIENT = frozenset({429, 500, 502, 503, 504, *range(520, 528), 530})  # 52x and 530 are Cloudflare's


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """Bytes as received: what they are called in the archive, and where they came from."""

    name: str
    url: str
    body: bytes

    @property
    def sha256(self) -> str:
        """Of the bytes as received, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()

    def open(self) -> BinaryIO:
        """The bytes as a stream."""
        return io.BytesIO(self.body)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait and how often to ask again; seconds.

    ``backoff`` doubles at each retry, up to ``backoff_max``, plus up to ``jitter`` at random.
    """

    connect: float = 5.0
    read: float = 20.0
    retries: int = 3
    backoff: float = 0.5
    backoff_max: float = 20.0
    jitter: float = 0.5


class B3Client:
    """Asks B3's index page; every answer is an HTTP 200 body or a :class:`SourceUnavailable`."""

    def __init__(
        self, base_url: str = B3_URL, *, language: str = "pt-br", patience: Patience | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.language = language
        self._patience = patience or Patience()
        retry = Retry(
            total=self._patience.retries,
            status_forcelist=_TRANSIENT,
            allowed_methods={"GET"},
            backoff_factor=self._patience.backoff,
            backoff_max=self._patience.backoff_max,
            backoff_jitter=self._patience.jitter,
            redirect=0,
            raise_on_status=False,
        )
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": USER_AGENT, "Accept": "application/json"})
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    def portfolio_page(self, indice: str, number: int) -> Payload:
        """One page of ``GetPortfolioDay``, sorted by sector (``segment`` "2").

        Raises:
            SourceUnavailable: no HTTP 200 within the retries.
        """
        query = {
            "language": self.language,
            "pageNumber": number,
            "pageSize": PAGE_SIZE,
            "index": indice,
            "segment": "2",
        }
        return self._get("GetPortfolioDay", query, f"{indice}-pagina-{number}.json")

    def portfolio_download(self, indice: str) -> Payload:
        """The answer of ``GetDownloadPortfolioDay``: a CSV in base64.

        Raises:
            SourceUnavailable: no HTTP 200 within the retries.
        """
        query = {"index": indice, "language": self.language}
        return self._get("GetDownloadPortfolioDay", query, f"{indice}-download.b64")

    def theoretical_page(self, indice: str, number: int) -> Payload:
        """One page of ``GetTheoricalPortfolio``, the portfolio of the quadrimester.

        Raises:
            SourceUnavailable: no HTTP 200 within the retries.
        """
        return self._get(
            "GetTheoricalPortfolio", self._undated(indice, number), f"{indice}-teorica-pagina-{number}.json"
        )

    def preview_page(self, indice: str, number: int) -> Payload:
        """One page of ``GetQuartelyPreview``, the preview of the next quadrimester's portfolio.

        Raises:
            SourceUnavailable: no HTTP 200 within the retries.
        """
        return self._get(
            "GetQuartelyPreview", self._undated(indice, number), f"{indice}-previa-pagina-{number}.json"
        )

    def _undated(self, indice: str, number: int) -> dict[str, object]:
        return {"pageNumber": number, "pageSize": PAGE_SIZE, "language": self.language, "index": indice}

    def _get(self, call: str, query: Mapping[str, object], name: str) -> Payload:
        parameter = base64.b64encode(json.dumps(query, separators=(",", ":")).encode()).decode()
        url = f"{self.base_url}/indexProxy/indexCall/{call}/{parameter}"
        try:
            with self._session.get(
                url,
                timeout=(self._patience.connect, self._patience.read),
                allow_redirects=False,
                stream=True,
            ) as response:
                body = _bounded(response)
                status, location = response.status_code, response.headers.get("Location")
        except requests.RequestException as error:
            raise SourceUnavailable(f"{call} at {self.base_url}", _cause(error)) from error
        if status != 200:
            reason = f"HTTP {status}" + (f", redirected to {location}" if location else "")
            raise SourceUnavailable(
                f"{call} at {self.base_url}", reason, payload=Payload(name=name, url=url, body=body)
            )
        return Payload(name=name, url=url, body=body)


def _bounded(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(65536):
        body += chunk
        if len(body) > MAX_BYTES:
            raise requests.exceptions.ContentDecodingError(f"answer larger than {MAX_BYTES} bytes")
    return bytes(body)


def _cause(error: requests.RequestException) -> str:
    reason = error.args[0] if error.args else error
    return f"{type(error).__name__}: {getattr(reason, 'reason', reason)}"
