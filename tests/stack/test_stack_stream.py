"""The stream's resources: none while it is disabled, bounded and closed while it is enabled."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from typing import Any

import pytest
import yaml

from bovespa.local.errors import DeploymentFailed
from components.packaging import PROJECT
from lake.saved_queries import stream_queries
from lake.tables.bitcoin_trades import TRADES
from stream.config import from_environment
from stream.exchanges import exchange_named
from stream.metrics import exchange_line, metric_line
from stream.stats import Stats
from tests.stack.plan import Plan, plan_of

NEVER_WITHOUT = (":kinesis/", ":ecs/", ":ec2/", ":s3/bucketObject")


@pytest.fixture(scope="module", params=["dev", "prod"])
def enabled(request: pytest.FixtureRequest) -> Plan:
    return plan_of(request.param, stream={"enabled": True})


@pytest.fixture(scope="module")
def stream() -> Plan:
    return plan_of("dev", stream={"enabled": True, "shards": 2, "deliverySeconds": 120})


def containers(plan: Plan) -> dict[str, dict[str, Any]]:
    (task,) = plan.of(":TaskDefinition")
    return {found["name"]: found for found in json.loads(task.inputs["containerDefinitions"])}


def environment(container: dict[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["environment"]}


# --- on and off ---


@pytest.mark.parametrize("stream_config", [None, {"enabled": False}, {"enabled": False, "shards": 3}])
def test_nothing_of_the_stream_is_there_while_it_is_disabled(stream_config: dict[str, Any] | None) -> None:
    plan = plan_of("dev", **({} if stream_config is None else {"stream": stream_config}))

    assert not [r.type for r in plan.resources if any(part in r.type for part in NEVER_WITHOUT)]
    words = re.compile(r"stream-|bitcoin|trades|compaction|kinesis|ecs")
    assert not [r.name for r in plan.resources if words.search(r.name)]
    assert not [name for name in plan.exports if re.search("trades|producer|compaction", name)]
    assert not [q for q in plan.of(":NamedQuery") if "bitcoin_trades" in q.inputs["query"]]


def test_the_projects_file_declares_the_stream_disabled_and_names_every_key() -> None:
    declared = yaml.safe_load((PROJECT / "Pulumi.yaml").read_text(encoding="utf-8"))["config"]["stream"]

    assert declared["value"] == {"enabled": False}
    given = re.findall(r"\w+", declared["description"])
    assert [key for key in _keys() if key not in given] == []


def _keys() -> list[str]:
    with pytest.raises(DeploymentFailed) as failure:
        plan_of("dev", stream={"unknown": 1})
    return str(failure.value).partition("there are ")[2].split(", ")


def test_enabling_only_adds(enabled: Plan) -> None:
    without = plan_of(enabled.stack)

    def described(plan: Plan) -> dict[tuple[str, str], str]:
        return {
            (r.type, r.name): json.dumps(r.inputs, sort_keys=True, default=lambda asset: str(asset.path))
            for r in plan.resources
        }

    before, after = described(without), described(enabled)

    assert before.items() <= after.items()
    assert without.exports.items() <= enabled.exports.items()


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("yes", r"bovespa:stream: expected an object"),
        ({"enable": True}, r"bovespa:stream\.enable: no such key; there are enabled, exchanges"),
        ({"enabled": "true"}, r"bovespa:stream\.enabled: expected true or false"),
        ({"enabled": True, "exchanges": "binance"}, r"bovespa:stream\.exchanges: expected a list of names"),
        ({"enabled": True, "exchanges": ["mtgox"]}, r"bovespa:stream\.\w+: .*mtgox"),
        ({"enabled": True, "symbols": []}, r"bovespa:stream\.symbols: at least one is needed"),
        ({"enabled": True, "flushSeconds": 0}, r"bovespa:stream\.flushSeconds: .*0"),
        ({"enabled": True, "shards": -1}, r"bovespa:stream\.shards: expected 0 \(on-demand\) to 200"),
        ({"enabled": True, "shards": True}, r"bovespa:stream\.shards: expected a whole number"),
        ({"enabled": True, "deliverySeconds": 30}, r"bovespa:stream\.deliverySeconds: expected 60 to 900"),
        ({"enabled": True, "image": "python:3.13-slim"}, r"bovespa:stream\.image: expected an image pinned"),
        ({"enabled": True, "cpu": 300}, r"bovespa:stream\.cpu: expected one of 256, 512, 1024"),
        ({"enabled": True, "memory": 8192}, r"bovespa:stream\.memory: expected one of 512, 1024, 2048"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_one_line_that_names_the_key(given: Any, reason: str) -> None:
    with pytest.raises(DeploymentFailed, match=reason) as failure:
        plan_of("dev", stream=given)

    assert "\n" not in str(failure.value).strip()


# --- the way of the data ---


def test_the_data_stream_is_encrypted_and_on_demand_by_default(enabled: Plan) -> None:
    (found,) = enabled.of("kinesis/stream:Stream")

    assert found.inputs["streamModeDetails"] == {"streamMode": "ON_DEMAND"}
    assert "shardCount" not in found.inputs
    assert (found.inputs["encryptionType"], found.inputs["kmsKeyId"]) == ("KMS", "alias/aws/kinesis")


def test_a_market_of_one_exchange_reaches_the_producer(own: Plan) -> None:
    config = from_environment(environment(containers(own)["producer"]))

    assert [config.markets_of(name) for name in config.exchanges] == [("BTC-USD",), ("BTC-BRL",)]


def test_provisioned_capacity_is_told_to_the_producer(stream: Plan) -> None:
    (found,) = stream.of("kinesis/stream:Stream")

    assert found.inputs["streamModeDetails"] == {"streamMode": "PROVISIONED"}
    assert found.inputs["shardCount"] == 2
    assert environment(containers(stream)["producer"])["STREAM_KINESIS_SHARDS"] == "2"


def test_firehose_turns_the_producers_lines_into_the_tables_parquet(stream: Plan) -> None:
    (firehose,) = stream.of(":FirehoseDeliveryStream")
    table = stream.one(":CatalogTable", "bitcoin-table")
    s3 = firehose.inputs["extendedS3Configuration"]
    conversion = s3["dataFormatConversionConfiguration"]

    assert s3["prefix"] == "bitcoin/trades/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/"
    assert s3["errorOutputPrefix"].startswith("bitcoin/errors/!{firehose:error-output-type}/")
    assert s3["bufferingSize"] >= 64
    assert s3["bufferingInterval"] == 120
    assert s3["cloudwatchLoggingOptions"]["enabled"] is True
    assert conversion["schemaConfiguration"]["tableName"] == table.inputs["name"] == "bitcoin_trades"
    assert "openXJsonSerDe" in conversion["inputFormatConfiguration"]["deserializer"]
    assert "parquetSerDe" in conversion["outputFormatConfiguration"]["serializer"]
    columns = [(c["name"], c["type"]) for c in table.inputs["storageDescriptor"]["columns"]]
    assert columns == list(TRADES.types())


def test_partitions_are_projected_for_every_hour_and_for_compacted_days(stream: Plan) -> None:
    table = stream.one(":CatalogTable", "bitcoin-table")
    parameters = table.inputs["parameters"]

    assert [key["name"] for key in table.inputs["partitionKeys"]] == ["dt", "hour"]
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.hour.values"].split(",") == [*(f"{h:02d}" for h in range(24)), "day"]
    bucket = stream.exports["tradesBucket"]
    assert (
        parameters["storage.location.template"] == f"s3://{bucket}/bitcoin/trades/dt=${{dt}}/hour=${{hour}}/"
    )


# --- the task ---


def test_there_is_never_more_than_one_task(enabled: Plan) -> None:
    (service,) = enabled.of("ecs/service:Service")

    assert service.inputs["desiredCount"] == 1
    assert service.inputs["deploymentMinimumHealthyPercent"] == 0
    assert service.inputs["deploymentMaximumPercent"] == 100
    assert service.inputs["availabilityZoneRebalancing"] == "DISABLED"
    assert service.inputs["launchType"] == "FARGATE"
    before = enabled.depends_on(service)
    for part in ("start", "task"):
        assert ("aws:iam/rolePolicy:RolePolicy", f"bitcoin-producer-{part}-policy") in before
    assert ("aws:ec2/route:Route", "bitcoin-network-out") in before


def test_nothing_comes_in_and_only_https_goes_out(enabled: Plan) -> None:
    (group,) = enabled.of(":SecurityGroup")
    (unused,) = enabled.of(":DefaultSecurityGroup")

    assert group.inputs.get("ingress", []) == []
    (out,) = group.inputs["egress"]
    assert (out["protocol"], out["fromPort"], out["toPort"]) == ("tcp", 443, 443)
    assert unused.inputs.get("ingress", []) == unused.inputs.get("egress", []) == []
    assert not enabled.of(":NatGateway")
    (service,) = enabled.of("ecs/service:Service")
    assert service.inputs["networkConfiguration"]["assignPublicIp"] is True


def test_the_producer_is_started_with_settings_that_it_takes(enabled: Plan) -> None:
    producer = containers(enabled)["producer"]
    given = environment(producer)

    config = from_environment(given)

    assert config.kinesis_stream == enabled.exports["tradesStream"]
    assert config.checkpoint == f"s3://{enabled.exports['tradesBucket']}/stream/checkpoint.json"
    assert config.stop_timeout < producer["stopTimeout"] <= 120
    assert f":{config.health_port}/" in producer["healthCheck"]["command"][-1]
    mounted = {m["containerPath"]: m["readOnly"] for m in producer["mountPoints"]}
    assert mounted == {"/opt/stream": True, config.spill_directory: False}
    assert producer["readonlyRootFilesystem"] is True
    assert producer["user"].split(":")[0] != "0"
    assert producer["linuxParameters"]["capabilities"]["drop"] == ["ALL"]
    assert producer["dependsOn"] == [{"containerName": "code", "condition": "SUCCESS"}]
    assert {c["image"] for c in containers(enabled).values()} == {producer["image"]}
    assert re.search(r"@sha256:[0-9a-f]{64}$", producer["image"])


def test_the_archive_is_what_its_name_and_digest_say_and_holds_a_producer_that_starts(
    stream: Plan, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (code,) = stream.of(":BucketObjectv2")
    given = environment(containers(stream)["code"])
    archive = PROJECT / code.inputs["source"].path
    target = tmp_path_factory.mktemp("code")

    with zipfile.ZipFile(archive) as content:
        names = content.namelist()
        content.extractall(target)

    assert given["ARCHIVE_SHA256"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert given["ARCHIVE_URL"].endswith(f".amazonaws.com/{code.inputs['key']}")
    assert code.inputs["key"] == f"stream/code/{archive.name}"
    assert not [name for name in names if name.startswith(("bovespa/", "components/", "functions/"))]
    assert {"botocore", "msgspec", "websockets", "stream"} <= {name.split("/")[0] for name in names}
    # Its native wheels are for the container's machine; the sources alone must be complete on this one.
    for name in {name.split("/")[0] for name in names} - {"stream"}:
        (target / name).rename(target / f"-{name}")
    run = subprocess.run(
        [sys.executable, "-m", "stream", "--help"], cwd=target, capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
    assert "STREAM_KINESIS_STREAM" in run.stdout


# --- rights ---


def test_each_role_may_do_its_step_and_no_other(enabled: Plan) -> None:
    def actions(role: str) -> set[str]:
        return {a for s in enabled.rights(role) for a in s["Action"]}

    assert actions("bitcoin-producer-task") == {
        "kinesis:PutRecords",
        "kinesis:ListShards",
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
    }
    assert actions("bitcoin-producer-start") == {"logs:CreateLogStream", "logs:PutLogEvents"}
    assert "s3:DeleteObject" not in actions("bitcoin-delivery")
    assert not [a for a in actions("bitcoin-compaction") if a.startswith(("kinesis", "firehose"))]


def test_statements_name_actions_and_resources_and_only_the_streams_bucket(enabled: Plan) -> None:
    lake = enabled.arn(enabled.one("s3/bucket:Bucket", "lake"))
    mine = [p for p in enabled.of(":RolePolicy") if re.match("bitcoin|compaction", p.name)]
    assert len(mine) == 5
    for policy in mine:
        for statement in json.loads(policy.inputs["policy"])["Statement"]:
            assert not [action for action in statement["Action"] if "*" in action]
            for resource in statement["Resource"]:
                assert resource != "*"
                assert not resource.startswith(lake), f"{policy.name}/{statement['Sid']}"


# --- alarms, logs, queries ---


def test_every_way_to_fail_has_an_alarm_that_tells_the_topic(stream: Plan) -> None:
    alarms = {
        a.inputs["metricName"]: a.inputs
        for a in stream.of(":MetricAlarm")
        if a.name.startswith("bitcoin-alarms-") and "compaction" not in a.name and "-silent-" not in a.name
    }

    assert set(alarms) == {
        "MemoryUtilization",
        "LastTradeAge",
        "UnrepairedTrades",
        "LostTrades",
        "UnwantedTrades",
        "GetRecords.IteratorAgeMilliseconds",
        "WriteProvisionedThroughputExceeded",
        "ReadProvisionedThroughputExceeded",
        "DeliveryToS3.DataFreshness",
        "FailedConversion.Records",
    }
    for alarm in alarms.values():
        assert alarm["alarmActions"] == [stream.exports["alarmTopic"]]
    # Without a task there is no metric at all: silence must ring.
    assert alarms["MemoryUtilization"]["treatMissingData"] == "breaching"
    assert alarms["LastTradeAge"]["treatMissingData"] == "breaching"
    assert alarms["DeliveryToS3.DataFreshness"]["threshold"] > 120
    functions = [
        a.inputs for a in stream.of(":MetricAlarm") if a.name.startswith("bitcoin-alarms-compaction-")
    ]
    assert {a["metricName"] for a in functions} == {"Errors", "ApproximateNumberOfMessagesVisible"}


def test_the_producers_alarms_hear_the_metrics_that_it_writes(stream: Plan) -> None:
    given = environment(containers(stream)["producer"])
    line = json.loads(metric_line(given["STREAM_METRICS_NAMESPACE"], 0.0, Stats().snapshot(), None))
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    written = {metric["Name"] for metric in directive["Metrics"]}
    own = [a.inputs for a in stream.of(":MetricAlarm") if not a.inputs["namespace"].startswith("AWS/")]
    own = [a for a in own if a["namespace"] == directive["Namespace"]]

    whole = {a["metricName"] for a in own if not a.get("dimensions")}
    assert whole == {"LastTradeAge", "UnrepairedTrades", "LostTrades", "UnwantedTrades"}
    assert whole <= written
    assert directive["Dimensions"] == [[]]
    each = [(a["metricName"], a["dimensions"], a["threshold"]) for a in own if a.get("dimensions")]
    assert each == [
        ("LastTradeAge", {"Exchange": name}, exchange_named(name).silence_alarm)
        for name in given["STREAM_EXCHANGES"].split(",")
    ]
    line = json.loads(exchange_line("n", 0.0, "binance", Stats().snapshot(), None))
    assert {"LastTradeAge", "Exchange"} <= set(line)
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Exchange"]]


def test_the_dashboards_show_what_is_written_and_are_linked(stream: Plan) -> None:
    """Own metrics by the names that the producer writes them under; every alarm's metric has a chart."""
    boards = {board.inputs["dashboardName"]: board.inputs for board in stream.of(":Dashboard")}
    assert set(boards) == {"bovespa-dev-batch", "bovespa-dev-bitcoin-dashboard"}
    shown = set()
    for board in boards.values():
        widgets = json.loads(board["dashboardBody"])["widgets"]
        places = [(widget["x"], widget["y"]) for widget in widgets]
        assert len(places) == len(set(places))
        assert all(widget["x"] + widget["width"] <= 24 for widget in widgets)
        for widget in widgets[1:]:
            assert all(None not in metric for metric in widget["properties"]["metrics"])
            shown |= {(metric[0], metric[1]) for metric in widget["properties"]["metrics"]}
    own = {name for namespace, name in shown if namespace == "bovespa-dev-stream"}
    line = json.loads(metric_line("n", 0.0, Stats().snapshot(), None))
    each = json.loads(exchange_line("n", 0.0, "binance", Stats().snapshot(), None))
    gauges = {"LagP50", "LagP99", "DeliveryP50", "DeliveryP99"}  # none before the first trade
    assert own <= set(line) | set(each) | gauges
    alarms = [a.inputs for a in stream.of(":MetricAlarm") if a.name.startswith("bitcoin-alarms-")]
    unseen = {(a["namespace"], a["metricName"]) for a in alarms} - shown
    # The compaction's own, and a reader's that nobody has, are told by the alarms alone.
    assert {name for namespace, name in unseen if namespace not in ("AWS/SQS", "AWS/Lambda")} == {
        "ReadProvisionedThroughputExceeded"
    }
    for key, name in (
        ("batchDashboard", "bovespa-dev-batch"),
        ("streamDashboard", "bovespa-dev-bitcoin-dashboard"),
    ):
        assert stream.exports[key].endswith(f"#dashboards/dashboard/{name}")


def test_logs_are_kept_as_long_as_configured(enabled: Plan) -> None:
    kept = {group.inputs["retentionInDays"] for group in enabled.of(":LogGroup")}

    assert kept == {7 if enabled.stack == "dev" else 90}


def test_the_streams_queries_are_saved_beside_the_others(stream: Plan) -> None:
    saved = {q.inputs["name"]: q.inputs["query"] for q in stream.of(":NamedQuery")}

    assert {q.title: q.sql for q in stream_queries()}.items() <= saved.items()
    assert len(stream_queries()) == 7


def test_the_bucket_keeps_trades_and_ends_the_rest(stream: Plan) -> None:
    (bucket,) = [b for b in stream.of("s3/bucket:Bucket") if b.name == "bitcoin-trades"]
    (lifecycle,) = [
        r for r in stream.of(":BucketLifecycleConfiguration") if r.name == "bitcoin-trades-lifecycle"
    ]
    ended = {
        r["filter"]["prefix"] for r in lifecycle.inputs["rules"] if (r.get("expiration") or {}).get("days")
    }

    assert stream.one(":BucketVersioning", f"{bucket.name}-versioning")
    assert ended == {"bitcoin/errors/", "bitcoin/compaction/staging/", "bitcoin/compaction/results/"}
