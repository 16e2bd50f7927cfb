"""Whole runs in processes of their own: re-runs, bookmarks, failures, two at once, a JVM that is not there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from glue_scripts import HEAD, pipeline, put_day, refined  # type: ignore[import-not-found]

from bovespa.commands.job_run import run_command
from bovespa.glue.folder_run import run_in_folder
from bovespa.glue.local_run import RunResult, run_script
from bovespa.glue.runtime.errors import JobFailedError, RunLockedError
from bovespa.glue.runtime.gateway import PORT, Gateway
from bovespa.glue.script import generate
from glue.definition import parse

pytestmark = pytest.mark.slow

BOOKMARKS = {"TempDir": "s3://lake/glue/temporary/", "job-bookmark-option": "job-bookmark-enable"}


def run(root: Path, gateway: Gateway | None, script: str, **arguments: str) -> RunResult:
    given = {name.replace("_", "-"): value for name, value in arguments.items()}
    return run_in_folder(script, root, job="carteira", arguments=given, gateway=gateway)


def test_a_second_run_of_the_same_day_leaves_the_same_rows(tmp_path: Path, gateway: Gateway) -> None:
    put_day(tmp_path, "2025-07-31")
    first = run(tmp_path, gateway, pipeline())
    assert refined(tmp_path) == {"2025-07-31": 5}
    second = run(tmp_path, gateway, pipeline())
    assert refined(tmp_path) == {"2025-07-31": 5}
    assert [(t.rows, t.partitions) for t in first.report.targets] == [(5, 5)]
    assert [purged.files for purged in second.report.purged] == [5]
    assert [(t.change, t.partitions) for t in second.report.tables] == [("unchanged", 0)]
    assert second.report.committed


def test_bookmarks_through_failures_and_a_crash_between_purge_and_write(
    tmp_path: Path, gateway: Gateway
) -> None:
    put_day(tmp_path, "2025-07-30")
    assert run(tmp_path, gateway, pipeline(), **BOOKMARKS).report.sources[0].files == 1
    put_day(tmp_path, "2025-07-31")
    put_day(tmp_path, "2025-07-30", members=3)  # corrected later, so the run purges and rewrites it
    bookmark = tmp_path / "bookmarks" / "carteira.json"
    before = bookmark.read_bytes()

    with pytest.raises(JobFailedError, match=r'^node "Between" \(line 35\): ValueError: midway$'):
        run(tmp_path, gateway, pipeline("raise ValueError('midway')"), **BOOKMARKS)
    with pytest.raises(JobFailedError, match="ended with status"):
        run(tmp_path, gateway, pipeline("import os; os.kill(os.getpid(), 9)"), **BOOKMARKS)
    assert refined(tmp_path) == {}  # purged, and not written
    assert bookmark.read_bytes() == before

    healed = run(tmp_path, gateway, pipeline(), **BOOKMARKS)
    assert refined(tmp_path) == {"2025-07-30": 3, "2025-07-31": 5}
    assert healed.report.sources[0].files == 2

    nothing = run(tmp_path, gateway, pipeline(), **BOOKMARKS)
    assert (nothing.report.sources[0].files, nothing.report.sources[0].skipped) == (0, 2)
    assert nothing.report.targets[0].rows == 0
    assert refined(tmp_path) == {"2025-07-30": 3, "2025-07-31": 5}


def test_two_runs_at_once_go_one_after_the_other(tmp_path: Path, gateway: Gateway) -> None:
    put_day(tmp_path, "2025-07-31")
    stamp = (
        "import time; (__import__('pathlib').Path({place!r}) / f'{{time.time()}}').touch(); time.sleep(0.5)"
    )
    script = pipeline(stamp.format(place=str(tmp_path)))
    errors: list[BaseException] = []

    def one() -> None:
        try:
            run(tmp_path, gateway, script)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=one) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert errors == []
    assert refined(tmp_path) == {"2025-07-31": 5}
    stamps = sorted(float(path.name) for path in tmp_path.iterdir() if path.name[0].isdigit())
    assert len(stamps) == 3
    assert all(later - earlier > 0.5 for earlier, later in pairwise(stamps))


def test_waiting_for_another_run_is_bounded(tmp_path: Path, gateway: Gateway) -> None:
    import fcntl

    with Path(gateway.environment["GLUE_LOCAL_LOCK"]).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(RunLockedError, match="more than 1 s"):
            run_script("", job="j", gateway=gateway, timeout=1)


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path, gateway: Gateway) -> None:
    started = time.monotonic()
    with pytest.raises(JobFailedError, match="did not end within 3 s"):
        run_script(
            "import time\nprint('begun', flush=True)\ntime.sleep(60)",
            job="j",
            gateway=gateway,
            timeout=3,
        )
    assert time.monotonic() - started < 20


def test_a_failing_query_names_its_node_without_a_plan(tmp_path: Path, gateway: Gateway) -> None:
    put_day(tmp_path, "2025-07-31")
    script = HEAD + textwrap.dedent("""
        # Script generated for node Raw
        raw = glueContext.create_dynamic_frame.from_options(
            connection_type="s3", format="parquet", connection_options={"paths": ["s3://lake/raw/"], "recurse": True})
        # Script generated for node SQL Query
        raw.toDF().createOrReplaceTempView("t")
        spark.sql("select preco from t")
        """)
    with pytest.raises(JobFailedError) as caught:
        run(tmp_path, gateway, script)
    assert caught.value.summary.startswith('node "SQL Query" (line 22): ')
    assert "`preco` cannot be resolved" in caught.value.summary
    assert "Project" not in caught.value.summary
    assert "Traceback" in caught.value.log


def test_without_a_warm_jvm_a_run_starts_its_own(tmp_path: Path) -> None:
    put_day(tmp_path, "2025-07-31")
    run(tmp_path, None, pipeline())
    assert refined(tmp_path) == {"2025-07-31": 5}


def test_a_warm_jvm_that_is_gone_is_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Gateway() as gone:
        environment = gone.environment
    lock = tmp_path / "gone" / "lock"
    for name, value in {**environment, "GLUE_LOCAL_LOCK": str(lock)}.items():
        monkeypatch.setenv(name, value)
    result = run(tmp_path, None, HEAD + "job.commit()\n")
    assert "does not answer" in result.log


def test_the_jvm_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    code = (
        "import time; from bovespa.glue.runtime.gateway import Gateway; g = Gateway().start(); "
        "print(g._process.pid, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    jvm = int(owner.stdout.readline())
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    deadline = time.monotonic() + 15
    while Path(f"/proc/{jvm}").exists() and _state(jvm) != "Z":
        assert time.monotonic() < deadline, "the JVM outlives its owner"
        time.sleep(0.1)


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "Z"


def definition(path: Path, **more: Any) -> Path:
    nodes = {
        "node-1": {
            "S3CsvSource": {
                "Name": "Daily files",
                "Paths": ["s3://lake/in/"],
                "Separator": "semicolon",
                "QuoteChar": "quote",
                "WithHeader": True,
            }
        },
        "node-2": {
            "ApplyMapping": {
                "Name": "Change Schema",
                "Inputs": ["node-1"],
                "Mapping": [
                    {"ToKey": "codigo", "FromPath": ["cod"], "FromType": "string", "ToType": "string"},
                    {"ToKey": "qtde", "FromPath": ["q"], "FromType": "string", "ToType": "int"},
                ],
            }
        },
        "node-3": {
            "S3GlueParquetTarget": {
                "Name": "Out",
                "Inputs": ["node-2"],
                "Path": "s3://lake/out/",
                "PartitionKeys": [["codigo"]],
                "Compression": "snappy",
                "SchemaChangePolicy": {
                    "EnableUpdateCatalog": True,
                    "UpdateBehavior": "UPDATE_IN_DATABASE",
                    "Table": "out",
                    "Database": "default",
                },
            }
        },
    }
    job = {"Name": "my job", "JobMode": "VISUAL", "CodeGenConfigurationNodes": nodes, **more}
    path.write_text(json.dumps(job))
    return path


def test_the_command_runs_a_definition_on_files(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in gateway.environment.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "s3"
    (root / "lake" / "in").mkdir(parents=True)
    (root / "lake" / "in" / "a.csv").write_text("cod;q;x\nPETR4;10;z\nVALE3;20;z\n")
    path = definition(tmp_path / "job.json")
    done = CliRunner().invoke(run_command, [str(path), "--s3", str(root), "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["targets"][0] | {"ctx": ""} == {
        "ctx": "",
        "path": "s3://lake/out/",
        "rows": 2,
        "files": 2,
        "partitions": 2,
        "table": "default.out",
    }
    assert document["tables"] == [{"table": "default.out", "change": "created", "partitions": 2}]
    assert sorted(path.name for path in (root / "lake" / "out").iterdir()) == ["codigo=PETR4", "codigo=VALE3"]
    assert "out" in json.loads((root / "catalog.json").read_text())["databases"]["default"]["tables"]

    shown = CliRunner().invoke(run_command, [str(path), "--s3", str(root)])
    assert "wrote      2 rows in 2 files and 2 partitions to s3://lake/out/" in shown.stdout
    assert "catalogued default.out: unchanged, 0 new partitions" in shown.stdout

    (root / "lake" / "in" / "a.csv").write_bytes(b"\x1f\x8b")
    (root / "lake" / "in" / "a.csv").rename(root / "lake" / "in" / "a.csv.gz")
    failed = CliRunner().invoke(run_command, [str(path), "--s3", str(root)])
    assert failed.exit_code == 1
    assert failed.stderr.startswith(f'error: {path}: node "Daily files"')
    assert len(failed.stderr.splitlines()) == 1


def case(path: Path, *transforms: dict[str, Any]) -> Path:
    """A job that reads JSON, does the transforms one after another, and writes parquet."""
    kinds = [{"S3JsonSource": {"Name": "src", "Paths": ["s3://b/a/"], "Recurse": True}}, *transforms]
    kinds.append({"S3GlueParquetTarget": {"Name": "t", "Path": "s3://b/o/", "Compression": "snappy"}})
    nodes = {f"node-{index}": kind for index, kind in enumerate(kinds)}
    for index, kind in enumerate(kinds[1:]):
        next(iter(kind.values()))["Inputs"] = [f"node-{index}"]
    path.write_text(json.dumps({"Name": "case", "CodeGenConfigurationNodes": nodes}))
    return path


def filter_node() -> dict[str, Any]:
    values = [{"Type": "COLUMNEXTRACTED", "Value": ["p", "q"]}, {"Type": "CONSTANT", "Value": ["5"]}]
    filters = [{"Operation": "GTE", "Values": values}]
    return {"Filter": {"Name": "f", "LogicalOperator": "AND", "Filters": filters}}


@pytest.fixture
def folder(tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of buckets for the command, which finds the warm JVM in its environment."""
    for name, value in gateway.environment.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "s3" / "b" / "a").mkdir(parents=True)
    return tmp_path / "s3"


