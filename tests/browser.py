"""A real browser for tests: Chromium without a window, driven over its DevTools protocol."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_START_SECONDS = 60.0
_ANSWER_SECONDS = 30.0
_END_SECONDS = 10.0
_QUIET_SECONDS = 0.3
_FLAGS = (
    "--headless=new",
    "--remote-debugging-port=0",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-gpu",
    "--disable-sync",
    "--disable-dev-shm-usage",  # containers give /dev/shm 64 MB
    "--hide-scrollbars",
    "--mute-audio",
)


class BrowserFailure(AssertionError):
    """The browser did not start, refused a command, or did not answer in time."""


def executable() -> str | None:
    """The browser's path; None where the machine has none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@dataclass(slots=True)
class Page:
    """One tab. ``requests`` are the addresses that it asked for, ``messages`` what its console says."""

    connection: ClientConnection
    session: str
    requests: list[str] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    _events: set[str] = field(default_factory=set)
    _last: int = 0

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol, and its answer.

        Raises:
            BrowserFailure: it was refused, or there was no answer in time.
        """
        self._last += 1
        message = {"id": self._last, "method": method, "params": params, "sessionId": self.session}
        self.connection.send(json.dumps(message))
        deadline = time.monotonic() + _ANSWER_SECONDS
        while True:
            answer = self._receive(deadline, method)
            if answer.get("id") == self._last:
                if "error" in answer:
                    raise BrowserFailure(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result

    def open(self, path: Path) -> None:
        """Load a file, and wait until it is loaded and a moment has passed in which nothing more came."""
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")
        self._events.discard("Page.loadEventFired")
        self.call("Page.navigate", url=path.resolve().as_uri())
        deadline = time.monotonic() + _ANSWER_SECONDS
        while "Page.loadEventFired" not in self._events:
            self._receive(deadline, "loading the page")
        self.settle()

    def settle(self) -> None:
        """Take in what the page does by itself, until it is quiet."""
        with contextlib.suppress(BrowserFailure):
            while True:
                self._receive(time.monotonic() + _QUIET_SECONDS, "quiet")

    def size(self, width: int, height: int, *, scheme: str = "light") -> None:
        """The screen in CSS pixels, and the reader's colour scheme."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression (the tools may run some where the page may not)."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserFailure(f"{expression}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def click(self, selector: str) -> None:
        """A click of the mouse in the middle of an element."""
        x, y = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView();"
            "const b = e.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str, code: int) -> None:
        """A key of the keyboard, by its name and Windows' virtual key code."""
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, path: Path) -> None:
        """The whole page, below the fold too, as PNG."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        taken = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        _keep(path, taken["data"])

    def print(self, path: Path) -> None:
        """The page as it would be printed on A4, as PDF."""
        _keep(path, self.call("Page.printToPDF", paperWidth=8.27, paperHeight=11.69)["data"])

    def _receive(self, deadline: float, what: str) -> dict[str, Any]:
        try:
            message: dict[str, Any] = json.loads(self.connection.recv(max(0.0, deadline - time.monotonic())))
        except TimeoutError:
            raise BrowserFailure(f"{what}: no answer in time") from None
        self._note(message.get("method", ""), message.get("params", {}))
        return message

    def _note(self, event: str, params: dict[str, Any]) -> None:
        self._events.add(event)
        if event == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event == "Log.entryAdded":
            self.messages.append(f"{params['entry']['level']}: {params['entry']['text']}")
        elif event == "Runtime.consoleAPICalled":
            self.messages.append(f"{params['type']}: {params['args']}")
        elif event == "Runtime.exceptionThrown":
            self.messages.append(f"error: {params['exceptionDetails']['text']}")


@contextlib.contextmanager
def browser_page(program: str, profile: Path) -> Iterator[Page]:
    """A tab of a browser of its own, with a new profile; both end with the block.

    Raises:
        BrowserFailure: it doesn't start.
    """
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium refuses to sandbox what root starts
    with (profile.parent / f"{profile.name}.log").open("wb") as log:
        process = subprocess.Popen(
            [program, *_FLAGS, *sandbox, f"--user-data-dir={profile}", "about:blank"],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        with connect(_address(process, profile), max_size=None, open_timeout=_ANSWER_SECONDS) as connection:
            yield _tab(connection)
            connection.send(json.dumps({"id": 0, "method": "Browser.close"}))
    finally:
        _end(process)


def _tab(connection: ClientConnection) -> Page:
    def call(method: str, **params: Any) -> dict[str, Any]:
        connection.send(json.dumps({"id": 1, "method": method, "params": params}))
        while (answer := json.loads(connection.recv(_ANSWER_SECONDS))).get("id") != 1:
            pass
        result: dict[str, Any] = answer["result"]
        return result

    target = call("Target.createTarget", url="about:blank")["targetId"]
    return Page(connection, call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"])


def _address(process: subprocess.Popen[bytes], profile: Path) -> str:
    """Where the browser listens: it writes the port that it took into its profile."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise BrowserFailure(
                f"the browser ended at once, with {process.returncode}: see {profile.name}.log"
            )
        with contextlib.suppress(FileNotFoundError):
            lines = (profile / "DevToolsActivePort").read_text().splitlines()
            if len(lines) == 2:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
        time.sleep(0.05)
    raise BrowserFailure(f"the browser did not listen within {_START_SECONDS:.0f} s")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the browser, and the processes that it started (they share its process group)."""
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(_END_SECONDS)


def _keep(path: Path, data: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(data))
