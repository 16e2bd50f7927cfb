"""A private bucket: encrypted, TLS only, no public access, a lifecycle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
from pulumi_aws.s3 import BucketLifecycleConfigurationRuleArgsDict as LifecycleRule


@dataclass(frozen=True, slots=True, kw_only=True)
class BucketArgs:
    """``lifecycle_rules`` end what the bucket need not keep.

    ``only_copy`` of what it holds: then it is versioned, and protected unless ``force_destroy`` lets it go with
    its data.
    """

    lifecycle_rules: Sequence[LifecycleRule]
    only_copy: bool
    force_destroy: bool
    kms_key_arn: str = ""
    """A key of the account's own in place of S3's; a bucket key then keeps KMS's requests, and their cost, few."""


class PrivateBucket(pulumi.ComponentResource):
    """An S3 bucket with the settings that every bucket of the project has.

    S3 refuses to delete a bucket that isn't empty, but Pulumi asks last: versioning and the policy would be gone by
    then. Protection is refused before anything is, and holds for the settings too, which `--exclude-protected`
    would otherwise take.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        protect = pulumi.ResourceOptions(protect=args.only_copy and not args.force_destroy)
        super().__init__(
            "bovespa:index:PrivateBucket", name, None, pulumi.ResourceOptions.merge(opts, protect)
        )
        child = pulumi.ResourceOptions(parent=self)
        bucket = aws.s3.Bucket(name, force_destroy=args.force_destroy, opts=child)
        block = aws.s3.BucketPublicAccessBlock(
            f"{name}-private",
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        aws.s3.BucketOwnershipControls(
            f"{name}-owner",
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=child,
        )
        aws.s3.BucketServerSideEncryptionConfiguration(
            f"{name}-encryption",
            bucket=bucket.id,
            rules=[
                {
                    "apply_server_side_encryption_by_default": {
                        "sse_algorithm": "aws:kms",
                        "kms_master_key_id": args.kms_key_arn,
                    },
                    "bucket_key_enabled": True,
                }
                if args.kms_key_arn
                else {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
            ],
            opts=child,
        )
        before_rules: list[pulumi.Resource] = []
        if args.only_copy:
            before_rules.append(
                aws.s3.BucketVersioning(
                    f"{name}-versioning",
                    bucket=bucket.id,
                    versioning_configuration={"status": "Enabled"},
                    opts=child,
                )
            )
        aws.s3.BucketLifecycleConfiguration(
            f"{name}-lifecycle",
            bucket=bucket.id,
            rules=[
                *args.lifecycle_rules,
                {
                    **_rule("abandoned-uploads", ""),
                    "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
                },
            ],
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=before_rules)),
        )
        aws.s3.BucketPolicy(
            f"{name}-tls",
            bucket=bucket.id,
            policy=_tls_only(bucket.arn),
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[block])),
        )
        self.name = bucket.bucket
        self.arn = bucket.arn
        self.register_outputs({"name": self.name, "arn": self.arn})

    def key(self, key: str) -> pulumi.Output[str]:
        """The ARN of one object."""
        return pulumi.Output.format("{0}/{1}", self.arn, key)

    def under(self, prefix: str) -> pulumi.Output[str]:
        """The ARN of every object whose key begins with ``prefix`` (``raw/carteira/``)."""
        return self.key(f"{prefix}*")

    def folder(self, prefix: str) -> list[pulumi.Output[str]]:
        """The ARNs of what is in a folder, and of the folder itself as Spark knows it.

        Hadoop's file systems ask for the folder's name without its slash, and mark an empty one by an object
        ``NAME_$folder$`` (EMRFS, s3n) or ``NAME/`` (S3A).
        """
        name = prefix.rstrip("/")
        return [self.key(name), self.under(f"{name}/"), self.key(f"{name}_$folder$")]


def expire(rule: str, prefix: str, *, days: int) -> LifecycleRule:
    """Delete what is under ``prefix`` after ``days``."""
    return {**_rule(rule, prefix), "expiration": {"days": days}}


def expire_old_versions(rule: str, prefix: str, *, days: int) -> LifecycleRule:
    """Delete versions under ``prefix`` that were replaced or deleted ``days`` ago, and the markers left over."""
    return {
        **_rule(rule, prefix),
        "expiration": {"expired_object_delete_marker": True},
        "noncurrent_version_expiration": {"noncurrent_days": days},
    }


def _rule(rule: str, prefix: str) -> LifecycleRule:
    return {"id": rule, "status": "Enabled", "filter": {"prefix": prefix}}


def _tls_only(bucket_arn: pulumi.Output[str]) -> pulumi.Output[str]:
    return pulumi.Output.json_dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "DenyPlainHttp",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [bucket_arn, bucket_arn.apply(lambda arn: f"{arn}/*")],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )
