"""The mail about a session: what it says, that SNS takes it, and that it promises no more than the link keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from functions.report.mail import Place, compose
from functions.report.numbers import numbers_of
from functions.report.pages import Mailed
from lake.athena import Result, Value
from reports import IndexReport
from tests.session_answers import DAY, a_session

SHORT = f"{DAY:%d/%m/%Y}"
UNTIL = datetime(2025, 9, 4, 13, 45, tzinfo=UTC)
PLACE = Place(
    link="https://results.s3.sa-east-1.amazonaws.com/reports/IBOV/2025-09-03.html?X-Amz-Expires=43200",
    until=UNTIL,
    bucket="results",
    key="reports/IBOV/2025-09-03.html",
    region="sa-east-1",
    stack="prod",
)


def with_return(report: IndexReport, percent: str | None) -> IndexReport:
    """The session with another return by level and by contribution; None where there is none."""
    value = None if percent is None else Decimal(percent)
    return changed(report, "resumo_do_indice", retorno_indice=value, retorno_aproximado=value)


def changed(report: IndexReport, query: str, **values: Value) -> IndexReport:
    """The report with other values in the first row of one of its answers."""
    found = report.results[query]
    first = tuple(values.get(name, value) for name, value in zip(found.columns, found.rows[0], strict=True))
    other = Result(columns=found.columns, rows=(first, *found.rows[1:]), scanned_bytes=None)
    return replace(report, results={**report.results, query: other})


@pytest.mark.parametrize(
    ("index", "percent", "subject", "sentence"),
    [
        ("IBOV", "1.294", f"Ibovespa {SHORT}: +1,29%", "O índice subiu 1,29%"),
        ("IBOV", "-0.006", f"Ibovespa {SHORT}: -0,01%", "O índice caiu 0,01%"),
        ("IBOV", "0.004", f"Ibovespa {SHORT}: 0,00%", "O índice ficou estável"),
        ("SMLL", "-12.5", f"Small Cap {SHORT}: -12,50%", "O índice caiu 12,50%"),
    ],
)
def test_the_subject_is_the_day_in_a_line_that_sns_takes(
    index: str, percent: str, subject: str, sentence: str
) -> None:
    mail = compose(
        with_return(a_session(index=index), percent), PLACE, coverage=Decimal("99.876"), before=None
    )

    assert mail.subject == subject
    assert mail.subject.isascii()
    assert len(mail.subject) < 100
    assert mail.headline.startswith(sentence)
    assert mail.headline in mail.body
    assert "99,9% do peso do índice tem variação." in mail.body
    assert "99.9% of the index's weight has a return." in mail.body


def test_it_says_where_the_page_is_and_how_long_the_link_lasts_at_most() -> None:
    body = compose(a_session(), PLACE, coverage=Decimal(100), before=None).body

    assert f"\n{PLACE.link}\n" in body  # alone in its line, so that every mail program links all of it
    assert "no máximo até 04/09/2025 às 10:45 (São Paulo)" in body
    assert "Pode acabar antes" in body
    assert "until 4 Sep 2025, 10:45 (São Paulo) at the latest" in body
    assert "It may end earlier" in body
    console = "https://sa-east-1.console.aws.amazon.com/s3/object/results?region=sa-east-1&prefix=reports/IBOV/2025-09-03.html"
    assert console in body
    assert "s3://results/reports/IBOV/2025-09-03.html" in body
    assert f"bovespa report --stack prod --date {DAY}\n" in body


def test_the_command_names_an_index_that_is_not_the_default() -> None:
    body = compose(a_session(index="SMLL"), PLACE, coverage=Decimal(100), before=None).body

    assert f"bovespa report --stack prod --date {DAY} --index SMLL\n" in body


def test_a_correction_says_so_and_what_it_corrects() -> None:
    before = Mailed(
        numbers="0" * 64,
        headline="O índice subiu 0,10%: 1 em alta, 0 em queda.",
        at="2025-09-03T23:00:00+00:00",
    )

    mail = compose(with_return(a_session(), "1.5"), PLACE, coverage=Decimal(100), before=before)

    assert mail.subject == f"Ibovespa {SHORT}: +1,50% (corrigido)"
    assert f"Corrigido: a mensagem anterior sobre este pregão dizia: {before.headline}" in mail.body
    assert "Corrected" in mail.body


def test_a_headline_of_made_up_prices_says_that_they_are() -> None:
    report = a_session()
    made = Result(columns=("data_pregao",), rows=((DAY,),), scanned_bytes=None)

    plain = compose(report, PLACE, coverage=Decimal(100), before=None).body
    body = compose(
        replace(report, results={**report.results, "precos_ficticios": made}),
        PLACE,
        coverage=Decimal(100),
        before=None,
    ).body

    lines = [line for line in body.splitlines() if line not in plain.splitlines()]
    assert len(lines) == 2  # one in each language
    assert all(SHORT in line or str(DAY.year) in line for line in lines)


def test_without_a_return_there_is_no_mail() -> None:
    with pytest.raises(ValueError, match=f"IBOV {DAY}: no return to tell of"):
        compose(with_return(a_session(), None), PLACE, coverage=Decimal(100), before=None)


def test_the_same_numbers_have_one_digest_however_they_are_written() -> None:
    report = a_session()
    total = report.records("resumo_do_indice")[0]["valor_total"]

    again = changed(report, "resumo_do_indice", valor_total=Decimal(f"{total}0"))
    assert numbers_of(again) == numbers_of(report)
    # What comes later, and is no correction of the day: the preview.
    assert numbers_of(a_session(without=("proximo_rebalanceamento",))) == numbers_of(report)


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("resumo_do_indice", {"retorno_aproximado": Decimal("9.99")}),
        ("resumo_do_indice", {"retorno_indice": None}),
        ("resumo_do_indice", {"valor_total": Decimal("1.00")}),
        ("composicao", {"participacao": Decimal("1.234")}),
        ("contribuicao", {"retorno": Decimal("3.21")}),
        ("maiores_variacoes", {"preco_fechamento": Decimal("0.01")}),
    ],
)
def test_a_corrected_number_has_another_digest(query: str, values: dict[str, Value]) -> None:
    report = a_session()

    assert numbers_of(changed(report, query, **values)) != numbers_of(report)
    assert numbers_of(replace(report, index="SMLL")) != numbers_of(report)
