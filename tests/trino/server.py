"""A Trino server over the catalogue and the buckets of an embedded AWS, as Athena is over AWS's."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from bovespa.local.emulator import REGION, Emulator, free_port
from tests.trino.artefacts import VERSION, Artefacts

CATALOG = "awsdatacatalog"  # Athena's name for the Glue Data Catalog, which its views hold
_PROJECT = Path(__file__).resolve().parents[2]
_START_SECONDS = 180.0
_QUERY_SECONDS = 240.0
_CONFIG = """\
coordinator=true
node-scheduler.include-coordinator=true
node.environment=test
node.id=one
node.bind-ip=127.0.0.1
node.internal-address=127.0.0.1
http-server.http.port={port}
http-server.log.enabled=false
discovery.uri=http://127.0.0.1:{port}
plugin.dir={plugins}
catalog.config-dir={folder}/catalog
query.max-memory=400MB
query.max-memory-per-node=400MB
memory.heap-headroom-per-node=200MB
task.concurrency=2
"""
# Athena's ways: the Glue catalogue, projected partitions, timestamps in milliseconds and UTC. What the jobs refined
# doesn't change while the tests ask, so its partitions and listings are kept; the trades' are looked up each time.
_CATALOG_CONFIG = """\
connector.name=hive
hive.metastore=glue
hive.metastore.glue.region={region}
hive.metastore.glue.endpoint-url={aws}
hive.metastore.glue.aws-access-key={key}
hive.metastore.glue.aws-secret-key={secret}
hive.partition-projection-enabled=true
hive.non-managed-table-writes-enabled=true
hive.timestamp-precision=MILLISECONDS
hive.parquet.time-zone=UTC
hive.metastore-cache-ttl=30m
hive.file-status-cache-tables=*
hive.file-status-cache.excluded-tables=default.bitcoin_trades
hive.file-status-cache-expire-time=30m
hive.dynamic-filtering.wait-timeout=20s
fs.s3.enabled=true
s3.endpoint={aws}
s3.region={region}
s3.path-style-access=true
s3.aws-access-key={key}
s3.aws-secret-key={secret}
"""
# Quick to start and of bounded size. The archive of loaded classes halves the next start.
_JVM = (
    "-Xmx1g", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:+AutoCreateSharedArchive",
    "-Duser.timezone=UTC", "--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
    "--sun-misc-unsafe-memory-access=allow",
)  # fmt: skip


class TrinoFailed(Exception):
    """Trino refused a statement; the message is Trino's reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Columns by name and Trino type, and rows as the protocol has them (decimals and times as text)."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Trino:
    """A server that may still be starting; the first statement waits for it."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]
    session: requests.Session = field(default_factory=requests.Session)

    def run(self, sql: str, *, database: str = "default", properties: str = "") -> Answer:
        """Run one statement; ``properties`` are of its session (``name=value,…``).

        Raises:
            TrinoFailed: Trino says so, or has no answer in time.
        """
        self._await_start()
        headers = {
            "X-Trino-User": "athena", "X-Trino-Catalog": CATALOG, "X-Trino-Schema": database,
            "X-Trino-Time-Zone": "UTC", "X-Trino-Session": properties,
        }  # fmt: skip
        deadline = time.monotonic() + _QUERY_SECONDS
        columns: tuple[tuple[str, str], ...] = ()
        rows: list[tuple[Any, ...]] = []
        answer = self.session.post(
            f"{self.url}/v1/statement", data=sql.encode(), headers=headers, timeout=60
        ).json()
        while True:
            if error := answer.get("error"):
                raise TrinoFailed(f"{error['errorName']}: {error['message']}")
            if found := answer.get("columns"):
                columns = tuple((column["name"], column["type"]) for column in found)
            rows += map(tuple, answer.get("data") or [])
            if "nextUri" not in answer:
                return Answer(columns=columns, rows=tuple(rows))
            if time.monotonic() > deadline:
                self.session.delete(answer["nextUri"], timeout=10)
                raise TrinoFailed(f"no answer within {_QUERY_SECONDS:.0f} s")
            answer = self.session.get(answer["nextUri"], headers=headers, timeout=60).json()

    def _await_start(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            with contextlib.suppress(requests.ConnectionError, requests.Timeout):
                if not self.session.get(f"{self.url}/v1/info", timeout=10).json()["starting"]:
                    return
            if self.process.poll() is not None:
                raise RuntimeError(f"Trino ended: {self.log.read_text(errors='replace')[-3000:]}")
            if time.monotonic() > deadline:
                raise RuntimeError(
                    f"Trino did not start within {_START_SECONDS:.0f} s; its log is {self.log}"
                )
            time.sleep(0.2)


@contextlib.contextmanager
def trino_server(found: Artefacts, aws: Emulator, folder: Path) -> Iterator[Trino]:
    """Start a server on a free port of the loopback; it ends with the block, or with this process."""
    port = free_port()
    inside = folder / "trino"
    (inside / "catalog").mkdir(parents=True)
    config = _CONFIG.format(port=port, plugins=found.folder / "plugin", folder=inside)
    (inside / "config.properties").write_text(config)
    access = {"key": aws.environment["AWS_ACCESS_KEY_ID"], "secret": aws.environment["AWS_SECRET_ACCESS_KEY"]}
    catalogue = _CATALOG_CONFIG.format(region=REGION, aws=aws.url, **access)
    (inside / "catalog" / f"{CATALOG}.properties").write_text(catalogue)
    log = folder / "trino.log"
    command = [
        str(found.java), *_JVM, f"-XX:SharedArchiveFile={found.folder / 'classes.jsa'}",
        f"-Dconfig={inside / 'config.properties'}", "-cp", f"{found.folder / 'lib'}/*",
        str(Path(__file__).with_name("Start.java")), VERSION,
    ]  # fmt: skip
    guard = [sys.executable, "-m", "bovespa.local.guard", "--grace=60", str(inside), *command]
    with log.open("wb") as output:
        process = subprocess.Popen(
            guard, cwd=_PROJECT, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield Trino(url=f"http://127.0.0.1:{port}", log=log, process=process)
    finally:
        process.terminate()
        process.wait(90)
