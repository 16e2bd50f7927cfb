from __future__ import annotations

from collections.abc import Iterator

import pytest

from bovespa.glue.runtime.gateway import Gateway


@pytest.fixture(scope="session")
def warm_jvm() -> Iterator[Gateway]:
    """A JVM that the job's runs share."""
    with Gateway() as running:
        yield running
