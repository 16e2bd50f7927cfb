"""Who moved the index: the strongest each way, and the others as one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from reports.report import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Contributions:
    """The members that moved the index most, each way, and all the others as one: all of it sums to ``total``."""

    helped: tuple[Share, ...]
    weighed: tuple[Share, ...]
    others: int
    others_points: Decimal
    total: Decimal


def contributions(shares: Iterable[Share], each_way: int) -> Contributions:
    """Split the members by contribution, at most ``each_way`` on a side, the strongest first."""
    known = [(share.contribution, share) for share in shares if share.contribution is not None]
    known.sort(key=lambda pair: (-abs(pair[0]), pair[1].code))
    helped = [pair for pair in known if pair[0] > 0][:each_way]
    weighed = [pair for pair in known if pair[0] < 0][:each_way]
    total = sum((points for points, _ in known), Decimal(0))
    shown = sum((points for points, _ in [*helped, *weighed]), Decimal(0))
    return Contributions(
        helped=tuple(share for _, share in helped),
        weighed=tuple(share for _, share in weighed),
        others=len(known) - len(helped) - len(weighed),
        others_points=total - shown,
        total=total,
    )
