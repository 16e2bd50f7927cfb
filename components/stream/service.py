"""The producer on Fargate: one ARM task from a public Python image, with its code from S3."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket
from components.context import Context
from components.packaging import PROJECT, archive_file
from components.policy import Statement
from components.role import ServiceRole, ServiceRoleArgs
from components.sources import sources_of
from components.stream.network import StreamNetwork
from components.stream.settings import StreamSettings

LOCK = "requirements/stream.txt"
CODE_PREFIX = "stream/code/"
CHECKPOINT_KEY = "stream/checkpoint.json"
_USER = 10001
_CODE, _SPILL = "/opt/stream", "/var/spill"
_HEALTH = "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/', timeout=4)"
_STOP_SECONDS = 120  # Fargate's longest; the producer gives up earlier, to end by itself


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamServiceArgs:
    """``target`` is the data stream that the producer fills; ``bucket`` holds its code and its progress."""

    context: Context
    settings: StreamSettings
    network: StreamNetwork
    target: aws.kinesis.Stream
    bucket: PrivateBucket


class StreamService(pulumi.ComponentResource):
    """An ECS service of exactly one task.

    A deployment ends the old task before it starts the new one: two would record every trade twice. What was
    missed meanwhile is repaired from the checkpoint.
    """

    cluster: aws.ecs.Cluster
    service: aws.ecs.Service
    log_group: aws.cloudwatch.LogGroup
    metrics_namespace: str
    """Where the producer's own metrics are."""
    exchanges: tuple[str, ...]

    def __init__(
        self, name: str, args: StreamServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:StreamService", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, settings = args.context, args.settings
        self.metrics_namespace = context.name(name)
        log_group = f"/ecs/{context.name(name)}"  # fixed: people follow it, and the task needs it beforehand
        self.exchanges = settings.exchanges
        archive = archive_file(sources_of(PROJECT, "stream.__main__"), LOCK)
        code = aws.s3.BucketObjectv2(
            f"{name}-code",
            bucket=args.bucket.name,
            key=f"{CODE_PREFIX}{archive.name}",
            source=pulumi.FileAsset(str(archive.relative_to(PROJECT))),
            content_type="application/zip",
            opts=child,
        )
        self.log_group = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=log_group,
            retention_in_days=context.settings.log_retention_days,
            kms_key_id=context.kms_key_arn or None,
            opts=child,
        )
        start = ServiceRole(f"{name}-start", ServiceRoleArgs(context=context, service="ecs"), child)
        start.allow(_start_statements(context, log_group))
        task = ServiceRole(f"{name}-task", ServiceRoleArgs(context=context, service="ecs"), child)
        task.allow(_task_statements(args))
        self.cluster = aws.ecs.Cluster(name, opts=child)
        definition = aws.ecs.TaskDefinition(
            f"{name}-task",
            family=context.name(name),  # has no name of its own that the engine could give
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(settings.cpu),
            memory=str(settings.memory),
            runtime_platform={"operating_system_family": "LINUX", "cpu_architecture": "ARM64"},
            execution_role_arn=start.arn,
            task_role_arn=task.arn,
            volumes=[{"name": "code"}, {"name": "spill"}],
            container_definitions=pulumi.Output.all(
                bucket=args.bucket.name,
                key=code.key,
                stream=args.target.name,
                logs=self.log_group.name,
                namespace=self.metrics_namespace,
            ).apply(
                lambda known: json.dumps(
                    _containers(context, settings, hashlib.sha256(archive.read_bytes()).hexdigest(), known)
                )
            ),
            opts=child,
        )
        self.service = aws.ecs.Service(
            f"{name}-service",
            cluster=self.cluster.arn,
            task_definition=definition.arn,
            launch_type="FARGATE",
            platform_version="1.4.0",
            desired_count=1,
            deployment_minimum_healthy_percent=0,
            deployment_maximum_percent=100,
            # One task in one subnet: there is nothing to balance, and balancing wants room for a second task.
            availability_zone_rebalancing="DISABLED",
            deployment_circuit_breaker={"enable": True, "rollback": True},
            enable_execute_command=False,
            propagate_tags="SERVICE",
            network_configuration={
                "subnets": [args.network.subnet_id],
                "security_groups": [args.network.security_group_id],
                "assign_public_ip": True,
            },
            opts=pulumi.ResourceOptions.merge(
                child, pulumi.ResourceOptions(depends_on=[*start.ready, *task.ready])
            ),
        )
        self.register_outputs({"service": self.service.name, "cluster": self.cluster.name})


