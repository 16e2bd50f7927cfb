"""Job processes as forks: what they get, what is told of their end, and that none outlives who wants it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bovespa.glue.runtime import forks
from bovespa.glue.runtime.gateway import start_fork_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not forks.supported(), reason="no forks after imports on this system"),
]
CHILD = {"PATH": os.environ["PATH"], "ONLY": "this"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server in a folder whose socket's path is longer than the kernel takes, of a user with a profile that is gone."""
    monkeypatch.setenv("AWS_PROFILE", "gone")
    folder = tmp_path / ("long-" * 20)
    folder.mkdir()
    process, path = start_fork_server(folder)
    yield process, path
    assert process.stdin is not None
    process.stdin.close()
    process.wait(10)


def forked(path: str, work: Path) -> forks.Fork:
    with (work / "out").open("wb") as output, (work / "err").open("wb") as error:
        return forks.fork_with_input(
            path, "child", environment=CHILD, cwd=work, output=(output.fileno(), error.fileno())
        )


def orders(work: Path, script: str) -> bytes:
    (work / "script.py").write_text(script)
    given = {
        "script": str(work / "script.py"),
        "arguments": ["--a", "b c"],
        "work": str(work),
        "report": str(work / "report.json"),
        "environment": {"PYSPARK_GATEWAY_PORT": "1", "PYSPARK_GATEWAY_SECRET": "none"},
    }
    return json.dumps(given).encode() + b"\n"


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_fork_has_its_own_environment_folder_and_files(
    server: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    _, path = server
    child = forked(path, tmp_path)
    seen = Path(f"/proc/{child.pid}")
    eventually(lambda: seen.joinpath("cwd").resolve() == tmp_path)

    assert seen.joinpath("fd/1").resolve() == tmp_path / "out"
    assert child.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        child.wait(0.1)
    assert child.stdin is not None
    child.stdin.close()  # no orders: it has nothing to do
    assert child.wait(20) == 70
    assert child.poll() == child.returncode == 70


def test_a_signal_is_told_as_subprocess_tells_it(
    server: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    child = forked(server[1], tmp_path)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(20) == -signal.SIGKILL


def test_forks_end_with_whoever_asked_for_them(
    server: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    code = (
        "import sys, time; from pathlib import Path; from bovespa.glue.runtime import forks; "
        "f = forks.fork_with_input(sys.argv[1], 'child', environment={}, cwd=Path('.'), output=(1, 2)); "
        "print(f.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, server[1]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as asking:
        assert asking.stdout is not None
        pid = int(asking.stdout.readline())
        assert not gone(pid)
        asking.kill()
        eventually(lambda: gone(pid))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_forks_end_with_their_server(
    server: tuple[subprocess.Popen[bytes], str], tmp_path: Path, number: signal.Signals
) -> None:
    process, path = server
    child = forked(path, tmp_path)
    eventually(lambda: Path(f"/proc/{child.pid}/cwd").resolve() == tmp_path)
    process.send_signal(number)
    eventually(lambda: gone(child.pid))
    assert child.wait(5) == -signal.SIGKILL


def test_a_request_that_is_none_does_not_end_the_server(
    server: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    stranger = forks._connect(server[1])
    stranger.sendall(forks.STATUS.pack(5) + b"rot!}")
    assert stranger.recv(1) == b""
    stranger.close()
    child = forked(server[1], tmp_path)
    os.kill(child.pid, signal.SIGKILL)
    assert child.wait(20) == -signal.SIGKILL


def test_a_server_that_is_gone_is_no_server(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        forked(str(tmp_path / "forks"), tmp_path)


def test_a_server_that_ends_before_it_forks_is_no_server(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "forks"))
        listener.listen()
        threading.Thread(target=lambda: listener.accept()[0].close(), daemon=True).start()
        with pytest.raises(OSError, match=r"forks|reset|pipe"):
            forked(str(tmp_path / "forks"), tmp_path)
