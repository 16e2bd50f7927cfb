"""Gets one index's theoretical portfolio, or the preview of its next one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from functions.b3.checks import check_totals
from functions.b3.client import B3Client, Payload
from functions.b3.errors import B3Error, CheckFailed, SourceUnavailable
from functions.b3.json_pages import read_pages, read_portfolio
from functions.b3.portfolio import Portfolio
from functions.b3.text import decode
from lake.tables.carteira_teorica import Kind

_PLAUSIBLE = timedelta(days=366)  # between a date that a header states and the capture, either way


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What came of asking for one portfolio.

    ``portfolio`` is None where it was refused (``error`` says why) and where none is published (no
    error). ``payload_sha256`` is that of the answers' bytes, all pages in order.
    """

    kind: Kind
    indice: str
    payloads: tuple[Payload, ...]
    portfolio: Portfolio | None = None
    error: B3Error | None = None

    @property
    def payload_sha256(self) -> str:
        return hashlib.sha256(b"".join(payload.body for payload in self.payloads)).hexdigest()


class _NotPublished(Exception):
    """The preview's answer has no members and announces none."""


def collect(
    client: B3Client, kind: Kind, indice: str, *, captured_on: date, archive: Callable[[Payload], None]
) -> Attempt:
    """Ask for one portfolio and check what comes.

    Two things about previews are not verified, as no captured answer of ``GetQuartelyPreview`` was at
    hand: that it has the shape of ``GetTheoricalPortfolio`` (code of others reads the same fields in
    both, and asks with the same parameters), and how "none published" looks (taken to be no members and
    none announced). Anything else is refused.

    Args:
        client: where to ask.
        kind: which call.
        indice: ``IBOV``.
        captured_on: the date of the capture in São Paulo.
        archive: called with each answer as received, before anything in it is read.
    """
    received: list[Payload] = []
    ask = client.theoretical_page if kind is Kind.TEORICA else client.preview_page

    def fetch(number: int) -> Payload:
        payload = ask(indice, number)
        received.append(payload)
        archive(payload)
        if kind is Kind.PREVIA and number == 1 and announces_nothing(payload.body):
            raise _NotPublished
        return payload

    try:
        portfolio = read_portfolio(read_pages(fetch), indice=indice, language=client.language)
        check_totals(portfolio)
        _check_date(portfolio, captured_on)
    except _NotPublished:
        return Attempt(kind=kind, indice=indice, payloads=tuple(received))
    except B3Error as error:
        if isinstance(error, SourceUnavailable) and error.payload is not None:
            received.append(error.payload)
        return Attempt(kind=kind, indice=indice, payloads=tuple(received), error=error)
    return Attempt(kind=kind, indice=indice, payloads=tuple(received), portfolio=portfolio)


def announces_nothing(body: bytes) -> bool:
    """Whether an answer has no members and says that there are none."""
    try:
        document = json.loads(decode(body))
    except (ValueError, RecursionError):
        return False
    if not isinstance(document, dict) or document.get("results", "absent") not in (None, []):
        return False
    page = document.get("page")
    return page is None or (isinstance(page, dict) and page.get("totalRecords") == 0)


def _check_date(portfolio: Portfolio, captured_on: date) -> None:
    day = portfolio.data_pregao
    if day is not None and not captured_on - _PLAUSIBLE <= day <= captured_on + _PLAUSIBLE:
        raise CheckFailed(
            "plausible_date",
            expected=f"{captured_on - _PLAUSIBLE} to {captured_on + _PLAUSIBLE}",
            found=day,
        )
