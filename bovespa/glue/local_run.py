"""Run visual jobs on this machine: the script that Glue Studio generates, in a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, cast

from bovespa.glue.runtime import forks
from bovespa.glue.runtime.errors import JobFailedError
from bovespa.glue.runtime.gateway import LOCK, PORT, SECRET, Gateway, exclusive
from bovespa.glue.runtime.report import RunReport
from bovespa.glue.runtime.spark import PROJECT

DEFAULT_TIMEOUT = 600.0
_KEPT_BYTES = 200_000
_POLL_SECONDS = 0.01
_LEAVE_SECONDS = 5.0
_GATEWAY = (PORT, SECRET, LOCK, forks.SERVER)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """A run that succeeded. `output` and `log` are the ends of what the script printed (stdout, stderr)."""

    job: str
    report: RunReport
    output: str
    log: str
    seconds: float


def run_script(
    script: str,
    *,
    job: str,
    arguments: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    gateway: Gateway | None = None,
    timeout: float = DEFAULT_TIMEOUT,
) -> RunResult:
    """Run a script as a job, on the S3 and the catalogue that its environment names.

    Args:
        arguments: the job's, names without dashes.
        environment: replaces all AWS variables of this process.
        gateway: a warm JVM; else one that this process's environment names, or one for this run. A JVM takes
            one run at a time.
        timeout: seconds, for waiting and for the run.

    Raises:
        JobFailedError: names the failing node and line.
        RunLockedError: another run does not end in time.
    """
    started = time.monotonic()
    with job_process(environment=environment, gateway=gateway) as process, process.turn(timeout):
        report = process.run(script, job=job, arguments=arguments or {}, timeout=timeout)
        return process.result(job, report, started)


class Process(Protocol):
    """What both kinds of a job's process are: ``subprocess.Popen``, and a fork."""

    stdin: IO[bytes] | None

    @property
    def pid(self) -> int: ...
    def poll(self) -> int | None: ...
    def wait(self, timeout: float | None = None) -> int: ...


@dataclass(frozen=True, slots=True)
class JobProcess:
    """A process that has begun to import Spark and waits for its script. `work` is its scratch folder."""

    work: Path
    lock: Path | None
    _process: Process

    @contextlib.contextmanager
    def turn(self, timeout: float) -> Iterator[None]:
        """Hold the warm JVM's lock, if there is one, until the process has left it."""
        with exclusive(self.lock, timeout) if self.lock else contextlib.nullcontext():
            try:
                yield
            finally:
                _end(self._process)

    def run(
        self,
        script: str,
        *,
        job: str,
        arguments: Mapping[str, str],
        environment: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> RunReport:
        """Hand the script over and wait for its end; once per process.

        Args:
            environment: added to the process's own.

        Raises:
            JobFailedError: names the failing node and line.
        """
        path = self.work / "script.py"
        path.write_text(script, encoding="utf-8")
        report = self.work / "report.json"
        named = {"JOB_NAME": job, "JOB_RUN_ID": f"jr_{uuid.uuid4().hex}", **arguments}
        orders = {
            "script": str(path),
            "arguments": [word for name, value in named.items() for word in (f"--{name}", str(value))],
            "work": str(self.work),
            "report": str(report),
            "environment": dict(environment or {}),
        }
        self._order(orders)
        self._await(report, timeout)
        try:
            document = json.loads(report.read_text())
        except (OSError, ValueError):
            status = self._process.poll()
            raise self._failed(
                f"the job's process ended with status {status}: {self.log()[-600:].strip()}"
            ) from None
        if document["problem"] is not None:
            raise self._failed(document["problem"])
        return RunReport.from_dict(document["report"])

    def result(self, job: str, report: RunReport, started: float) -> RunResult:
        """What a run gave that began at `started`, of the monotonic clock."""
        seconds = round(time.monotonic() - started, 3)
        return RunResult(job=job, report=report, output=self.output(), log=self.log(), seconds=seconds)

    def output(self) -> str:
        return _tail(self.work / "stdout")

    def log(self) -> str:
        return _tail(self.work / "stderr")

    def _order(self, orders: Mapping[str, object]) -> None:
        pipe = cast("IO[bytes]", self._process.stdin)
        try:
            pipe.write(json.dumps(orders).encode() + b"\n")
            pipe.flush()  # left open: its end tells the process that its parent is gone
        except BrokenPipeError:
            return  # the report will be missing, which says why

    def _await(self, report: Path, timeout: float) -> None:
        """The report is the last thing that a job writes; its Spark stops while we go on."""
        deadline = time.monotonic() + timeout
        while not report.exists() and self._process.poll() is None:
            if time.monotonic() > deadline:
                raise self._failed(f"the job did not end within {timeout:.0f} s")
            time.sleep(_POLL_SECONDS)

    def _failed(self, summary: str) -> JobFailedError:
        return JobFailedError(summary, output=self.output(), log=self.log())


@contextlib.contextmanager
def job_process(
    *, environment: Mapping[str, str] | None = None, gateway: Gateway | None = None
) -> Iterator[JobProcess]:
    """Start a job process; its end and its scratch folder's are the end of the block, whatever happens in it."""
    warm = (
        gateway.environment
        if gateway
        else {name: os.environ[name] for name in _GATEWAY if name in os.environ}
    )
    with tempfile.TemporaryDirectory(prefix="glue-run-", ignore_cleanup_errors=True) as folder:
        work = Path(folder)
        process = _start(work, _environment(environment, warm), warm.get(forks.SERVER))
        try:
            yield JobProcess(work, _lock(warm), process)
        finally:
            _end(process)


def _start(work: Path, environment: Mapping[str, str], server: str | None) -> Process:
    """A process that has orders to wait for: a fork where there is a server of forks that answers, else a new one."""
    with (work / "stdout").open("wb") as output, (work / "stderr").open("wb") as log:
        if server is not None:
            with contextlib.suppress(OSError):
                return forks.fork_with_input(
                    server, "child", environment=environment, cwd=work, output=(output.fileno(), log.fileno())
                )
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "bovespa.glue.runtime.child"],
            env=environment,
            cwd=work,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=log,
            start_new_session=True,
        )


def _lock(warm: Mapping[str, str]) -> Path | None:
    """The warm JVM's lock; None where its owner has ended and taken it along."""
    lock = Path(warm[LOCK]) if LOCK in warm else None
    return lock if lock is not None and lock.parent.is_dir() else None


def _environment(replaced: Mapping[str, str] | None, warm: Mapping[str, str]) -> dict[str, str]:
    dropped = ("PYSPARK_", "SPARK_", *(("AWS_",) if replaced is not None else ()))
    kept = {
        key: value for key, value in os.environ.items() if not key.startswith(dropped) and key not in _GATEWAY
    }
    path = os.pathsep.join(filter(None, [str(PROJECT), os.environ.get("PYTHONPATH", "")]))
    return {
        **kept,
        **(replaced or {}),
        **warm,
        "PYTHONPATH": path,
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
    }


def _end(process: Process) -> None:
    """Let a process that has done its work leave; kill its whole group otherwise."""
    with contextlib.suppress(BrokenPipeError):
        cast("IO[bytes]", process.stdin).close()
    try:
        process.wait(_LEAVE_SECONDS)
    except subprocess.TimeoutExpired:
        pass
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(5)


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - _KEPT_BYTES))
            return file.read().decode(errors="replace")
    except OSError:
        return ""
