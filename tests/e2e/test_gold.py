"""Raw to the gold tables: refined quotes and portfolios, then the indices, started by the jobs' success."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from bovespa.local.errors import LocalError
from bovespa.local.pipeline import (
    INDEX,
    PORTFOLIO,
    QUOTES,
    Refinement,
    await_indices,
    await_job_runs,
    job_runs,
)
from bovespa.local.stack import Stack
from functions.scraper.raw import to_parquet
from lake.arrow import schema_of
from lake.tables import carteira, negociacao
from tests.e2e.lake import as_role, follow, without
from tests.e2e.test_set_aside import in_silence, put

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

# Embraer is EMBJ3 from 3 November on, so the portfolio of that day is of another ticker than the close before.
DAYS = [date(2025, 10, 28), date(2025, 10, 29), date(2025, 10, 30), date(2025, 10, 31), date(2025, 11, 3)]
HELD = DAYS[2:]
OLD = date(1993, 8, 3)
ISINS = {"EMBR3": "BREMBRACNOR4", "EMBJ3": "BREMBJACNOR1", "VALE3": "BRVALEACNOR0", "PETR4": "BRPETRACNPR6"}
REDUCER = Decimal("15.00000000")
WEIGHTS = {"VALE3": Decimal("50.000"), "PETR4": Decimal("30.000"), "EMBR3": Decimal("20.000")}
QUANTITIES = {"VALE3": 1000, "PETR4": 2000, "EMBR3": 300}
CLOSES: dict[str, list[str | None]] = {
    "VALE3": ["60.10", "60.20", "61.00", "60.50", "62.37"],
    "PETR4": ["30.00", "30.10", "30.20", "29.90", None],  # not traded on the last session
    "EMBR3": ["80.00", "81.00", "82.00", "83.00", "84.11"],
}
# What a correction of the session before the last one makes of them.
CORRECTED: dict[str, list[str | None]] = {**CLOSES, "VALE3": ["60.10", "60.20", "61.00", "59.00", "62.37"]}
TRADES = {"VALE3": [50_000, 52_000, 49_000, 51_000, 4_000]}  # 104,000 on the last session
Row = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def _indices_follow(stack: Stack) -> Iterator[None]:
    follow(stack, indices=True, report=False)
    yield
    follow(stack, indices=False, report=False)


def ticker(codigo: str, day: date) -> str:
    return "EMBJ3" if codigo == "EMBR3" and day >= DAYS[-1] else codigo


def quote(day: date, codigo: str, close: Decimal, **changed: Any) -> Row:
    price = close.quantize(Decimal("0.00000001"))
    row = {
        "data_pregao": day, "codbdi": "02", "codigo": codigo, "tipo_mercado": "010", "nome_resumido": codigo[:4],
        "especificacao": "ON      NM", "prazo": None, "moeda": "R$", "preco_abertura": price, "preco_maximo": price,
        "preco_minimo": price, "preco_medio": price, "preco_fechamento": price, "melhor_oferta_compra": price,
        "melhor_oferta_venda": price, "qtd_negocios": 1_000, "qtd_titulos": 100_000,
        "vl_negociado": (close * 100_000).quantize(Decimal("0.01")), "preco_exercicio": Decimal("0.00"),
        "indicador_correcao": "0", "data_vencimento": None, "fator_cotacao": 1,
        "preco_exercicio_pontos": Decimal("0.000000"), "isin": ISINS.get(codigo, "BRXPTOACNOR0"),
        "numero_distribuicao": 100, "coletado_em": datetime(2025, 11, 4, tzinfo=UTC), "payload_sha256": "0" * 64,
    }  # fmt: skip
    return row | changed


def quotes(day: date, closes: Mapping[str, list[str | None]]) -> list[Row]:
    place = DAYS.index(day)
    rows = []
    for codigo, series in closes.items():
        if (close := series[place]) is not None:
            trades = TRADES.get(codigo, [1_000] * 5)[place]
            value = Decimal(1_000_000 if place < 4 else 2_080_000) * 1_000
            changed = {"vl_negociado": value} if codigo in TRADES else {}
            rows.append(quote(day, ticker(codigo, day), Decimal(close), qtd_negocios=trades, **changed))
    index = {"especificacao": "IBO", "isin": "BRIBOVINDM18", "vl_negociado": Decimal("120007800.00")}
    return [*rows, quote(day, "IBOV11", Decimal("10000.00"), **index)]


def portfolio(day: date) -> list[Row]:
    return [
        {
            "indice": "IBOV", "codigo": ticker(codigo, day), "acao": codigo[:4], "tipo": "ON      M2", "setor": "Setor",
            "qtde_teorica": quantity, "participacao": WEIGHTS[codigo], "participacao_setor": Decimal("100.000"),
            "redutor": REDUCER, "qtde_teorica_total": sum(QUANTITIES.values()), "data_pregao": day,
            "coletado_em": datetime(day.year, day.month, day.day, 12, tzinfo=UTC), "payload_sha256": "0" * 64,
        }
        for codigo, quantity in QUANTITIES.items()
    ]  # fmt: skip


def put_quotes(stack: Stack, day: date, rows: list[Row]) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=schema_of(negociacao.RAW.columns)), sink)
    put(stack, negociacao.day_key(day), sink.getvalue())


def run(stack: Stack, of: Refinement) -> None:
    known = {found["Id"] for found in job_runs(stack, of)}
    stack.aws["glue"].start_job_run(JobName=stack.exports[of.job])
    await_job_runs(stack, 1, known=known, of=of)


def six(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.000001"), ROUND_HALF_UP)


def expected(closes: Mapping[str, list[str | None]]) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Members and sessions, computed without the project's code."""
    known = {codigo: [None if c is None else Decimal(c) for c in series] for codigo, series in closes.items()}
    members: dict[Any, Any] = {}
    sessions: dict[Any, Any] = {}
    for day in HELD:
        place = DAYS.index(day)
        contributions, level, before = [], Decimal(0), Decimal(0)
        for codigo, quantity in QUANTITIES.items():
            close, last = known[codigo][place], [c for c in known[codigo][:place] if c is not None][-1]
            change = None if close is None else six((close - last) * 100 / last)
            contribution = None if change is None else six(WEIGHTS[codigo] * change / 100)
            contributions.append(contribution)
            level += quantity * (close or last)
            before += quantity * last
            members[day, ticker(codigo, day)] = (last, close, change, contribution)
        level, before = level / REDUCER, before / REDUCER
        total = sum(c for c in contributions if c is not None)
        by_level = six((level - before) * 100 / before) if DAYS[place - 1] in HELD else None
        sessions[day] = (round(level, 6), by_level, total, None if by_level is None else by_level - total)
    return members, sessions


