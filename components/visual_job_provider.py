"""Creates visual Glue jobs through Glue's own API, which is the only one that takes their nodes.

Neither CloudFormation nor the Terraform provider (hence pulumi-aws) has ``CodeGenConfigurationNodes``;
CreateJob and UpdateJob do (AWS Glue Web API Reference). Registering the nodes makes Glue Studio show
the job as a drawing and generate its script at ``Command.ScriptLocation``.

The state of every stack names this module and :class:`VisualJobProvider`: neither may be renamed or moved
(docs/adr/0005).
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic, sleep
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    ResourceProvider,
    UpdateResult,
)

from components.aws_configuration import KEYS, AwsConfiguration, AwsConfigurationError
from components.aws_session import AwsSession, WrongAccount, known_account
from components.job_tags import claim, job_tags, owned, retag
from glue.comparison import compare
from glue.definition import DefinitionError, JobDefinition, parse, to_api
from glue.validation import errors, validate

# A new role takes its time until Glue may assume it. As long as terraform-provider-aws tries to create a Lambda
# function (internal/service/lambda/consts.go, lambdaPropagationTimeout).
ROLE_SECONDS = 300
ROLE_PAUSE_SECONDS = 5
# In Glue's words: "Role … should be given assume role permissions for Glue Service", "… is not authorized to
# perform …" (internal/service/glue/dev_endpoint.go there), "Service is unable to assume role …".
_ABOUT_THE_ROLE = re.compile(r"\brole\b|assume|not authorized", re.IGNORECASE)


class JobError(RuntimeError):
    """What was asked of Glue can't be done; the message is one line that says what to do."""


