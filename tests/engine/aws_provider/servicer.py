"""The plugin's side of Pulumi's provider protocol."""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, TypeVar

import boto3
import grpc
from botocore.exceptions import ClientError
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from bovespa.local.aws import Clients
from bovespa.local.deployment import make
from bovespa.local.program import Registration
from tests.engine.aws_provider.change import change
from tests.engine.aws_provider.deletion import DELETIONS
from tests.engine.aws_provider.presence import gone, present
from tests.engine.aws_provider.rules import RULES, Rules
from tests.engine.aws_provider.wire import (
    DEFAULTS,
    Properties,
    changed,
    from_wire,
    provisioned,
    to_wire,
    unknown,
)

_Diff = provider_pb2.PropertyDiff
_SUFFIX = 7  # hexadecimal digits, as pulumi-aws has them
Answer = TypeVar("Answer")
Method = Callable[[Any, Any, grpc.ServicerContext], Answer]


def _told(method: Method[Answer]) -> Method[Answer]:
    """An error is an answer with a text of one line, which the engine shows beside the resource."""

    @functools.wraps(method)
    def told(self: Any, request: Any, context: grpc.ServicerContext) -> Answer:
        try:
            return method(self, request, context)
        except Exception as error:
            context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}")
            raise

    return told


class AwsProvider(provider_pb2_grpc.ResourceProviderServicer):
    """Answers one engine; configured once, then asked from many threads."""

    def __init__(self) -> None:
        self._aws = Clients()
        self._region = ""

    def GetPluginInfo(self, _request: Any, _context: Any) -> plugin_pb2.PluginInfo:  # noqa: N802
        return plugin_pb2.PluginInfo(version=version("pulumi-aws"))

    def GetSchema(self, _request: Any, _context: Any) -> provider_pb2.GetSchemaResponse:  # noqa: N802
        return provider_pb2.GetSchemaResponse(
            schema=json.dumps({"name": "aws", "version": version("pulumi-aws")})
        )

    def CheckConfig(self, request: Any, _context: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        return provider_pb2.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, _context: Any) -> provider_pb2.DiffResponse:  # noqa: N802
        """Another region is another provider: nothing of the old one can be changed into it."""
        keys = changed(from_wire(request.old_inputs), from_wire(request.news))
        return _difference(keys, [key for key in keys if key == "region"], before=False)

    def Configure(self, request: Any, _context: Any) -> provider_pb2.ConfigureResponse:  # noqa: N802
        configuration = from_wire(request.args)
        self._region = configuration["region"]
        self._aws = Clients(_environment(configuration))
        # Without acceptSecrets, acceptOutputs and acceptResources the engine itself unwraps what goes in and
        # marks what comes out.
        return provider_pb2.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    @_told
    def Invoke(self, request: Any, _context: Any) -> provider_pb2.InvokeResponse:  # noqa: N802
        region = self._region
        if request.tok == "aws:index/getRegion:getRegion":
            answer = {
                "id": region,
                "region": region,
                "name": region,
                "endpoint": f"ec2.{region}.amazonaws.com",
            }
        elif request.tok == "aws:index/getCallerIdentity:getCallerIdentity":
            caller = self._aws["sts"].get_caller_identity()
            account = caller["Account"]
            answer = {"id": account, "accountId": account, "arn": caller["Arn"], "userId": caller["UserId"]}
        elif request.tok == "aws:index/getPartition:getPartition":
            answer = {"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com"}
        else:
            raise NotImplementedError(f"no answer for the look-up {request.tok}: add one to {__name__}")
        return provider_pb2.InvokeResponse(**{"return": to_wire(answer)})

    @_told
    def Check(self, request: Any, _context: Any) -> provider_pb2.CheckResponse:  # noqa: N802
        """Give a name to what has none, and keep the one that it has."""
        rules, news, olds = _rules(request.urn), from_wire(request.news), from_wire(request.olds)
        news[DEFAULTS] = []
        if rules.name and news.get(rules.name) is None:
            kept = olds.get(rules.name) if rules.name in olds.get(DEFAULTS, []) else None
            news[rules.name] = kept or _name(request, rules)
            news[DEFAULTS] = [rules.name]
        failures = []
        if rules.name and rules.longest and len(str(news[rules.name])) > rules.longest:
            reason = f"{news[rules.name]!r} is longer than {rules.longest} characters"
            failures.append(provider_pb2.CheckFailure(property=rules.name, reason=reason))
        return provider_pb2.CheckResponse(inputs=to_wire(news), failures=failures)

    @_told
    def Diff(self, request: Any, _context: Any) -> provider_pb2.DiffResponse:  # noqa: N802
        rules, old, new = _rules(request.urn), from_wire(request.old_inputs), from_wire(request.news)
        keys = [key for key in changed(old, new) if key not in request.ignoreChanges]
        replaces = rules.needs_another(keys)
        # Two resources can't have one name: where the program fixed it, the old one has to go first.
        fixed = rules.name is None or (rules.name not in new.get(DEFAULTS, []) and rules.name not in keys)
        return _difference(keys, replaces, before=bool(replaces) and fixed)

    @_told
    def Create(self, request: Any, _context: Any) -> provider_pb2.CreateResponse:  # noqa: N802
        inputs = from_wire(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(properties=to_wire(inputs))
        wanted = _registration(request.urn, inputs)
        account = self._aws["sts"].get_caller_identity()["Account"]
        answer = make(self._aws, wanted, region=self._region, account=account)
        outputs = {**inputs, **answer.outputs}
        return provider_pb2.CreateResponse(id=answer.id, properties=to_wire(outputs))

    @_told
    def Update(self, request: Any, _context: Any) -> provider_pb2.UpdateResponse:  # noqa: N802
        inputs, olds = from_wire(request.news), from_wire(request.olds)
        outputs = {key: value for key, value in olds.items() if key not in from_wire(request.old_inputs)}
        if not request.preview:
            keys = [
                key
                for key in changed(from_wire(request.old_inputs), inputs)
                if key not in request.ignoreChanges
            ]
            outputs |= change(self._aws, _registration(request.urn, inputs), request.id, olds, keys)
        return provider_pb2.UpdateResponse(properties=to_wire({**outputs, **inputs}))

    @_told
    def Read(self, request: Any, _context: Any) -> provider_pb2.ReadResponse:  # noqa: N802
        if not present(self._aws, _type(request.urn), request.id, from_wire(request.properties)):
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)

    @_told
    def Delete(self, request: Any, _context: Any) -> empty_pb2.Empty:  # noqa: N802
        try:
            DELETIONS[_type(request.urn)](self._aws, request.id, from_wire(request.properties))
        except ClientError as error:
            if not gone(error):
                raise
        return empty_pb2.Empty()

    def Cancel(self, _request: Any, _context: Any) -> empty_pb2.Empty:  # noqa: N802
        return empty_pb2.Empty()


