from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any

import boto3
import pytest
from botocore.loaders import JSONFileLoader
from hypothesis import settings

from bovespa.glue.runtime.gateway import Gateway
from bovespa.local.aws import Clients
from bovespa.local.emulator import REGION, Emulator, emulator
from bovespa.stand_ins.b3_site import B3Site, b3_site
from tests.scraping import Scraping
from tests.sharing import Scheduler, place

# A machine that is busy makes no example wrong: `timeout` bounds the test as a whole.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

# A test that asks for one of these has a process beside it.
_PROCESSES = frozenset({"running_emulator", "warm_jvm", "libraries"})


def pytest_make_parametrize_id(val: object) -> str | None:
    """A name that is the same in each of the processes that share the tests."""
    return getattr(val, "__name__", "function") if callable(val) else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object:
    return Scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Bring the tests in order, and mark what needs a process, so that `make test-fast` leaves it out."""
    items.sort(key=lambda item: place(item.nodeid))
    for item in items:
        if _PROCESSES & set(getattr(item, "fixturenames", ())):
            item.add_marker("emulator")


@pytest.fixture(scope="session", autouse=True)
def _read_each_service_once() -> Iterator[None]:
    """Clients share what botocore reads of a service: megabytes of JSON, else read again for each test's session."""
    read = JSONFileLoader.load_file
    found = cache(lambda path: read(JSONFileLoader(), path))

    def load_file(_loader: JSONFileLoader, file_path: str) -> Any:
        return found(file_path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", load_file)
        yield


@pytest.fixture(scope="session")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One emulator for the whole test session, started by the first test that asks for it.

    Its tests share it: whoever makes a resource gives it a name of its own.
    """
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="session")
def aws(running_emulator: Emulator) -> Clients:
    """Clients of the emulator, as its root."""
    return Clients(running_emulator.environment)


@pytest.fixture
def emulator_environment(running_emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """Point this process's own boto3 clients at the emulator for one test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in running_emulator.environment.items():
        monkeypatch.setenv(name, value)
    # What an earlier test's credentials made of it.
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return running_emulator


@pytest.fixture
def bucket(aws: Clients) -> str:
    """An empty bucket of the emulator."""
    name = f"lake-{uuid.uuid4().hex}"
    aws["s3"].create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.fixture(scope="session")
def warm_jvm() -> Iterator[Gateway]:
    """One JVM with Spark for the whole test session; it takes one run, or one SparkContext, at a time."""
    with Gateway() as running:
        yield running


@pytest.fixture(scope="session")
def running_site() -> Iterator[B3Site]:
    """One stand-in of B3's host for the whole test session."""
    with b3_site() as site:
        yield site


@pytest.fixture
def scraping(running_site: B3Site, aws: Clients, bucket: str) -> Scraping:
    """A scraper with a host that knows nothing yet and an empty lake."""
    running_site.clear()
    running_site.asked.clear()
    return Scraping(site=running_site, s3=aws["s3"], bucket=bucket)
