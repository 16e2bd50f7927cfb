from __future__ import annotations

import codecs
import json
import re
from pathlib import Path
from typing import Any

import pytest

from glue.comparison import compare
from glue.definition import DefinitionError, load, parse, to_api

CONSOLE: dict[str, Any] = {
    "jobConfig": {
        "name": "spreads",
        "role": "arn:aws:iam::123456789012:role/glue",
        "command": "glueetl",
        "version": "5.0",
        "language": "python-3",
        "workerType": "G.1X",
        "numberOfWorkers": 2,
        "maxCapacity": 2,
        "maxRetries": 0,
        "timeout": 30,
        "maxConcurrentRuns": 1,
        "security": "none",
        "scriptName": "spreads.py",
        "scriptLocation": "s3://assets/scripts/",
        "temporaryDirectory": "s3://assets/temporary/",
        "bookmark": "job-bookmark-enable",
        "metrics": True,
        "logging": False,
        "jobParameters": [{"key": "--day", "value": "2025-01-02"}],
        "tags": [],
        "connectionsList": [],
    },
    "dag": {
        "node-11": {
            "nodeId": "node-11",
            "classification": "DataSource",
            "type": "S3",
            "name": "quotes",
            "inputs": [],
            "generatedNodeName": "quotes_node11",
            "isCatalog": False,
            "format": "csv",
            "paths": ["s3://lake/quotes/"],
            "recurse": True,
            "separator": ";",
            "quoteChar": '"',
            "withHeader": True,
            "escaper": "",
            "compressionType": None,
            "outputSchemas": [[{"key": "code", "fullPath": ["code"], "type": "string"}]],
        },
        "node-12": {
            "classification": "Transform",
            "type": "Aggregate",
            "name": "per day",
            "inputs": ["node-11"],
            "groups": ["day", "issuer.sector", "`odd.name`"],
            "aggs": [{"column": "bid", "aggFunc": "max"}],
        },
        "node-13": {
            "classification": "Transform",
            "type": "RenameField",
            "name": "rename",
            "inputs": ["node-12"],
            "sourcePath": "max(bid)",
            "targetPath": "best",
        },
        "node-14": {
            "classification": "DataSink",
            "type": "S3",
            "name": "out",
            "inputs": ["node-13"],
            "format": "glueparquet",
            "compression": "snappy",
            "path": "s3://lake/out/",
            "partitionKeys": ["day"],
            "updateCatalogOptions": "none",
            "schemaChangePolicy": {"enableUpdateCatalog": False, "updateBehavior": None},
            "autoDataQuality": {"isEnabled": True, "evaluationContext": "EvaluateDataQuality_node1"},
        },
    },
    "hasBeenSaved": False,
}


def camel(value: Any) -> Any:
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: camel(item) for key, item in value.items()}
    return value


def git_form(document: dict[str, Any]) -> dict[str, Any]:
    document = dict(document)
    nodes = document.pop("CodeGenConfigurationNodes")
    arguments = document.pop("DefaultArguments", {})
    form: dict[str, Any] = camel(document)
    form["defaultArguments"] = arguments
    form["codeGenConfigurationNodes"] = json.dumps(nodes)
    form["allocatedCapacity"] = 2
    form["maxCapacity"] = 2.0
    return form


def test_get_job_output_with_and_without_its_wrapper_is_the_same_job(document: dict[str, Any]) -> None:
    answer = {**document, "CreatedOn": "2025-01-01T00:00:00Z", "LastModifiedOn": "x", "AllocatedCapacity": 2}
    answer["MaxCapacity"] = 2.0
    answer["ProfileName"] = "p"
    assert parse({"Job": answer}) == parse(document)


def test_git_form_is_the_same_job_and_argument_names_stay_as_they_are(document: dict[str, Any]) -> None:
    document["DefaultArguments"] = {"--myArg": "x", "--enable-metrics": "true"}
    parsed = parse(git_form(document))
    assert parsed == parse(document)
    assert parsed.properties["DefaultArguments"] == {"--myArg": "x", "--enable-metrics": "true"}


def test_console_download_becomes_the_api_form() -> None:
    body = to_api(parse(CONSOLE))
    nodes = body["CodeGenConfigurationNodes"]
    source = nodes["node-11"]["S3CsvSource"]
    assert (source["Separator"], source["QuoteChar"], source["WithHeader"]) == ("semicolon", "quote", True)
    assert "CompressionType" not in source
    assert source["OutputSchemas"] == [{"Columns": [{"Name": "code", "Type": "string"}]}]
    assert nodes["node-12"]["Aggregate"]["Groups"] == [["day"], ["issuer", "sector"], ["`odd.name`"]]
    assert nodes["node-12"]["Aggregate"]["Aggs"] == [{"Column": ["bid"], "AggFunc": "max"}]
    assert nodes["node-13"]["RenameField"]["SourcePath"] == ["max(bid)"]
    target = nodes["node-14"]["S3GlueParquetTarget"]
    assert target["PartitionKeys"] == [["day"]]
    assert target["AutoDataQuality"] == {"IsEnabled": True, "EvaluationContext": "EvaluateDataQuality_node1"}
    assert body["Command"] == {
        "Name": "glueetl",
        "PythonVersion": "3",
        "ScriptLocation": "s3://assets/scripts/spreads.py",
    }
    assert body["DefaultArguments"] == {
        "--TempDir": "s3://assets/temporary/",
        "--day": "2025-01-02",
        "--enable-metrics": "true",
        "--job-bookmark-option": "job-bookmark-enable",
        "--job-language": "python",
    }
    assert body["Timeout"] == 30
    assert "SecurityConfiguration" not in body