def ran(path: Path, folder: Path, *options: str) -> Any:
    return CliRunner().invoke(run_command, [str(path), "--s3", str(folder), *options])


def written(folder: Path) -> Any:
    tables = [pq.read_table(path) for path in (folder / "b" / "o").rglob("*.parquet")]
    return [row for table in tables for row in table.to_pylist()]


def test_a_filter_on_a_field_of_a_struct_keeps_its_rows(folder: Path, tmp_path: Path) -> None:
    (folder / "b" / "a" / "x.json").write_text('{"p":{"q":5}}\n{"p":{"q":4}}\n{"p":{"q":7}}\n')
    done = ran(case(tmp_path / "job.json", filter_node()), folder)
    assert done.exit_code == 0, done.output
    assert written(folder) == [{"p": {"q": 5}}, {"p": {"q": 7}}]


def test_a_field_that_is_null_in_every_record_is_dropped(folder: Path, tmp_path: Path) -> None:
    boxes = {"IsEmpty": True, "IsNullString": False, "IsNegOne": True}
    drop = {"DropNullFields": {"Name": "d", "NullCheckBoxList": boxes}}
    (folder / "b" / "a" / "x.json").write_text('{"a":1,"n":null,"e":"","z":-1}\n')
    done = ran(case(tmp_path / "job.json", drop), folder)
    assert done.exit_code == 0, done.output
    assert written(folder) == [{"a": 1}]


