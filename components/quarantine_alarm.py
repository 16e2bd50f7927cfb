"""An alarm for raw that a job set aside: it listens for the guard's line in the job's log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.alarm import Alarm
from components.context import Context
from components.visual_job import VisualJob

METRIC = "RawSetAside"
LINE = "set aside: s3:"  # as glue/code/raw_guard.py prints it


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineAlarmArgs:
    """``topic`` hears of what one of the ``jobs`` set aside."""

    context: Context
    jobs: Sequence[VisualJob]
    topic: pulumi.Input[str]


class QuarantineAlarm(pulumi.ComponentResource):
    """Log line → metric → alarm. The run goes on and succeeds, so there is no job failure to alarm."""

    alarm: aws.cloudwatch.MetricAlarm

    def __init__(
        self, name: str, args: QuarantineAlarmArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:QuarantineAlarm", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context = args.context
        filters = [
            aws.cloudwatch.LogMetricFilter(
                f"{name}-{job.short}",
                log_group_name=job.output_log,
                pattern=f'"{LINE}"',
                metric_transformation={
                    "name": METRIC,
                    "namespace": context.prefix,
                    "value": "1",
                    "unit": "Count",
                },
                opts=child,
            )
            for job in args.jobs
        ]
        alarm = Alarm(
            "A job moved raw that it could not trust to quarantine/; see docs/runbook.md.",
            context.prefix,
            METRIC,
            {},
        )
        after = pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=filters))
        self.alarm = alarm.make(name, args.topic, after)
        self.register_outputs({"alarm": self.alarm.name})
