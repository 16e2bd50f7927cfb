"""A Kinesis that throttles as AWS does: PutRecord, PutRecords and ListShards for tests and the benchmark.

Each shard takes 1 MB and 1,000 records a second (partition keys count); what exceeds it fails with
ProvisionedThroughputExceededException in its position, while the request succeeds. On command a share of
the records fails, answers stall, or the connection breaks after the records were taken. Signatures are
not checked, their presence is.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import ssl
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import msgspec

from stream.sinks.shards import HASH_SPACE, ShardPacer, even_shards

SHARD_BYTES = 1_000_000
SHARD_RECORDS = 1_000
MAX_RECORDS = 500
MAX_RECORD_BYTES = 1 << 20
MAX_REQUEST_BYTES = 10 << 20


class _Entry(msgspec.Struct):
    Data: bytes
    PartitionKey: str


class _Put(msgspec.Struct):
    StreamName: str
    Records: list[_Entry]


_put = msgspec.json.Decoder(_Put)


@dataclass(slots=True)
class _Shard:
    """What was taken within the last second: (when, bytes) of each record."""

    recent: deque[tuple[float, int]] = field(default_factory=deque)
    bytes: int = 0


@dataclass(slots=True)
class FakeKinesis:
    """`on_data` gets the data of every accepted record. Faults are plain attributes."""

    stream: str
    shards: int = 1
    throttle: bool = True
    on_data: Callable[[bytes], None] = lambda data: None
    failure_rate: float = 0.0
    """Share of records that fail with InternalFailure."""
    full: set[int] = field(default_factory=set)
    """Shards that somebody else fills: they take nothing."""
    stalled: bool = False
    """Requests are read but not answered."""
    break_after: int = 0
    """Next requests whose connection is cut after their records were taken."""
    miscount: bool = False
    """Answers say that no record failed, whatever their results say."""
    refuse: str = ""
    """Error type that every request is answered with (status 400)."""
    requests: int = 0
    accepted: int = 0
    throttled: int = 0
    seed: int = 1
    _buckets: list[_Shard] = field(default_factory=list)
    _pacer: ShardPacer = field(init=False)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._buckets = [_Shard() for _ in range(self.shards)]
        self._pacer = ShardPacer(even_shards(self.shards))
        self._random = random.Random(self.seed)  # noqa: S311 a simulation

    def reshard(self, shards: int) -> None:
        """Split or merge to so many shards, as UpdateShardCount does."""
        self.shards = shards
        self._buckets = [_Shard() for _ in range(shards)]
        self._pacer = ShardPacer(even_shards(shards))

    def handle(self, operation: str, body: bytes) -> tuple[int, object]:
        """(status, answer) of one request."""
        self.requests += 1
        if self.refuse:
            return 400, {"__type": self.refuse, "message": "on command"}
        if operation == "ListShards":
            return 200, {"Shards": [self._describe(index) for index in range(self.shards)]}
        if operation == "PutRecord":
            entry = msgspec.json.decode(body, type=_Entry)
            result = self._take(entry, len(entry.Data) + len(entry.PartitionKey))
            if "ErrorCode" in result:
                return 400, {"__type": result["ErrorCode"], "message": result["ErrorMessage"]}
            return 200, result
        if operation != "PutRecords":
            return 400, {"__type": "UnknownOperationException", "message": operation}
        try:
            request = _put.decode(body)
        except msgspec.MsgspecError as error:
            return 400, {"__type": "SerializationException", "message": str(error)}
        if request.StreamName != self.stream:
            message = f"Stream {request.StreamName} under account 000000000000 not found."
            return 400, {"__type": "ResourceNotFoundException", "message": message}
        sizes = [len(entry.Data) + len(entry.PartitionKey) for entry in request.Records]
        if (
            not 1 <= len(sizes) <= MAX_RECORDS
            or max(sizes) > MAX_RECORD_BYTES
            or sum(sizes) > MAX_REQUEST_BYTES
        ):
            return 400, {"__type": "ValidationException", "message": "the request is out of bounds"}
        results = [self._take(entry, size) for entry, size in zip(request.Records, sizes, strict=True)]
        failed = sum("ErrorCode" in result for result in results)
        return 200, {"FailedRecordCount": 0 if self.miscount else failed, "Records": results}

    def _take(self, entry: _Entry, size: int) -> dict[str, str]:
        if self.failure_rate and self._random.random() < self.failure_rate:
            return {"ErrorCode": "InternalFailure", "ErrorMessage": "Internal service failure."}
        index = self._pacer.shard(entry.PartitionKey)
        if index in self.full or (self.throttle and not self._within_quota(self._buckets[index], size)):
            self.throttled += 1
            return {
                "ErrorCode": "ProvisionedThroughputExceededException",
                "ErrorMessage": f"Rate exceeded for shard shardId-{index:012d}",
            }
        self.accepted += 1
        self.on_data(entry.Data)
        return {"SequenceNumber": str(self.accepted), "ShardId": f"shardId-{index:012d}"}

    @staticmethod
    def _within_quota(shard: _Shard, size: int) -> bool:
        moment = time.monotonic()
        while shard.recent and shard.recent[0][0] <= moment - 1:
            shard.bytes -= shard.recent.popleft()[1]
        if shard.bytes + size > SHARD_BYTES or len(shard.recent) >= SHARD_RECORDS:
            return False
        shard.recent.append((moment, size))
        shard.bytes += size
        return True

    def _describe(self, index: int) -> dict[str, object]:
        first, after = HASH_SPACE * index // self.shards, HASH_SPACE * (index + 1) // self.shards
        return {
            "ShardId": f"shardId-{index:012d}",
            "HashKeyRange": {"StartingHashKey": str(first), "EndingHashKey": str(after - 1)},
            "SequenceNumberRange": {"StartingSequenceNumber": "0"},
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One kept-alive HTTP connection."""
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in head.decode().split("\r\n")[1:])
                }
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                while self.stalled:
                    await asyncio.sleep(0.02)
                    if reader.at_eof():
                        return
                if "AWS4-HMAC-SHA256" not in headers.get("authorization", ""):
                    status, answer = 400, {"__type": "MissingAuthenticationTokenException"}
                else:
                    status, answer = self.handle(headers.get("x-amz-target", "").rpartition(".")[2], body)  # type: ignore[assignment]
                if self.break_after:
                    self.break_after -= 1
                    break
                content = msgspec.json.encode(answer)
                writer.write(
                    f"HTTP/1.1 {status} X\r\nContent-Type: application/x-amz-json-1.1\r\n"
                    f"Content-Length: {len(content)}\r\n\r\n".encode()
                    + content
                )
                await writer.drain()
        writer.close()


@contextlib.asynccontextmanager
async def serve_kinesis(
    kinesis: FakeKinesis, *, context: ssl.SSLContext | None = None, port: int = 0
) -> AsyncIterator[str]:
    """Listen on 127.0.0.1 (TLS with `context`). Yields the endpoint's address."""
    server = await asyncio.start_server(kinesis.serve, "127.0.0.1", port, ssl=context, limit=1 << 16)
    scheme = "https" if context else "http"
    try:
        yield f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
