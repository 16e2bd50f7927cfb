from __future__ import annotations

from collections.abc import Iterator

import pytest

from bovespa.glue.runtime.gateway import Gateway
from bovespa.local.stack import Stack, embedded_stack
from lake.athena import Athena
from tests.e2e.lake import follow
from tests.trino import made_market, made_trades
from tests.trino.artefacts import Artefacts, Unavailable, artefacts
from tests.trino.athena import TrinoAthena
from tests.trino.server import Trino, trino_server
from tests.trino.tables import Tables, read_tables


@pytest.fixture(scope="session")
def trino_artefacts() -> Artefacts:
    try:
        return artefacts()
    except Unavailable as missing:
        pytest.skip(f"no Trino here: {missing}")


@pytest.fixture(scope="session")
def stack(trino_artefacts: Artefacts, warm_jvm: Gateway) -> Iterator[Stack]:
    """An embedded stack of its own, with the stream: the other tests' lakes hold what they please."""
    settings = {"stream": {"enabled": True}}
    with embedded_stack(indices=("IBOV", "SMLL"), settings=settings, jvm=warm_jvm) as running:
        follow(running, indices=False, report=False)
        yield running


@pytest.fixture(scope="session")
def trino(
    trino_artefacts: Artefacts, stack: Stack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trino]:
    """Trino over the stack's catalogue and buckets; it starts while the lake is being filled."""
    with trino_server(trino_artefacts, stack.emulator, tmp_path_factory.mktemp("trino")) as running:
        yield running


@pytest.fixture(scope="session")
def tables(stack: Stack, trino: Trino, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The filled lake, read from its files."""
    made_market.fill(stack, tmp_path_factory.mktemp("quotes"))
    made_trades.deliver(stack)
    return read_tables(stack.aws, stack.exports["database"])


@pytest.fixture(scope="session")
def on_trino(trino: Trino, stack: Stack, tables: Tables) -> Athena:
    """The filled lake, asked on Trino."""
    return Athena(client=TrinoAthena(trino=trino), workgroup="trino", database=stack.exports["database"])


@pytest.fixture(scope="session")
def embedded(stack: Stack, tables: Tables) -> Athena:
    """The filled lake, asked on the embedded Athena."""
    return stack.athena
