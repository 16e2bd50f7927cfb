"""How a deployed stack is doing, in a handful of calls: captures, runs, quarantine, alarms, stream, schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from bovespa.target import Services

CAPTURES = ("carteira", "negociacao", "carteira_teorica")
QUARANTINE = "quarantine/"
_LISTED = 1000  # of the quarantine; more are "1,000 or more"
_NOTE = ".reason.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A table of raw, and the day of its last object; None where there is none."""

    table: str
    last: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The last run of a job; ``state`` as GetJobRuns has it, None where the job never ran."""

    job: str
    state: str | None
    started: datetime | None = None
    seconds: int | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """What was set aside: how many objects (``more``: at least so many), and the last of them."""

    objects: int
    more: bool
    latest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """A schedule of one of the stack's functions."""

    name: str
    function: str
    expression: str
    timezone: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """The producer's tasks and Firehose's state."""

    running: int
    desired: int
    delivery: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Everything that `bovespa status` shows; ``stream`` is None where the stack has none."""

    region: str
    captures: tuple[Capture, ...]
    runs: tuple[Run, ...]
    quarantine: Quarantine
    alarms: tuple[str, ...]
    schedules: tuple[Schedule, ...]
    stream: Stream | None


def read_status(aws: Services, exports: Mapping[str, Any]) -> Status:
    """Ask a stack how it is.

    Raises:
        botocore.exceptions.ClientError: the caller may not ask one of the services.
    """
    lake = exports["lakeBucket"]
    return Status(
        region=exports["region"],
        captures=tuple(Capture(table=table, last=_last_day(aws, lake, table)) for table in CAPTURES),
        runs=tuple(_last_run(aws, job) for name, job in sorted(exports.items()) if name.endswith("Job")),
        quarantine=_quarantine(aws, lake),
        alarms=_ringing(aws, exports["alarmTopic"]) if exports.get("alarmTopic") else (),
        schedules=_schedules(aws, {v for name, v in exports.items() if name.endswith("Function")}),
        stream=_stream(aws, exports) if "producerService" in exports else None,
    )


def _last_day(aws: Services, bucket: str, table: str) -> str | None:
    prefix = f"raw/{table}/dt="
    pages = aws["s3"].get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix, Delimiter="/")
    days = [
        found["Prefix"].removeprefix(prefix).rstrip("/")
        for page in pages
        for found in page.get("CommonPrefixes", ())
    ]
    return max(days, default=None)


def _last_run(aws: Services, job: str) -> Run:
    runs = aws["glue"].get_job_runs(JobName=job, MaxResults=10)["JobRuns"]
    if not runs:
        return Run(job=job, state=None)
    last = max(runs, key=lambda run: run["StartedOn"])
    return Run(
        job=job,
        state=last["JobRunState"],
        started=last["StartedOn"],
        seconds=last.get("ExecutionTime"),
        message=last.get("ErrorMessage"),
    )


def _quarantine(aws: Services, bucket: str) -> Quarantine:
    answer = aws["s3"].list_objects_v2(Bucket=bucket, Prefix=QUARANTINE, MaxKeys=_LISTED)
    found = [entry for entry in answer.get("Contents", ()) if not entry["Key"].endswith((_NOTE, "/"))]
    latest = max(found, key=lambda entry: entry["LastModified"], default=None)
    return Quarantine(
        objects=len(found), more=bool(answer.get("IsTruncated")), latest=latest["Key"] if latest else None
    )


def _ringing(aws: Services, topic: str) -> tuple[str, ...]:
    pages = aws["cloudwatch"].get_paginator("describe_alarms").paginate(StateValue="ALARM")
    return tuple(
        alarm["AlarmName"]
        for page in pages
        for alarm in page.get("MetricAlarms", ())
        if topic in alarm.get("AlarmActions", ())
    )


def _schedules(aws: Services, functions: set[str]) -> tuple[Schedule, ...]:
    found = []
    for page in aws["scheduler"].get_paginator("list_schedules").paginate():
        for entry in page["Schedules"]:
            function = entry["Target"]["Arn"].rpartition(":")[2]
            if function in functions:
                whole = aws["scheduler"].get_schedule(Name=entry["Name"])
                found.append(
                    Schedule(
                        name=entry["Name"],
                        function=function,
                        expression=whole["ScheduleExpression"],
                        timezone=whole.get("ScheduleExpressionTimezone", "UTC"),
                        state=whole.get("State", "ENABLED"),
                    )
                )
    return tuple(sorted(found, key=lambda schedule: schedule.name))


def _stream(aws: Services, exports: Mapping[str, Any]) -> Stream:
    services = aws["ecs"].describe_services(
        cluster=exports["producerCluster"], services=[exports["producerService"]]
    )["services"]
    try:
        delivery = aws["firehose"].describe_delivery_stream(DeliveryStreamName=exports["tradesDelivery"])
        state = delivery["DeliveryStreamDescription"]["DeliveryStreamStatus"]
    except ClientError as error:
        state = error.response["Error"]["Code"]
    service = services[0] if services else {}
    return Stream(
        running=service.get("runningCount", 0), desired=service.get("desiredCount", 0), delivery=state
    )
