"""What tells a person that the stream stands still, loses trades or pays for it: alarms to one topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.function import PythonFunction
from components.stream.delivery import StreamDelivery
from components.stream.service import StreamService
from stream.config import silence_alarm_of

_MINUTE = 60
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
    delivery_seconds: pulumi.Input[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Alarm:
    """Rings when ``metric`` compares with ``threshold`` for ``minutes`` one after another."""

    short: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    threshold: pulumi.Input[float] = 1
    statistic: str = "Sum"
    comparison: str = "GreaterThanOrEqualToThreshold"
    minutes: int = 5
    missing: str = "notBreaching"


class StreamAlarms(pulumi.ComponentResource):
    """One alarm for each way in which the stream can fail."""

    alarms: list[aws.cloudwatch.MetricAlarm]

    def __init__(self, name: str, args: StreamAlarmsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:StreamAlarms", name, None, opts)
        self.alarms = [
            aws.cloudwatch.MetricAlarm(
                f"{name}-{alarm.short}",
                alarm_description=alarm.description,
                namespace=alarm.namespace,
                metric_name=alarm.metric,
                dimensions=dict(alarm.dimensions),
                statistic=alarm.statistic,
                period=_MINUTE,
                evaluation_periods=alarm.minutes,
                threshold=alarm.threshold,
                comparison_operator=alarm.comparison,
                treat_missing_data=alarm.missing,
                alarm_actions=[args.topic],
                ok_actions=[args.topic],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for alarm in [*_producer(args), *_transport(args), *_compaction(args)]
        ]
        self.register_outputs({"alarms": [alarm.name for alarm in self.alarms]})


def _producer(args: StreamAlarmsArgs) -> Sequence[_Alarm]:
    service = {"ClusterName": args.service.cluster.name, "ServiceName": args.service.service.name}
    own = args.service.metrics_namespace
    return [
        # ECS reports a service's use of memory once a minute and task; without a task it reports nothing.
        _Alarm(
            short="task-not-running",
            description="The producer's task is not running; see the service's events in ECS.",
            namespace="AWS/ECS",
            metric="MemoryUtilization",
            dimensions=service,
            statistic="SampleCount",
            comparison="LessThanThreshold",
            missing="breaching",
        ),
        _Alarm(
            short="last-trade-age",
            description=f"No trade from any exchange for {_STANDSTILL_SECONDS} s, or no word from the producer.",
            namespace=own,
            metric="LastTradeAge",
            dimensions={},
            statistic="Maximum",
            threshold=_STANDSTILL_SECONDS,
            missing="breaching",
        ),
        *(
            _Alarm(
                short=f"silent-{name.replace('_', '-')}",
                description=f"No trade from {name} for {silence_alarm_of(name)} s; the others go on.",
                namespace=own,
                metric="LastTradeAge",
                dimensions={"Exchange": name},
                statistic="Maximum",
                threshold=silence_alarm_of(name),
            )
            for name in args.service.exchanges
        ),
        _Alarm(
            short="trades-lost",
            description="Trades were lost on this side (disk, stop); the next task repairs what history still has.",
            namespace=own,
            metric="LostTrades",
            dimensions={},
            minutes=1,
        ),
        _Alarm(
            short="unwanted-trades",
            description="An exchange sends a market that nobody asked for; see the producer's log.",
            namespace=own,
            metric="UnwantedTrades",
            dimensions={},
            minutes=1,
        ),
        _Alarm(
            short="trades-missing",
            description="Trades are missing that could not be had so far; see the query bitcoin_lacunas.",
            namespace=own,
            metric="UnrepairedTrades",
            dimensions={},
            minutes=1,
        ),
    ]


def _transport(args: StreamAlarmsArgs) -> Sequence[_Alarm]:
    stream = {"StreamName": args.stream.name}
    delivery = {"DeliveryStreamName": args.delivery.firehose.name}
    return [
        _Alarm(
            short="iterator-age",
            description="Firehose reads the data stream too slowly; after 24 hours Kinesis drops records.",
            namespace="AWS/Kinesis",
            metric="GetRecords.IteratorAgeMilliseconds",
            dimensions=stream,
            statistic="Maximum",
            threshold=_BEHIND_MILLISECONDS,
        ),
        _Alarm(
            short="write-throttled",
            description="Kinesis refuses records; with provisioned capacity raise stream.shards.",
            namespace="AWS/Kinesis",
            metric="WriteProvisionedThroughputExceeded",
            dimensions=stream,
        ),
        _Alarm(
            short="read-throttled",
            description="Kinesis refuses reads: does somebody else read the data stream?",
            namespace="AWS/Kinesis",
            metric="ReadProvisionedThroughputExceeded",
            dimensions=stream,
        ),
        _Alarm(
            short="delivery-freshness",
            description="Firehose holds trades for longer than it should; see its log group.",
            namespace="AWS/Firehose",
            metric="DeliveryToS3.DataFreshness",
            dimensions=delivery,
            statistic="Maximum",
            threshold=pulumi.Output.from_input(args.delivery_seconds).apply(
                lambda seconds: seconds + _DELIVERY_SLACK_SECONDS
            ),
        ),
        _Alarm(
            short="conversion-failed",
            description="Records could not become parquet; they are kept under bitcoin/errors/.",
            namespace="AWS/Firehose",
            metric="FailedConversion.Records",
            dimensions=delivery,
            minutes=1,
        ),
    ]


def _compaction(args: StreamAlarmsArgs) -> Sequence[_Alarm]:
    function = args.compaction
    return [
        _Alarm(
            short="compaction-errors",
            description=f"A compaction failed; its log group is /aws/lambda/{function.name}. Nothing was deleted.",
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions={"FunctionName": function.name},
            minutes=1,
        ),
        _Alarm(
            short="compaction-dead-letters",
            description="A compaction was given up; start it again for its day, it is safe to repeat.",
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions={"QueueName": function.dead_letters.name},
            statistic="Maximum",
        ),
    ]
