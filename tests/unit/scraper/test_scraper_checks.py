from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.b3.checks import check_content, check_date, check_known_day
from functions.b3.errors import CheckFailed
from functions.b3.json_pages import read_page, read_portfolio
from functions.b3.portfolio import Portfolio
from tests.portfolios import DAY, ibov, large


def portfolio_of(body: bytes) -> Portfolio:
    return read_portfolio([read_page(body)], indice="IBOV")


GOOD = portfolio_of(ibov().json())


def refusal_of(portfolio: Portfolio) -> CheckFailed:
    with pytest.raises(CheckFailed) as refusal:
        check_content(portfolio)
    return refusal.value


def with_member(number: int, **changes: object) -> Portfolio:
    members = list(GOOD.members)
    members[number] = replace(members[number], **changes)  # type: ignore[arg-type]
    return replace(GOOD, members=tuple(members))


def test_a_portfolio_that_agrees_with_its_totals_passes() -> None:
    check_content(GOOD)
    check_content(portfolio_of(large(120).json()))


def test_a_csv_announces_no_number_of_rows() -> None:
    check_content(replace(GOOD, total_records=None))


@pytest.mark.parametrize("difference", [-1, 1, 1000])
def test_a_total_that_is_off_is_refused_with_both_numbers(difference: int) -> None:
    stated = GOOD.qtde_teorica_total + difference

    refusal = refusal_of(replace(GOOD, qtde_teorica_total=stated))

    assert str(refusal) == f"check total_quantity failed: expected {stated}, found 19823841006"
    assert (refusal.check, refusal.expected, refusal.found) == ("total_quantity", stated, 19_823_841_006)


@given(number=st.integers(min_value=0, max_value=5), lost=st.integers(min_value=1, max_value=10**8))
def test_no_quantity_can_change_unseen(number: int, lost: int) -> None:
    quantity = GOOD.members[number].qtde_teorica - lost

    assert refusal_of(with_member(number, qtde_teorica=quantity)).check == "total_quantity"


def test_a_truncated_list_is_refused() -> None:
    refusal = refusal_of(replace(GOOD, members=GOOD.members[:-1]))

    assert (refusal.check, refusal.expected, refusal.found) == ("row_count", 6, 5)


def test_an_empty_portfolio_is_refused() -> None:
    assert refusal_of(replace(GOOD, members=(), total_records=0)).check == "has_members"


def test_a_repeated_code_is_named_even_where_the_totals_agree() -> None:
    first = GOOD.members[0]
    portfolio = with_member(1, codigo=first.codigo)

    refusal = refusal_of(portfolio)

    assert refusal.check == f"unique_codes ({first.codigo})"
    assert refusal.found == "2 times"


@pytest.mark.parametrize(
    "codigo",
    [
        "",
        "PETR",
        "petr4",
        "PETR4F ",
        "PETR444",
        "../../x3",
        "PETR4;DROP",
        "PÉTR4",
        "PETR4\n",
        "=CMD|1",
        "PETR٤",
    ],
)
def test_a_ticker_with_odd_characters_is_refused(codigo: str) -> None:
    refusal = refusal_of(with_member(0, codigo=codigo))

    assert refusal.check == "ticker_form"
    assert refusal.found == repr(codigo)
    assert "\n" not in str(refusal)


@pytest.mark.parametrize("codigo", ["BBAS3", "TAEE11", "M1TA34", "XPTO35", "ABCD3B"])
def test_real_forms_of_tickers_pass(codigo: str) -> None:
    check_content(with_member(0, codigo=codigo))


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_of_nothing_is_refused(quantity: int) -> None:
    codigo = GOOD.members[0].codigo

    assert refusal_of(with_member(0, qtde_teorica=quantity)).check == f"positive_quantity ({codigo})"


@pytest.mark.parametrize(
    ("off", "passes"),
    [("0.001", True), ("-0.001", True), ("0.002", False), ("-0.002", False), ("900", False)],
)
def test_weights_sum_to_100_within_a_thousandth(off: str, passes: bool) -> None:
    weight = GOOD.members[0].participacao + Decimal(off)
    portfolio = with_member(0, participacao=weight)

    if passes:
        check_content(portfolio)
    else:
        refusal = refusal_of(portfolio)
        assert (refusal.check, refusal.found) == ("total_weight", 100 + Decimal(off))


def test_the_stated_weight_is_checked_too() -> None:
    assert refusal_of(replace(GOOD, participacao_total=Decimal("99.998"))).check == "stated_total_weight"


@pytest.mark.parametrize("redutor", ["0.00000000", "-1.00000000"])
def test_a_redutor_of_nothing_is_refused(redutor: str) -> None:
    assert refusal_of(replace(GOOD, redutor=Decimal(redutor))).check == "positive_redutor"


@pytest.mark.parametrize(
    ("captured_on", "passes"),
    [
        (DAY, True),
        (DAY - timedelta(days=2), True),  # Saturday's page already has Monday's portfolio
        (DAY - timedelta(days=7), True),
        (DAY - timedelta(days=8), False),
        (DAY + timedelta(days=15), True),
        (DAY + timedelta(days=16), False),
    ],
)
def test_a_session_far_from_its_capture_is_refused(captured_on: date, passes: bool) -> None:
    if passes:
        check_date(GOOD, captured_on=captured_on)
        return
    with pytest.raises(CheckFailed) as refusal:
        check_date(GOOD, captured_on=captured_on)
    assert (refusal.value.check, refusal.value.found) == ("plausible_date", DAY)


def test_a_portfolio_without_a_date_is_refused() -> None:
    undated = replace(GOOD, data_pregao=None)

    with pytest.raises(CheckFailed, match="has_date"):
        check_date(undated, captured_on=DAY)
    with pytest.raises(CheckFailed, match="has_date"):
        check_known_day(undated, today=DAY)


@pytest.mark.parametrize(
    ("day", "passes"),
    [
        (date(1999, 12, 31), False),
        (date(2000, 1, 1), True),
        (DAY, True),
        (DAY + timedelta(days=7), True),
        (DAY + timedelta(days=8), False),
    ],
)
def test_a_file_may_be_old_but_not_of_the_future(day: date, passes: bool) -> None:
    portfolio = replace(GOOD, data_pregao=day)

    if passes:
        check_known_day(portfolio, today=DAY)
        return
    with pytest.raises(CheckFailed, match="plausible_date"):
        check_known_day(portfolio, today=DAY)
