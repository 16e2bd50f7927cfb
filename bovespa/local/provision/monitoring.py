"""CloudWatch: logs, alarms, event rules."""

from __future__ import annotations

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import arguments


def log_group(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["name"]
    aws["logs"].create_log_group(logGroupName=name)
    aws["logs"].put_retention_policy(logGroupName=name, retentionInDays=wanted.inputs["retentionInDays"])
    return Answer(id=name, outputs={})


def log_metric_filter(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    made = inputs["metricTransformation"]
    aws["logs"].put_metric_filter(
        logGroupName=inputs["logGroupName"],
        filterName=inputs["name"],
        filterPattern=inputs["pattern"],
        metricTransformations=[
            {
                "metricName": made["name"],
                "metricNamespace": made["namespace"],
                "metricValue": made["value"],
                "unit": made["unit"],
            }
        ],
    )
    return Answer(id=inputs["name"], outputs={})


def metric_alarm(aws: Clients, wanted: Registration) -> Answer:
    inputs, cloudwatch = wanted.inputs, aws["cloudwatch"]
    dimensions = [{"name": name, "value": value} for name, value in inputs["dimensions"].items()]
    cloudwatch.put_metric_alarm(
        **arguments(cloudwatch, "put_metric_alarm", {**inputs, "dimensions": dimensions}, AlarmName="name")
    )
    return Answer(id=inputs["name"], outputs={})


def dashboard(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    found = aws["cloudwatch"].put_dashboard(
        DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"]
    )
    if found.get("DashboardValidationMessages"):
        raise ValueError(f"the dashboard was refused: {found['DashboardValidationMessages']}")
    return Answer(id=inputs["dashboardName"], outputs={})


def event_rule(aws: Clients, wanted: Registration) -> Answer:
    aws["events"].put_rule(**arguments(aws["events"], "put_rule", wanted.inputs))
    return Answer(id=wanted.inputs["name"], outputs={})


def event_target(aws: Clients, wanted: Registration) -> Answer:
    target = {**wanted.inputs}
    target["id"] = target.pop("targetId", wanted.name)
    inputs = {"rule": target.pop("rule"), "targets": [target]}
    answer = aws["events"].put_targets(**arguments(aws["events"], "put_targets", inputs))
    if answer["FailedEntryCount"]:
        raise ValueError(f"the target was refused: {answer['FailedEntries']}")
    return Answer(id=wanted.name, outputs={})
