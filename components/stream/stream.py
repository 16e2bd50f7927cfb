"""The Bitcoin stream: exchanges → Fargate → Kinesis → Firehose → parquet → Athena."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws.s3 import BucketLifecycleConfigurationRuleArgsDict as LifecycleRule

from components.athena import save_queries
from components.bucket import BucketArgs, PrivateBucket, expire, expire_old_versions
from components.context import Context
from components.dashboards import Dashboard, DashboardArgs, stream_charts
from components.projected_table import ProjectedTable, ProjectedTableArgs
from components.role import ServiceRole, ServiceRoleArgs
from components.stream.alarms import StreamAlarms, StreamAlarmsArgs
from components.stream.compaction import RESULTS_PREFIX, StreamCompaction, StreamCompactionArgs
from components.stream.delivery import StreamDelivery, StreamDeliveryArgs
from components.stream.network import StreamNetwork, StreamNetworkArgs
from components.stream.service import CHECKPOINT_KEY, StreamService, StreamServiceArgs
from components.stream.settings import StreamSettings
from lake.saved_queries import SavedQuery
from lake.tables.bitcoin_trades import COMPACTED, ERRORS_PREFIX, STAGING_PREFIX, TRADES, TRADES_PREFIX
from stream.config import silence_alarm_of

_RETENTION_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamArgs:
    """``workgroup`` gets the saved ``queries``, ``topic`` the alarms."""

    context: Context
    settings: StreamSettings
    database: pulumi.Input[str]
    workgroup: pulumi.Input[str]
    queries: Sequence[SavedQuery]
    topic: pulumi.Input[str]


class Stream(pulumi.ComponentResource):
    """Everything of the stream, and nothing of it anywhere else.

    Its bucket is its own: the compaction deletes what it replaced, and must not be able to reach the lake.
    """

    stream: aws.kinesis.Stream
    bucket: PrivateBucket
    table: ProjectedTable
    delivery: StreamDelivery
    service: StreamService
    compaction: StreamCompaction
    alarms: StreamAlarms
    dashboard: Dashboard

    def __init__(self, name: str, args: StreamArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Stream", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, settings = args.context, args.settings
        self.bucket = PrivateBucket(
            f"{name}-trades",
            BucketArgs(
                only_copy=True,
                force_destroy=context.settings.force_destroy,
                kms_key_arn=context.kms_key_arn,
                lifecycle_rules=_lifecycle(),
            ),
            child,
        )
        # Before the data stream, whose creation the provider waits for (twice ten seconds at least, for ACTIVE and for
        # its encryption): Firehose refuses a role that is a few seconds old, in words that the provider doesn't try
        # again ("The security token included in the request is invalid", terraform-provider-aws #47937). What it
        # says of a policy that isn't everywhere yet, the provider tries again for two minutes.
        delivering = ServiceRole(
            f"{name}-delivery", ServiceRoleArgs(context=context, service="firehose"), child
        )
        self.stream = aws.kinesis.Stream(
            f"{name}-trades",
            stream_mode_details={"stream_mode": "PROVISIONED" if settings.shards else "ON_DEMAND"},
            shard_count=settings.shards or None,
            retention_period=_RETENTION_HOURS,
            encryption_type="KMS",
            kms_key_id=context.kms_key_arn or "alias/aws/kinesis",
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=delivering.ready)),
        )
        self.table = ProjectedTable(
            "bovespa:index:StreamTable",
            f"{name}-table",
            ProjectedTableArgs(
                bucket=self.bucket.name,
                database=args.database,
                table=TRADES,
                first_day="2024-01-01",
                # By the time of arrival (UTC): the hour of a compacted day is `day`.
                values={"hour": [*(f"{hour:02d}" for hour in range(24)), COMPACTED]},
            ),
            child,
        )
        self.delivery = StreamDelivery(
            f"{name}-delivery",
            StreamDeliveryArgs(
                context=context,
                role=delivering,
                source=self.stream,
                bucket=self.bucket,
                table=self.table.table,
                interval=settings.delivery_seconds,
            ),
            child,
        )
        self.service = StreamService(
            f"{name}-producer",
            StreamServiceArgs(
                context=context,
                settings=settings,
                network=StreamNetwork(f"{name}-network", StreamNetworkArgs(context=context), child),
                target=self.stream,
                bucket=self.bucket,
            ),
            child,
        )
        self.compaction = StreamCompaction(
            f"{name}-compaction",
            StreamCompactionArgs(
                context=context,
                settings=settings,
                bucket=self.bucket,
                table=self.table.table,
            ),
            child,
        )
        save_queries(name, args.queries, args.workgroup, args.database, child)
        self.alarms = StreamAlarms(
            f"{name}-alarms",
            StreamAlarmsArgs(
                topic=args.topic,
                stream=self.stream,
                delivery=self.delivery,
                service=self.service,
                compaction=self.compaction.function,
                delivery_seconds=settings.delivery_seconds,
            ),
            child,
        )
        self.dashboard = Dashboard(
            f"{name}-dashboard",
            DashboardArgs(
                context=context,
                heading="# The Bitcoin stream\nAlarms go to the topic; what each means is in docs/runbook.md.",
                charts=stream_charts(
                    namespace=self.service.metrics_namespace,
                    exchanges=settings.exchanges,
                    silence={name: silence_alarm_of(name) for name in settings.exchanges},
                    stream=self.stream.name,
                    firehose=self.delivery.firehose.name,
                    cluster=self.service.cluster.name,
                    service=self.service.service.name,
                ),
            ),
            child,
        )
        self.register_outputs(
            {
                "stream": self.stream.name,
                "bucket": self.bucket.name,
                "table": self.table.table.name,
                "delivery": self.delivery.firehose.name,
                "cluster": self.service.cluster.name,
                "service": self.service.service.name,
                "dashboard": self.dashboard.address,
                "compaction": self.compaction.function.function.name,
            }
        )


def _lifecycle() -> list[LifecycleRule]:
    return [
        expire("unconverted", ERRORS_PREFIX, days=90),
        expire("compaction-staging", STAGING_PREFIX, days=3),
        expire("compaction-results", RESULTS_PREFIX, days=14),
        # A week to take back a compaction, then the small files are really gone.
        expire_old_versions("replaced-trades", TRADES_PREFIX, days=7),
        expire_old_versions("replaced-compaction", "bitcoin/compaction/", days=1),
        expire_old_versions("replaced-progress", CHECKPOINT_KEY, days=1),
    ]
