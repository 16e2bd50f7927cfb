"""A CloudWatch alarm that notifies one topic when it starts and when it ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True)
class Alarm:
    """Rings when ``metric`` compares with ``threshold`` for ``periods`` one after another, each of ``period`` seconds."""

    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, pulumi.Input[str]]
    threshold: pulumi.Input[float] = 1
    statistic: str = "Sum"
    comparison: str = "GreaterThanOrEqualToThreshold"
    missing: str = "notBreaching"
    period: int = 300
    periods: int = 1

    def make(
        self, name: str, topic: pulumi.Input[str], opts: pulumi.ResourceOptions
    ) -> aws.cloudwatch.MetricAlarm:
        """The alarm as a resource."""
        return aws.cloudwatch.MetricAlarm(
            name,
            alarm_description=self.description,
            namespace=self.namespace,
            metric_name=self.metric,
            dimensions=dict(self.dimensions),
            statistic=self.statistic,
            period=self.period,
            evaluation_periods=self.periods,
            threshold=self.threshold,
            comparison_operator=self.comparison,
            treat_missing_data=self.missing,
            alarm_actions=[topic],
            ok_actions=[topic],
            opts=opts,
        )


def dead_letters(description: str, queue: aws.sqs.Queue) -> Alarm:
    """An alarm for what waits in a queue that should be empty."""
    return Alarm(
        description,
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        {"QueueName": queue.name},
        statistic="Maximum",
    )
