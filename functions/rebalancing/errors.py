"""What can be wrong with a capture of theoretical portfolios and previews."""

from __future__ import annotations

from functions.b3.errors import B3Error


class RebalancingRefused(B3Error):
    """One or more answers could not be had or trusted; whatever else came was stored.

    The message has one reason per refusal, each with the index and the kind of portfolio.
    """
