from __future__ import annotations

from collections.abc import Iterator

import pytest

from bovespa.glue.runtime.gateway import Gateway
from bovespa.local.stack import Stack, embedded_stack


@pytest.fixture(scope="session")
def stack(warm_jvm: Gateway) -> Iterator[Stack]:
    """The whole embedded stack with the program deployed, once for the test session."""
    with embedded_stack(jvm=warm_jvm) as running:
        yield running