def _environment(configuration: Properties) -> dict[str, str]:
    """AWS variables; the stack's own keys or profile go before the environment's, as in Amazon's plugin."""
    found = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    if profile := configuration.get("profile"):
        keys = boto3.Session(profile_name=profile).get_credentials().get_frozen_credentials()
        found |= {"AWS_ACCESS_KEY_ID": keys.access_key, "AWS_SECRET_ACCESS_KEY": keys.secret_key}
    return {**found, "AWS_REGION": configuration["region"]}


def _type(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _rules(urn: str) -> Rules:
    type_ = _type(urn)
    if type_ not in RULES:
        raise NotImplementedError(f"{type_}: add its rules to tests/engine/aws_provider/rules.py")
    return RULES[type_]


def _name(request: Any, rules: Rules) -> str:
    """The engine's proposal where the project configures autonaming, else the logical name and seven digits."""
    if request.autonaming.proposed_name:
        return str(request.autonaming.proposed_name)
    name = f"{request.name}-{hashlib.sha256(request.randomSeed).hexdigest()[:_SUFFIX]}"
    return name.lower() if rules.name == "bucket" else name


def _registration(urn: str, inputs: Properties) -> Registration:
    if unknown(inputs):
        raise ValueError(f"an input is not known: {inputs}")
    return Registration(type=_type(urn), name=urn.split("::")[-1], inputs=provisioned(inputs))


def _difference(keys: list[str], replaces: list[str], *, before: bool) -> provider_pb2.DiffResponse:
    detailed: Mapping[str, provider_pb2.PropertyDiff] = {
        key: _Diff(kind=_Diff.UPDATE_REPLACE if key in replaces else _Diff.UPDATE, inputDiff=True)
        for key in keys
    }
    return provider_pb2.DiffResponse(
        changes=provider_pb2.DiffResponse.DIFF_SOME if keys else provider_pb2.DiffResponse.DIFF_NONE,
        diffs=keys,
        replaces=replaces,
        deleteBeforeReplace=before,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )
