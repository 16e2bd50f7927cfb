from __future__ import annotations

from collections.abc import Iterator

import pytest

from bovespa.glue.runtime.gateway import Gateway
from bovespa.local.stack import Stack, embedded_stack
from tests.e2e.lake import follow


@pytest.fixture(scope="session")
def stack(warm_jvm: Gateway) -> Iterator[Stack]:
    """The whole embedded stack with the program deployed, once for the test session.

    Neither indices nor report follow a job here: who looks at them lets them.
    """
    with embedded_stack(jvm=warm_jvm) as running:
        follow(running, indices=False, report=False)
        yield running
