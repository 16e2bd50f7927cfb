"""The real engine, the embedded AWS behind it, and projects for it to work on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import pytest

from bovespa.local.emulator import Emulator, emulator
from tests.engine.cli_project import CliProject
from tests.engine.glue_front import GlueFront, glue_front
from tests.engine.installation import install
from tests.engine.pulumi_cli import NoPulumi, pulumi_folder

# The first one may build the CLI; each command of it has a limit of its own.
_SECONDS = 3600


class NewProject(Protocol):
    """Makes a project of the CLI.

    ``label`` begins the names of its kept outputs; ``environment`` replaces AWS variables, None takes one away;
    with ``template`` the project is for `pulumi new` to make.
    """

    def __call__(
        self, label: str, environment: Mapping[str, str | None] = ..., /, *, template: bool = False
    ) -> CliProject: ...


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents and "cli" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
            item.add_marker(pytest.mark.timeout(_SECONDS))


@pytest.fixture(scope="session")
def cli() -> Path:
    """The folder of the CLI."""
    try:
        return pulumi_folder()
    except NoPulumi as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One of the file's own: a protected stack stays, and another's fixed names would meet its."""
    with emulator(tmp_path_factory.mktemp("engine") / "aws") as running:
        yield running


@pytest.fixture(scope="module")
def glue(running_emulator: Emulator) -> Iterator[GlueFront]:
    with glue_front(running_emulator) as front:
        yield front


@pytest.fixture(scope="session")
def installed(cli: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a CLI with its plugins."""
    return install(tmp_path_factory.mktemp("pulumi-home"), cli)


@pytest.fixture(scope="module")
def new_project(
    installed: dict[str, str],
    running_emulator: Emulator,
    glue: GlueFront,
    tmp_path_factory: pytest.TempPathFactory,
) -> NewProject:
    def make(
        label: str,
        environment: Mapping[str, str | None] = MappingProxyType({}),
        /,
        *,
        template: bool = False,
    ) -> CliProject:
        wanted = {
            **installed,
            **running_emulator.environment,
            "AWS_ENDPOINT_URL_GLUE": glue.url,
            **environment,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        return CliProject(tmp_path_factory.mktemp(label), given, label, template=template)

    return make
