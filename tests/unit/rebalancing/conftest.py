from __future__ import annotations

import pytest

from tests.rebalancing import Rebalancing
from tests.scraping import Scraping


@pytest.fixture
def b3(scraping: Scraping) -> Rebalancing:
    """A host that knows nothing yet, and an empty lake."""
    return Rebalancing(site=scraping.site, s3=scraping.s3, bucket=scraping.bucket)
