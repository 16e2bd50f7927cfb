"""Buckets and Athena: private, encrypted, TLS only, bounded."""

from __future__ import annotations

import json
from typing import Any

from bovespa.local.program import Registration
from lake.saved_queries import saved_queries
from tests.stack.plan import Plan


def beside(plan: Plan, type_: str, bucket: Registration) -> Registration:
    """The one resource of that type that sets something on the bucket."""
    (found,) = [r for r in plan.of(type_) if r.inputs["bucket"] == bucket.inputs["bucket"]]
    return found


def test_every_bucket_is_private_encrypted_and_tls_only(plan: Plan) -> None:
    buckets = plan.of("s3/bucket:Bucket")
    assert len(buckets) >= 2
    for bucket in buckets:
        block = beside(plan, ":BucketPublicAccessBlock", bucket).inputs
        assert {key: block[key] for key in block if key != "bucket"} == {
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        }
        ownership = beside(plan, ":BucketOwnershipControls", bucket).inputs
        assert ownership["rule"] == {"objectOwnership": "BucketOwnerEnforced"}
        (rule,) = beside(plan, ":BucketServerSideEncryptionConfiguration", bucket).inputs["rules"]
        assert rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] in ("AES256", "aws:kms")
        (deny,) = json.loads(beside(plan, ":BucketPolicy", bucket).inputs["policy"])["Statement"]
        assert deny["Effect"] == "Deny"
        assert (deny["Principal"], deny["Action"]) == ("*", "s3:*")
        assert deny["Resource"] == [plan.arn(bucket), f"{plan.arn(bucket)}/*"]
        assert deny["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_bucket_policy_waits_for_the_public_access_block(plan: Plan) -> None:
    for bucket in plan.of("s3/bucket:Bucket"):
        block = beside(plan, ":BucketPublicAccessBlock", bucket)
        assert (block.type, block.name) in plan.depends_on(beside(plan, ":BucketPolicy", bucket))


def rules(plan: Plan, bucket: Registration) -> dict[str, dict[str, Any]]:
    lifecycle = beside(plan, ":BucketLifecycleConfiguration", bucket).inputs["rules"]
    assert all(rule["status"] == "Enabled" for rule in lifecycle)
    return {rule["id"]: rule for rule in lifecycle}


def test_every_bucket_ends_what_it_need_not_keep(plan: Plan) -> None:
    for bucket in plan.of("s3/bucket:Bucket"):
        found = rules(plan, bucket)
        assert found["abandoned-uploads"]["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}
        assert len(found) > 1


def lake(plan: Plan) -> Registration:
    return plan.one("s3/bucket:Bucket", "lake")


def test_the_only_copy_is_versioned_and_never_expires(plan: Plan) -> None:
    versioning = beside(plan, ":BucketVersioning", lake(plan)).inputs
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    for rule in rules(plan, lake(plan)).values():
        if "days" in rule.get("expiration", {}):
            assert not rule["filter"]["prefix"].startswith(("raw", "payloads", "REFINED"))
            assert rule["filter"]["prefix"]


def test_production_data_outlives_the_stack(plan: Plan) -> None:
    assert lake(plan).inputs["forceDestroy"] is (plan.stack == "dev")


def test_the_default_database_is_made_once_and_never_removed(plan: Plan) -> None:
    databases = plan.of(":CatalogDatabase")

    assert plan.exports["database"] == "default"
    (database,) = databases
    assert database.inputs["name"] == "default"
    assert plan.requests[database.type, database.name].retainOnDelete


def test_athena_is_bounded_encrypted_and_not_to_be_overruled(plan: Plan) -> None:
    (workgroup,) = plan.of(":Workgroup")
    settings = workgroup.inputs["configuration"]

    assert settings["enforceWorkgroupConfiguration"] is True
    assert settings["bytesScannedCutoffPerQuery"] == 1024**3
    results = settings["resultConfiguration"]
    assert results["encryptionConfiguration"] == {"encryptionOption": "SSE_S3"}
    assert results["outputLocation"] == f"s3://{plan.exports['resultsBucket']}/athena/"
    assert settings["publishCloudwatchMetricsEnabled"] is True


def test_every_saved_query_is_a_named_query_of_the_workgroup(plan: Plan) -> None:
    named = {query.inputs["name"]: query.inputs for query in plan.of(":NamedQuery")}

    assert {name: query["query"] for name, query in named.items()} == {
        query.title: query.sql for query in saved_queries()
    }
    assert {query["workgroup"] for query in named.values()} == {plan.exports["workgroup"]}
    assert {query["database"] for query in named.values()} == {"default"}
