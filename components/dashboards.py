"""CloudWatch dashboards: one of the batch, one of the stream; their addresses are exports.

Source: Amazon CloudWatch User Guide, "Dashboard body structure and syntax": a grid 24 wide; metrics are arrays of
namespace, name and dimensions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.context import Context

_WIDTH, _HEIGHT, _COLUMNS = 8, 6, 3
Metric = Sequence[pulumi.Input[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One graph: ``metrics`` are CloudWatch's arrays; ``limit`` draws the line at which an alarm rings."""

    title: str
    metrics: Sequence[Metric]
    statistic: str = "Sum"
    period: int = 300
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DashboardArgs:
    """``heading`` is Markdown."""

    context: Context
    heading: str
    charts: Sequence[Chart]


class Dashboard(pulumi.ComponentResource):
    """A page of charts, three in a row, under a line of text."""

    address: pulumi.Output[str]

    def __init__(self, name: str, args: DashboardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Dashboard", name, None, opts)
        context = args.context
        body = pulumi.Output.from_input(
            [_widget(chart, place, context) for place, chart in enumerate(args.charts)]
        )
        text = {
            "type": "text",
            "x": 0,
            "y": 0,
            "width": 24,
            "height": 2,
            "properties": {"markdown": args.heading},
        }
        own = context.name(name)
        made = aws.cloudwatch.Dashboard(
            name,
            dashboard_name=own,
            dashboard_body=body.apply(
                lambda widgets: json.dumps({"widgets": [text, *widgets]}, sort_keys=True)
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        console = f"https://{context.region}.console.aws.amazon.com/cloudwatch/home?region={context.region}"
        self.address = made.dashboard_name.apply(lambda given: f"{console}#dashboards/dashboard/{given}")
        self.register_outputs({"address": self.address})


def batch_charts(functions: Sequence[pulumi.Input[str]], jobs: Sequence[pulumi.Input[str]]) -> list[Chart]:
    """What the batch did: its functions and its jobs, by their names."""

    def each_function(metric: str) -> list[Metric]:
        return [["AWS/Lambda", metric, "FunctionName", name] for name in functions]

    def each_job(metric: str) -> list[Metric]:
        metric = f"glue.driver.aggregate.{metric}"
        return [["Glue", metric, "JobName", name, "JobRunId", "ALL", "Type", "count"] for name in jobs]

    return [
        Chart(title="Function errors", metrics=each_function("Errors"), limit=1),
        Chart(title="Invocations", metrics=each_function("Invocations")),
        Chart(title="Longest run of a function (ms)", metrics=each_function("Duration"), statistic="Maximum"),
        Chart(title="Job runs: failed tasks", metrics=each_job("numFailedTasks")),
        Chart(title="Job runs: elapsed (ms)", metrics=each_job("elapsedTime")),
        Chart(title="Job runs: records read", metrics=each_job("recordsRead")),
    ]


def stream_charts(
    *,
    namespace: str,
    exchanges: Sequence[str],
    silence: Mapping[str, float],
    stream: pulumi.Input[str],
    firehose: pulumi.Input[str],
    cluster: pulumi.Input[str],
    service: pulumi.Input[str],
) -> list[Chart]:
    """What the stream does: trades, silence, gaps, delivery, the task."""

    def own(*names: str) -> list[Metric]:
        return [[namespace, name] for name in names]

    def each(name: str) -> list[Metric]:
        return [[namespace, name, "Exchange", exchange] for exchange in exchanges]

    task = ["ClusterName", cluster, "ServiceName", service]
    return [
        Chart(title="Trades, and those delivered", metrics=own("Trades", "Acknowledged"), period=60),
        Chart(
            title="Seconds since an exchange's last trade",
            metrics=each("LastTradeAge"),
            statistic="Maximum",
            period=60,
            limit=min(silence.values(), default=None),
        ),
        Chart(
            title="From exchange to us, and from us into Kinesis (s)",
            metrics=own("LagP50", "LagP99", "DeliveryP50", "DeliveryP99"),
            statistic="Maximum",
            period=60,
        ),
        Chart(title="Trades missing now, by exchange", metrics=each("OpenGapTrades"), statistic="Maximum"),
        Chart(
            title="Trades missed, repaired, not to be had, lost here",
            metrics=own("MissingTrades", "RepairedTrades", "UnrepairedTrades", "LostTrades"),
        ),
        Chart(
            title="Reconnects, bad frames, unwanted trades, refusing hosts",
            metrics=[*own("Reconnects", "BadFrames", "UnwantedTrades"), *each("RefusedHosts")],
        ),
        Chart(
            title="Waiting for Kinesis: memory and disk (bytes)",
            metrics=own("QueuedBytes", "SpilledBytes"),
            statistic="Maximum",
            period=60,
        ),
        Chart(
            title="Kinesis: throttled, and the reader's lag (ms)",
            metrics=[
                ["AWS/Kinesis", "WriteProvisionedThroughputExceeded", "StreamName", stream],
                ["AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "StreamName", stream],
            ],
            statistic="Maximum",
        ),
        Chart(
            title="Firehose: freshness (s), failed conversions",
            metrics=[
                ["AWS/Firehose", "DeliveryToS3.DataFreshness", "DeliveryStreamName", firehose],
                ["AWS/Firehose", "FailedConversion.Records", "DeliveryStreamName", firehose],
            ],
            statistic="Maximum",
        ),
        Chart(
            title="The task: CPU and memory (%)",
            metrics=[["AWS/ECS", "CPUUtilization", *task], ["AWS/ECS", "MemoryUtilization", *task]],
            statistic="Average",
        ),
        Chart(
            title="Bytes that are billed: into Kinesis, into S3",
            metrics=[
                ["AWS/Kinesis", "IncomingBytes", "StreamName", stream],
                ["AWS/Firehose", "DeliveryToS3.Bytes", "DeliveryStreamName", firehose],
            ],
        ),
    ]


def _widget(chart: Chart, place: int, context: Context) -> dict[str, Any]:
    row, column = divmod(place, _COLUMNS)
    properties: dict[str, Any] = {
        "title": chart.title,
        "region": context.region,
        "view": "timeSeries",
        "stacked": False,
        "stat": chart.statistic,
        "period": chart.period,
        "metrics": [list(metric) for metric in chart.metrics],
    }
    if chart.limit is not None:
        properties["annotations"] = {"horizontal": [{"label": "alarm", "value": chart.limit}]}
    return {
        "type": "metric",
        "x": column * _WIDTH,
        "y": 2 + row * _HEIGHT,
        "width": _WIDTH,
        "height": _HEIGHT,
        "properties": properties,
    }
