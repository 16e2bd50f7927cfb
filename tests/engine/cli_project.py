"""A copy of the project on which the real CLI works, and what came of each command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2]
ARTEFACTS = PROJECT / "out" / "engine"
_LEFT_OUT = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".work",
    "out",
    "build",
    "docs",
    "notebooks",
    "__pycache__",
    "*.egg-info",
    ".*_cache",
    ".hypothesis",
)
_SECONDS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What the engine did with a resource (``create``, ``update``, ``delete`` …), and for which properties."""

    op: str
    urn: str
    custom: bool
    changed: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        return self.urn.split("::")[2].rsplit("$", 1)[-1]

    @property
    def name(self) -> str:
        return self.urn.split("::")[-1]

    def __str__(self) -> str:
        return f"{self.op} {self.type} {self.name}{' for ' + ', '.join(self.changed) if self.changed else ''}"


@dataclass(frozen=True)
class Run:
    """One command of the CLI: all it said, and the engine's events."""

    output: str
    events: Path

    @cached_property
    def _told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.events.read_text(encoding="utf-8").splitlines()]

    @cached_property
    def steps(self) -> list[Step]:
        """What was planned (preview) or begun (up, destroy), but for what stayed the same."""
        return self._of("resourcePreEvent", but=("same", "read", "refresh"))

    @cached_property
    def seen(self) -> list[Step]:
        """Of a refresh: the resources that were found otherwise than the state has them."""
        return self._of("resOutputsEvent", but=("same", "read", "refresh"))

    def _of(self, event: str, *, but: tuple[str, ...]) -> list[Step]:
        told = [line[event]["metadata"] for line in self._told if event in line]
        return [
            Step(
                op=step["op"],
                urn=step["urn"],
                custom=bool((step.get("new") or step.get("old") or {}).get("custom")),
                changed=tuple(step.get("diffs") or ()),
            )
            for step in told
            if step["op"] not in but and not step["type"].startswith("pulumi:")
        ]

    @property
    def errors(self) -> list[str]:
        return [
            event["diagnosticEvent"]["message"].strip()
            for event in self._told
            if event.get("diagnosticEvent", {}).get("severity") == "error"
        ]


class CliProject:
    """A copy of the project with a backend of its own in a folder of its own.

    A copy, since the CLI writes into the files of a stack (a salt, what is set, and a rename renames them).

    Args:
        folder: empty; the project goes to ``project`` in it.
        variables: the environment of the CLI, but for its backend.
        label: what the kept outputs' names begin with.
        template: leave ``project`` empty but for what would take long to fetch; ``template`` beside it is the copy.
    """

    def __init__(
        self, folder: Path, variables: Mapping[str, str], label: str, *, template: bool = False
    ) -> None:
        self.folder = folder / "project"
        self._home = folder
        self._label = label
        self._count = 0
        shutil.copytree(PROJECT, folder / "template" if template else self.folder, ignore=_LEFT_OUT)
        if not template:
            (self.folder / ".venv").symlink_to(Path(sys.prefix))
        # The functions' libraries and archives as they are: to fetch them again would test nothing more.
        (self.folder / ".work").mkdir(parents=True)
        for kept in ("libraries", "archives"):
            (PROJECT / ".work" / kept).mkdir(parents=True, exist_ok=True)
            (self.folder / ".work" / kept).symlink_to(PROJECT / ".work" / kept)
        (folder / "backend").mkdir()
        self.environment = {**variables, "PULUMI_BACKEND_URL": f"file://{folder / 'backend'}"}

    def pulumi(self, *arguments: str, fails: bool = False) -> Run:
        """Run the CLI; what it says is kept under ``out/engine``.

        Raises:
            AssertionError: it failed, or was to fail (``fails``) and didn't.
        """
        self._count += 1
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        kept = ARTEFACTS / f"{self._label}-{self._count:02}-{'-'.join(_words(arguments))}.txt"
        events = self._home / f"events-{self._count:02}.json"
        command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
        if arguments[0] in ("preview", "up", "refresh", "destroy"):
            command += ["--event-log", str(events)]
        with kept.open("w", encoding="utf-8") as output:
            output.write(f"$ pulumi {' '.join(arguments)}\n")
            output.flush()
            done = subprocess.run(
                command,
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
            )
        told = kept.read_text(encoding="utf-8").partition("\n")[2]
        assert (done.returncode != 0) == fails, f"pulumi {' '.join(arguments)}: {done.returncode}\n{told}"
        return Run(output=told, events=events)

    def up(self, *arguments: str) -> Run:
        return self.pulumi("up", "--yes", "--skip-preview", *arguments)

    def outputs(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.pulumi("stack", "output", "--json", "--show-secrets").output)
        return found

    def state(self) -> list[dict[str, Any]]:
        """The resources of the selected stack, as its state has them."""
        told = json.loads(self.pulumi("stack", "export").output)
        resources: list[dict[str, Any]] = told["deployment"].get("resources", [])
        return resources


def _words(arguments: Sequence[str]) -> list[str]:
    return [word for word in arguments if word.replace("-", "").isalnum() and not word.startswith("-")][:3]