def test_until_a_node_shows_what_it_would_read(folder: Path, tmp_path: Path) -> None:
    (folder / "b" / "a" / "x.json").write_text('{"p":{"q":5}}\n{"p":{"q":4}}\n')
    pii = {"PIIDetection": {"Name": "mask", "PiiType": "ColumnMasking", "EntityTypesToDetect": ["EMAIL"]}}
    path = case(tmp_path / "job.json", filter_node(), pii)
    refused = ran(path, folder)
    assert refused.exit_code == 1
    assert refused.stderr.splitlines()[-1] == (
        f'error: {path}: node node-2 "mask": PIIDetection: only AWS runs this kind of node: '
        f"`bovespa job run {path} --until node-2` runs what comes before it"
    )
    shown = ran(path, folder, "--until", "node-2")
    assert shown.exit_code == 0, shown.output
    assert "mask would read 1 rows of f" in shown.stdout
    assert "|{5}|" in shown.stdout
    assert not (folder / "b" / "o").exists()


def test_the_command_runs_a_generated_script(folder: Path, tmp_path: Path) -> None:
    (folder / "b" / "a" / "x.json").write_text('{"p":{"q":5}}\n')
    job = json.loads(case(tmp_path / "job.json", filter_node()).read_text())
    target = job["CodeGenConfigurationNodes"]["node-2"]["S3GlueParquetTarget"]
    target["AutoDataQuality"] = {"IsEnabled": True}
    script = tmp_path / "job.py"
    script.write_text(generate(parse(job)), encoding="utf-16")
    done = ran(script, folder)
    assert done.exit_code == 0, done.output
    assert "note       f_node1: its automatic data quality check is AWS's to publish" in done.stdout
    assert "job job succeeded" in done.stdout
    assert written(folder) == [{"p": {"q": 5}}]
    assert "a script has no nodes" in ran(script, folder, "--until", "x").stderr


