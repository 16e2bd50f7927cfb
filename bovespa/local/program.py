"""Runs the project's ``__main__.py`` in this process, against a monitor of our own.

The Pulumi SDK asks the monitor to register each resource once everything that it depends on has been
answered, so answering in turn makes a deployment in dependency order. Nothing of the Pulumi CLI is
involved.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import runpy
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import config as runtime_config
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.stack import run_in_stack

from bovespa.local.configuration import PROJECT, StackConfiguration
from bovespa.local.errors import DeploymentFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the program asks for: a resource's type, name and resolved inputs (camel case, as on the wire)."""

    type: str
    name: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A resource as it was made: its id, and its outputs beside the inputs."""

    id: str
    outputs: Mapping[str, Any]


_log = logging.getLogger(__name__)
_log.addHandler(logging.NullHandler())
_log.propagate = False

Register = Callable[[Registration], Answer]
Invoke = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]


def run_program(
    configuration: StackConfiguration,
    *,
    register: Register,
    invoke: Invoke,
    program: Callable[[], None] | None = None,
) -> dict[str, Any]:
    """Run a program once and return its exports.

    Args:
        configuration: of the stack to be.
        register: makes a resource; called in dependency order, one at a time. Components are not
            passed on.
        invoke: answers a look-up (``aws:index/getRegion:getRegion``).
        program: registers resources; the project's ``__main__.py`` unless given.

    Raises:
        DeploymentFailed: a registration, a look-up or the program itself failed; names which.
    """
    answers = _Answers(register, invoke)
    monitor = _Monitor(answers)

    def body() -> None:
        settings.reset_options(
            project=configuration.project,
            stack=configuration.stack,
            preview=False,
            root_directory=str(PROJECT),
        )
        settings.SETTINGS.monitor = monitor
        settings.SETTINGS.engine = mocks.MockEngine(_log)
        settings.SETTINGS.organization = "organization"
        runtime_config.set_all_config(dict(configuration.values))
        asyncio.run(_run(program or _main))

    before, path = Path.cwd(), list(sys.path)
    try:
        os.chdir(PROJECT)
        sys.path.insert(0, str(PROJECT))
        with contextlib.redirect_stdout(sys.stderr):
            contextvars.Context().run(body)
    except Exception as error:
        raise answers.failure or _failure(error) from error
    finally:
        os.chdir(before)
        sys.path[:] = path
    if answers.failure:
        raise answers.failure
    return monitor.exports


class _Answers(mocks.Mocks):
    """Passes registrations on until one fails; what comes after a failure is not made."""

    def __init__(self, register: Register, invoke: Invoke) -> None:
        self._register, self._invoke = register, invoke
        self.failure: DeploymentFailed | None = None

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[Any, Any]]:
        if not args.custom:
            return "", {}
        inputs = {key: _whole(value) for key, value in args.inputs.items() if key != "__provider"}
        if self.failure:
            return args.name, inputs
        try:
            answer = self._register(Registration(type=args.typ, name=args.name, inputs=inputs))
        except Exception as error:
            # Raised here, it would flood the log of every dependent; reported once instead.
            self.failure = DeploymentFailed(f"{args.typ} {args.name}: {_reason(error)}")
            self.failure.__cause__ = error
            return args.name, inputs
        return answer.id, {**inputs, **answer.outputs}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        return dict(self._invoke(args.token, args.args)), []


class _Monitor(mocks.MockMonitor):
    """Keeps the stack's exports."""

    def __init__(self, answers: _Answers) -> None:
        super().__init__(answers)
        self.exports: dict[str, Any] = {}

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 (the SDK's name)
        if "::pulumi:pulumi:Stack::" in request.urn:
            self.exports = {k: _whole(v) for k, v in rpc.deserialize_properties(request.outputs).items()}
        return empty_pb2.Empty()


async def _run(program: Callable[[], None]) -> None:
    loop = asyncio.get_running_loop()
    # A failing program leaves futures behind by design; only its own error is of interest.
    loop.set_exception_handler(lambda *_: None)
    loop.set_default_executor(ThreadPoolExecutor(max_workers=1))
    await run_in_stack(program)


def _main() -> None:
    runpy.run_path(str(PROJECT / "__main__.py"), run_name="__main__")


def _whole(value: Any) -> Any:
    """The wire knows only floats: give whole numbers back their type."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def _failure(error: BaseException) -> DeploymentFailed:
    """What ended the program; a mistake that it found itself is told in its own words, as Pulumi's CLI does."""
    if isinstance(error, pulumi.RunError) and error.__cause__ is None:
        return DeploymentFailed(str(error))
    return DeploymentFailed(f"the program failed: {_reason(error)}")


def _reason(error: BaseException) -> str:
    while isinstance(error, (pulumi.RunError, ExceptionGroup)) and error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"
