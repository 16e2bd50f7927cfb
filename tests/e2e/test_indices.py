"""Several indices by configuration alone: schedule, raw, REFINED and the saved queries, one index missing at first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from bovespa.glue.runtime.gateway import Gateway
from bovespa.local.pipeline import await_indices, invoke, schedule_target
from bovespa.local.stack import Stack, embedded_stack
from functions.scraper.raw import from_parquet
from lake.saved_queries import saved_query
from lake.tables.carteira import day_key
from tests.e2e.lake import follow, refined
from tests.rebalancing import undated
from tests.wire import Row, Wire

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DAY = date(2025, 9, 3)
MORNING = datetime(2025, 9, 3, 13, 15, tzinfo=UTC)
EVENING = datetime(2025, 9, 3, 22, 15, tzinfo=UTC)
BANKS, OIL, RETAIL = (
    "Financ / Interms Financs",
    "Petróleo/ Gás e Biocombustíveis",
    "Consumo Cíclico / Comércio",
)


def row(codigo: str, tipo: str, setor: str, quantidade: int, peso: str) -> Row:
    return Row(codigo, f"NOME {codigo[:4]}", tipo, setor, quantidade, Decimal(peso))


def index(indice: str, *rows: Row) -> Wire:
    return Wire(rows=rows, day=DAY, indice=indice)


WIRES = {
    wire.indice: wire
    for wire in (
        index(
            "IBOV",
            row("PETR4", "PN  EJ  N2", OIL, 4_566_445_852, "60.000"),
            row("SANB11", "UNT", BANKS, 362_703_399, "15.000"),
            row("LREN3", "ON      NM", RETAIL, 986_400_000, "25.000"),
        ),
        index("SMLL", row("LREN3", "ON      NM", RETAIL, 99, "70.000"), row("BMGB4", "PN", BANKS, 1, "30.000")),
        index("IFIX", row("HGLG11", "CI  ER", "-", 34_000_000, "55.500"), row("ALZR11", "CI", "-", 7, "44.500")),
        index(
            "IBXX",
            row("PETR4", "PN  EJ  N2", OIL, 4_566_445_852, "58.000"),
            row("SANB11", "UNT", BANKS, 362_703_399, "42.000"),
        ),
        index("IDIV", row("PETR4", "PN  EJ  N2", OIL, 11, "33.333"), row("BBAS3", "ON  ED  NM", BANKS, 13, "66.667")),
    )
}  # fmt: skip
MEMBERS = {indice: {member.codigo: member for member in wire.rows} for indice, wire in WIRES.items()}


@pytest.fixture(scope="module")
def several(warm_jvm: Gateway) -> Iterator[Stack]:
    with embedded_stack(indices=["IBOV", "SMLL", "IFIX", "IBXX", "IDIV"], jvm=warm_jvm) as running:
        follow(running, indices=False, report=False)
        yield running


def scheduled(stack: Stack, function: str, at: datetime) -> dict[str, Any]:
    """Invoke as the schedule does: which indices is the configuration's affair."""
    target = schedule_target(stack, f"{function}-schedule")
    event = {**json.loads(target["Input"]), "captured_at": at.isoformat()}
    return invoke(stack, target["Arn"], event, role=target["RoleArn"])


@pytest.fixture(scope="module")
def answers(several: Stack) -> tuple[dict[str, Any], dict[str, Any], bytes, bytes]:
    """The morning's and the evening's answers, and raw after each; IDIV can't be had in the morning."""
    assert several.site is not None
    s3, bucket = several.aws["s3"], several.exports["lakeBucket"]

    def raw() -> bytes:
        body: bytes = s3.get_object(Bucket=bucket, Key=day_key(DAY))["Body"].read()
        return body

    for indice in ("IBOV", "SMLL", "IBXX"):
        several.site.show_page(indice, WIRES[indice].json())
    several.site.show_download("IFIX", WIRES["IFIX"].csv())  # no page, and so no sectors
    with refined(several, 1):
        partial = scheduled(several, "scraper", MORNING)
    partial_raw = raw()
    several.site.show_page("IDIV", WIRES["IDIV"].json())
    follow(several, indices=True, report=False)
    with refined(several, 1):
        whole = scheduled(several, "scraper", EVENING)
    await_indices(several)
    return partial, whole, partial_raw, raw()


Answers = tuple[dict[str, Any], dict[str, Any], bytes, bytes]


def by_index(rows: list[dict[str, Any]]) -> dict[str, dict[str, tuple[int, Decimal]]]:
    found: dict[str, dict[str, tuple[int, Decimal]]] = {}
    for raw in rows:
        found.setdefault(raw["indice"], {})[raw["codigo"]] = (raw["qtde_teorica"], raw["participacao"])
    return found


def stated(*indices: str) -> dict[str, dict[str, tuple[int, Decimal]]]:
    return {
        indice: {codigo: (member.quantidade, member.peso) for codigo, member in MEMBERS[indice].items()}
        for indice in indices
    }


