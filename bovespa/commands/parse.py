"""`bovespa parse`: what is in a downloaded portfolio, and can it be trusted?"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from bovespa.errors import UserError
from bovespa.output import json_option, print_json, say
from functions.b3.checks import check_content, check_known_day, check_totals
from functions.b3.clock import day_in_sao_paulo
from functions.b3.documents import MAX_BYTES, Document, open_document
from functions.b3.errors import B3Error
from functions.b3.portfolio import Portfolio
from lake.indices import INDEX


def read_checked(file: Path, indice: str | None) -> Document:
    """The portfolio in a file, if it is one, agrees with its own totals and is of a day that can be.

    Raises:
        UserError: it isn't, or doesn't; one line with the file and the reason.
    """
    if indice is not None and not INDEX.fullmatch(indice):
        raise UserError(f"--index: expected a B3 index code such as IBOV, not {indice!r}")
    try:
        if file.stat().st_size > MAX_BYTES:
            raise UserError(f"{file}: too large for a portfolio")
        document = open_document(file.read_bytes(), name=file.name, indice=indice)
        portfolio = document.portfolio
        if portfolio.data_pregao is None:
            check_totals(portfolio)
        else:
            check_content(portfolio)
            check_known_day(portfolio, today=day_in_sao_paulo(datetime.now(UTC)))
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from error
    except B3Error as error:
        raise UserError(f"{file}: {error}") from error
    return document


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--index", "indice", metavar="INDEX", help="For a JSON body, which doesn't name its index.")
@json_option
def parse(file: Path, indice: str | None, as_json: bool) -> None:
    """Read a portfolio file, check it, and print its totals.

    FILE is a response body (JSON) of the day's portfolio, of the theoretical one or of a preview, a CSV
    download in either language, a spreadsheet, or a ZIP of one.
    """
    document = read_checked(file, indice)
    summary = summarise(document.portfolio)
    if document.remark:
        say(f"{file}: {document.remark}", err=True)
    if as_json:
        print_json(summary)
    else:
        say("\n".join(f"{name:9} {value if value is not None else '–'}" for name, value in summary.items()))


def summarise(portfolio: Portfolio) -> dict[str, Any]:
    """Index, date, members and totals; ``quantity`` in shares, ``weight`` in percent."""
    return {
        "index": portfolio.indice,
        "date": portfolio.data_pregao.isoformat() if portfolio.data_pregao else None,
        "members": len(portfolio.members),
        "quantity": sum(member.qtde_teorica for member in portfolio.members),
        "weight": str(sum((member.participacao for member in portfolio.members), Decimal(0))),
        "redutor": str(portfolio.redutor) if portfolio.redutor is not None else None,
    }
