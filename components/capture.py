"""A function that captures what B3 publishes: what the scraper, the quotes and the rebalancing have in common."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from components.function import PythonFunctionArgs
from components.policy import Statement
from components.scheduled_function import CollectorArgs


def capture_function(
    part: str,
    dataset: str,
    args: CollectorArgs,
    *,
    description: str,
    environment: Mapping[str, pulumi.Input[str]],
    timeout: int = 300,
    batches: bool = False,
) -> PythonFunctionArgs:
    """The function of ``functions/PART/``, which writes ``payloads/``, ``quarantine/`` and ``raw/`` of a dataset.

    Args:
        part: its folder, and its lock's name.
        dataset: the table of raw.
        args: where the lake is.
        description: the function's.
        environment: what it is told beside the lake's name.
        timeout: in seconds.
        batches: whether it announces what it wrote, under ``lotes/`` too.
    """
    lake = args.lake

    def under(folder: str) -> list[pulumi.Output[str]]:
        return [lake.under(f"{folder}/{dataset}/")]

    announce = Statement(
        sid="AnnounceBatches", actions=["s3:GetObject", "s3:PutObject"], resources=under("lotes")
    )
    return PythonFunctionArgs(
        context=args.context,
        description=description,
        handler=f"functions.{part}.handler.handler",
        lock=f"requirements/{part}.txt",
        layers=[args.context.settings.pandas_layer_arn],
        environment={"LAKE_BUCKET": lake.name, **environment},
        statements=[
            Statement(sid="ArchivePayloads", actions=["s3:PutObject"], resources=under("payloads")),
            Statement(sid="QuarantinePayloads", actions=["s3:PutObject"], resources=under("quarantine")),
            Statement(
                sid="ReadAndWriteRaw", actions=["s3:GetObject", "s3:PutObject"], resources=under("raw")
            ),
            *([announce] if batches else []),
            Statement(
                sid="ListRawAndBatches" if batches else "ListRaw",
                actions=["s3:ListBucket"],
                resources=[lake.arn],
                conditions={
                    "StringLike": {
                        "s3:prefix": [f"raw/{dataset}/*", f"lotes/{dataset}/*"]
                        if batches
                        else f"raw/{dataset}/*"
                    }
                },
            ),
        ],
        timeout=timeout,
        memory=512,
    )
