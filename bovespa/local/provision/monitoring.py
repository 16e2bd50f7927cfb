"""CloudWatch: logs, alarms, event rules."""

from __future__ import annotations

from bovespa.local.aws import Clients
from bovespa.local.program import Answer, Registration
from bovespa.local.provision.wire import given, pascal


def log_group(aws: Clients, wanted: Registration) -> Answer:
    name = wanted.inputs["name"]
    aws["logs"].create_log_group(logGroupName=name)
    aws["logs"].put_retention_policy(logGroupName=name, retentionInDays=wanted.inputs["retentionInDays"])
    arn = aws["logs"].describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]["arn"]
    return Answer(id=name, outputs={"arn": arn.removesuffix(":*")})


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
    inputs = wanted.inputs
    aws["cloudwatch"].put_metric_alarm(
        AlarmName=inputs["name"],
        AlarmDescription=inputs["alarmDescription"],
        Namespace=inputs["namespace"],
        MetricName=inputs["metricName"],
        Dimensions=[{"Name": name, "Value": value} for name, value in inputs["dimensions"].items()],
        Statistic=inputs["statistic"],
        Period=inputs["period"],
        EvaluationPeriods=inputs["evaluationPeriods"],
        Threshold=inputs["threshold"],
        ComparisonOperator=inputs["comparisonOperator"],
        TreatMissingData=inputs["treatMissingData"],
        AlarmActions=inputs["alarmActions"],
        OKActions=inputs["okActions"],
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
    inputs = wanted.inputs
    arn = aws["events"].put_rule(
        Name=inputs["name"], EventPattern=inputs["eventPattern"], Description=inputs["description"]
    )["RuleArn"]
    return Answer(id=inputs["name"], outputs={"arn": arn})


def event_target(aws: Clients, wanted: Registration) -> Answer:
    inputs = wanted.inputs
    target = given(Id=wanted.name, Arn=inputs["arn"], DeadLetterConfig=pascal(inputs.get("deadLetterConfig")))
    answer = aws["events"].put_targets(Rule=inputs["rule"], Targets=[target])
    if answer["FailedEntryCount"]:
        raise ValueError(f"the target was refused: {answer['FailedEntries']}")
    return Answer(id=wanted.name, outputs={})
