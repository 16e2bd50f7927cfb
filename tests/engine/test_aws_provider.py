"""The plugin under test knows what the project can make."""

from __future__ import annotations

import pytest

from bovespa.local.provision import PROVISIONS
from tests.engine.aws_provider.deletion import DELETIONS
from tests.engine.aws_provider.rules import RULES


@pytest.mark.parametrize("table", [RULES, DELETIONS], ids=["rules", "deletions"])
def test_every_type_of_aws_is_in_the_table(table: dict[str, object]) -> None:
    wanted = {type_ for type_ in PROVISIONS if type_.startswith("aws:")}

    assert table.keys() == wanted
