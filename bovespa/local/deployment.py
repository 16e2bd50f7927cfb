"""Deploys the program into the embedded AWS, or tells what a deployment would make."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bovespa.local.aws import Clients
from bovespa.local.configuration import StackConfiguration
from bovespa.local.emulator import ACCOUNT, Emulator
from bovespa.local.errors import LocalError
from bovespa.local.names import arn, given_name, named
from bovespa.local.program import Answer, Registration, run_program
from bovespa.local.provision import PROVISIONS, identity

PREVIEW_ACCOUNT = "123456789012"


class UnknownResourceType(LocalError):
    """The program registers a type that the embedded stack can't make."""

    def __init__(self, type_: str) -> None:
        super().__init__(f"no provision for {type_}: add one to bovespa/local/provision")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """A deployed program: its exports, and the resources in the order in which they were made.

    ``resources`` have their names, also those that the engine gave them; ``answers`` are by type and logical name.
    """

    exports: Mapping[str, Any]
    resources: tuple[Registration, ...]
    answers: Mapping[tuple[str, str], Answer]

    def one(self, type_: str, name: str) -> Registration:
        """The resource whose type ends like this (``:Role``), by its logical name."""
        (found,) = [each for each in self.resources if each.type.endswith(type_) and each.name == name]
        return found

    def arn(self, resource: Registration) -> str:
        """A resource's ARN."""
        found: str = self.answers[resource.type, resource.name].outputs["arn"]
        return found


def deploy(
    emulator: Emulator,
    configuration: StackConfiguration,
    *,
    progress: Callable[[Registration], None] = lambda _: None,
) -> Deployment:
    """Make every resource of the program in the emulator, which gets the roles that the account is said to have.

    Args:
        emulator: a running one, empty.
        configuration: of the stack.
        progress: told of each resource once it is made.

    Raises:
        DeploymentFailed: names the resource and the reason.
    """
    aws = Clients(emulator.environment)
    made: list[Registration] = []
    answers: dict[tuple[str, str], Answer] = {}

    def register(asked: Registration) -> Answer:
        wanted = _named(asked, configuration)
        emulator.check()
        answer = make(aws, wanted, region=configuration.region, account=ACCOUNT)
        made.append(wanted)
        answers[wanted.type, wanted.name] = answer
        progress(wanted)
        return answer

    for role in configuration.existing_roles:
        identity.existing_role(aws, role)
    with _environment(emulator.environment):
        exports = run_program(
            configuration, register=register, invoke=_look_up(configuration.region, ACCOUNT)
        )
    return Deployment(exports=exports, resources=tuple(made), answers=answers)


def make(aws: Clients, wanted: Registration, *, region: str, account: str) -> Answer:
    """Make one resource; its outputs have the name that the engine gave it, and its ARN.

    Raises:
        UnknownResourceType: nothing makes such a resource.
    """
    provision = PROVISIONS.get(wanted.type)
    if provision is None:
        raise UnknownResourceType(wanted.type)
    done = provision(aws, wanted)
    known = arn(wanted, region=region, account=account)
    return Answer(
        id=done.id, outputs={**given_name(wanted), **({"arn": known} if known else {}), **done.outputs}
    )


def preview(configuration: StackConfiguration, *, program: Callable[[], None] | None = None) -> Deployment:
    """What a deployment would make; nothing is called.

    Args:
        configuration: of the stack.
        program: the project's unless given.

    Raises:
        DeploymentFailed: the program refuses its configuration, or a type is unknown.
    """
    planned: list[Registration] = []
    answers: dict[tuple[str, str], Answer] = {}

    def register(asked: Registration) -> Answer:
        wanted = _named(asked, configuration)
        planned.append(wanted)
        name = str(wanted.inputs.get("bucket") or wanted.inputs.get("name") or wanted.name)
        outputs = {
            "name": name,
            "bucket": name,
            "url": f"https://sqs.{configuration.region}.amazonaws.com/{PREVIEW_ACCOUNT}/{name}",
            "arn": arn(wanted, region=configuration.region, account=PREVIEW_ACCOUNT) or "",
        }
        answers[wanted.type, wanted.name] = Answer(id=name, outputs=outputs)
        return answers[wanted.type, wanted.name]

    exports = run_program(
        configuration,
        register=register,
        invoke=_look_up(configuration.region, PREVIEW_ACCOUNT),
        program=program,
    )
    return Deployment(exports=exports, resources=tuple(planned), answers=answers)


def _named(asked: Registration, configuration: StackConfiguration) -> Registration:
    return named(
        asked,
        pattern=configuration.name_pattern(asked.type),
        project=configuration.project,
        stack=configuration.stack,
    )


def _look_up(region: str, account: str) -> Callable[[str, Mapping[str, Any]], Mapping[str, Any]]:
    answers: dict[str, Mapping[str, Any]] = {
        "aws:index/getRegion:getRegion": {"id": region, "region": region, "name": region},
        "aws:index/getCallerIdentity:getCallerIdentity": {"id": account, "accountId": account},
    }

    def invoke(token: str, _args: Mapping[str, Any]) -> Mapping[str, Any]:
        if token not in answers:
            raise LocalError(f"no answer for the look-up {token}: add one to bovespa/local/deployment.py")
        return answers[token]

    return invoke


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Dynamic providers make their own clients, from the environment."""
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