def found(stack: Stack) -> tuple[dict[Any, Any], dict[Any, Any]]:
    between = "data_pregao BETWEEN DATE '2025-10-28' AND DATE '2025-11-03' AND indice = 'IBOV'"
    members = stack.athena.run(
        "SELECT data_pregao, codigo, preco_anterior, preco_fechamento, retorno, contribuicao "
        f"FROM indice_membro WHERE ano = 2025 AND {between}"
    ).rows
    sessions = stack.athena.run(
        "SELECT data_pregao, nivel, retorno_indice, retorno_aproximado, residuo "
        f"FROM indice_diario WHERE ano = 2025 AND {between}"
    ).rows
    return (
        {(row[0], row[1]): tuple(row[2:]) for row in members},
        {row[0]: (round(Decimal(str(row[1])), 6), *row[2:]) for row in sessions},
    )


def index_logs(stack: Stack) -> list[str]:
    """What the index job's runs say of their sessions, each with its run."""
    return [
        f"{run['Id']} {event['message']}"
        for run in job_runs(stack, INDEX)
        for event in stack.aws["logs"].get_log_events(
            logGroupName=f"/aws-glue/jobs/{stack.exports['indiceJob']}/output", logStreamName=run["Id"]
        )["events"]
        if event["message"].startswith("indice:")
    ]


