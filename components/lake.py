"""The lake: one bucket for raw, payloads, quarantine and REFINED, and one for query results and reports."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.bucket import BucketArgs, PrivateBucket, expire, expire_old_versions
from components.context import Context

# Folders of the bucket for results.
QUERY_RESULTS = "athena/"
REPORTS = "reports/"


@dataclass(frozen=True, slots=True, kw_only=True)
class LakeArgs:
    """The context says whether the lake may go with its data, and its key."""

    context: Context


class Lake(pulumi.ComponentResource):
    """Where the data lives.

    Raw and payloads are the only copy of what B3 showed that day, hence versioned; everything else
    can be made again and is ended by the lifecycle.
    """

    bucket: PrivateBucket
    results: PrivateBucket

    def __init__(self, name: str, args: LakeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Lake", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = PrivateBucket(
            name,
            BucketArgs(
                only_copy=True,
                force_destroy=args.context.settings.force_destroy,
                kms_key_arn=args.context.kms_key_arn,
                lifecycle_rules=[
                    expire("quarantine", "quarantine/", days=365),
                    expire("glue-temporary", "glue/temporary/", days=7),
                    expire_old_versions("replaced-refined", "REFINED/", days=7),
                    expire_old_versions("replaced-temporary", "glue/", days=7),
                    expire_old_versions("replaced-quarantine", "quarantine/", days=30),
                    expire_old_versions("replaced-raw", "raw/", days=365),
                ],
            ),
            child,
        )
        self.results = PrivateBucket(
            f"{name}-results",
            BucketArgs(
                only_copy=False,
                force_destroy=True,
                kms_key_arn=args.context.kms_key_arn,
                lifecycle_rules=[
                    expire("query-results", QUERY_RESULTS, days=14),
                    expire("reports", REPORTS, days=365),
                ],
            ),
            child,
        )
        self.register_outputs({"bucket": self.bucket.name, "results": self.results.name})
