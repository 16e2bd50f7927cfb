"""From the data stream to parquet: Firehose, by the Glue table's columns."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.bucket import PrivateBucket
from components.context import Context
from components.policy import Statement, assumable_by, document
from lake.tables.bitcoin_trades import ERRORS_PREFIX, TRADES_PREFIX

# With format conversion Firehose takes 64 MB at least; the interval closes most files first.
_BUFFER_MB = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamDeliveryArgs:
    """``interval`` in seconds (60 to 900) is the longest time that a file is gathered."""

    context: Context
    source: aws.kinesis.Stream
    bucket: PrivateBucket
    table: aws.glue.CatalogTable
    interval: int
    log_retention_days: int


class StreamDelivery(pulumi.ComponentResource):
    """A Firehose stream with a role and a log group of its own.

    What it can't convert is kept under the error prefix, as it came.
    """

    name: str
    firehose: aws.kinesis.FirehoseDeliveryStream

    def __init__(
        self, name: str, args: StreamDeliveryArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("bovespa:index:StreamDelivery", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        context = args.context
        self.name = context.name("bitcoin-trades")
        logs = aws.cloudwatch.LogGroup(
            f"{name}-logs",
            name=f"/aws/kinesisfirehose/{self.name}",
            retention_in_days=args.log_retention_days,
            opts=child,
        )
        log_stream = aws.cloudwatch.LogStream(
            f"{name}-log-stream", name="S3Delivery", log_group_name=logs.name, opts=child
        )
        role = aws.iam.Role(
            f"{name}-role",
            name=context.name("bitcoin-delivery"),
            assume_role_policy=assumable_by("firehose.amazonaws.com", context.account_id),
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-policy",
            name=context.name("bitcoin-delivery"),
            role=role.name,
            policy=document(_statements(args, f"/aws/kinesisfirehose/{self.name}")),
            opts=child,
        )
        self.firehose = aws.kinesis.FirehoseDeliveryStream(
            name,
            name=self.name,
            destination="extended_s3",
            kinesis_source_configuration=aws.kinesis.FirehoseDeliveryStreamKinesisSourceConfigurationArgs(
                kinesis_stream_arn=args.source.arn, role_arn=role.arn
            ),
            extended_s3_configuration=aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationArgs(
                bucket_arn=args.bucket.arn,
                role_arn=role.arn,
                prefix=f"{TRADES_PREFIX}dt=!{{timestamp:yyyy-MM-dd}}/hour=!{{timestamp:HH}}/",
                error_output_prefix=(
                    f"{ERRORS_PREFIX}!{{firehose:error-output-type}}/dt=!{{timestamp:yyyy-MM-dd}}/"
                ),
                buffering_size=_BUFFER_MB,
                buffering_interval=args.interval,
                compression_format="UNCOMPRESSED",  # of the object; inside it, parquet's pages are compressed
                cloudwatch_logging_options=aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationCloudwatchLoggingOptionsArgs(
                    enabled=True, log_group_name=logs.name, log_stream_name=log_stream.name
                ),
                data_format_conversion_configuration=_parquet(args.table, role, context.region),
            ),
            # Firehose checks at creation that the role may read the source and the table.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[policy])),
        )
        self.register_outputs({"name": self.firehose.name})


def _parquet(
    table: aws.glue.CatalogTable, role: aws.iam.Role, region: str
) -> aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationArgs:
    of = "FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfiguration"
    conversion = {
        part: getattr(aws.kinesis, f"{of}{part}Args")
        for part in (
            "InputFormatConfiguration",
            "InputFormatConfigurationDeserializer",
            "InputFormatConfigurationDeserializerOpenXJsonSerDe",
            "OutputFormatConfiguration",
            "OutputFormatConfigurationSerializer",
            "OutputFormatConfigurationSerializerParquetSerDe",
            "SchemaConfiguration",
        )
    }
    return aws.kinesis.FirehoseDeliveryStreamExtendedS3ConfigurationDataFormatConversionConfigurationArgs(
        input_format_configuration=conversion["InputFormatConfiguration"](
            deserializer=conversion["InputFormatConfigurationDeserializer"](
                open_x_json_ser_de=conversion["InputFormatConfigurationDeserializerOpenXJsonSerDe"](
                    case_insensitive=True
                )
            )
        ),
        output_format_configuration=conversion["OutputFormatConfiguration"](
            serializer=conversion["OutputFormatConfigurationSerializer"](
                parquet_ser_de=conversion["OutputFormatConfigurationSerializerParquetSerDe"](
                    compression="SNAPPY"
                )
            )
        ),
        schema_configuration=conversion["SchemaConfiguration"](
            database_name=table.database_name,
            table_name=table.name,
            region=region,
            role_arn=role.arn,
            version_id="LATEST",
        ),
    )


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
                args.table.database_name.apply(lambda name: context.arn("glue", f"database/{name}")),
                pulumi.Output.all(args.table.database_name, args.table.name).apply(
                    lambda names: context.arn("glue", f"table/{names[0]}/{names[1]}")
                ),
            ],
        ),
        Statement(
            sid="WriteTrades",
            actions=["s3:PutObject", "s3:AbortMultipartUpload", "s3:GetObject"],
            resources=[
                bucket.arn.apply(lambda arn: f"{arn}/{TRADES_PREFIX}*"),
                bucket.arn.apply(lambda arn: f"{arn}/{ERRORS_PREFIX}*"),
            ],
        ),
        Statement(
            sid="ListTrades",
            actions=["s3:ListBucket"],
            resources=[bucket.arn],
            conditions={"StringLike": {"s3:prefix": [f"{TRADES_PREFIX}*", f"{ERRORS_PREFIX}*"]}},
        ),
        Statement(
            sid="LocateBucket",
            actions=["s3:GetBucketLocation", "s3:ListBucketMultipartUploads"],
            resources=[bucket.arn],
        ),
        Statement(
            sid="WriteLogs",
            actions=["logs:PutLogEvents"],
            resources=[context.arn("logs", f"log-group:{log_group}:log-stream:*")],
        ),
    ]