def test_the_indices_follow_the_refined_tables(stack: Stack) -> None:
    with in_silence(stack):
        for day in DAYS:
            put_quotes(stack, day, quotes(day, CLOSES))
        put_quotes(stack, OLD, [quote(OLD, "VALE3", Decimal("5000.00"), moeda="CR$")])
        for day in HELD:
            put(stack, carteira.day_key(day), to_parquet(portfolio(day)))
    run(stack, QUOTES)
    run(stack, PORTFOLIO)
    await_indices(stack)
    assert found(stack) == expected(CLOSES)

    # The index is no share; money of another time has its own name, and a settlement that nobody knows.
    traded = stack.athena.run(
        "SELECT data_pregao, codigo, moeda, quantidade, quantidade_duvidosa, quantidade_provavel, data_liquidacao "
        "FROM negociacao WHERE data_pregao IN (DATE '2025-11-03', DATE '1993-08-03') ORDER BY data_pregao, codigo"
    ).rows
    assert [row[:2] for row in traded] == [(OLD, "VALE3"), (DAYS[-1], "EMBJ3"), (DAYS[-1], "VALE3")]
    assert (traded[0][2], traded[0][6]) == ("CR$", None)
    assert traded[1][2:6] == ("R$", 1_000, False, 1_000)
    assert traded[2][2:6] == ("R$", 4_000, True, 104_000)
    listed = stack.athena.run(
        "SELECT DISTINCT evento, listagem FROM carteira WHERE data_pregao = DATE '2025-11-03'"
    ).rows
    assert listed == ((None, "M2"),)

    # A correction of one session changes it and what looks back to it, and carries the rest of the year over.
    before = index_logs(stack)
    with in_silence(stack):
        put_quotes(stack, DAYS[3], quotes(DAYS[3], CORRECTED))
    run(stack, QUOTES)
    await_indices(stack)
    assert found(stack) == expected(CORRECTED)
    assert found(stack)[0][HELD[0], "VALE3"] == expected(CLOSES)[0][HELD[0], "VALE3"]
    # Other sessions of the year, of this stack's other tests, are carried over as well.
    assert [line for line in index_logs(stack) if line not in before and " 2 sessions to compute" in line]

    files = stack.aws["s3"].list_objects_v2(
        Bucket=stack.exports["lakeBucket"], Prefix="REFINED/indice_membro/"
    )
    assert [entry["Key"].split("/")[2] for entry in files["Contents"]] == ["ano=2025"]


def succeeded(stack: Stack) -> dict[str, Any]:
    """EventBridge's "Glue Job State Change" of a run of the quotes' job."""
    return {
        "source": "aws.glue",
        "detail-type": "Glue Job State Change",
        "detail": {"jobName": stack.exports["negociacaoJob"], "state": "SUCCEEDED", "jobRunId": "jr_1"},
    }


def compute(stack: Stack, day: date) -> None:
    known = {run["Id"] for run in job_runs(stack, INDEX)}
    stack.aws["glue"].start_job_run(
        JobName=stack.exports["indiceJob"], Arguments={"--refine": day.isoformat()}
    )
    await_job_runs(stack, 1, known=known, of=INDEX)


@pytest.mark.parametrize("sid", ["ReadRefined", "ReadState", "WriteRefined", "KeepState"])
def test_the_job_needs_its_statement(stack: Stack, sid: str) -> None:
    with (
        without(stack, "indice", sid),
        pytest.raises(LocalError, match=r"(?s)failed.*(not authorized|AccessDenied)"),
    ):
        compute(stack, HELD[-1])


def test_the_job_heals_once_it_has_its_rights_again(stack: Stack) -> None:
    """Of what the failed runs above had taken or purged, nothing is lost."""
    compute(stack, HELD[-1])

    assert found(stack) == expected(CORRECTED)


def test_the_trigger_needs_to_start_its_job_and_can_start_no_other(stack: Stack) -> None:
    known = {run["Id"] for run in job_runs(stack, INDEX)}
    with without(stack, "index-trigger", "StartJob"):
        answer = stack.aws["lambda"].invoke(
            FunctionName=stack.exports["indexTriggerFunction"], Payload=json.dumps(succeeded(stack)).encode()
        )
        message = json.loads(answer["Payload"].read())["errorMessage"]

    assert "not authorized to perform: glue:StartJobRun" in message
    assert {run["Id"] for run in job_runs(stack, INDEX)} == known
    with pytest.raises(ClientError, match="not authorized to perform: glue:StartJobRun"):
        as_role(stack, "index-trigger")["glue"].start_job_run(JobName=stack.exports["carteiraJob"])
