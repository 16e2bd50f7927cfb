"""Which shard a partition key belongs to, and when that shard may be written to again."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Callable, Sequence

from stream.clock import monotonic

# Kinesis' quotas for one shard ("Quotas and limits": 1 MB and 1,000 records a second), with room for what
# leaves here but is counted there a little later: rate plus burst stays below one second's quota.
BYTES_PER_SECOND = 750_000.0
RECORDS_PER_SECOND = 750.0
BURST = 0.2  # seconds of the rate that may go at once
HASH_SPACE = 1 << 128


class ShardPacer:
    """Token buckets, one per open shard."""

    def __init__(self, starts: Sequence[int], clock: Callable[[], float] = monotonic) -> None:
        """`starts` are the StartingHashKeys of the open shards."""
        self._clock = clock
        self._starts: list[int] = []
        self._bytes: list[float] = []
        self._records: list[float] = []
        self._at: list[float] = []
        self.reshard(starts)

    def __len__(self) -> int:
        return len(self._starts)

    def reshard(self, starts: Sequence[int]) -> None:
        """Take another set of shards; nothing changes if it is the same."""
        ordered = sorted(starts) or [0]
        if ordered != self._starts:
            self._starts = ordered
            self._bytes = [BYTES_PER_SECOND * BURST] * len(ordered)
            self._records = [RECORDS_PER_SECOND * BURST] * len(ordered)
            self._at = [self._clock()] * len(ordered)

    def shard(self, key: str) -> int:
        """Index of the shard that Kinesis puts this key on (MD5 as a 128-bit number)."""
        number = int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest(), "big")
        return max(0, bisect_right(self._starts, number) - 1)

    def take(self, key: str, size: int) -> float:
        """0 if a record of `size` bytes may go now, which is then counted; else the seconds to wait."""
        shard = self.shard(key)
        self._refill(shard)
        if self._bytes[shard] > 0 and self._records[shard] > 0:
            self._bytes[shard] -= size
            self._records[shard] -= 1
            return 0.0
        return max(-self._bytes[shard] / BYTES_PER_SECOND, -self._records[shard] / RECORDS_PER_SECOND, 0.005)

    def _refill(self, shard: int) -> None:
        moment = self._clock()
        elapsed = moment - self._at[shard]
        self._at[shard] = moment
        filled = self._bytes[shard] + elapsed * BYTES_PER_SECOND
        self._bytes[shard] = min(BYTES_PER_SECOND * BURST, filled)
        filled = self._records[shard] + elapsed * RECORDS_PER_SECOND
        self._records[shard] = min(RECORDS_PER_SECOND * BURST, filled)


def even_shards(count: int) -> list[int]:
    """StartingHashKeys of a stream that was created with `count` shards."""
    return [HASH_SPACE * index // count for index in range(count)]
