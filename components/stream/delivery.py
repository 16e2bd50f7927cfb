"""From the data stream to parquet: Firehose, by the Glue table's columns."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket
from components.context import Context
from components.policy import Statement
from components.role import ServiceRole
from lake.tables.bitcoin_trades import ERRORS_PREFIX, TRADES_PREFIX

# With format conversion Firehose takes 64 MB at least; the interval closes most files first.
_BUFFER_MB = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDeliveryArgs:
    """``interval`` in seconds (60 to 900) is the longest time that a file is gathered.

    ``role`` is made before ``source``; see :class:`~components.stream.stream.Stream`.
    """

    context: Context
    role: ServiceRole
    source: aws.kinesis.Stream
    bucket: PrivateBucket
    table: aws.glue.CatalogTable
    interval: pulumi.Input[int]


class StreamDelivery(pulumi.ComponentResource):
    """A Firehose stream with a role and a log group of its own.

    What it can't convert is kept under the error prefix, as it came.
    """

    firehose: aws.kinesis.FirehoseDeliveryStream

    def __init__(
        self, name: str, args: StreamDeliveryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:StreamDelivery", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context, role = args.context, args.role
        # Fixed: people follow it, and it is named in the runbook. Firehose itself doesn't mind what it is called.
        log_group = f"/aws/kinesisfirehose/{context.name(name)}"
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=log_group,
            retention_in_days=context.settings.log_retention_days,
            kms_key_id=context.kms_key_arn or None,
            opts=child,
        )
        log_stream = aws.cloudwatch.LogStream(
            f"{name}-log-stream", name="S3Delivery", log_group_name=logs.name, opts=child
        )
        role.allow(_statements(args, log_group))
        self.firehose = aws.kinesis.FirehoseDeliveryStream(
            name,
            destination="extended_s3",
            kinesis_source_configuration={"kinesis_stream_arn": args.source.arn, "role_arn": role.arn},
            extended_s3_configuration={
                "bucket_arn": args.bucket.arn,
                "role_arn": role.arn,
                "prefix": f"{TRADES_PREFIX}dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/",
                "error_output_prefix": (
                    f"{ERRORS_PREFIX}!{{firehose:error-output-type}}/dt=!{{timestamp:yyyy-MM-dd}}/"
                ),
                "buffering_size": _BUFFER_MB,
                "buffering_interval": args.interval,
                # Of the object; inside it, parquet's pages are compressed.
                "compression_format": "UNCOMPRESSED",
                "cloudwatch_logging_options": {
                    "enabled": True,
                    "log_group_name": logs.name,
                    "log_stream_name": log_stream.name,
                },
                "data_format_conversion_configuration": {
                    "input_format_configuration": {
                        "deserializer": {"open_x_json_ser_de": {"case_insensitive": True}}
                    },
                    "output_format_configuration": {
                        "serializer": {"parquet_ser_de": {"compression": "SNAPPY"}}
                    },
                    "schema_configuration": {
                        "database_name": args.table.database_name,
                        "table_name": args.table.name,
                        "region": context.region,
                        "role_arn": role.arn,
                        "version_id": "LATEST",
                    },
                },
            },
            # Firehose checks at creation that the role may read the source and the table.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=role.ready)),
        )
        self.register_outputs({"name": self.firehose.name})


def _statements(args: StreamDeliveryArgs, log_group: str) -> list[Statement]:
    """Source: Amazon Data Firehose, "Controlling access with Amazon Data Firehose"."""
    context, bucket = args.context, args.bucket
    return [
        Statement(
            sid="ReadStream",
            actions=[
                "kinesis:DescribeStream",
                "kinesis:GetShardIterator",
                "kinesis:GetRecords",
                "kinesis:ListShards",
            ],
            resources=[args.source.arn],
        ),
        Statement(
            sid="ReadSchema",
            actions=["glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions"],
            resources=[
                context.arn("glue", "catalog"),
                pulumi.Output.format(context.arn("glue", "database/{0}"), args.table.database_name),
                pulumi.Output.format(
                    context.arn("glue", "table/{0}/{1}"), args.table.database_name, args.table.name
                ),
            ],
        ),
        Statement(
            sid="WriteTrades",
            actions=["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"],
            resources=[bucket.under(TRADES_PREFIX), bucket.under(ERRORS_PREFIX)],
        ),
        # Without a condition on the prefix: Firehose looks for the bucket (HeadBucket, which sends none), and the
        # bucket is the stream's own.
        Statement(
            sid="FindBucket",
            actions=["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"],
            resources=[bucket.arn],
        ),
        Statement(
            sid="WriteLogs",
            actions=["logs:PutLogEvents"],
            resources=[context.arn("logs", f"log-group:{log_group}:log-stream:*")],
        ),
    ]
