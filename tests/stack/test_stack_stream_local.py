"""The stream's resources made in the embedded AWS: lines in at Kinesis, answers out of the saved queries."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from stream.clock import now
from stream.record import Batch, Record
from stream.trade import GapEvent, Trade, iso
from tests.stack.deployed import Deployed

pytestmark = pytest.mark.slow
WAIT_SECONDS = 60


def test_the_producers_records_become_rows_of_the_table(deployed: Deployed) -> None:
    sealed: list[Record] = []
    batch = Batch("binance", "BTC-USDT", sealed.append)
    moment = now() - 5_000_000
    trades = [
        Trade(
            "binance",
            "BTC-USDT",
            n,
            f"6{n:04d}.12345678",
            "0.00000001",
            "buy",
            moment + n,
            moment + n + 90_000,
        )
        for n in range(1, 11)
    ]
    batch.extend(trades, iso(moment + 90_000))
    batch.add_gap(GapEvent("binance", "BTC-USDT", 11, 13, moment, moment + 20, moment + 30, "too old"))
    batch.flush()
    records = [{"Data": record.data, "PartitionKey": record.key} for record in sealed]

    for _ in range(2):  # delivered twice, as Kinesis and Firehose may
        put = deployed.aws["kinesis"].put_records(
            StreamName=deployed.deployment.exports["tradesStream"], Records=records
        )
        assert put["FailedRecordCount"] == 0
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        found = deployed.answer("bitcoin_lacunas")
        if found and found[0]["copies"] == 10:
            break
        assert time.monotonic() < deadline, found
        time.sleep(0.5)

    (line,) = found
    assert (line["trades"], line["gaps"], line["missing"]) == (10, 1, 3)
    rows = deployed.answer("bitcoin_negocios")
    assert sorted(row["trade_id"] for row in rows) == list(range(1, 11))
    assert {row["price"] for row in rows} == {Decimal(trade.price) for trade in trades}
    today = {f"bitcoin/trades/dt={datetime.now(UTC):%Y-%m-%d}/"}
    listed = deployed.aws["s3"].list_objects_v2(
        Bucket=deployed.deployment.exports["tradesBucket"], Prefix="bitcoin/trades/"
    )["Contents"]
    assert {"/".join(item["Key"].split("/")[:3]) + "/" for item in listed} == today


def test_the_network_lets_nothing_in(deployed: Deployed) -> None:
    groups = deployed.aws["ec2"].describe_security_groups()["SecurityGroups"]
    mine = [group for group in groups if group["Description"].startswith("Producer of the stream")]

    (group,) = mine
    assert group["IpPermissions"] == []
    (out,) = group["IpPermissionsEgress"]
    assert (out["IpProtocol"], out["FromPort"], out["ToPort"]) == ("tcp", 443, 443)


def test_the_code_of_the_task_is_in_the_bucket(deployed: Deployed) -> None:
    (task,) = [r for r in deployed.deployment.resources if r.type.endswith(":TaskDefinition")]
    (code, _) = json.loads(task.inputs["containerDefinitions"])
    url = {variable["name"]: variable["value"] for variable in code["environment"]}["ARCHIVE_URL"]
    bucket = deployed.deployment.exports["tradesBucket"]

    assert url.startswith(f"https://{bucket}.s3.sa-east-1.amazonaws.com/")
    assert deployed.aws["s3"].head_object(Bucket=bucket, Key=url.split(".amazonaws.com/")[1])["ContentLength"]
