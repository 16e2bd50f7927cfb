"""What must hold before a portfolio may enter raw.

The invariants held on every complete real portfolio that was examined; see docs/adr/0002.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from functions.b3.errors import CheckFailed
from functions.b3.portfolio import TICKER, Portfolio
from functions.b3.text import is_plain

WEIGHT_TOLERANCE = Decimal("0.001")  # percentage points: B3 rounds each weight to three decimals
OLDEST = timedelta(days=15)  # a page that wasn't updated; long enough for any run of closed days
NEWEST = timedelta(days=7)  # on closed days the page already shows the next session
FIRST_SESSION = date(2000, 1, 1)


def check_content(portfolio: Portfolio) -> None:
    """The day's portfolio agrees with the totals that B3 states beside it, and has its redutor.

    Raises:
        CheckFailed: with the name of the check and both values.
    """
    check_totals(portfolio)
    if portfolio.redutor is None:
        raise CheckFailed("has_redutor", expected="a redutor in the header", found="none")


def check_totals(portfolio: Portfolio) -> None:
    """Any portfolio, dated or not, agrees with the totals that B3 states beside it.

    Raises:
        CheckFailed: with the name of the check and both values.
    """
    members = portfolio.members
    if not members:
        raise CheckFailed("has_members", expected="at least one member", found=0)
    if portfolio.total_records is not None and len(members) != portfolio.total_records:
        raise CheckFailed("row_count", expected=portfolio.total_records, found=len(members))
    for member in members:
        if not TICKER.fullmatch(member.codigo):
            raise CheckFailed(
                "ticker_form",
                expected="four letters or digits and a class number",
                found=repr(member.codigo[:20]),
            )
        for field, text in (("acao", member.acao), ("tipo", member.tipo)):
            if not text.strip():
                raise CheckFailed(f"filled_{field} ({member.codigo})", expected="a text", found="nothing")
            _check_plain(field, member.codigo, text)
        if member.setor is not None:
            _check_plain("setor", member.codigo, member.setor)
        subtotal = member.participacao_setor
        if subtotal is not None and not 0 <= subtotal <= 100 + WEIGHT_TOLERANCE:
            raise CheckFailed(f"sector_subtotal ({member.codigo})", expected="0 to 100", found=subtotal)
        if member.qtde_teorica <= 0:
            raise CheckFailed(
                f"positive_quantity ({member.codigo})", expected="more than 0", found=member.qtde_teorica
            )
    codigo, times = Counter(member.codigo for member in members).most_common(1)[0]
    if times > 1:
        raise CheckFailed(f"unique_codes ({codigo})", expected="once", found=f"{times} times")
    quantity = sum(member.qtde_teorica for member in members)
    if quantity != portfolio.qtde_teorica_total:
        raise CheckFailed("total_quantity", expected=portfolio.qtde_teorica_total, found=quantity)
    for name, weight in (
        ("stated_total_weight", portfolio.participacao_total),
        ("total_weight", sum((member.participacao for member in members), Decimal(0))),
    ):
        if abs(weight - 100) > WEIGHT_TOLERANCE:
            raise CheckFailed(name, expected=f"100 ± {WEIGHT_TOLERANCE}", found=weight)
    if portfolio.redutor is not None and portfolio.redutor <= 0:
        raise CheckFailed("positive_redutor", expected="more than 0", found=portfolio.redutor)


def _check_plain(field: str, codigo: str, text: str) -> None:
    if not is_plain(text):
        raise CheckFailed(
            f"plain_{field} ({codigo})", expected="no control characters", found=repr(text[:60])
        )


def check_date(portfolio: Portfolio, *, captured_on: date) -> None:
    """The session is plausible for a page captured on ``captured_on`` (São Paulo's date).

    Raises:
        CheckFailed: the portfolio has no date, or one too far from the capture.
    """
    day = portfolio.data_pregao
    if day is None:
        raise CheckFailed("has_date", expected="a session's date in the header", found="none")
    if not captured_on - OLDEST <= day <= captured_on + NEWEST:
        raise CheckFailed(
            "plausible_date", expected=f"{captured_on - OLDEST} to {captured_on + NEWEST}", found=day
        )


def check_known_day(portfolio: Portfolio, *, today: date) -> None:
    """The session is one that a file may be from: not before 2000, not beyond the next session.

    Raises:
        CheckFailed: the portfolio has no date, or one outside of that.
    """
    day = portfolio.data_pregao
    if day is None:
        raise CheckFailed("has_date", expected="a session's date in the file", found="none")
    if not FIRST_SESSION <= day <= today + NEWEST:
        raise CheckFailed("plausible_date", expected=f"{FIRST_SESSION} to {today + NEWEST}", found=day)
