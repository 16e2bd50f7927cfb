"""Trino's jars from Maven Central and a Java that runs them, kept outside of the project."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

POM = Path(__file__).with_name("pom.xml")
VERSION = re.findall(r"<trino\.version>(\d+)<", POM.read_text(encoding="utf-8"))[0]
JAVA = 25  # what this Trino needs
_CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bovespa-tests"
_DOWNLOAD_SECONDS = 1200
_OFFLINE = re.compile("Could not transfer|Unknown host|Network is unreachable|Connection refused|timed out")
_PLUGIN = "io.trino.plugin.hive.HivePlugin"


class Unavailable(Exception):
    """There can be no Trino on this machine; the message says what is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefacts:
    """``folder`` has the server's jars in ``lib/`` and the connector's in ``plugin/hive/``."""

    java: Path
    folder: Path


def artefacts() -> Artefacts:
    """What a server needs, downloaded once for each version.

    Raises:
        Unavailable: no Java 25, no Maven, or no way to Maven Central.
    """
    java = _java()
    if java is None:
        raise Unavailable(f"no JDK {JAVA}: set JAVA25_HOME to one")
    folder = _CACHE / f"trino-{VERSION}"
    _CACHE.mkdir(parents=True, exist_ok=True)
    with (_CACHE / f"trino-{VERSION}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _download(folder)
    return Artefacts(java=java, folder=folder)


def _java() -> Path | None:
    for home in _homes():
        java, compiler = home / "bin" / "java", home / "bin" / "javac"
        if java.exists() and compiler.exists() and _release(java) >= JAVA:
            return java
    return None


def _homes() -> Iterator[Path]:
    for name in ("JAVA25_HOME", "JAVA_HOME_25_X64", "JAVA_HOME"):
        if found := os.environ.get(name):
            yield Path(found)
    yield from sorted(Path("/usr/lib/jvm").glob(f"*{JAVA}*"))
    if found := shutil.which("java"):
        yield Path(found).resolve().parents[1]


def _release(java: Path) -> int:
    told = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False).stderr
    match = re.search(r'version "(\d+)', told)
    return int(match[1]) if match else 0


def _download(folder: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("no Maven: mvn is not on PATH")
    with tempfile.TemporaryDirectory(dir=_CACHE) as scratch:
        made = Path(scratch) / "made"
        for profile, place in (("server", "lib"), ("hive", "plugin/hive")):
            run = subprocess.run(
                [maven, "-B", "-ntp", "-q", "-f", POM, f"-P{profile}", "dependency:copy-dependencies",
                 "-DincludeScope=runtime", f"-DoutputDirectory={made / place}"],
                capture_output=True, text=True, timeout=_DOWNLOAD_SECONDS, check=False,
            )  # fmt: skip
            if run.returncode and _OFFLINE.search(run.stdout):
                raise Unavailable(f"Maven Central is not reached: {run.stdout.strip().splitlines()[0][:200]}")
            if run.returncode:
                raise RuntimeError(f"mvn -P{profile} failed: {run.stdout[-2000:]}")
        # Trino's build writes this into the release's plugin folder, not into the jar.
        with zipfile.ZipFile(made / "plugin/hive/services.jar", "w") as services:
            services.writestr("META-INF/services/io.trino.spi.Plugin", f"{_PLUGIN}\n")
        made.rename(folder)
