"""Raw that can't be trusted: moved to quarantine by name, told in one line; the rest of the run goes on."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bovespa.local.pipeline import await_job_runs, job_runs
from bovespa.local.stack import Stack
from functions.scraper.raw import to_parquet
from lake.arrow import schema_of
from lake.tables.carteira import RAW, day_key
from tests.e2e.lake import objects, refined, sessions

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

FIRST = date(2025, 2, 10)  # a month that no other test of this stack has
Row = dict[str, Any]


def rows_of(day: date) -> list[Row]:
    weights = {"PETR4": "60.000", "VALE3": "30.500", "ABEV3": "9.500"}
    return [
        {
            "indice": "IBOV",
            "codigo": codigo,
            "acao": codigo[:4],
            "tipo": "ON      NM",
            "setor": None,
            "qtde_teorica": 100 + number,
            "participacao": Decimal(weight),
            "participacao_setor": None,
            "redutor": Decimal("15433595.60223638"),
            "qtde_teorica_total": 303,
            "data_pregao": day,
            "coletado_em": datetime(day.year, day.month, day.day, 21, tzinfo=UTC),
            "payload_sha256": "0" * 64,
        }
        for number, (codigo, weight) in enumerate(weights.items())
    ]


def table(rows: list[Row]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=schema_of(RAW.columns))


def parquet(rows: pa.Table, **options: Any) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink, **options)
    return sink.getvalue()


def with_text_quantity(day: date) -> bytes:
    rows = table(rows_of(day))
    place = rows.schema.get_field_index("qtde_teorica")
    return parquet(rows.set_column(place, "qtde_teorica", rows["qtde_teorica"].cast(pa.string())))


@dataclass(frozen=True)
class Poison:
    name: str
    body: Callable[[date], bytes]
    reason: str


POISONS = (
    Poison("zero_bytes", lambda day: b"", "not readable as parquet (0 bytes)"),
    Poison("truncated", lambda day: to_parquet(rows_of(day))[:-40], "not readable as parquet"),
    Poison("text", lambda day: b"notes of the day\n" * 40, "not readable as parquet"),
    Poison(
        "three_columns_less",
        lambda day: parquet(table(rows_of(day)).drop_columns(["redutor", "acao", "tipo"])),
        "acao: expected string, found nothing; tipo: expected string, found nothing; redutor: expected decimal(24,8)",
    ),
    Poison("wrong_type", with_text_quantity, "qtde_teorica: expected bigint, found string"),
    Poison("other_session", lambda day: to_parquet(rows_of(day + timedelta(1))), "the folder is of"),
    Poison("doubled", lambda day: parquet(table(rows_of(day) * 2)), "2 rows of IBOV, "),
    Poison(
        "weights",
        lambda day: to_parquet([{**row, "participacao": Decimal("33.000")} for row in rows_of(day)]),
        "IBOV: the weights sum to 99.000",
    ),
    Poison(
        "total",
        lambda day: to_parquet([{**row, "qtde_teorica_total": 304} for row in rows_of(day)]),
        "IBOV: the quantities sum to 303, stated are 304",
    ),
    Poison("no_rows", lambda day: parquet(table([])), "there are no rows"),
)


def put(stack: Stack, key: str, body: bytes) -> None:
    stack.aws["s3"].put_object(Bucket=stack.exports["lakeBucket"], Key=key, Body=body)


def run(stack: Stack, **arguments: str) -> dict[str, Any]:
    known = {found["Id"] for found in job_runs(stack)}
    stack.aws["glue"].start_job_run(
        JobName=stack.exports["carteiraJob"],
        Arguments={f"--{name}": value for name, value in arguments.items()},
    )
    return await_job_runs(stack, 1, known=known)[-1]


@contextmanager
def in_silence(stack: Stack) -> Iterator[None]:
    """Objects that the block puts start no run; each would be one."""
    s3, bucket = stack.aws["s3"], stack.exports["lakeBucket"]
    told = s3.get_bucket_notification_configuration(Bucket=bucket)
    told.pop("ResponseMetadata", None)
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=told)


def printed(stack: Stack, found: dict[str, Any]) -> list[str]:
    group = f"/aws-glue/jobs/{stack.exports['carteiraJob']}/output"
    events = stack.aws["logs"].get_log_events(logGroupName=group, logStreamName=found["Id"])["events"]
    return [event["message"] for event in events]


def reason(stack: Stack, key: str) -> str:
    body = stack.aws["s3"].get_object(
        Bucket=stack.exports["lakeBucket"], Key=f"quarantine/{key}.reason.json"
    )["Body"]
    return str(json.loads(body.read())["reason"])


def test_what_fails_is_set_aside_by_name_and_the_rest_goes_on(stack: Stack) -> None:
    bad = {FIRST + timedelta(n): poison for n, poison in enumerate(POISONS)}
    good = [FIRST + timedelta(len(POISONS) + n) for n in range(3)]
    strays = [
        "raw/carteira/notes.txt",
        f"raw/carteira/dt={good[0]}/copia.parquet",
        "raw/carteira/dt=2025-13-40/carteira.parquet",
    ]
    with in_silence(stack):
        for key in strays:
            put(stack, key, to_parquet(rows_of(good[0])))
        for day, poison in bad.items():
            put(stack, day_key(day), poison.body(day))
        put(stack, day_key(good[0]), to_parquet(rows_of(good[0])))
        # Void and missing columns that may be null, and another codec: as an older release or a laptop wrote them.
        void = table(rows_of(good[1])).drop_columns(["setor"]).append_column("setor", pa.nulls(3))
        put(stack, day_key(good[1]), parquet(void, compression="zstd"))
        missing = table(rows_of(good[2])).drop_columns(["setor", "participacao_setor"])
        put(stack, day_key(good[2]), parquet(missing, compression="gzip"))
    lines = [line for line in printed(stack, run(stack)) if line.startswith("set aside:")]

    for day, poison in bad.items():
        assert poison.reason in reason(stack, day_key(day)), poison.name
        assert sum(f"/{day_key(day)} is now" in line for line in lines) == 1, poison.name
    for key in strays:
        assert "not a session's object" in reason(stack, key)
        assert sum(f"/{key} is now" in line for line in lines) == 1
    left = objects(stack, "raw/carteira/dt=2025-02")
    assert left == {day_key(day) for day in good}
    seen = sessions(stack)
    assert [seen.get(day) for day in good] == [(3, 303, Decimal("100.000"))] * 3
    assert not [day for day in bad if day in seen]
    filters = stack.aws["logs"].describe_metric_filters()["metricFilters"]
    assert all(found["filterPattern"].strip('"') in lines[0] for found in filters)
    assert len(filters) >= 2

    # The way back: the same key with sound rows.
    healed = min(bad)
    with refined(stack, 1):
        put(stack, day_key(healed), to_parquet(rows_of(healed)))
    assert sessions(stack)[healed] == (3, 303, Decimal("100.000"))


def test_a_correction_within_the_minute_and_a_failed_run_are_refined(stack: Stack) -> None:
    """Neither depends on when a file was written, as a bookmark does."""
    day = date(2025, 4, 2)
    with refined(stack, 1):
        put(stack, day_key(day), to_parquet(rows_of(day)))
    corrected = [{**row, "qtde_teorica": 50, "qtde_teorica_total": 150} for row in rows_of(day)]
    with refined(stack, 1):
        put(stack, day_key(day), to_parquet(corrected))
    assert sessions(stack)[day] == (3, 150, Decimal("100.000"))

    quiet = printed(stack, run(stack))
    assert any("0 sessions to refine, 0 objects to set aside" in line for line in quiet)

    state = "glue/estado/carteira/sessoes.json"
    s3, bucket = stack.aws["s3"], stack.exports["lakeBucket"]
    kept = s3.get_object(Bucket=bucket, Key=state)["Body"].read().decode().splitlines()
    lines = [json.loads(line) for line in kept]
    died = [
        {**line, "execucao": "jr_died", "certo": ""} if line["dt"] == str(day) else line for line in lines
    ]
    s3.put_object(Bucket=bucket, Key=state, Body="\n".join(json.dumps(line) for line in died).encode())
    again = printed(stack, run(stack))
    assert any("1 sessions to refine" in line for line in again)

    asked = printed(stack, run(stack, refine=str(day)))
    assert any("1 sessions to refine" in line for line in asked)
