"""Which tests one of several processes takes together, and in which order: what is costly to make is made once."""

from __future__ import annotations

from collections.abc import Sequence

from xdist.scheduler import LoadFileScheduling

# Files with a session fixture, or a cache, in common: the pipeline's stack, Trino, a deployment, previewed plans.
# What takes longest begins first, so that no process is left with it when the others are done.
TOGETHER: Sequence[tuple[str, tuple[str, ...]]] = (
    (
        "pipeline",
        tuple(
            f"tests/e2e/test_{subject}.py"
            for subject in (
                "gold", "market_data", "market_rights", "pipeline", "rebalancing", "rights", "set_aside",
            )
        ),
    ),
    ("trino", ("tests/trino/",)),
    ("e2e", ("tests/e2e/",)),
    ("engine", ("tests/engine/",)),
    ("deployed", tuple(f"tests/stack/test_stack_{part}_local.py" for part in ("report", "compaction", "stream"))),
    ("plans", ("tests/stack/",)),
)  # fmt: skip
_APART = frozenset({"e2e", "engine"})  # in their order, but each file for itself


def place(nodeid: str) -> int:
    """Where a test comes in the order."""
    found = (n for n, (_, starts) in enumerate(TOGETHER) if nodeid.startswith(starts))
    return next(found, len(TOGETHER))


def unit_of_work(nodeid: str) -> str:
    """The name of what is given to one process as a whole."""
    at, file = place(nodeid), nodeid.split("::", 1)[0]
    return file if at == len(TOGETHER) or TOGETHER[at][0] in _APART else TOGETHER[at][0]


class Scheduler(LoadFileScheduling):  # type: ignore[misc]
    def _split_scope(self, nodeid: str) -> str:
        return unit_of_work(nodeid)
