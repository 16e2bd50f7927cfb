from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import boto3
import click
import pytest
from botocore.stub import Stubber
from click.testing import CliRunner, Result

from bovespa.commands.job import job
from glue import pull as pull_module


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(job, [str(argument) for argument in arguments])


@pytest.fixture
def path(tmp_path: Path, document: dict[str, Any]) -> Path:
    file = tmp_path / "prices.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


@pytest.fixture
def broken(tmp_path: Path, document: dict[str, Any]) -> Path:
    document["CodeGenConfigurationNodes"]["node-4"]["Aggregate"]["Aggs"][0]["AggFunc"] = "median"
    file = tmp_path / "broken.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def test_validate_tells_sound_from_broken(path: Path, broken: Path) -> None:
    assert (run("validate", path).exit_code, run("validate", path).output) == (0, f"{path}: valid\n")
    result = run("validate", path, broken)
    assert result.exit_code == 1
    assert (
        f"{broken}: error: node node-4 \"By year\" (Aggregate): Aggs[0].AggFunc is 'median'" in result.stderr
    )
    assert f"{path}: valid" in result.stdout


def test_validate_as_json_is_one_document(path: Path, broken: Path, tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.json"
    garbage.write_text("{", encoding="utf-8")
    result = run("validate", "--json", path, broken, garbage)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert [(Path(entry["file"]).name, entry["valid"]) for entry in report] == [
        ("prices.json", True),
        ("broken.json", False),
        ("garbage.json", False),
    ]
    assert report[1]["problems"][0]["node"] == "node-4"
    assert report[1]["problems"][0]["path"] == "Aggs[0].AggFunc"
    assert report[2]["problems"][0]["message"].startswith("is not JSON")


def test_show_draws_a_tree_a_chart_or_json(path: Path) -> None:
    assert "Raw prices S3ParquetSource" in run("show", path).output
    assert run("show", path, "--mermaid").output.startswith("flowchart LR\n")
    graph = json.loads(run("show", path, "--json").output)
    assert [node["role"] for node in graph["nodes"]][::7] == ["source", "target"]


def test_script_prints_python_and_writes_the_same_to_a_file(path: Path, tmp_path: Path) -> None:
    result = run("script", path, "--placeholder", "lake_bucket=lake-1")
    assert result.exit_code == 0
    ast.parse(result.stdout)
    assert "s3://lake-1/raw/" in result.stdout
    output = tmp_path / "prices.py"
    assert run("script", path, "-o", output, "--placeholder", "lake_bucket=lake-1").exit_code == 0
    assert output.read_text(encoding="utf-8") == result.stdout


def test_mistakes_are_one_line_on_stderr(path: Path, tmp_path: Path) -> None:
    missing = run("script", path, "--placeholder", "bucket=x")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert missing.stderr == "error: job prices: no value for placeholder lake_bucket (given: bucket)\n"
    unwritable = run("script", path, "-o", tmp_path / "no" / "x.py")
    assert unwritable.exit_code == 1
    assert unwritable.stderr.startswith(f"error: {tmp_path}/no/x.py: cannot be written")
    assert run("script", path, "--placeholder", "x").exit_code == 2


def test_a_node_that_only_aws_runs_is_one_line_with_what_to_do(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    document["CodeGenConfigurationNodes"]["node-4"] = {
        "PIIDetection": {"Name": "mask", "Inputs": ["node-3"], "PiiType": "ColumnMasking"}
    }
    file = tmp_path / "pii.json"
    file.write_text(json.dumps(document), encoding="utf-8")
    result = run("script", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == (
        f'error: {file}: node node-4 "mask": PIIDetection: only AWS runs this kind of node: '
        f"`bovespa job run {file} --until node-4` runs what comes before it\n"
    )
    assert run("show", file).exit_code == 0


def test_diff_of_two_files(path: Path, broken: Path) -> None:
    same = run("diff", path, path)
    assert (same.exit_code, same.stdout, same.stderr) == (0, "", "no difference\n")
    result = run("diff", path, broken)
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "CodeGenConfigurationNodes.node-4.Aggregate.Aggs[0].AggFunc",
        '  - "sum"',
        '  + "median"',
    ]
    rows = json.loads(run("diff", path, broken, "--json").stdout)
    assert [(row["left"], row["right"]) for row in rows] == [("sum", "median")]


@pytest.fixture
def stubber(monkeypatch: pytest.MonkeyPatch) -> Stubber:
    service = boto3.client(
        "glue", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    monkeypatch.setattr(pull_module, "client", lambda region=None: service)
    stub = Stubber(service)
    stub.activate()
    return stub


def in_aws(document: dict[str, Any]) -> dict[str, Any]:
    job_in_aws: dict[str, Any] = json.loads(json.dumps(document).replace("${lake_bucket}", "lake-1"))
    return {"Job": job_in_aws}


def test_diff_asks_aws_for_the_jobs_own_name(path: Path, document: dict[str, Any], stubber: Stubber) -> None:
    stubber.add_response("get_job", in_aws(document), {"JobName": "prices"})
    assert run("diff", path, "--placeholder", "lake_bucket=lake-1").exit_code == 0
    stubber.add_response("get_job", in_aws(document), {"JobName": "other"})
    assert run("diff", path, "other").exit_code == 1
    stubber.assert_no_pending_responses()


def test_pull_writes_a_file_that_the_repository_understands(
    tmp_path: Path, document: dict[str, Any], stubber: Stubber, path: Path
) -> None:
    stubber.add_response("get_job", in_aws(document), {"JobName": "prices"})
    output = tmp_path / "pulled.json"
    assert run("pull", "prices", "-o", output, "--placeholder", "lake_bucket=lake-1").exit_code == 0
    assert run("diff", path, output).exit_code == 0
    assert "${lake_bucket}" in output.read_text(encoding="utf-8")


def test_every_command_explains_itself() -> None:
    for name, command in job.commands.items():
        assert command.get_short_help_str(), name
        assert run(name, "--help").exit_code == 0
        assert all(
            option.help
            for option in command.params
            if isinstance(option, click.Option) and option.name != "help"
        ), name
