"""The real Pulumi CLI: the one on PATH, or built once from Pulumi's Go modules.

python -m tests.engine.pulumi_cli      build it where needed, print its folder
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

_SOURCE = Path(__file__).resolve().parent / "go"
_CLI = "github.com/pulumi/pulumi/pkg/v3"
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_VERSION = f"{_SDK}/go/common/version.Version"
_BUILD_SECONDS = 3000  # some 800 s of one core, with nothing cached


class NoPulumi(Exception):
    """There is no CLI and none can be built; the message says why."""


def pulumi_folder() -> Path:
    """The folder with ``pulumi`` and its Python language host.

    A CLI on PATH is taken as it is. Else one is built with Go and kept under ``~/.cache/bovespa-tests``, by the
    module's locked sums and Go's version: the first build takes minutes, later calls nothing.

    Raises:
        NoPulumi: neither is to be had.
    """
    if installed := shutil.which("pulumi"):
        return Path(installed).resolve().parent
    if not shutil.which("go"):
        raise NoPulumi("no `pulumi` on PATH, and no Go to build it with")
    target = _cache() / f"pulumi-{_digest()}"
    if not (target / "pulumi").exists():
        _build(target)
    return target


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bovespa-tests"


def _digest() -> str:
    digest = hashlib.sha256(_go("env", "GOVERSION").encode())
    for file in sorted(path for path in _SOURCE.rglob("*") if path.is_file()):
        digest.update(file.relative_to(_SOURCE).as_posix().encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _build(target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        made = Path(scratch) / "bin"
        made.mkdir()
        module = json.loads(_go("list", "-m", "-json", _CLI))
        flags = f"-s -w -X {_VERSION}={module['Version']}"
        for package in (f"{_CLI}/cmd/pulumi", "./pulumi-language-python"):
            _go("build", "-trimpath", "-ldflags", flags, "-o", f"{made}/", package)
        sdk = Path(json.loads(_go("list", "-m", "-json", _SDK))["Dir"]) / "python"
        # Pulumi's own, beside the language host as in its distribution.
        for script in (
            sdk / "cmd" / "pulumi-language-python-exec",
            sdk / "dist" / "pulumi-resource-pulumi-python",
        ):
            shutil.copyfile(script, made / script.name)
            (made / script.name).chmod(0o755)
        try:
            made.rename(target)
        except OSError:
            if not (target / "pulumi").exists():  # another run was faster
                raise


def _go(*arguments: str) -> str:
    try:
        done = subprocess.run(
            ["go", *arguments],
            cwd=_SOURCE,
            check=True,
            capture_output=True,
            text=True,
            timeout=_BUILD_SECONDS,
        )
    except subprocess.CalledProcessError as error:
        reason = error.stderr.strip().splitlines()[-1:] or ["no reason given"]
        raise NoPulumi(f"no `pulumi` on PATH, and `go {arguments[0]}` failed: {reason[0]}") from None
    except subprocess.TimeoutExpired:
        raise NoPulumi(f"`go {arguments[0]}` took over {_BUILD_SECONDS} s") from None
    return done.stdout.strip()


if __name__ == "__main__":
    try:
        sys.stdout.write(f"{pulumi_folder()}\n")
    except NoPulumi as error:
        sys.exit(str(error))