def test_placeholders_are_only_asked_for_where_a_node_has_them(tmp_path: Path) -> None:
    path = definition(tmp_path / "job.json", Role="${role}", Description="${text}")
    path.write_text(path.read_text().replace("s3://lake/in/", "s3://${bucket}/in/"))
    done = CliRunner().invoke(run_command, [str(path), "--s3", str(tmp_path)])
    assert done.exit_code == 1
    assert "no value for placeholder bucket" in done.stderr
    assert "role" not in done.stderr.partition("(given")[0]


@pytest.mark.parametrize("argument", ["novalue", "=x"])
def test_the_command_refuses_an_argument_without_a_value(tmp_path: Path, argument: str) -> None:
    path = definition(tmp_path / "job.json")
    done = CliRunner().invoke(run_command, [str(path), "--s3", str(tmp_path), "--argument", argument])
    assert done.exit_code == 2
    assert "is not KEY=VALUE" in done.stderr


def test_the_script_has_no_credentials_but_those_given(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "root")
    monkeypatch.setenv("AWS_PROFILE", "mine")
    script = "import os\nprint({k: v for k, v in os.environ.items() if k.startswith('AWS_')})"
    result = run_script(
        script,
        job="j",
        environment={"AWS_SECRET_ACCESS_KEY": "role"},
        gateway=gateway,
    )
    assert result.output.strip() == "{'AWS_SECRET_ACCESS_KEY': 'role'}"
    assert PORT in gateway.environment
    assert os.environ["AWS_PROFILE"] == "mine"
