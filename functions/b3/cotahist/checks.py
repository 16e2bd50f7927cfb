"""What must hold before a COTAHIST file may enter raw, beside the layout itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from functions.b3.cotahist.layout import CASH_MARKETS, KEY, MARKET, TICKER
from functions.b3.cotahist.period import Period
from functions.b3.cotahist.records import Bytes, Header
from functions.b3.errors import CheckFailed


def check_sessions(header: Header, days: Sequence[date], *, period: Period) -> None:
    """The file's sessions are those that its name, its header and its age allow.

    Raises:
        CheckFailed: no quotes, a session outside of the period, another year in the header, or a
            file that B3 generated before its last session.
    """
    if not days:
        raise CheckFailed("has_quotes", expected="at least one quote", found="header and trailer only")
    for day in (days[0], days[-1]):
        if day not in period:
            raise CheckFailed("session_in_period", expected=f"{period} ({period.stem})", found=day)
    if header.name != f"COTAHIST.{period.first.year}":
        raise CheckFailed("header_name", expected=f"COTAHIST.{period.first.year}", found=header.name)
    if header.generated_on < days[-1]:
        raise CheckFailed(
            "generated_after_last_session", expected=f"{days[-1]} or later", found=header.generated_on
        )


def check_unique(day: date, records: Bytes) -> None:
    """No quote of a session is there twice.

    On the cash market two lines are the same quote where CODBDI, ticker, market, term, ISIN and
    distribution agree; elsewhere (auctions, exercises) where all of the line does.

    Raises:
        CheckFailed: with the first ticker that repeats.
    """
    _refuse_repeated(day, records, records)
    market = np.ascontiguousarray(records[:, MARKET]).view(f"S{MARKET.stop - MARKET.start}")[:, 0]
    cash = records[np.isin(market, CASH_MARKETS)]
    _refuse_repeated(day, cash, np.concatenate([cash[:, part] for part in KEY], axis=1))


def _refuse_repeated(day: date, records: Bytes, keys: Bytes) -> None:
    texts = np.ascontiguousarray(keys).view(f"S{keys.shape[1]}")[:, 0]
    order = np.argsort(texts, kind="stable")
    repeats = order[1:][texts[order][1:] == texts[order][:-1]]
    if len(repeats):
        ticker = records[repeats[0], TICKER].tobytes().decode("latin-1").strip()
        raise CheckFailed(
            f"unique_quotes ({ticker} on {day})", expected="each once", found=f"{len(repeats)} repeated"
        )
