"""The producer against the embedded AWS: what boto3 reads back from Kinesis and S3 is what happened."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import boto3
import pytest
from stream_scenario import Scenario, recording  # type: ignore[import-not-found]

from bovespa.local.emulator import emulator
from stream.sinks.shards import ShardPacer


@pytest.mark.slow
def test_records_land_on_their_shards_and_the_checkpoint_in_s3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulator(tmp_path / "aws") as running:
        for name, value in running.environment.items():
            monkeypatch.setenv(name, value)
        aws = boto3.Session()  # the default one may have been made by a test before, with its key
        bucket = {"LocationConstraint": "sa-east-1"}
        aws.client("s3").create_bucket(Bucket="state", CreateBucketConfiguration=bucket)
        kinesis = aws.client("kinesis")
        kinesis.create_stream(StreamName="trades", ShardCount=2)
        while kinesis.describe_stream_summary(StreamName="trades")["StreamDescriptionSummary"][
            "StreamStatus"
        ] != ("ACTIVE"):
            time.sleep(0.1)

        async def run() -> Scenario:
            where = {
                "sink": "kinesis",
                "kinesis_stream": "trades",
                "checkpoint": "s3://state/stream/state.json",
            }
            async with recording("binance", tmp_path, **where) as scenario:
                for _ in range(10):
                    scenario.trade(300)
                    await asyncio.sleep(0.1)
                await scenario.complete()
            return scenario

        scenario = asyncio.run(run())
        found: list[int] = []
        shards = kinesis.list_shards(StreamName="trades")["Shards"]
        pacer = ShardPacer([int(shard["HashKeyRange"]["StartingHashKey"]) for shard in shards])
        for index, shard in enumerate(shards):
            start = kinesis.get_shard_iterator(
                StreamName="trades", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )
            for record in kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]:
                assert pacer.shard(record["PartitionKey"]) == index
                found += [json.loads(line)["trade_id"] for line in record["Data"].splitlines()]
        assert sorted(found) == scenario.published
        state = aws.client("s3").get_object(Bucket="state", Key="stream/state.json")["Body"].read()
        runs = json.loads(state)["markets"]["binance/BTC-USDT"]["runs"]
        assert runs == [[scenario.published[0], scenario.published[-1]]]