def test_a_missing_index_makes_a_partial_file_and_rings(several: Stack, answers: Answers) -> None:
    partial, _, body, _ = answers

    assert (partial["status"], partial["missing"]) == ("stored", ["IDIV"])
    assert partial["sessions"][0]["indices"] == {"IBOV": 3, "SMLL": 2, "IFIX": 2, "IBXX": 2}
    assert by_index(from_parquet(body)) == stated("IBOV", "SMLL", "IFIX", "IBXX")
    (metric,) = [m for m in emitted(several) if m.get("IndexMissing")]
    assert metric["IndexMissing"] == [1]
    (alarm,) = several.aws["cloudwatch"].describe_alarms(
        AlarmNamePrefix="bovespa-local-alarms-index-missing"
    )["MetricAlarms"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (
        metric["_aws"]["CloudWatchMetrics"][0]["Namespace"],
        "IndexMissing",
    )


def emitted(stack: Stack) -> list[dict[str, Any]]:
    """What the scraper printed in CloudWatch's embedded metric format."""
    group = f"/aws/lambda/{stack.exports['scraperFunction']}"
    events = stack.aws["logs"].filter_log_events(logGroupName=group)["events"]
    lines = [line for event in events for line in event["message"].splitlines()]
    return [json.loads(line) for line in lines if line.startswith("{") and '"_aws"' in line]


def test_the_file_is_rewritten_when_the_index_recovers(answers: Answers) -> None:
    _, whole, before, after = answers

    assert (whole["status"], whole["missing"]) == ("stored", [])
    assert by_index(from_parquet(after)) == stated(*WIRES)
    kept = [raw for raw in from_parquet(after) if raw["indice"] != "IDIV"]
    assert kept == from_parquet(before)  # also when they were captured
    assert {raw["coletado_em"] for raw in from_parquet(after) if raw["indice"] == "IDIV"} == {EVENING}


def test_refined_has_every_index_once(several: Stack, answers: Answers) -> None:
    answer = several.athena.run(
        "SELECT indice, codigo, quantidade_teorica, participacao, classe, setor FROM carteira "
        f"WHERE data_pregao = DATE '{DAY}'"
    )

    found = {(r["indice"], r["codigo"]): r for r in answer.records()}
    assert len(answer.rows) == len(found) == sum(map(len, MEMBERS.values()))
    for indice, members in MEMBERS.items():
        for codigo, member in members.items():
            refined_row = found[indice, codigo]
            assert refined_row["quantidade_teorica"] == member.quantidade
            assert refined_row["participacao"] == member.peso
            assert refined_row["classe"] == member.tipo.split()[0]
            assert refined_row["setor"] == ("Não informado" if indice == "IFIX" else member.setor)


@pytest.mark.parametrize("indice", list(WIRES))
def test_the_saved_queries_answer_for_each(several: Stack, answers: Answers, indice: str) -> None:
    def ask(name: str) -> list[dict[str, Any]]:
        return several.athena.run(saved_query(name).of_index(indice).until(DAY).sql).records()

    weights = {codigo: member.peso for codigo, member in MEMBERS[indice].items()}
    assert {r["codigo"]: r["participacao"] for r in ask("composicao")} == weights
    heaviest = ask("maiores_pesos")
    assert [r["codigo"] for r in heaviest] == sorted(weights, key=lambda codigo: -weights[codigo])
    assert heaviest[-1]["acumulado"] == 100
    sectors: dict[str, Decimal] = {}
    for member in MEMBERS[indice].values():
        name = "Não informado" if indice == "IFIX" else member.setor
        sectors[name] = sectors.get(name, Decimal(0)) + member.peso
    assert {r["setor"]: r["participacao"] for r in ask("setores")} == sectors
    (rebalancing,) = ask("rebalanceamento")
    assert rebalancing["papeis"] == len(weights)


def test_the_rebalancing_is_captured_and_asked_for_each(several: Stack, answers: Answers) -> None:
    assert several.site is not None
    before = several.athena.run(saved_query("proximo_rebalanceamento").sql)
    assert before.rows == ()  # a table without objects
    for indice, wire in WIRES.items():
        several.site.show_theoretical(indice, undated(wire.but(rows=[*wire.rows[1:], renamed(wire.rows[0])])))
        several.site.show_preview(indice, undated(wire))

    answer = scheduled(several, "rebalancing", datetime(2025, 9, 3, 23, 45, tzinfo=UTC))

    assert {(p["index"], p["kind"]): p["status"] for p in answer["portfolios"]} == {
        (indice, kind): status
        for indice in WIRES
        for kind, status in (("teorica", "stored"), ("previa", "out_of_season"))
    }
    for indice, wire in WIRES.items():
        sql = saved_query("proximo_rebalanceamento").of_index(indice).until(DAY).sql
        moved = {r["codigo"]: r["movimento"] for r in several.athena.run(sql).records()}
        leaving = wire.rows[0].codigo
        assert moved == {
            **{member.codigo: "fica" for member in wire.rows[1:]},
            leaving: "sai",
            renamed(wire.rows[0]).codigo: "entra",
        }


def renamed(member: Row) -> Row:
    return row(f"X{member.codigo[1:]}", member.tipo, member.setor, member.quantidade, str(member.peso))
