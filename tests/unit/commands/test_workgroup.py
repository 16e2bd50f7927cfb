"""Asking a workgroup of Athena's with nothing of Pulumi's: the embedded AWS, as boto3 finds AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path

import boto3
import pyarrow.parquet as pq
import pytest
from botocore.exceptions import ClientError

from bovespa.local.aws import Clients
from bovespa.local.emulator import REGION, Emulator
from bovespa.main import main
from bovespa.target import Where, find_athena
from bovespa.unanswered import unasked

SQL = "SELECT 1 AS um"
PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture
def workgroup(
    emulator_environment: Emulator,
    aws: Clients,
    bucket: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """One of the emulator's, which this process's own environment leads to; no Pulumi and no profile is there."""
    name = f"analyst-{uuid.uuid4().hex[:8]}"
    where = {"ResultConfiguration": {"OutputLocation": f"s3://{bucket}/athena/"}}
    aws["athena"].create_work_group(Name=name, Configuration=where)
    for variable in ("AWS_REGION", "AWS_DEFAULT_REGION", "BOVESPA_WORKGROUP", "BOVESPA_DATABASE"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    return name


def run(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    status = 0
    try:
        main(["query", *arguments])
    except SystemExit as done:
        status = int(str(done.code or 0))
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_options_are_enough(workgroup: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = run("--sql", SQL, "--workgroup", workgroup, "--region", REGION, "--json", capsys=capsys)

    assert (done[0], done[2]) == (0, "")
    assert json.loads(done[1]) == {"columns": ["um"], "rows": [[1]], "scanned_bytes": None}


def test_the_environment_is_enough(
    workgroup: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BOVESPA_WORKGROUP", workgroup)
    monkeypatch.setenv("BOVESPA_DATABASE", "outro")
    monkeypatch.setenv("AWS_REGION", REGION)

    found = find_athena(Where())

    assert (found.athena.workgroup, found.athena.database) == (workgroup, "outro")
    assert found.athena.client.meta.region_name == REGION
    assert find_athena(Where(database="default")).athena.database == "default"
    assert run("--sql", SQL, "--csv", capsys=capsys) == (0, "um\n1\n", "")


def test_awss_own_count_of_bytes_counts(workgroup: str, monkeypatch: pytest.MonkeyPatch) -> None:
    where = Where(workgroup=workgroup, region=REGION)
    assert not find_athena(where).athena.counts_scans

    monkeypatch.delenv("AWS_ENDPOINT_URL")

    assert find_athena(where).athena.counts_scans


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "said"),
    [
        (
            ("--workgroup", "nenhum", "--region", REGION),
            {},
            1,
            f"there is no workgroup nenhum in {REGION}: `aws athena list-work-groups --region {REGION}` lists",
        ),
        (("--workgroup", "MINE"), {}, 1, "no region: give it with --region or AWS_REGION"),
        (("--workgroup", "MINE", "--region", "us east"), {}, 1, "'us east'"),
        (
            ("--workgroup", "MINE", "--region", REGION),
            {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"},
            1,
            "no AWS credentials: sign in with `aws configure` or `aws sso login`, or name a profile",
        ),
        (
            ("--workgroup", "MINE", "--region", REGION),
            {"AWS_SECRET_ACCESS_KEY": "another"},
            1,
            "AWS doesn't allow it: The request signature",
        ),
        (
            ("--workgroup", "MINE", "--region", REGION),
            {"AWS_PROFILE": "ninguem"},
            1,
            "The config profile (ninguem) could not be found",
        ),
        (
            ("--workgroup", "MINE", "--region", REGION),
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"},
            1,
            f"http://127.0.0.1:9/ does not answer: is {REGION} the region?",
        ),
        (("--stack", "dev", "--workgroup", "MINE"), {}, 2, "leave the other options out"),
        (("--region", REGION), {}, 2, "go with --workgroup, or BOVESPA_WORKGROUP"),
    ],
    ids=["workgroup", "region", "no region", "nobody", "stranger", "profile", "endpoint", "both", "alone"],
)
def test_a_mistake_is_one_line(
    workgroup: str,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)

    found, output, errors = run(
        "--sql", SQL, *(workgroup if word == "MINE" else word for word in arguments), capsys=capsys
    )

    assert (found, output) == (status, "")
    assert said in errors
    assert len(errors.splitlines()) == (1 if status == 1 else 4), errors
    assert "Traceback" not in errors


def test_a_database_that_is_not_there_is_named(workgroup: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--workgroup", workgroup, "--region", REGION, "--database", "nenhum")

    found, _, errors = run("composicao", *where, capsys=capsys)

    assert found == 1
    assert errors == (
        "error: SCHEMA_NOT_FOUND: Schema 'nenhum' does not exist (SHOW DATABASES lists those there are; "
        "--database names another)\n"
    )


def test_the_stack_that_was_asked_for_comes_before_the_environment(
    workgroup: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOVESPA_WORKGROUP", workgroup)
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setattr("bovespa.target.find_target", lambda stack: f"the stack {stack}")

    assert str(find_athena(Where(stack="local"))) == "the stack local"
    assert os.environ["BOVESPA_WORKGROUP"] == workgroup


@pytest.mark.parametrize(
    ("code", "message", "said"),
    [
        ("ExpiredTokenException", "The security token is expired", "the AWS credentials have expired: sign in again"),
        ("UnrecognizedClientException", "The security token is invalid.", "AWS doesn't take the credentials (The sec"),
        ("AccessDeniedException", "X is not authorized to Y", "AWS doesn't allow it: X is not authorized to Y"),
        ("InvalidRequestException", "line 1:1: mismatched input", "line 1:1: mismatched input"),
        ("TooManyRequestsException", "Rate\nexceeded", "Athena can't be asked: Rate exceeded"),
    ],
)  # fmt: skip
def test_what_aws_refuses_is_told_by_its_code(workgroup: str, code: str, message: str, said: str) -> None:
    error = ClientError({"Error": {"Code": code, "Message": message}}, "StartQueryExecution")

    assert unasked(error, find_athena(Where(workgroup=workgroup, region=REGION)).athena).startswith(said)


MANY = "SELECT n, 'Petróleo → ação, 中' AS texto FROM UNNEST(sequence(1, 3000)) AS t(n) ORDER BY n"


def ask(workgroup: str, *more: str, stdout: int, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "bovespa.main", "query", "--sql", MANY, "--workgroup", workgroup]
    return subprocess.run(
        [*command, "--region", REGION, *more],
        cwd=PROJECT,
        env={**os.environ, **environment},
        stdout=stdout,
        stderr=subprocess.PIPE,
        timeout=120,
    )


@pytest.mark.parametrize("more", [(), ("--csv",), ("--json",)], ids=str)
def test_a_full_disk_and_a_reader_that_goes_are_no_tracebacks(workgroup: str, more: tuple[str, ...]) -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    reading, writing = os.pipe()
    os.close(reading)
    try:
        on_full, in_pipe = ask(workgroup, *more, stdout=full), ask(workgroup, *more, stdout=writing)
    finally:
        os.close(full)
        os.close(writing)

    assert (on_full.returncode, in_pipe.returncode) == (1, 141)
    assert on_full.stderr.decode() == "error: the output can't be written: No space left on device\n"
    assert in_pipe.stderr == b""


@pytest.mark.parametrize(
    ("environment", "encoding", "shown"),
    [
        ({"PYTHONIOENCODING": "cp1252"}, "cp1252", "Petróleo -> ação, ?"),
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}, "ascii", "Petroleo -> acao, ?"),
        ({"PYTHONIOENCODING": "utf-8"}, "utf-8", "Petróleo → ação, 中"),
    ],
    ids=["cp1252", "C", "utf-8"],
)  # fmt: skip
def test_a_terminal_of_any_alphabet_shows_the_rows(
    workgroup: str, environment: dict[str, str], encoding: str, shown: str
) -> None:
    done = ask(workgroup, stdout=subprocess.PIPE, **environment)

    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode(encoding).splitlines()
    assert lines[1].split(maxsplit=1) == ["1", shown]
    assert len(lines) == 3000 + 3


def test_a_file_is_written_whole_or_not_at_all(workgroup: str, tmp_path: Path) -> None:
    made = ask(workgroup, "--parquet", str(tmp_path / "rows.parquet"), stdout=subprocess.PIPE)
    assert (made.returncode, made.stdout.decode()) == (0, f"3,000 rows in {tmp_path / 'rows.parquet'}\n")
    assert pq.read_metadata(tmp_path / "rows.parquet").num_rows == 3000

    lost = ask(workgroup, "--parquet", str(tmp_path / "none" / "rows.parquet"), stdout=subprocess.PIPE)
    assert (lost.returncode, lost.stdout) == (1, b"")
    assert lost.stderr.decode().endswith("can't be written: No such file or directory\n")
    assert [path.name for path in tmp_path.glob("*.parquet*")] == ["rows.parquet"]
