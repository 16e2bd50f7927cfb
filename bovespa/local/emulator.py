"""The embedded AWS: ministack as a child process, on a free port of the loopback.

It enforces IAM (``AUTH=true``): each Lambda and each job run has its role's rights and no others. Its root's key is a
random one of the run; :mod:`bovespa.local.doorkeeper` refuses whoever has none.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bovespa.local.errors import EmulatorFailed
from bovespa.local.root_key import RootKey, new_root_key

ACCOUNT = "000000000000"
REGION = "sa-east-1"
START_SECONDS = 60.0
_SERVER = "bovespa.local.ministack"
_SERVICES = (
    "s3,lambda,iam,sts,sqs,sns,logs,events,scheduler,monitoring,glue,athena,kinesis,firehose,ssm,ec2,ecs"
)
# What a process of ours needs of the user's environment; secrets and other programs' settings are not in it.
_KEPT = re.compile(
    r"HOME|USER|LOGNAME|LANG|LC_\w+|TZ|JAVA_HOME|SSL_CERT_(FILE|DIR)|REQUESTS_CA_BUNDLE|OPENBLAS_\w+|OMP_\w+"
    r"|(HTTPS?|NO|ALL)_PROXY|PYTHON(DONTWRITEBYTECODE|WARNINGS|PATH|HASHSEED)|BOVESPA_\w+|PYSPARK_\w+|SPARK_\w+",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """A running emulator: where it answers, where it logs, and its process."""

    url: str
    key: RootKey
    log: Path
    process: subprocess.Popen[bytes]

    @property
    def environment(self) -> dict[str, str]:
        """What makes boto3 talk to the emulator as its root."""
        return aws_environment(self.url, self.key)

    def check(self, *, patience: float = 0.0) -> None:
        """Raise EmulatorFailed if the emulator has ended, or does within ``patience`` seconds."""
        try:
            status = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            return
        raise EmulatorFailed(f"the emulator ended (status {status}); its log is {self.log}")


def aws_environment(url: str, key: RootKey) -> dict[str, str]:
    """The variables of a process that is to talk to the emulator at ``url`` as its root, and to nothing of AWS."""
    return {
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextlib.contextmanager
def emulator(
    folder: Path, environment: Mapping[str, str] | None = None, *, log: Path | None = None
) -> Iterator[Emulator]:
    """Run an emulator that keeps its files in ``folder``; both end with the block, or with this process.

    ``environment`` is added for the emulator and the jobs that it runs; ``log`` is beside the folder unless given.

    Raises:
        EmulatorFailed: it did not answer within START_SECONDS.
    """
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    url, key = f"http://127.0.0.1:{port}", new_root_key()
    log = log or folder.with_name(f"{folder.name}.log")
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bovespa.local.guard", str(folder), sys.executable, "-m", _SERVER],
            cwd=Path(__file__).resolve().parents[2],
            env=_environment(folder, port, aws_environment(url, key), environment or {}),
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        running = Emulator(url=url, key=key, log=log, process=process)
        _await_ready(running)
        yield running
    finally:
        _end(process)


def free_port() -> int:
    """A port of the loopback that is free at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _environment(folder: Path, port: int, aws: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if _KEPT.fullmatch(name)}
    scratch = folder / "tmp"
    scratch.mkdir(exist_ok=True)
    return {
        **kept,
        **aws,
        "GATEWAY_PORT": str(port),
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",
        "SERVICES": _SERVICES,
        "LOG_LEVEL": "INFO",
        "TMPDIR": str(scratch),
        "S3_DATA_DIR": str(folder / "s3"),
        "STATE_DIR": str(folder / "state"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        # No container engine, even where there is one: what runs here runs everywhere.
        "DOCKER_HOST": f"unix://{folder}/no-docker.sock",
        # Job scripts are started as `python3`: it must be this interpreter.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def _await_ready(running: Emulator) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        running.check()
        with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(f"{running.url}/_ministack/ready", timeout=2).close()  # noqa: S310
            return
        time.sleep(0.05)
    raise EmulatorFailed(
        f"the emulator did not answer within {START_SECONDS:.0f} s; its log is {running.log}"
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
