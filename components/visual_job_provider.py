"""Creates visual Glue jobs through Glue's own API, which is the only one that takes their nodes.

Neither CloudFormation nor the Terraform provider (hence pulumi-aws) has ``CodeGenConfigurationNodes``;
CreateJob and UpdateJob do (AWS Glue Web API Reference). Registering the nodes makes Glue Studio show
the job as a drawing and generate its script at ``Command.ScriptLocation``.
"""

from __future__ import annotations

import json
from time import monotonic, sleep
from typing import Any

import boto3
from botocore.exceptions import ClientError
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from glue.comparison import compare
from glue.definition import DefinitionError, JobDefinition, parse, to_api
from glue.validation import errors, validate

ROLE_SECONDS = 60  # a new role takes some seconds until Glue may assume it


class VisualJobProvider(ResourceProvider):
    """A resource with three inputs: ``name``, ``region``, and ``definition``, CreateJob's input as JSON text.

    Text, so that Pulumi doesn't turn the definition's integers into floats. Clients are made inside
    the methods, since the provider is pickled.
    """

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse a definition that Glue would refuse, or take and then not run, before anything is called."""
        text = news.get("definition")
        if not isinstance(text, str) or not text.startswith("{"):
            return CheckResult(news, [])  # a preview: the role or the bucket isn't known yet
        try:
            problems = errors(validate(parse(json.loads(text))))
        except (DefinitionError, ValueError) as error:
            return CheckResult(news, [CheckFailure("definition", str(error))])
        return CheckResult(news, [CheckFailure("definition", str(problem)) for problem in problems])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Only what Glue would do differently counts; only another name needs another job."""
        replaces = [key for key in ("name", "region") if olds.get(key) != news.get(key)]
        try:
            changes = bool(compare(_definition(olds), _definition(news)))
        except (DefinitionError, ValueError, TypeError, KeyError):
            changes = True  # not known yet, or no longer a visual job
        return DiffResult(
            changes=changes or bool(replaces), replaces=replaces, stables=["name"], delete_before_replace=True
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """CreateJob, waiting for a new role to become assumable."""
        body = _body(props)
        client = _client(props)
        deadline = monotonic() + ROLE_SECONDS
        while True:
            try:
                client.create_job(**body)
                return CreateResult(props["name"], props)
            except ClientError as error:
                if not _role_not_ready(error) or monotonic() > deadline:
                    raise
                sleep(5)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """GetJob, so that `pulumi refresh` sees what was edited in Glue Studio."""
        try:
            job = _client(props).get_job(JobName=id_)["Job"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "EntityNotFoundException":
                return ReadResult(None, {})
            raise
        try:
            definition = to_api(parse(job))
        except DefinitionError:
            # Converted to a script in the console: without nodes it differs from any visual job.
            definition = {"Name": id_, "JobMode": job.get("JobMode", "SCRIPT")}
        # GetJob doesn't tell them; what was last applied stands.
        definition["Tags"] = _body(props).get("Tags", {}) if "definition" in props else {}
        return ReadResult(id_, {**props, "definition": json.dumps(definition, default=str)})

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """UpdateJob, which replaces the whole definition; tags have calls of their own."""
        client, body = _client(news), _body(news)
        tags, old_tags = body.pop("Tags", {}), _body(olds).get("Tags", {})
        del body["Name"]
        client.update_job(JobName=id_, JobUpdate=body)
        if tags != old_tags:
            account = boto3.client("sts", region_name=news["region"]).get_caller_identity()["Account"]
            arn = f"arn:aws:glue:{news['region']}:{account}:job/{id_}"
            if dropped := sorted(old_tags.keys() - tags.keys()):
                client.untag_resource(ResourceArn=arn, TagsToRemove=dropped)
            client.tag_resource(ResourceArn=arn, TagsToAdd=tags)
        return UpdateResult(news)

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """DeleteJob; a job that is gone already is no error to Glue."""
        _client(props).delete_job(JobName=id_)


def _client(props: dict[str, Any]) -> Any:
    return boto3.client("glue", region_name=props["region"])


def _definition(props: dict[str, Any]) -> JobDefinition:
    return parse(json.loads(props["definition"]))


def _body(props: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(props["definition"])
    return body


def _role_not_ready(error: ClientError) -> bool:
    return error.response["Error"]["Code"] == "InvalidInputException" and "role" in str(error).lower()
