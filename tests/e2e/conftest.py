from __future__ import annotations

from collections.abc import Iterator

import pytest

from bovespa.local.stack import Stack, embedded_stack


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The whole embedded stack with the program deployed, once for the test session."""
    with embedded_stack() as running:
        yield running
