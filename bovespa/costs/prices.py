"""AWS's list prices in US East (N. Virginia), in US dollars, without free tiers; a dated table.

`source` names the page that states the price. `checked` says how: `public` prices were found again in a
public document (named in `evidence`); `listed` ones are AWS's list prices as noted in November 2026, not found
again. São Paulo is dearer; put its prices here to have the page for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

REGION = "us-east-1"
AS_OF = date(2026, 11, 22)


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars per `unit`."""

    usd: Decimal
    unit: str
    source: str
    evidence: str = ""

    @property
    def checked(self) -> str:
        return "public" if self.evidence else "listed"


_KINESIS = "Amazon Kinesis Data Streams pricing"
_FIREHOSE = "Amazon Data Firehose pricing"
_PRICE_LIST = "public notes on AWS's price list of September 2026"
_FARGATE = "Vantage, “AWS Fargate Pricing Explained”"


def _price(usd: str, unit: str, source: str, evidence: str = "") -> Price:
    return Price(usd=Decimal(usd), unit=unit, source=source, evidence=evidence)


PRICES: dict[str, Price] = {
    "kinesis_stream_hour": _price("0.04", "stream-hour, on-demand", _KINESIS, _PRICE_LIST),
    "kinesis_in": _price("0.08", "GiB in, records rounded up to 1 KiB", _KINESIS, _PRICE_LIST),
    "kinesis_out": _price("0.04", "GiB out", _KINESIS, _PRICE_LIST),
    "kinesis_shard_hour": _price("0.015", "shard-hour, provisioned", _KINESIS, _PRICE_LIST),
    "kinesis_million_units": _price("0.014", "million payload units of 25 KiB", _KINESIS, _PRICE_LIST),
    "firehose_in": _price("0.029", "GiB in, records rounded up to 5 KiB", _FIREHOSE),
    "firehose_conversion": _price("0.018", "GiB converted, rounded as above", _FIREHOSE),
    "fargate_vcpu_hour": _price("0.03238", "vCPU-hour, Linux/ARM", "AWS Fargate pricing", _FARGATE),
    "fargate_gb_hour": _price("0.00356", "GB-hour, Linux/ARM", "AWS Fargate pricing", _FARGATE),
    "public_ipv4_hour": _price("0.005", "address and hour", "Amazon VPC pricing"),
    "glue_dpu_hour": _price("0.44", "DPU-hour, by the second", "AWS Glue pricing", "AWS Glue pricing page"),
    "athena_tb": _price(
        "5",
        "TB scanned, a query rounded up to the MB and at least 10 MB",
        "Amazon Athena pricing",
        "Serverworks, Athena and Glue prices; The Athena Guide, pricing model",
    ),
    "lambda_gb_second": _price(
        "0.0000133334", "GB-second, ARM", "AWS Lambda pricing", "several public cost sheets"
    ),
    "lambda_million_requests": _price(
        "0.20", "million requests", "AWS Lambda pricing", "several public cost sheets"
    ),
    "s3_gb_month": _price("0.023", "GB-month, Standard", "Amazon S3 pricing"),
    "s3_thousand_gets": _price(
        "0.0004", "thousand GET", "Amazon S3 pricing", "The Athena Guide, pricing model"
    ),
    "s3_thousand_puts": _price("0.005", "thousand PUT, COPY, LIST", "Amazon S3 pricing"),
    "cloudwatch_alarm_month": _price("0.10", "alarm-month", "Amazon CloudWatch pricing"),
    "cloudwatch_metric_month": _price("0.30", "custom metric and month", "Amazon CloudWatch pricing"),
    "cloudwatch_logs_gb": _price("0.50", "GB of logs taken in", "Amazon CloudWatch pricing"),
}


def usd(name: str) -> Decimal:
    return PRICES[name].usd
