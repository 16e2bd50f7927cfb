"""Reads a portfolio out of any file that B3's page, or its users, make of one.

JSON bodies, CSV downloads (both languages, with and without sectors, latin-1 or UTF-8, CRLF or LF),
spreadsheets, and any of these inside a ZIP.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass

from functions.b3.archive import damage, entries, open_zip
from functions.b3.errors import UnreadablePayload
from functions.b3.json_pages import Page, read_page, read_portfolio
from functions.b3.portfolio import Portfolio
from functions.b3.table import Cell, read_table
from functions.b3.text import decode
from lake.indices import INDEX

MAX_BYTES = 20_000_000  # of a file, and of a member of a ZIP once unpacked; a real portfolio has 10 to 50 kB
_XLSX_MEMBER = "xl/workbook.xml"


@dataclass(frozen=True, slots=True)
class Document:
    """The portfolio in a file, and a remark on what of the file was not read."""

    portfolio: Portfolio
    remark: str | None = None


def read_document(body: bytes, *, name: str = "", indice: str | None = None) -> Portfolio:
    """The portfolio in a file's bytes; see :func:`open_document`."""
    return open_document(body, name=name, indice=indice).portfolio


def open_document(body: bytes, *, name: str = "", indice: str | None = None) -> Document:
    """The portfolio in a file's bytes.

    Args:
        body: the file as it is.
        name: the file's name, from which a JSON body's index is taken where ``indice`` is None.
        indice: the index, for formats that don't name it; refused where the file names another.

    Raises:
        UnreadablePayload: the bytes are no portfolio, or of another index.
        CheckFailed: a JSON body is one page of several.
    """
    if len(body) > MAX_BYTES:
        raise UnreadablePayload(f"{len(body)} bytes: too large for a portfolio (limit {MAX_BYTES})")
    if body[:2] == b"PK":
        return _read_zip(body, name=name, indice=indice)
    if decode(body[:400]).lstrip()[:1] in ("{", "["):
        return Document(_from_pages([read_page(body)], name=name, indice=indice))
    return Document(_of_index(read_csv(body), indice))


def read_csv(body: bytes) -> Portfolio:
    """The portfolio in a CSV download.

    Raises:
        UnreadablePayload: not such a file, or damaged.
    """
    text = decode(body)
    if re.match(r"\s*<(!doctype|html|\?xml)", text, re.IGNORECASE):
        raise UnreadablePayload("expected a portfolio, found an HTML page")
    lines = re.split(r"\r?\n", text)
    header = next((line for line in lines[1:] if line.strip()), "")
    # B3's English download is separated by commas, with its numbers in double quotes.
    delimiter = ";" if ";" in header else ","
    try:
        rows: list[list[Cell]] = [list(row) for row in csv.reader(lines, delimiter=delimiter, strict=True)]
    except csv.Error as error:
        raise UnreadablePayload(f"not a CSV file: {error}") from None
    return read_table(rows)


def decode_download(body: bytes) -> bytes:
    """The CSV inside an answer of ``GetDownloadPortfolioDay``: base64, sometimes in double quotes.

    Raises:
        UnreadablePayload: the answer is not base64.
    """
    try:
        return base64.b64decode(body.strip().strip(b'"'), validate=True)
    except binascii.Error:
        raise UnreadablePayload("expected a base64 download, found something else") from None


def _read_zip(body: bytes, *, name: str, indice: str | None) -> Document:
    with open_zip(io.BytesIO(body), "ZIP or spreadsheet") as archive:
        if _XLSX_MEMBER in archive.namelist():
            _check_size(archive.infolist())
            return _read_spreadsheet(body, indice)
        files = entries(archive)
        _check_size(files)
        if not files or len(files) > 20:
            raise UnreadablePayload(f"a ZIP with {len(files)} files, expected one portfolio")
        with damage("ZIP or spreadsheet"):
            members = [(entry.filename, archive.read(entry)) for entry in files]
    if len(members) == 1:
        inner, content = members[0]
        if content[:2] == b"PK" and not inner.lower().endswith((".xlsx", ".xlsm")):
            raise UnreadablePayload("a ZIP inside a ZIP")
        return open_document(content, name=inner if index_in(inner) else name, indice=indice)
    pages = sorted((read_page(content) for _, content in members), key=lambda page: page.number)
    return Document(_from_pages(pages, name=name, indice=indice))


def _check_size(files: Sequence[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in files) > MAX_BYTES:
        largest = max(files, key=lambda entry: entry.file_size)
        raise UnreadablePayload(f"{largest.filename[:80]}: too large for a portfolio")


def _read_spreadsheet(body: bytes, indice: str | None) -> Document:
    try:
        import openpyxl  # not on Lambda, where spreadsheets never arrive
    except ImportError:
        raise UnreadablePayload("reading a spreadsheet needs openpyxl, which is not installed") from None
    try:
        sheets = openpyxl.load_workbook(io.BytesIO(body), read_only=True, data_only=True).worksheets
        rows: list[Sequence[Cell]] = [
            [cell if isinstance(cell, (str, int, float)) else _plain(cell) for cell in row]
            for row in sheets[0].iter_rows(values_only=True, max_row=5000, max_col=20)
        ]
        others = [str(sheet.title) for sheet in sheets[1:]]
    except Exception as error:  # openpyxl lets zipfile's, XML's and its own errors through
        reason = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
        raise UnreadablePayload(f"a damaged spreadsheet: {reason}") from None
    left_out = f"only the first sheet was read, not {', '.join(map(repr, others))}" if others else None
    return Document(_of_index(read_table(rows), indice), remark=left_out)


def _plain(cell: object) -> Cell:
    return None if cell is None else str(cell)


def _from_pages(pages: Sequence[Page], *, name: str, indice: str | None) -> Portfolio:
    known = indice or index_in(name)
    if known is None:
        raise UnreadablePayload("a JSON body doesn't name its index: give --index, or name the file after it")
    return read_portfolio(pages, indice=known)


def index_in(name: str) -> str | None:
    """``IBOV`` in ``GetPortfolioDay_IBOV_pt-br_2025-07-14.json`` or ``IBOVDia_31-07-25.csv``."""
    base = re.split(r"[/\\]", name)[-1]
    tokens = [token.removesuffix("Dia") for token in re.split(r"[^A-Za-z0-9]+", base)]
    return next((token for token in tokens if INDEX.fullmatch(token)), None)


def _of_index(portfolio: Portfolio, indice: str | None) -> Portfolio:
    if indice is not None and portfolio.indice != indice:
        raise UnreadablePayload(f"expected index {indice}, the file is of {portfolio.indice}")
    return portfolio
