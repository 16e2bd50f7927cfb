"""The function that captures a portfolio of B3's: what the scraper and the rebalancing have in common."""

from __future__ import annotations

from components.bucket import PrivateBucket
from components.context import Context
from components.function import PythonFunctionArgs
from components.pandas_layer import pandas_layer_arn
from components.policy import Statement
from components.settings import Settings


def capture_function(
    part: str,
    dataset: str,
    *,
    context: Context,
    settings: Settings,
    lake: PrivateBucket,
    description: str,
    timeout: int,
) -> PythonFunctionArgs:
    """The function of ``functions/PART/``, which writes ``payloads/``, ``quarantine/`` and ``raw/`` of a dataset."""
    return PythonFunctionArgs(
        context=context,
        description=description,
        handler=f"functions.{part}.handler.handler",
        lock=f"requirements/{part}.txt",
        layers=[pandas_layer_arn(context.region, configured=settings.pandas_layer_arn)],
        environment={
            "LAKE_BUCKET": lake.name,
            "INDICES": ",".join(settings.indices),
            "B3_URL": settings.b3_url,
        },
        statements=[
            Statement(
                sid="ArchivePayloads",
                actions=["s3:PutObject"],
                resources=[lake.under(f"payloads/{dataset}/")],
            ),
            Statement(
                sid="QuarantinePayloads",
                actions=["s3:PutObject"],
                resources=[lake.under(f"quarantine/{dataset}/")],
            ),
            Statement(
                sid="ReadAndWriteRaw",
                actions=["s3:GetObject", "s3:PutObject"],
                resources=[lake.under(f"raw/{dataset}/")],
            ),
            Statement(
                sid="ListRaw",
                actions=["s3:ListBucket"],
                resources=[lake.arn],
                conditions={"StringLike": {"s3:prefix": f"raw/{dataset}/*"}},
            ),
        ],
        log_retention_days=settings.log_retention_days,
        timeout=timeout,
        memory=512,
    )