def _containers(
    context: Context, settings: StreamSettings, digest: str, known: Mapping[str, str]
) -> list[dict[str, Any]]:
    def logs(prefix: str) -> dict[str, Any]:
        return {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": known["logs"],
                "awslogs-region": context.region,
                "awslogs-stream-prefix": prefix,
            },
        }

    def variables(values: Mapping[str, str]) -> list[dict[str, str]]:
        return [{"name": name, "value": value} for name, value in sorted(values.items())]

    fetch = (PROJECT / "components" / "stream" / "fetch_archive.py").read_text(encoding="utf-8")
    return [
        {
            "name": "code",
            "image": settings.image,
            "essential": False,
            "command": ["python", "-c", fetch],
            "readonlyRootFilesystem": True,
            "environment": variables(
                {
                    "ARCHIVE_SHA256": digest,
                    "ARCHIVE_URL": f"https://{known['bucket']}.s3.{context.region}.amazonaws.com/{known['key']}",
                    "AWS_REGION": context.region,
                    "SPILL": _SPILL,
                    "SPILL_OWNER": str(_USER),
                    "TARGET": _CODE,
                }
            ),
            "mountPoints": [
                {"sourceVolume": "code", "containerPath": _CODE, "readOnly": False},
                {"sourceVolume": "spill", "containerPath": _SPILL, "readOnly": False},
            ],
            "logConfiguration": logs("code"),
        },
        {
            "name": "producer",
            "image": settings.image,
            "essential": True,
            "command": ["python", "-m", "stream"],
            "workingDirectory": _CODE,
            "user": f"{_USER}:{_USER}",
            "readonlyRootFilesystem": True,
            "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
            "dependsOn": [{"containerName": "code", "condition": "SUCCESS"}],
            "stopTimeout": _STOP_SECONDS,
            "environment": variables(_environment(context, settings, known)),
            "mountPoints": [
                {"sourceVolume": "code", "containerPath": _CODE, "readOnly": True},
                {"sourceVolume": "spill", "containerPath": _SPILL, "readOnly": False},
            ],
            "healthCheck": {
                "command": ["CMD", "python", "-c", _HEALTH],
                "interval": 30,
                "timeout": 10,
                "retries": 3,
                "startPeriod": 120,
            },
            "logConfiguration": logs("producer"),
        },
    ]


def _environment(context: Context, settings: StreamSettings, known: Mapping[str, str]) -> dict[str, str]:
    return {
        "AWS_REGION": context.region,
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONUNBUFFERED": "1",
        "STREAM_CHECKPOINT": f"s3://{known['bucket']}/{CHECKPOINT_KEY}",
        "STREAM_EXCHANGES": ",".join(settings.exchanges),
        "STREAM_FLUSH_INTERVAL": f"{settings.flush_seconds:g}",
        "STREAM_KINESIS_SHARDS": str(settings.shards),
        "STREAM_KINESIS_STREAM": known["stream"],
        "STREAM_METRICS_NAMESPACE": known["namespace"],
        "STREAM_SINK": "kinesis",
        "STREAM_SPILL_DIRECTORY": _SPILL,
        "STREAM_SPILL_KEPT": "0",  # ECS takes the volume away with the task
        "STREAM_STOP_TIMEOUT": str(_STOP_SECONDS - 20),
        "STREAM_SYMBOLS": ",".join(settings.symbols),
    }


def _start_statements(context: Context, log_group: str) -> list[Statement]:
    """What ECS itself does for the task; ECR Public asks for no permission."""
    return [
        Statement(
            sid="WriteLogs",
            actions=["logs:CreateLogStream", "logs:PutLogEvents"],
            resources=[context.arn("logs", f"log-group:{log_group}:*")],
        )
    ]


def _task_statements(args: StreamServiceArgs) -> list[Statement]:
    bucket = args.bucket
    return [
        Statement(
            sid="PutTrades",
            actions=["kinesis:PutRecords", "kinesis:ListShards"],
            resources=[args.target.arn],
        ),
        Statement(sid="FetchCode", actions=["s3:GetObject"], resources=[bucket.under(CODE_PREFIX)]),
        Statement(
            sid="KeepProgress",
            actions=["s3:GetObject", "s3:PutObject"],
            resources=[bucket.key(CHECKPOINT_KEY)],
        ),
        # S3 answers 403 to whoever asks for an object that isn't there and may not list all of the bucket: then the
        # producer lists this one key to learn whether it is missing or forbidden.
        Statement(
            sid="FindProgress",
            actions=["s3:ListBucket"],
            resources=[bucket.arn],
            conditions={"StringEquals": {"s3:prefix": CHECKPOINT_KEY}},
        ),
    ]
