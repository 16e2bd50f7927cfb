"""Reads the JSON answers of B3's ``GetPortfolioDay``, ``GetTheoricalPortfolio`` and ``GetQuartelyPreview``.

Source: the answers of B3's index page (``indexProxy/indexCall``). "theorical" and "quartely" are B3's
spelling. Only the day's portfolio states a date and a language for certain; a field that is null counts
as not stated.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from functions.b3.client import Payload
from functions.b3.errors import CheckFailed, UnreadablePayload
from functions.b3.notation import EN_US, PT_BR, REDUTOR_DECIMALS, WEIGHT_DECIMALS, Notation
from functions.b3.portfolio import Member, Portfolio
from functions.b3.text import decode

MAX_PAGES = 50  # 6,000 members at the page size in use
# What header.text says; the only statement of the language in an answer.
_LANGUAGE_BY_TEXT = {
    "Quantidade Teórica Total": PT_BR,
    "Total Theorethical Quantity": EN_US,
    "Total Theoretical Quantity": EN_US,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer: its place among the pages, the header that all pages share, and its rows."""

    number: int
    total_pages: int
    total_records: int
    header: dict[str, Any]
    results: list[dict[str, Any]]


def read_page(body: bytes) -> Page:
    """The page in one response body.

    Raises:
        UnreadablePayload: the bytes are not JSON, or not a portfolio's page.
    """
    try:
        document = json.loads(decode(body), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise UnreadablePayload(f"expected JSON, found {_glimpse(body)}") from None
    match document:
        case {
            "page": {"pageNumber": int(number), "totalPages": int(total), "totalRecords": int(records)},
            "header": dict(header),
            "results": list(results),
        } if all(isinstance(row, dict) for row in results):
            if total > MAX_PAGES:
                shown = total if total < 10**12 else "some 10**12 or more"
                raise UnreadablePayload(f"{shown} pages announced, more than {MAX_PAGES}")
            return Page(
                number=number, total_pages=total, total_records=records, header=header, results=results
            )
        case {"results": None} | {"header": None}:
            raise UnreadablePayload("B3 answered without a portfolio (an unknown index, or none published)")
    raise UnreadablePayload("JSON without page, header and results: not a portfolio's page")


def read_pages(fetch: Callable[[int], Payload]) -> list[Page]:
    """Every page that the first one announces; ``fetch`` gets one by its number.

    Raises:
        UnreadablePayload: an answer that is no page, or too many pages announced.
        SourceUnavailable: ``fetch``'s own.
    """
    first = read_page(fetch(1).body)
    return [first, *(read_page(fetch(number).body) for number in range(2, first.total_pages + 1))]


def read_portfolio(pages: Sequence[Page], *, indice: str, language: str | None = None) -> Portfolio:
    """The portfolio in all its pages.

    Args:
        pages: every page, in order.
        indice: the index that was asked for; the answer doesn't name it.
        language: the language that was asked for; None accepts either, as the header states it.

    Raises:
        UnreadablePayload: a field is missing or not in the header's notation, or the language is another.
        CheckFailed: pages are missing, repeated, or disagree about the header.
    """
    _check_sequence(pages)
    header = {key: value for key, value in pages[0].header.items() if value is not None}
    notation = _notation(header)
    if language is not None and language != notation.language:
        raise UnreadablePayload(f"asked for {language}, B3 answered in {notation.language}")
    return Portfolio(
        indice=indice,
        data_pregao=notation.date(_text(header, "date", "header"), "header.date")
        if "date" in header
        else None,
        language=notation.language,
        members=tuple(_member(row, notation) for page in pages for row in page.results),
        qtde_teorica_total=notation.quantity(_text(header, "theoricalQty", "header"), "header.theoricalQty"),
        participacao_total=notation.decimal_number(
            _text(header, "part", "header"), "header.part", WEIGHT_DECIMALS
        ),
        redutor=notation.decimal_number(
            _text(header, "reductor", "header"), "header.reductor", REDUTOR_DECIMALS
        )
        if "reductor" in header
        else None,
        total_records=pages[0].total_records,
    )


def _check_sequence(pages: Sequence[Page]) -> None:
    first = pages[0]
    numbers = [page.number for page in pages]
    expected = list(range(1, max(first.total_pages, 1) + 1))
    if numbers != expected:
        raise CheckFailed("all_pages_read", expected=f"pages {expected}", found=f"pages {numbers}")
    for page in pages[1:]:
        for key in sorted(first.header.keys() | page.header.keys()):
            mine, theirs = first.header.get(key), page.header.get(key)
            if mine != theirs:
                raise CheckFailed(
                    f"same_header_on_every_page ({key}, page {page.number})", expected=mine, found=theirs
                )


def _notation(header: dict[str, Any]) -> Notation:
    stated = header.get("text")
    if stated in _LANGUAGE_BY_TEXT:
        return _LANGUAGE_BY_TEXT[stated]
    if "text" not in header and "date" not in header:
        # The theoretical portfolio states no language; the total weight's three decimals show it.
        weight = _text(header, "part", "header")
        return PT_BR if weight.rfind(",") > weight.rfind(".") else EN_US
    known = " or ".join(repr(text) for text in _LANGUAGE_BY_TEXT)
    raise UnreadablePayload(f"header.text: expected {known}, found {str(stated)[:60]!r}")


def _member(row: dict[str, Any], notation: Notation) -> Member:
    codigo = _text(row, "cod", "results")
    sector, subtotal = row.get("segment"), row.get("partAcum")
    return Member(
        codigo=codigo,
        acao=_text(row, "asset", codigo).strip(),
        tipo=_text(row, "type", codigo).rstrip(),
        setor=_text(row, "segment", codigo).strip() if sector is not None else None,
        qtde_teorica=notation.quantity(_text(row, "theoricalQty", codigo), f"{codigo}.theoricalQty"),
        participacao=notation.decimal_number(_text(row, "part", codigo), f"{codigo}.part", WEIGHT_DECIMALS),
        participacao_setor=(
            notation.decimal_number(_text(row, "partAcum", codigo), f"{codigo}.partAcum", WEIGHT_DECIMALS)
            if subtotal is not None
            else None
        ),
    )


def _text(record: dict[str, Any], key: str, where: str) -> str:
    value = record.get(key)
    if not isinstance(value, str):
        raise UnreadablePayload(f"{where}.{key}: expected text, found {str(value)[:40]}")
    return value


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _glimpse(body: bytes) -> str:
    start = decode(body[:400]).strip()
    if "<html" in start.lower() or "<!doctype" in start.lower():
        return "an HTML page"
    return repr(start[:40]) if start else "nothing"
