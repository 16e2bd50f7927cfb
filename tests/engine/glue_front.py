"""A front of the embedded Glue that keeps of a job what the emulator drops: its mode, its nodes, its tags.

Everything is passed on to the emulator, signed anew by its root; GetJob's answer gets back what CreateJob and
UpdateJob said. With it `pulumi refresh` sees a job as Glue shows it, and a test can edit one as Glue Studio does.
"""

from __future__ import annotations

import contextlib
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bovespa.local.emulator import REGION, Emulator

_SECONDS = 30
# What Glue itself fills in (AWS Glue Web API Reference, "GetJob").
_FILLED_IN = {"ExecutionClass": "STANDARD"}


class GlueFront:
    """``url`` is where it answers; ``creators`` has each job that CreateJob was asked for, and by which access key."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        root = emulator.environment
        self._root = Credentials(root["AWS_ACCESS_KEY_ID"], root["AWS_SECRET_ACCESS_KEY"])
        self._lock = threading.Lock()
        self._jobs: dict[str, dict[str, Any]] = {}
        self._tags: dict[str, dict[str, str]] = {}
        self.creators: list[tuple[str, str]] = []
        self.url = ""

    def answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Glue's answer to one request of its JSON protocol."""
        operation = headers.get("X-Amz-Target", "").rpartition(".")[2]
        asked: dict[str, Any] = json.loads(body or b"{}")
        with self._lock:
            key = headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
            if operation == "CreateJob":
                self.creators.append((asked["Name"], key))
            if key != self._root.access_key:
                return 400, b'{"__type": "UnrecognizedClientException", "message": "not the stack\'s key"}'
            arn = asked.get("ResourceArn", "")
            job = arn.rpartition(":job/")[2] if ":job/" in arn else ""
            if job in self._jobs and operation in ("GetTags", "TagResource", "UntagResource"):
                return 200, json.dumps(self._tagging(operation, job, asked)).encode()
            status, text = self._pass_on(body, headers)
            if status == 200:
                text = self._remember(operation, asked, text)
            return status, text

    def _remember(self, operation: str, asked: dict[str, Any], text: bytes) -> bytes:
        if operation == "CreateJob":
            self._tags[asked["Name"]] = asked.pop("Tags", {})
            self._jobs[asked["Name"]] = asked
        elif operation == "UpdateJob":
            name, update = asked["JobName"], asked["JobUpdate"]
            drawn = self._jobs.get(name, {}).get("CodeGenConfigurationNodes")
            # UpdateJob overwrites the whole definition; without nodes the drawing stays as it is.
            self._jobs[name] = {"CodeGenConfigurationNodes": drawn, **update, "Name": name}
        elif operation == "DeleteJob":
            self._jobs.pop(asked["JobName"], None)
        elif operation == "GetJob" and asked["JobName"] in self._jobs:
            told = json.loads(text)
            told["Job"] = {**told["Job"], **_FILLED_IN, **self._jobs[asked["JobName"]]}
            return json.dumps(told).encode()
        return text

    def _tagging(self, operation: str, job: str, asked: dict[str, Any]) -> dict[str, Any]:
        tags = self._tags.setdefault(job, {})
        if operation == "TagResource":
            tags |= asked["TagsToAdd"]
        elif operation == "UntagResource":
            for name in asked["TagsToRemove"]:
                tags.pop(name, None)
        else:
            return {"Tags": tags}
        return {}

    def _pass_on(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        kept = {name: headers[name] for name in ("X-Amz-Target", "Content-Type")}
        asked = AWSRequest(method="POST", url=f"{self._emulator.url}/", data=body, headers=kept)
        SigV4Auth(self._root, "glue", REGION).add_auth(asked)
        request = urllib.request.Request(asked.url, data=body, headers=dict(asked.headers), method="POST")
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()


@contextlib.contextmanager
def glue_front(emulator: Emulator) -> Iterator[GlueFront]:
    """A front on a free port of the loopback; ends with the block."""
    front = GlueFront(emulator)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, text = front.answer(body, dict(self.headers))
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        front.url = f"http://127.0.0.1:{server.server_port}"
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield front
        finally:
            server.shutdown()
            serving.join(_SECONDS)
