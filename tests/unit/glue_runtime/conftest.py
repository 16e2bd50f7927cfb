from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from bovespa.glue.runtime.engine import Engine
from bovespa.glue.runtime.glue_catalog import GlueCatalog
from bovespa.glue.runtime.s3_store import S3Store

REGION = "us-east-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """An AWS in this process: the bucket `lake`, the database `default`; gives clients by their service."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        clients = {name: boto3.client(name, region_name=REGION) for name in ("s3", "glue")}
        clients["s3"].create_bucket(Bucket="lake")
        clients["glue"].create_database(DatabaseInput={"Name": "default"})
        yield clients


@pytest.fixture
def engine(aws: Any, tmp_path: Path) -> Engine:
    (tmp_path / "work").mkdir()
    return Engine(store=S3Store(aws["s3"]), catalog=GlueCatalog(aws["glue"]), work=tmp_path / "work")
