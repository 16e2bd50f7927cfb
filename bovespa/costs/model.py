"""How much of what AWS bills the stack uses, and what that comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from bovespa.costs.prices import usd

GIB = Decimal(1024**3)
DAY_SECONDS = 86_400
DAY_HOURS = 24
MONTH_HOURS = 730
MONTH_DAYS = Decimal(MONTH_HOURS) / DAY_HOURS
KINESIS_STEP = 1024
FIREHOSE_STEP = 5 * 1024
PAYLOAD_UNIT = 25 * 1024
MB = 1_000_000
TB = 1_000_000 * MB
ATHENA_MINIMUM = 10 * MB
SHARD_BYTES = 1024 * 1024  # a second
SHARD_RECORDS = 1000  # a second


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What goes through the stream: `rate` trades a second over all `markets`, lines of `trade_bytes`.

    `record_trades` and `flush_seconds` seal a record, whichever comes first; one trade a record is the way it
    is commonly done.
    """

    rate: int
    markets: int = 2
    trade_bytes: int = 225
    record_trades: int = 150
    flush_seconds: Decimal = Decimal(1)

    @property
    def trades_per_record(self) -> Decimal:
        by_time = Decimal(self.rate) / self.markets * self.flush_seconds
        return max(Decimal(1), min(Decimal(self.record_trades), by_time))

    @property
    def records_per_day(self) -> Decimal:
        return Decimal(self.rate * DAY_SECONDS) / self.trades_per_record

    @property
    def bytes_per_day(self) -> Decimal:
        return Decimal(self.rate * DAY_SECONDS * self.trade_bytes)

    def billed_gib(self, step: int) -> Decimal:
        """GiB a day, each record rounded up to `step` bytes."""
        return self.records_per_day * _steps(self.trades_per_record * self.trade_bytes, step) * step / GIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A month of the batch pipeline, with generous round numbers; memory in GB, durations in seconds.

    A session is captured five times (the portfolio and the quotes twice each, the next rebalancing once) and
    refined by two jobs, and a third job runs after each of them; a query opens `files_a_query`, as after years of sessions.
    The daily report is made after each run of the third job; its queries look back some days, at `files_a_report_query`.
    """

    sessions: int = 21
    captures_a_session: int = 5
    job_runs_a_session: int = 4
    capture_seconds: int = 30
    capture_gb: Decimal = Decimal("0.5")
    glue_dpus: int = 2
    glue_seconds: int = 120
    queries: int = 400
    query_bytes: int = ATHENA_MINIMUM
    files_a_query: int = 5_000
    reports_a_session: int = 2
    report_seconds: int = 60
    queries_a_report: int = 16
    files_a_report_query: int = 500
    lake_gb: Decimal = Decimal(5)
    puts: int = 20_000
    logs_gb: Decimal = Decimal("0.1")
    alarms: int = 21
    metrics: int = 9


def naive(rate: int) -> Traffic:
    """One record a trade."""
    return Traffic(rate=rate, record_trades=1)


def transport_day(traffic: Traffic) -> dict[str, Decimal]:
    """Dollars a day for Kinesis (on-demand) and Firehose."""
    return {
        "Kinesis: stream": usd("kinesis_stream_hour") * DAY_HOURS,
        "Kinesis: in": usd("kinesis_in") * traffic.billed_gib(KINESIS_STEP),
        "Kinesis: out, to Firehose": usd("kinesis_out") * traffic.bytes_per_day / GIB,
        "Firehose: in": usd("firehose_in") * traffic.billed_gib(FIREHOSE_STEP),
        "Firehose: JSON to parquet": usd("firehose_conversion") * traffic.billed_gib(FIREHOSE_STEP),
    }


def provisioned_day(traffic: Traffic) -> Decimal:
    """Dollars a day for Kinesis with as many shards as twice the mean load needs, Firehose left out."""
    second = traffic.bytes_per_day / DAY_SECONDS
    records = traffic.records_per_day / DAY_SECONDS
    shards = max(_steps(2 * second, SHARD_BYTES), _steps(2 * records, SHARD_RECORDS))
    units = traffic.records_per_day * _steps(traffic.trades_per_record * traffic.trade_bytes, PAYLOAD_UNIT)
    return usd("kinesis_shard_hour") * DAY_HOURS * shards + usd("kinesis_million_units") * units / 1_000_000


def standing_day(
    *, vcpu: Decimal = Decimal("0.25"), gb: Decimal = Decimal("0.5"), metrics: int = 26, alarms: int = 14
) -> dict[str, Decimal]:
    """Dollars a day that don't depend on the traffic: the task, its address, what watches it."""
    return {
        "Fargate: the producer": (usd("fargate_vcpu_hour") * vcpu + usd("fargate_gb_hour") * gb) * DAY_HOURS,
        "Public IPv4 address": usd("public_ipv4_hour") * DAY_HOURS,
        "CloudWatch: metrics and alarms": (
            usd("cloudwatch_metric_month") * metrics + usd("cloudwatch_alarm_month") * alarms
        )
        / MONTH_DAYS,
    }


def batch_month(batch: Batch | None = None) -> dict[str, Decimal]:
    """Dollars a month of the batch pipeline."""
    batch = batch or Batch()
    captures = batch.sessions * batch.captures_a_session
    runs = batch.sessions * batch.job_runs_a_session
    reports = batch.sessions * batch.reports_a_session
    report_queries = reports * batch.queries_a_report
    dpu_hours = Decimal(runs * batch.glue_dpus * batch.glue_seconds) / 3600
    return {
        "Glue: the visual jobs": usd("glue_dpu_hour") * dpu_hours,
        "Lambda: captures, triggers, watch": (
            usd("lambda_gb_second") * captures * batch.capture_seconds * batch.capture_gb
            + usd("lambda_million_requests") * 3 * captures / 1_000_000
        ),
        "Lambda: the daily report": (
            usd("lambda_gb_second") * reports * batch.report_seconds * batch.capture_gb
            + usd("lambda_million_requests") * reports / 1_000_000
        ),
        "Athena: people's queries": batch.queries * athena_query(batch.query_bytes),
        "Athena: the daily report": report_queries * athena_query(batch.query_bytes),
        "S3: lake and results": (
            usd("s3_gb_month") * batch.lake_gb + usd("s3_thousand_puts") * batch.puts / 1000
        ),
        "S3: what the queries open": s3_gets(
            batch.queries * batch.files_a_query + report_queries * batch.files_a_report_query
        ),
        "CloudWatch: logs": usd("cloudwatch_logs_gb") * batch.logs_gb,
        "CloudWatch: metrics and alarms": (
            usd("cloudwatch_metric_month") * batch.metrics + usd("cloudwatch_alarm_month") * batch.alarms
        ),
    }


def athena_billed(scanned_bytes: int) -> int:
    """Bytes that Athena bills a query of ``scanned_bytes`` by."""
    return max(ATHENA_MINIMUM, _steps(Decimal(scanned_bytes), MB) * MB)


def athena_query(scanned_bytes: int) -> Decimal:
    """Dollars of one query."""
    return usd("athena_tb") * athena_billed(scanned_bytes) / TB


def s3_gets(requests: int) -> Decimal:
    """Dollars of so many GET requests; Athena makes one or more for each file, on the bucket owner's bill."""
    return usd("s3_thousand_gets") * requests / 1000


def total(parts: Mapping[str, Decimal]) -> Decimal:
    return sum(parts.values(), Decimal(0))


def _steps(value: Decimal, step: int) -> int:
    return int((Decimal(value) / step).to_integral_value(ROUND_CEILING))
