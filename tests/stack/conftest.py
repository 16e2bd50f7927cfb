from __future__ import annotations

from functools import cache

import pytest

from tests.stack.plan import Plan, plan_of

_planned = cache(plan_of)


@pytest.fixture(params=["dev", "prod"])
def plan(request: pytest.FixtureRequest) -> Plan:
    """Each of the stacks that are deployed to AWS."""
    return _planned(request.param)


@pytest.fixture
def dev() -> Plan:
    return _planned("dev")
