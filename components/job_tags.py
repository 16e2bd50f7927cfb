"""The tags of a Glue job, and what they say of whose it is."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

from components.aws_session import AwsSession

# Every job that a stack makes has them: by them one that isn't in the state is known for the stack's own.
OWNER_TAGS = ("project", "stack")


def job_tags(aws: AwsSession, arn: str) -> dict[str, str]:
    """The job's tags (GetTags), without AWS's own and those that the configuration ignores."""
    found = aws["glue"].get_tags(ResourceArn=arn).get("Tags", {})
    return {key: value for key, value in found.items() if not aws.ignores_tag(key)}


def retag(aws: AwsSession, arn: str, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Make the ``old`` tags the ``new`` ones; what neither names stays."""
    if dropped := sorted(key for key in old.keys() - new.keys() if not aws.ignores_tag(key)):
        aws["glue"].untag_resource(ResourceArn=arn, TagsToRemove=dropped)
    if any(old.get(key) != value for key, value in new.items()):
        aws["glue"].tag_resource(ResourceArn=arn, TagsToAdd=dict(new))


def owned(tags: Mapping[str, str], wanted: Mapping[str, str]) -> bool:
    """Whether a job with these tags belongs to the stack whose own jobs have those."""
    return all(key in wanted and tags.get(key) == wanted[key] for key in OWNER_TAGS)


def claim(aws: AwsSession, arn: str, wanted: Mapping[str, str]) -> str:
    """The command that gives a job to the stack."""
    tags = shlex.quote(",".join(f"{key}={wanted[key]}" for key in OWNER_TAGS if key in wanted))
    return f"aws glue tag-resource --region {aws.region} --resource-arn {arn} --tags-to-add {tags}"
