"""The producer's ECS task as a process: what the embedded ECS declares but, without Docker, doesn't run.

Command, environment, role and code are the task definition's own, read back from the embedded ECS and S3. So a
variable that the program forgot, a right that the role lacks or a module that the archive leaves out stops the
demo as it would stop the task. Only what a container would bring is put in its place: this interpreter and its
libraries for the image and the archive's ARM wheels, folders for the volumes, and the addresses of this machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from botocore.exceptions import ClientError

from bovespa.local.configuration import PROJECT
from bovespa.local.emulator import free_port
from bovespa.local.errors import LocalError
from bovespa.local.stack import Stack
from stream.exchanges.base import Endpoints

STOP_SECONDS = 40.0  # a task has two minutes on Fargate; nobody waits that long for a demo
_KILL_SECONDS = STOP_SECONDS + 3
_GONE_SECONDS = 15.0


class ProducerFailed(LocalError):
    """The producer's process could not start, or ended by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a producer counted from start to end, by its metric lines."""

    accepted: int = 0
    acknowledged: int = 0
    repaired: int = 0
    duplicates: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProducerTask:
    """A running producer; ``health`` is its endpoint, ``log`` what it wrote."""

    process: subprocess.Popen[bytes]
    health: str
    log: Path

    def check(self) -> None:
        """Raise ProducerFailed if the producer has ended."""
        if (status := self.process.poll()) is not None:
            raise ProducerFailed(
                f"the producer ended (status {status}): {self._last_line()}; its log is {self.log}"
            )

    def terminate(self) -> None:
        """Begin its orderly stop, as ECS does: SIGTERM, and SIGKILL much later."""
        self.process.terminate()

    def status(self) -> int | None:
        """What it ended with; None while it runs."""
        return self.process.poll()

    def totals(self) -> Totals:
        """The sum of its metric lines; the last one is written when it has delivered everything."""
        lines = [
            msgspec.json.decode(line)
            for line in self.log.read_bytes().splitlines()
            if line.startswith(b'{"_aws"')
        ]

        def total(name: str) -> int:
            return sum(int(line.get(name, 0)) for line in lines)  # an exchange's own lines have other metrics

        return Totals(
            accepted=total("Trades"),
            acknowledged=total("Acknowledged"),
            repaired=total("RepairedTrades"),
            duplicates=total("DuplicateTrades"),
        )

    def _last_line(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


@contextlib.contextmanager
def producer_task(
    stack: Stack, endpoints: Mapping[str, Endpoints], authority: Path
) -> Iterator[ProducerTask]:
    """Run the stack's producer against ``endpoints``; it ends with the block, or with this process.

    ``authority`` is the certificate that the endpoints' TLS is verified by.

    Its log stays where the block fails.

    Raises:
        ProducerFailed: its code can't be had.
    """
    definition = _task_definition(stack)
    fetching, producer = (_container(definition, name) for name in ("code", "producer"))
    role = stack.aws.environment_of(definition["taskRoleArn"])
    folder = stack.folder / "producer"
    code, spill = folder / "code", folder / "spill"
    spill.mkdir(parents=True)
    _unpack(stack, definition["taskRoleArn"], _variables(fetching), code)
    port = free_port()
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        **_variables(producer),
        **role,
        "SSL_CERT_FILE": str(authority),
        "STREAM_ENDPOINTS": msgspec.json.encode(endpoints).decode(),
        "STREAM_HEALTH_PORT": str(port),
        "STREAM_SPILL_DIRECTORY": str(spill),
        "STREAM_STOP_TIMEOUT": f"{STOP_SECONDS:g}",
    }
    log = stack.emulator.log.with_suffix(".producer.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            _guarded(folder, producer["command"]),
            cwd=code,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield ProducerTask(process=process, health=f"http://127.0.0.1:{port}/", log=log)
    finally:
        _end(process)
    log.unlink(missing_ok=True)


def _guarded(folder: Path, command: Sequence[str]) -> list[str]:
    """The task's command with this interpreter, under a guard that is found from any folder."""
    if command[0] != "python":
        raise ProducerFailed(f"the task's command is {' '.join(command)}: expected python")
    guard = [
        sys.executable,
        "-P",
        str(PROJECT / "bovespa" / "local" / "guard.py"),
        f"--grace={_KILL_SECONDS:g}",
        str(folder),
    ]
    return [*guard, sys.executable, *command[1:]]


def _task_definition(stack: Stack) -> Mapping[str, Any]:
    ecs, exports = stack.aws["ecs"], stack.exports
    (service,) = ecs.describe_services(
        cluster=exports["producerCluster"], services=[exports["producerService"]]
    )["services"]
    found: Mapping[str, Any] = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])[
        "taskDefinition"
    ]
    return found


def _container(definition: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = next(c for c in definition["containerDefinitions"] if c["name"] == name)
    return found


def _variables(container: Mapping[str, Any]) -> dict[str, str]:
    return {variable["name"]: variable["value"] for variable in container["environment"]}


def _unpack(stack: Stack, role: str, declared: Mapping[str, str], target: Path) -> None:
    """The init container's work: the archive by the role's rights, its digest checked, unpacked.

    Its libraries stay packed: they are another platform's.
    """
    place = urlsplit(declared["ARCHIVE_URL"])
    bucket, key = place.netloc.partition(".")[0], place.path.lstrip("/")
    try:
        data = stack.aws.as_role(role)["s3"].get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise ProducerFailed(f"the task can't fetch its code, s3://{bucket}/{key}: {error}") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != declared["ARCHIVE_SHA256"]:
        raise ProducerFailed(
            f"s3://{bucket}/{key} has SHA-256 {digest}, not the task definition's {declared['ARCHIVE_SHA256']}"
        )
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(target, [name for name in archive.namelist() if name.startswith("stream/")])


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(_GONE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
