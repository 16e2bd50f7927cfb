from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from glue.comparison import compare
from glue.definition import load, parse
from glue.errors import PullError
from glue.files import dump, write
from glue.pull import client, pull


@pytest.fixture
def glue() -> Iterator[tuple[Any, Stubber]]:
    service = boto3.client(
        "glue", region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test"
    )
    with Stubber(service) as stubber:
        yield service, stubber


def answer(document: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(document).replace("${lake_bucket}", "lake-7")
    return {"Job": {**json.loads(text), "CreatedOn": datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC)}}


def test_a_pulled_job_is_the_one_in_the_repository(
    glue: tuple[Any, Stubber], document: dict[str, Any]
) -> None:
    service, stubber = glue
    stubber.add_response("get_job", answer(document), {"JobName": "prices"})
    pulled = pull(service, "prices", {"lake_bucket": "lake-7"})
    assert compare(parse(document), pulled) == []
    assert pulled.nodes["node-1"].properties["Paths"] == ["s3://${lake_bucket}/raw/"]


def test_a_pulled_file_is_stable_and_reads_back(
    glue: tuple[Any, Stubber], document: dict[str, Any], tmp_path: Path
) -> None:
    service, stubber = glue
    nodes = document["CodeGenConfigurationNodes"]
    reversed_document = {**document, "CodeGenConfigurationNodes": dict(reversed(nodes.items()))}
    stubber.add_response("get_job", answer(document))
    stubber.add_response("get_job", answer(reversed_document))
    texts = [dump(pull(service, "prices")) for _ in range(2)]
    assert texts[0] == texts[1]
    assert list(json.loads(texts[0]))[:3] == ["Name", "JobMode", "Role"]
    path = tmp_path / "prices.json"
    write(path, texts[0])
    assert compare(load(path), pull_again(document)) == []


def pull_again(document: dict[str, Any]) -> Any:
    return parse(answer(document)["Job"] | {"CreatedOn": None})


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("EntityNotFoundException", "job prices: there is no such job in this account and region"),
        ("AccessDeniedException", "job prices: GetJob failed: not you"),
    ],
)
def test_refusals_of_the_api_are_explained(glue: tuple[Any, Stubber], code: str, message: str) -> None:
    service, stubber = glue
    stubber.add_client_error("get_job", service_error_code=code, service_message="not you")
    with pytest.raises(PullError, match=message):
        pull(service, "prices")


def test_a_script_job_is_no_visual_job(glue: tuple[Any, Stubber]) -> None:
    service, stubber = glue
    stubber.add_response("get_job", {"Job": {"Name": "prices", "Command": {"Name": "glueetl"}}})
    with pytest.raises(PullError, match="job prices: is a Glue job without visual nodes"):
        pull(service, "prices")


def test_a_client_needs_a_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    with pytest.raises(PullError, match=r"no Glue client: .*region"):
        client()


def test_writing_replaces_the_file_in_one_step_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text("old", encoding="utf-8")
    path.chmod(0o640)
    write(path, "new\n")
    assert path.read_text(encoding="utf-8") == "new\n"
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "job.json"
    path.write_text("old", encoding="utf-8")

    def broken(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(OSError, match="No space"):
        write(path, "new")
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]
