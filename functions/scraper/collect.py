"""Gets one index's portfolio: JSON first, the CSV download where the JSON is of no use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from functions.b3.checks import check_content, check_date
from functions.b3.client import B3Client, Payload
from functions.b3.clock import day_in_sao_paulo
from functions.b3.documents import decode_download, read_csv
from functions.b3.errors import B3Error, SourceUnavailable, UnreadablePayload
from functions.b3.json_pages import read_pages, read_portfolio
from functions.b3.portfolio import Portfolio


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """A trusted portfolio and the SHA-256 of the bytes that it was read from, all pages in order."""

    portfolio: Portfolio
    payload_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A source that was of no use: what came, and why it was refused."""

    error: B3Error
    payloads: tuple[Payload, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of asking for one index: ``collected`` is None where every source was refused."""

    indice: str
    collected: Collected | None
    refusals: tuple[Refusal, ...]


Archive = Callable[[Payload], None]


def collect(client: B3Client, indice: str, *, captured_at: datetime, archive: Archive) -> Attempt:
    """Ask for an index until one source gives a portfolio that passes every check.

    Args:
        client: where to ask.
        indice: ``IBOV``.
        captured_at: the moment of the capture, aware; its date in São Paulo bounds the header's.
        archive: called with each answer as received, before anything in it is read.
    """
    refusals: list[Refusal] = []
    for source in (_from_json, _from_download):
        received: list[Payload] = []

        def keep(payload: Payload, received: list[Payload] = received) -> Payload:
            received.append(payload)
            archive(payload)
            return payload

        try:
            portfolio = source(client, indice, keep)
            check_content(portfolio)
            check_date(portfolio, captured_on=day_in_sao_paulo(captured_at))
        except B3Error as error:
            if isinstance(error, SourceUnavailable) and error.payload is not None:
                received.append(error.payload)
            refusals.append(Refusal(error=error, payloads=tuple(received)))
            continue
        digest = hashlib.sha256(b"".join(payload.body for payload in received)).hexdigest()
        return Attempt(
            indice=indice,
            collected=Collected(portfolio=portfolio, payload_sha256=digest),
            refusals=tuple(refusals),
        )
    return Attempt(indice=indice, collected=None, refusals=tuple(refusals))


def _from_json(client: B3Client, indice: str, keep: Callable[[Payload], Payload]) -> Portfolio:
    pages = read_pages(lambda number: keep(client.portfolio_page(indice, number)))
    return read_portfolio(pages, indice=indice, language=client.language)


def _from_download(client: B3Client, indice: str, keep: Callable[[Payload], Payload]) -> Portfolio:
    portfolio = read_csv(decode_download(keep(client.portfolio_download(indice)).body))
    if portfolio.indice != indice:
        raise UnreadablePayload(f"asked for {indice}, the download is of {portfolio.indice}")
    return portfolio
