"""A session's numbers, by which a mail is sent only when they have changed."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal

from reports import IndexReport


def numbers_of(report: IndexReport) -> str:
    """A digest (SHA-256) of what the day was: the index's return, and each member's weight, close and return.

    Of nothing else on the page: a preview that arrives later, or a text that changes, is no correction.
    """
    done = report.performance
    told = {
        "index": report.index,
        "session": report.session.isoformat(),
        "day": None
        if done is None
        else [
            done.previous.isoformat(),
            *map(_text, (done.approximate, done.index, done.traded)),
            done.up,
            done.down,
        ],
        "members": sorted(
            [share.code, *map(_text, (share.weight, share.close, share.daily_return, share.contribution))]
            for share in report.shares
        ),
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _text(value: Decimal | None) -> str:
    """The number itself: ``1.50`` is ``1.5``."""
    return "" if value is None else f"{value.normalize():f}"