def test_console_node_keeps_the_name_that_the_editor_gave_its_frame() -> None:
    assert parse(CONSOLE).nodes["node-11"].variable == "quotes_node11"


def test_the_normal_form_read_again_is_the_same_job() -> None:
    once = parse(CONSOLE)
    assert compare(once, parse(to_api(once))) == []


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "is not a JSON object"),
        ({"Resources": {}}, "is not a visual Glue job"),
        ({"Job": {"Name": "x", "Command": {"Name": "glueetl"}}}, "without visual nodes"),
        ({"codeGenConfigurationNodes": "{"}, "codeGenConfigurationNodes is not JSON"),
        ({"CodeGenConfigurationNodes": []}, "is not an object"),
        ({"CodeGenConfigurationNodes": {"node-1": {}}}, "node node-1: must have exactly one kind, has 0"),
        (
            {"CodeGenConfigurationNodes": {"node-1": {"Join": {}, "Union": {}}}},
            r"node node-1: must have exactly one kind, has 2 \(Join, Union\)",
        ),
        (
            {"CodeGenConfigurationNodes": {"node-1": {"Join": {"Inputs": "node-2"}}}},
            "Join.Inputs is not a list",
        ),
        ({"CodeGenConfigurationNodes": {"node-1": {"Join": 3}}}, "Join is not an object"),
        ({"dag": {"node-1": {"classification": "DataSource", "type": "Abacus", "name": "a"}}}, '"a".*Abacus'),
        ({"dag": 3}, "jobConfig and dag are not objects"),
    ],
)
def test_what_is_no_visual_job_is_refused_with_its_reason(document: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        parse(document)


def test_null_kinds_beside_the_real_one_do_not_count() -> None:
    job = parse(
        {"CodeGenConfigurationNodes": {"n": {"Join": None, "S3ParquetSource": {"Name": "a", "Paths": []}}}}
    )
    assert job.nodes["n"].kind == "S3ParquetSource"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not JSON: .* in line 1"),
        (b"\xff\xfe\x00", "is neither UTF-8 nor UTF-16 text"),
        (b"\xe9t\xe9", "is neither UTF-8 nor UTF-16 text"),
        (b"import sys\nfrom awsglue.transforms import *\n", "is a Python script, not a job's definition"),
        (b"[" * 100_000, "is nested too deeply"),
        (b'{"a": 1}', "is not a visual Glue job"),
    ],
)
def test_unreadable_files_are_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "job.json"
    path.write_bytes(content)
    with pytest.raises(DefinitionError, match=message) as caught:
        load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_powershells_redirection_is_read(tmp_path: Path, document: dict[str, Any], encoding: str) -> None:
    path = tmp_path / "job.json"
    mark = codecs.BOM_UTF16_BE if encoding == "utf-16-be" else b""
    document["Description"] = "preços"
    path.write_bytes(mark + json.dumps({"Job": document}, ensure_ascii=False).encode(encoding))
    assert load(path) == parse(document)


def script_job(name: str) -> dict[str, Any]:
    return {"Name": name, "Command": {"Name": "glueetl"}}


def test_the_one_visual_job_of_get_jobs_is_read(document: dict[str, Any]) -> None:
    answer = {"Jobs": [script_job("etl"), {**document, "AllocatedCapacity": 2, "MaxCapacity": 2.0}]}
    assert parse(answer) == parse(document)


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            {"Jobs": [script_job("etl")]},
            "holds 1 jobs (none of them is visual): take one with `aws glue get-job",
        ),
        ({"JobNames": ["one", "two"]}, "lists names of jobs only (one, two): take one with"),
        ({"Jobs": []}, "holds 0 jobs"),
    ],
)
def test_other_answers_of_the_cli_are_told_apart(answer: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=re.escape(message)):
        parse(answer)


def test_several_visual_jobs_are_named(document: dict[str, Any]) -> None:
    jobs = [{**document, "Name": name} for name in ("carteira", "negociacao")]
    with pytest.raises(
        DefinitionError, match=r"holds 2 jobs \(visual ones among them: carteira, negociacao\)"
    ):
        parse({"Jobs": jobs})


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"absent\.json: cannot be read"):
        load(tmp_path / "absent.json")


def test_a_console_job_without_a_name_takes_the_files(tmp_path: Path) -> None:
    path = tmp_path / "spreads v2.json"
    path.write_text(json.dumps({"dag": CONSOLE["dag"]}), encoding="utf-8")
    assert load(path).name == "spreads v2"
