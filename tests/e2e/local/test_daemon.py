"""One stack at a time, and no signal to a process that isn't it."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from bovespa.local import daemon
from bovespa.local.daemon import NoStack, running_stack, start, stop
from bovespa.local.errors import LocalError
from bovespa.local.root_key import new_root_key
from bovespa.local.stack import Stack

STATE = {
    "url": "http://127.0.0.1:1",
    "key": {"access_key_id": "AKIA", "secret_access_key": "s"},
    "exports": {},
}


@pytest.fixture(autouse=True)
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder of the test's own."""
    monkeypatch.setattr(daemon, "WORK", tmp_path)
    for name, file in (("STATE", "stack.json"), ("LOCK", "stack.lock"), ("LOG", "stack.log")):
        monkeypatch.setattr(daemon, name, tmp_path / file)
    return tmp_path


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that is none of ours."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    yield process
    process.kill()
    process.wait()


def test_a_state_file_left_over_by_a_crash_is_not_believed(
    work: Path, stranger: subprocess.Popen[bytes]
) -> None:
    (work / "stack.json").write_text(json.dumps({**STATE, "process_id": stranger.pid}))
    (work / "stack.lock").touch()

    with pytest.raises(NoStack, match="no embedded stack is running"):
        running_stack()
    with pytest.raises(NoStack):
        stop()

    assert stranger.poll() is None


def test_a_second_start_is_refused_while_the_first_holds_the_lock(work: Path) -> None:
    descriptor = os.open(work / "stack.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(LocalError, match="running already: end it with `bovespa down`"):
            start()
    finally:
        os.close(descriptor)

    assert not (work / "stack.log").exists()


def test_a_stack_that_is_still_starting_is_told_from_none(work: Path) -> None:
    descriptor = os.open(work / "stack.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(NoStack, match="being started or ended"):
            running_stack()
    finally:
        os.close(descriptor)


def test_a_start_that_is_interrupted_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupted(process: subprocess.Popen[bytes]) -> daemon.Running:
        started.append(process)
        raise KeyboardInterrupt

    monkeypatch.setattr(daemon, "_await_ready", interrupted)

    with pytest.raises(KeyboardInterrupt):
        start()

    assert started[0].poll() is not None
    with pytest.raises(NoStack):
        running_stack()


def test_a_stack_is_found_while_it_is_announced_and_its_state_is_for_its_owner_alone(work: Path) -> None:
    emulator = SimpleNamespace(url=STATE["url"], key=new_root_key())

    with daemon.announced(cast("Stack", SimpleNamespace(emulator=emulator, exports={"region": "sa-east-1"}))):
        assert running_stack().key == emulator.key
        mode = (work / "stack.json").stat().st_mode
        with pytest.raises(LocalError, match="running already at http"):
            start()

    with pytest.raises(NoStack):
        running_stack()

    assert mode & 0o777 == 0o600