class VisualJobProvider(ResourceProvider):
    """A resource with four inputs: ``name``, ``region``, ``account``, and ``definition``, CreateJob's input as JSON text.

    Text, so that Pulumi doesn't turn the definition's integers into floats. The one output beside them is
    ``arn``. Sessions are made inside the methods, since the provider is pickled.
    """

    _configuration: Mapping[str, Any] | None = None
    _sessions: dict[str, AwsSession] | None = None
    _lock: Any = None

    def configure(self, req: ConfigureRequest) -> None:
        """Take the stack's configuration from the engine, before anything else is asked.

        In-process (the embedded stack) nobody calls it, and the environment alone says who signs.
        """
        self._configuration = {key: req.config.get(key) for key in KEYS}
        self._sessions, self._lock = {}, threading.Lock()

    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuse a definition that Glue would refuse, or take and then not run, and credentials of another account.

        Failures name no property: the engine would print the property's value, the whole definition, with each.
        """
        failures = [*self._account_failures(news), *_definition_failures(news.get("definition"))]
        return CheckResult(news, [CheckFailure("", failure) for failure in failures])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Only what Glue would do differently counts; only another name or region needs another job.

        The provider itself counts too, or a state would keep the pickle of a module that is no more.
        """
        replaces = [key for key in ("name", "region") if olds.get(key) != news.get(key)]
        changed = any(olds.get(key) != news.get(key) for key in ("account", "__provider"))
        try:
            changed = changed or bool(compare(_definition(olds), _definition(news)))
        except (DefinitionError, ValueError, TypeError, KeyError):
            changed = True  # not known yet, or no longer a visual job
        return DiffResult(
            changes=changed or bool(replaces), replaces=replaces, stables=["name"], delete_before_replace=True
        )

    def create(self, props: dict[str, Any]) -> CreateResult:
        """CreateJob, waiting for a new role to become assumable; a job that is the stack's already is taken over.

        Raises:
            JobError: Glue refuses it, or there is such a job and its tags name another stack or none.
        """
        name, body = props["name"], _body(props)
        with self._signed("create", name, props) as (aws, arn):
            try:
                _once_role_is_ready(lambda: aws["glue"].create_job(**body))
            except ClientError as error:
                if not _taken(error):
                    raise
                self._take_over(aws, arn, body)
        return CreateResult(name, {**props, "arn": arn})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        """GetJob and GetTags, so that `pulumi refresh` sees what was edited in Glue Studio, and the tags.

        Raises:
            JobError: Glue can't be asked.
        """
        with self._signed("read", id_, props) as (aws, arn):
            try:
                job = aws["glue"].get_job(JobName=id_)["Job"]
            except ClientError as error:
                if _code(error) == "EntityNotFoundException":
                    return ReadResult(None, {})
                raise
            tags = job_tags(aws, arn)
        try:
            definition = to_api(parse(job))
        except DefinitionError:
            # Converted to a script in the console: without nodes it differs from any visual job.
            definition = {"Name": id_, "JobMode": job.get("JobMode", "SCRIPT")}
        definition["Tags"] = tags
        return ReadResult(id_, {**props, "arn": arn, "definition": json.dumps(definition, default=str)})

    def update(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        """UpdateJob, which replaces the whole definition; tags have calls of their own. A job that is gone is made anew.

        Raises:
            JobError: Glue refuses it.
        """
        body = _body(news)
        with self._signed("update", id_, news, olds) as (aws, arn):
            try:
                _update(aws, arn, body, _body(olds).get("Tags", {}))
            except ClientError as error:
                if _code(error) != "EntityNotFoundException":
                    raise
                _once_role_is_ready(lambda: aws["glue"].create_job(**body))
        return UpdateResult({**news, "arn": arn})

    def delete(self, id_: str, props: dict[str, Any]) -> None:
        """DeleteJob; a job that is gone already is no error to Glue.

        Raises:
            JobError: Glue refuses it.
        """
        with self._signed("delete", id_, props) as (aws, _):
            aws["glue"].delete_job(JobName=id_)

    def _account_failures(self, news: dict[str, Any]) -> Iterator[str]:
        """What is wrong with the credentials already in a preview; that STS can't be asked is left to the call itself."""
        try:
            self._session(news).require(_account(news))
        except (AwsConfigurationError, WrongAccount) as error:
            yield str(error)
        except (BotoCoreError, ClientError, OSError, KeyError):
            return

    def _session(self, props: Mapping[str, Any]) -> AwsSession:
        if self._sessions is None or self._lock is None:
            return AwsSession(AwsConfiguration({}), props["region"])
        with self._lock:
            region = props["region"]
            if region not in self._sessions:
                self._sessions[region] = AwsSession(AwsConfiguration(self._configuration or {}), region)
            return self._sessions[region]

    @contextmanager
    def _signed(self, verb: str, name: str, *states: dict[str, Any]) -> Iterator[tuple[AwsSession, str]]:
        """Clients that are sure to be in the account of every one of ``states``, and the job's ARN there.

        What goes wrong inside ends as one line.
        """
        try:
            aws = self._session(states[0])
            for state in states:
                account = aws.require(_account(state))
            yield aws, f"arn:{aws.partition}:glue:{aws.region}:{account}:job/{name}"
        except (AwsConfigurationError, BotoCoreError, ClientError, JobError, OSError, WrongAccount) as error:
            if self._configuration is not None:
                # Pulumi's host of dynamic providers answers with the whole traceback: leave its last line.
                sys.tracebacklimit = 0
            raise JobError(f"can't {verb} the Glue job {name}: {_reason(error)}") from None

    def _take_over(self, aws: AwsSession, arn: str, body: dict[str, Any]) -> None:
        tags, wanted = job_tags(aws, arn), body.get("Tags", {})
        if not owned(tags, wanted):
            raise JobError(
                "it is there already, and its tags don't say that it is this stack's; to let the stack have it: "
                + claim(aws, arn, wanted)
            )
        _update(aws, arn, body, tags)


def _update(aws: AwsSession, arn: str, body: Mapping[str, Any], old_tags: Mapping[str, str]) -> None:
    job = {key: value for key, value in body.items() if key not in ("Name", "Tags")}
    _once_role_is_ready(lambda: aws["glue"].update_job(JobName=body["Name"], JobUpdate=job))
    retag(aws, arn, old_tags, body.get("Tags", {}))


def _once_role_is_ready(call: Callable[[], Any]) -> None:
    deadline = monotonic() + ROLE_SECONDS
    while True:
        try:
            call()
            return
        except ClientError as error:
            if not _role_not_ready(error) or monotonic() > deadline:
                raise
        sleep(ROLE_PAUSE_SECONDS)


def _definition_failures(text: Any) -> list[str]:
    if not isinstance(text, str) or not text.startswith("{"):
        return []  # a preview: the role or the bucket isn't known yet
    try:
        return [str(problem) for problem in errors(validate(parse(json.loads(text))))]
    except (DefinitionError, ValueError) as error:
        return [f"definition: {error}"]


def _account(props: Mapping[str, Any]) -> str | None:
    """The account that a state is about: where the job was made, else where the stack is; None if nobody knows."""
    arn, account = props.get("arn"), props.get("account")
    if isinstance(arn, str) and arn.startswith("arn:"):
        return arn.split(":")[4]
    return known_account(account)


def _definition(props: Mapping[str, Any]) -> JobDefinition:
    return parse(json.loads(props["definition"]))


def _body(props: Mapping[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(props["definition"])
    return body


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _taken(error: ClientError) -> bool:
    return _code(error) in ("AlreadyExistsException", "IdempotentParameterMismatchException")


def _role_not_ready(error: ClientError) -> bool:
    message = str(error.response.get("Error", {}).get("Message", ""))
    return _code(error) == "InvalidInputException" and bool(_ABOUT_THE_ROLE.search(message))


def _reason(error: Exception) -> str:
    return " ".join(str(error).split())
