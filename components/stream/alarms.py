"""Alarms, to one topic, for a stream that stands still, loses trades or costs too much."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import pulumi
import pulumi_aws as aws

from components.alarm import Alarm, dead_letters
from components.function import PythonFunction
from components.stream.delivery import StreamDelivery
from components.stream.service import StreamService
from stream.config import silence_alarm_of

_MINUTE = 60
_at_once = partial(Alarm, period=_MINUTE)
_sustained = partial(Alarm, period=_MINUTE, periods=5)  # for what may be over in the next minute
_STANDSTILL_SECONDS = 300
_BEHIND_MILLISECONDS = 15 * 60 * 1000  # the stream keeps records for 24 hours
_DELIVERY_SLACK_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamAlarmsArgs:
    """``delivery_seconds`` is how long Firehose gathers a file."""

    topic: pulumi.Input[str]
    stream: aws.kinesis.Stream
    delivery: StreamDelivery
    service: StreamService
    compaction: PythonFunction
    delivery_seconds: int


class StreamAlarms(pulumi.ComponentResource):
    """One alarm for each way in which the stream can fail."""

    alarms: list[aws.cloudwatch.MetricAlarm]

    def __init__(self, name: str, args: StreamAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:StreamAlarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.alarms = [
            alarm.make(f"{name}-{short}", args.topic, child)
            for short, alarm in {**_producer(args), **_transport(args), **_compaction(args)}.items()
        ]
        self.register_outputs({"alarms": [alarm.name for alarm in self.alarms]})


def _producer(args: StreamAlarmsArgs) -> dict[str, Alarm]:
    service = {"ClusterName": args.service.cluster.name, "ServiceName": args.service.service.name}
    own = args.service.metrics_namespace
    return {
        # ECS reports a service's use of memory once a minute and task; without a task it reports nothing.
        "task-not-running": _sustained(
            "The producer's task is not running; see the service's events in ECS.",
            "AWS/ECS",
            "MemoryUtilization",
            service,
            statistic="SampleCount",
            comparison="LessThanThreshold",
            missing="breaching",
        ),
        "last-trade-age": _sustained(
            f"No trade from any exchange for {_STANDSTILL_SECONDS} s, or no word from the producer.",
            own,
            "LastTradeAge",
            {},
            statistic="Maximum",
            threshold=_STANDSTILL_SECONDS,
            missing="breaching",
        ),
        **{
            f"silent-{name.replace('_', '-')}": _sustained(
                f"No trade from {name} for {silence_alarm_of(name)} s; the others go on.",
                own,
                "LastTradeAge",
                {"Exchange": name},
                statistic="Maximum",
                threshold=silence_alarm_of(name),
            )
            for name in args.service.exchanges
        },
        "trades-lost": _at_once(
            "Trades were lost on this side (disk, stop); the next task repairs what history still has.",
            own,
            "LostTrades",
            {},
        ),
        "unwanted-trades": _at_once(
            "An exchange sends a market that nobody asked for; see the producer's log.",
            own,
            "UnwantedTrades",
            {},
        ),
        "trades-missing": _at_once(
            "Trades are missing that could not be had so far; see the query bitcoin_lacunas.",
            own,
            "UnrepairedTrades",
            {},
        ),
    }


def _transport(args: StreamAlarmsArgs) -> dict[str, Alarm]:
    stream = {"StreamName": args.stream.name}
    delivery = {"DeliveryStreamName": args.delivery.firehose.name}
    return {
        "iterator-age": _sustained(
            "Firehose reads the data stream too slowly; after 24 hours Kinesis drops records.",
            "AWS/Kinesis",
            "GetRecords.IteratorAgeMilliseconds",
            stream,
            statistic="Maximum",
            threshold=_BEHIND_MILLISECONDS,
        ),
        "write-throttled": _sustained(
            "Kinesis refuses records; with provisioned capacity raise stream.shards.",
            "AWS/Kinesis",
            "WriteProvisionedThroughputExceeded",
            stream,
        ),
        "read-throttled": _sustained(
            "Kinesis refuses reads: does somebody else read the data stream?",
            "AWS/Kinesis",
            "ReadProvisionedThroughputExceeded",
            stream,
        ),
        "delivery-freshness": _sustained(
            "Firehose holds trades for longer than it should; see its log group.",
            "AWS/Firehose",
            "DeliveryToS3.DataFreshness",
            delivery,
            statistic="Maximum",
            threshold=args.delivery_seconds + _DELIVERY_SLACK_SECONDS,
        ),
        "conversion-failed": _at_once(
            "Records could not become parquet; they are kept under bitcoin/errors/.",
            "AWS/Firehose",
            "FailedConversion.Records",
            delivery,
        ),
    }


def _compaction(args: StreamAlarmsArgs) -> dict[str, Alarm]:
    function = args.compaction
    return {
        "compaction-errors": _at_once(
            f"A compaction failed; its log group is /aws/lambda/{function.name}. Nothing was deleted.",
            "AWS/Lambda",
            "Errors",
            {"FunctionName": function.name},
        ),
        "compaction-dead-letters": replace(
            dead_letters(
                "A compaction was given up; start it again for its day, it is safe to repeat.",
                function.dead_letters,
            ),
            period=_MINUTE,
            periods=5,
        ),
    }
