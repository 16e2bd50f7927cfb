from __future__ import annotations

import pytest

from tests.layer import use_layer_codecs

FUNCTIONS = frozenset({"scraper", "rebalancing", "cotahist", "watch"})


@pytest.fixture(autouse=True)
def _as_on_the_layer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The functions' tests write and read parquet as Lambda's Arrow can."""
    if request.path.parent.name in FUNCTIONS:
        use_layer_codecs(monkeypatch)
