"""`pulumi destroy` of prod, whose buckets hold the only copy."""

from __future__ import annotations

from bovespa.local.aws import Clients
from tests.engine.conftest import NewProject


def test_prod_refuses_to_be_destroyed_before_anything_is_gone(new_project: NewProject) -> None:
    project = new_project("protect")
    project.pulumi("stack", "init", "prod")
    project.up()
    lake = project.outputs()["lakeBucket"]
    s3 = Clients(project.environment)["s3"]
    s3.put_object(Bucket=lake, Key="raw/carteira/only.parquet", Body=b"the only copy")
    before = {resource["urn"] for resource in project.state()}

    refused = project.pulumi("destroy", "--yes", "--skip-preview", status=255)

    assert "protect" in refused.output
    assert {resource["urn"] for resource in project.state()} == before
    assert s3.head_object(Bucket=lake, Key="raw/carteira/only.parquet")["ContentLength"]
