"""Each saved query's answer, worked out in Python from the lake's rows; no SQL, and nothing of the project's queries.

A row may leave columns out: those that it has are compared.
"""

from tests.trino.independent import features, history, market, moves, portfolio, stream  # noqa: F401 (they register)
from tests.trino.independent.registry import Asked, computation

__all__ = ["Asked", "computation"]
