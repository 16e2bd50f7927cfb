"""Glue and STS on a real socket, in memory: what jobs and tags they keep, and who signed each request."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

Body = dict[str, Any]
ACCOUNT = "111111111111"
_XML = (
    '<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>{1}</{0}Result>'
    "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></{0}Response>"
)
_CREDENTIALS = (
    "<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t-{key}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
)
# What GetJob tells beside what was given (AWS Glue Web API Reference, "Job").
_READ_ONLY = {
    "CreatedOn": 1752527707.0,
    "LastModifiedOn": 1752527707.0,
    "ExecutionClass": "STANDARD",
    "AllocatedCapacity": 2,
    "MaxCapacity": 2.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request: the operation, the access key that signed it (None: unsigned), its input."""

    operation: str
    key: str | None
    body: Body


@dataclass(slots=True, kw_only=True)
class GlueServer:
    """``accounts`` by access key (others are of ``ACCOUNT``); ``refusals`` are given first, one a Glue call."""

    url: str = ""
    accounts: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, Body] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)

    @property
    def glue_calls(self) -> list[str]:
        """The operations that reached Glue, in turn."""
        return [call.operation for call in self.calls if call.operation in dir(_Glue)]

    def signers(self, operation: str) -> set[str | None]:
        return {call.key for call in self.calls if call.operation == operation}

    def arn(self, name: str, account: str = ACCOUNT, region: str = "sa-east-1") -> str:
        return f"arn:aws:glue:{region}:{account}:job/{name}"


class Refused(Exception):
    """Glue says no."""


class _Glue:
    """The operations that the provider uses."""

    def __init__(self, server: GlueServer, account: str) -> None:
        self._server, self._account = server, account

    def CreateJob(self, asked: Body) -> Body:  # noqa: N802 (Glue's names)
        name, jobs = asked["Name"], self._server.jobs
        if name in jobs:
            raise Refused("IdempotentParameterMismatchException", "Job already submitted")
        jobs[name] = {key: value for key, value in asked.items() if key != "Tags"}
        self._server.tags[self._server.arn(name, self._account)] = dict(asked.get("Tags") or {})
        return {"Name": name}

    def GetJob(self, asked: Body) -> Body:  # noqa: N802
        return {"Job": {**self._job(asked), **_READ_ONLY}}

    def UpdateJob(self, asked: Body) -> Body:  # noqa: N802
        self._job(asked)
        self._server.jobs[asked["JobName"]] = {"Name": asked["JobName"], **asked["JobUpdate"]}
        return {"JobName": asked["JobName"]}

    def DeleteJob(self, asked: Body) -> Body:  # noqa: N802
        self._server.jobs.pop(asked["JobName"], None)
        return {"JobName": asked["JobName"]}

    def GetTags(self, asked: Body) -> Body:  # noqa: N802
        return {"Tags": self._server.tags.get(asked["ResourceArn"], {})}

    def TagResource(self, asked: Body) -> Body:  # noqa: N802
        self._server.tags.setdefault(asked["ResourceArn"], {}).update(asked["TagsToAdd"])
        return {}

    def UntagResource(self, asked: Body) -> Body:  # noqa: N802
        for key in asked["TagsToRemove"]:
            self._server.tags[asked["ResourceArn"]].pop(key, None)
        return {}

    def _job(self, asked: Body) -> Body:
        try:
            return self._server.jobs[asked["JobName"]]
        except KeyError:
            raise Refused("EntityNotFoundException", "Job not found") from None


@contextmanager
def glue_server() -> Iterator[GlueServer]:
    """A server on a free port of the loopback; ends with the block."""
    state = GlueServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            signed = re.search(r"Credential=([^/]+)/", self.headers.get("Authorization", ""))
            key = signed.group(1) if signed else None
            account = state.accounts.get(key or "", ACCOUNT)
            operation = self.headers.get("X-Amz-Target", "").rpartition(".")[2]
            if operation:
                self._json(state, operation, json.loads(body), key, account)
            else:
                self._sts({name: values[0] for name, values in parse_qs(body.decode()).items()}, key, account)

        def _json(
            self, state: GlueServer, operation: str, asked: Body, key: str | None, account: str
        ) -> None:
            state.calls.append(Call(operation=operation, key=key, body=asked))
            try:
                if state.refusals:
                    raise Refused(*state.refusals.pop(0))
                status, answer = 200, getattr(_Glue(state, account), operation)(asked)
            except Refused as refused:
                status, answer = 400, {"__type": refused.args[0], "Message": refused.args[1]}
            self._reply(status, json.dumps(answer), "application/x-amz-json-1.1")

        def _sts(self, asked: Body, key: str | None, account: str) -> None:
            operation = asked.pop("Action")
            state.calls.append(Call(operation=operation, key=key, body=asked))
            if operation == "GetCallerIdentity":
                result = (
                    f"<Arn>arn:aws:iam::{account}:user/x</Arn><UserId>x</UserId><Account>{account}</Account>"
                )
            else:
                role = asked["RoleArn"]
                assumed = "ROLE" + role.rpartition("/")[2].upper()
                state.accounts[assumed] = role.split(":")[4]
                result = _CREDENTIALS.format(key=assumed)
            self._reply(200, _XML.format(operation, result), "text/xml")

        def _reply(self, status: int, text: str, kind: str) -> None:
            payload = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        state.url = f"http://127.0.0.1:{server.server_address[1]}"
        serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        serving.start()
        try:
            yield state
        finally:
            server.shutdown()
            serving.join(10)
