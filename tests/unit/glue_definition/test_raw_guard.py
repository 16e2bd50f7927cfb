"""The code that the jobs' guard nodes hold, and what it says of raw files."""

from __future__ import annotations

import ast
import io
import json
import random
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from glue.code.nodes import JOBS, current
from glue.code.raw_guard import columns_of, earlier, examine, sessions_in
from glue.code.state import arguments_in, certain, lines_of
from lake.arrow import schema_of
from lake.tables import carteira

DAY = date(2025, 3, 10)
DECLARED = ", ".join(
    f"{column.name} {column.type}{'' if column.nullable else ' not null'}" for column in carteira.RAW.columns
)
UNIQUE = ["indice", "codigo"]


def body(rows: pa.Table) -> bytes:
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    return sink.getvalue()


def rows(**changed: Any) -> pa.Table:
    row = {
        "indice": "IBOV",
        "codigo": "PETR4",
        "acao": "PETROBRAS",
        "tipo": "PN      N2",
        "setor": None,
        "qtde_teorica": 5,
        "participacao": Decimal("100.000"),
        "participacao_setor": None,
        "redutor": Decimal("15433595.60223638"),
        "qtde_teorica_total": 5,
        "data_pregao": DAY,
        "coletado_em": datetime(2025, 3, 10, 21, tzinfo=UTC),
        "payload_sha256": "0" * 64,
    }
    return pa.Table.from_pylist([row | changed], schema=schema_of(carteira.RAW.columns))


def fault(found: bytes, day: date = DAY) -> str:
    return examine(found, day.isoformat(), DECLARED, UNIQUE, portfolio=True)[1]


@pytest.mark.parametrize("name", ["carteira.json", "indice.json", "negociacao.json"])
def test_the_definitions_hold_todays_code(name: str) -> None:
    """`python -m glue.code.nodes` puts it there."""
    assert (JOBS / name).read_text(encoding="utf-8") == current(JOBS / name)


@pytest.mark.parametrize("name", ["carteira.json", "indice.json", "negociacao.json"])
def test_the_code_needs_nothing_of_the_house(name: str) -> None:
    nodes = json.loads((JOBS / name).read_text(encoding="utf-8"))["CodeGenConfigurationNodes"]
    codes = [node["CustomCode"]["Code"] for node in nodes.values() if "CustomCode" in node]
    for code in codes:
        indented = "\n".join(f"    {line}" for line in code.splitlines())
        tree = ast.parse(f"def node(glueContext, dfc):\n{indented}")
        modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not {
            module for module in modules if module and module.split(".")[0] in ("glue", "lake", "__future__")
        }


def test_every_declared_column_is_read() -> None:
    assert columns_of(DECLARED) == [(c.name, c.type, c.nullable) for c in carteira.RAW.columns]


def test_a_sound_file_has_no_fault() -> None:
    assert fault(body(rows())) == ""
    assert fault(body(rows(participacao=Decimal("99.990")))) == ""


def test_dictionaries_and_large_strings_are_strings() -> None:
    found = rows()
    place = found.schema.get_field_index("codigo")
    for kind in (pa.large_string(), pa.dictionary(pa.int32(), pa.string())):
        assert fault(body(found.set_column(place, "codigo", found["codigo"].cast(kind)))) == ""


@pytest.mark.parametrize("name", ["setor", "participacao_setor"])
def test_a_missing_or_void_column_that_may_be_null_is_null(name: str) -> None:
    without = rows().drop_columns([name])
    assert fault(body(without)) == ""
    assert fault(body(without.append_column(name, pa.nulls(1)))) == ""


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (rows().drop_columns(["redutor"]), "redutor: expected decimal(24,8), found nothing"),
        (rows().rename_columns({"codigo": "CODIGO"}), "codigo: expected string, found nothing"),
        (rows(data_pregao=date(2025, 3, 11)), "the folder is of 2025-03-10, the rows are of 2025-03-11"),
        (rows(participacao=Decimal("99.989")), "IBOV: the weights sum to 99.989"),
        (rows(qtde_teorica_total=6), "IBOV: the quantities sum to 5, stated are 6"),
        (pa.concat_tables([rows(), rows()]), "2 rows of IBOV, PETR4"),
        (rows().slice(0, 0), "there are no rows"),
        (
            rows().set_column(11, "coletado_em", pa.array([0], pa.timestamp("ns", tz="UTC"))),
            "coletado_em: expected timestamp, found timestamp[ns, tz=UTC]",
        ),
    ],
)  # fmt: skip
def test_a_fault_is_said(found: pa.Table, said: str) -> None:
    assert said in fault(body(found))


def test_a_null_where_none_may_be_is_a_fault() -> None:
    found = rows()
    nothing = found.set_column(1, "codigo", pa.array([None], pa.string()))
    assert fault(body(nothing)) == "codigo: 1 of 1 are null"


def test_damage_never_raises() -> None:
    sound, chance = body(rows()), random.Random(20250310)
    for _ in range(300):
        damaged = bytearray(sound[: chance.randrange(len(sound))])
        for _ in range(chance.randrange(1, 8)):
            if damaged:
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        assert fault(bytes(damaged))


def test_what_no_session_is_is_a_stray() -> None:
    keys = [
        "raw/carteira/dt=2025-03-10/carteira.parquet",
        "raw/carteira/dt=2025-03-10/carteira (1).parquet",
        "raw/carteira/dt=2025-02-30/carteira.parquet",
        "raw/carteira/notes.txt",
        "raw/carteira/a/dt=2025-03-11/carteira.parquet",
    ]
    found, strays = sessions_in(iter([{"Key": key} for key in keys]), "carteira")
    assert list(found) == ["2025-03-10"]
    assert [key for key, _ in strays] == keys[1:]


def test_the_sessions_before_are_refined_ones() -> None:
    found = ["2025-03-06", "2025-03-07", "2025-03-10", "2025-03-11"]
    assert earlier(found, {"2025-03-11": ""}, {"2025-03-07": {}}, 2) == ["2025-03-07"]


class Frame:
    """As much of a DataFrame as the state needs."""

    def __init__(self, found: list[dict[str, str | None]]) -> None:
        self.found = found
        self.columns = list(found[0]) if found else []

    def select(self, *_: str) -> Frame:
        return self

    def collect(self) -> list[dict[str, str | None]]:
        return self.found


def test_state_without_its_columns_is_none() -> None:
    assert lines_of(Frame([])) == []
    assert lines_of(Frame([{"_corrupt_record": "x"}])) == []
    line = {"dt": "2025-03-10", "marca": "e", "execucao": "r", "certo": None}
    assert lines_of(Frame([line, {**line, "dt": None}])) == [{**line, "certo": ""}]


def test_certain_lines_ask_nobody() -> None:
    line = {"dt": "2025-03-10", "marca": "e", "execucao": "r", "certo": "sim"}
    assert certain([line], None, "lake", "job") == {"2025-03-10": line}


def test_arguments_are_those_of_the_script() -> None:
    found = arguments_in(
        ["x.py", "--JOB_NAME", "carteira", "--JOB_RUN_ID", "jr_1", "--refine", "2025-03-10,2025-03-11"]
    )
    assert (found.job, found.run) == ("carteira", "jr_1")
    assert [found.asks_for(day) for day in ("2025-03-10", "2025-03-12")] == [True, False]
    assert arguments_in(["x.py", "--refine", "all"]).asks_for("2025-03-12")
    assert not arguments_in(["x.py"]).asks_for("")
