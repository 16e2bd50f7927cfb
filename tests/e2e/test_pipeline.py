"""The deployed program, run by its own wiring in the embedded AWS."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from bovespa.demo.captures import read_sample
from bovespa.local.pipeline import Scraped, scrape
from bovespa.local.stack import Stack
from lake.tables.carteira import day_key
from tests.e2e.lake import capture, objects, refined, sessions
from tests.portfolios import ibov
from tests.wire import Row

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def sample(stack: Stack) -> list[Scraped]:
    """The sample, all the way to REFINED."""
    with refined(stack, 5):
        return [scrape(stack, shown) for shown in read_sample()]


def test_the_sample_arrives_with_its_exact_totals(stack: Stack, sample: list[Scraped]) -> None:
    assert [(s.session, s.status) for s in sample] == [
        (date(2025, 8, 29), "stored"),
        (date(2025, 9, 1), "stored"),  # captured on Saturday 30 August
        (date(2025, 9, 1), "unchanged"),
        (date(2025, 9, 2), "stored"),
        (date(2025, 9, 2), "stored"),  # corrected in the evening
        (date(2025, 9, 3), "stored"),  # by the CSV download
    ]
    stated = {}  # the headers' own totals, read without the project's code
    for shown in read_sample():
        if shown.kind == "page" and shown.session:
            total = json.loads(shown.body)["header"]["theoricalQty"].replace(".", "")
            stated[shown.session] = (30, int(total), Decimal("100.000"))
    stated[date(2025, 9, 3)] = (30, 58_763_200_118, Decimal("100.000"))
    assert {day: seen for day, seen in sessions(stack).items() if day in stated} == stated


def test_a_saturday_capture_is_filed_under_monday(stack: Stack, sample: list[Scraped]) -> None:
    assert day_key(date(2025, 9, 1)) in objects(stack, "raw/carteira/")
    assert not objects(stack, "raw/carteira/dt=2025-08-30/")
    answer = stack.athena.run(
        "SELECT DISTINCT dias_entre_coleta_e_pregao, dias_desde_rebalanceamento "
        "FROM carteira WHERE data_pregao = DATE '2025-09-01'"
    )
    assert answer.rows == ((2, 0),)


def test_the_partitions_are_the_sessions_and_tickers(stack: Stack, sample: list[Scraped]) -> None:
    keys = objects(stack, "REFINED/carteira/data_pregao=2025-09-03/")
    assert len({key.split("/")[3] for key in keys}) == 30
    assert "codigo=VALE3" in {key.split("/")[3] for key in keys}
    table = stack.aws["glue"].get_table(DatabaseName="default", Name="carteira")["Table"]
    assert [(key["Name"], key["Type"]) for key in table["PartitionKeys"]] == [
        ("data_pregao", "date"),
        ("codigo", "string"),
    ]
    types = {column["Name"]: column["Type"] for column in table["StorageDescriptor"]["Columns"]}
    assert types["participacao"] == "decimal(9,3)"
    assert types["redutor"] == "decimal(24,8)"
    assert types["quantidade_teorica"] == "bigint"


def test_running_again_changes_no_row(stack: Stack, sample: list[Scraped]) -> None:
    before = sessions(stack)
    outcome = scrape(stack, read_sample()[-1])
    assert outcome.status == "unchanged"
    with refined(stack, 1):
        stack.aws["glue"].start_job_run(JobName=stack.exports["carteiraJob"])
    assert sessions(stack) == before


def test_a_ticker_that_a_correction_drops_is_gone(stack: Stack) -> None:
    first = ibov(day=date(2025, 6, 2))
    with refined(stack, 1):
        assert scrape(stack, capture(first)).status == "stored"
    assert sessions(stack)[first.day][0] == len(first.rows)
    kept = list(first.rows)[:-1]
    last = kept[-1]
    kept[-1] = Row(
        last.codigo, last.acao, last.tipo, last.setor, last.quantidade, last.peso + first.rows[-1].peso
    )
    with refined(stack, 1):
        assert scrape(stack, capture(first.but(rows=kept))).status == "stored"
    assert sessions(stack)[first.day] == (
        len(kept),
        sum(row.quantidade for row in kept),
        Decimal("100.000"),
    )


def test_sector_totals_are_those_of_the_rows(stack: Stack, sample: list[Scraped]) -> None:
    answer = stack.athena.run(
        "SELECT c.data_pregao, c.setor, c.classe FROM carteira c "
        "GROUP BY c.data_pregao, c.setor, c.classe, c.participacao_setor_classe, c.quantidade_setor_classe, "
        "c.papeis_setor_classe HAVING sum(c.participacao) <> c.participacao_setor_classe "
        "OR sum(c.quantidade_teorica) <> c.quantidade_setor_classe OR count(*) <> c.papeis_setor_classe"
    )
    assert answer.rows == ()


def test_two_days_at_once_both_arrive(stack: Stack) -> None:
    days = [ibov(day=date(2025, 6, 4)), ibov(day=date(2025, 6, 3))]  # and out of order
    with refined(stack, 2):
        for wire in days:
            assert scrape(stack, capture(wire)).status == "stored"
    seen = sessions(stack)
    assert {wire.day: seen[wire.day][0] for wire in days} == {wire.day: len(wire.rows) for wire in days}


def test_a_duplicate_event_doubles_nothing(stack: Stack) -> None:
    wire = ibov(day=date(2025, 6, 5))
    with refined(stack, 1):
        scrape(stack, capture(wire))
    event = {
        "Records": [
            {
                "eventSource": "aws:s3",
                "eventName": "ObjectCreated:Put",
                "s3": {
                    "bucket": {"name": stack.exports["lakeBucket"]},
                    "object": {"key": day_key(wire.day).replace("=", "%3D")},
                },
            }
        ]
    }
    with refined(stack, 1):
        stack.aws["lambda"].invoke(
            FunctionName=stack.exports["triggerFunction"], Payload=json.dumps(event).encode()
        )
    assert sessions(stack)[wire.day][0] == len(wire.rows)


def test_a_damaged_payload_is_quarantined_and_nothing_reaches_raw(stack: Stack) -> None:
    wire = ibov(day=date(2025, 6, 6))
    wrong = wire.but(total=sum(row.quantidade for row in wire.rows) + 1)
    outcome = scrape(stack, capture(wrong))
    assert outcome.status == "refused"
    assert outcome.reason is not None
    assert "total_quantity" in outcome.reason
    assert str(sum(row.quantidade for row in wire.rows)) in outcome.reason
    assert not objects(stack, "raw/carteira/dt=2025-06-06/")
    assert any(key.endswith(".reason.json") for key in objects(stack, "quarantine/carteira/2025/06/06/"))
