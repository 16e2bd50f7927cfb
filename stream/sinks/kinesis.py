"""Kinesis Data Streams: PutRecords over kept-alive connections, paced below each shard's quota.

Source: Kinesis API reference, "PutRecords" (500 records, 10 MiB a request; results by position; partial
failure is a success with FailedRecordCount) and "ListShards".
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import msgspec

from stream.aws import AwsClient, aws_client
from stream.clock import monotonic
from stream.config import Config
from stream.errors import ConfigError, SinkRefused, SinkUnavailable
from stream.http import HttpError, Response
from stream.record import Record
from stream.sinks.shards import ShardPacer, even_shards
from stream.stats import Stats

log = logging.getLogger(__name__)
_TARGET = "Kinesis_20131202."
_REQUEST_TIMEOUT = 10.0
_SHARDS_AGE = 60.0
_UNKNOWN_SHARDS = 4  # what a new on-demand stream starts with
_THROTTLES = ("ProvisionedThroughputExceeded", "Throttl", "LimitExceeded", "KMSThrottling")
_PASSING = (
    *_THROTTLES,
    "InternalFailure",
    "InternalServer",
    "ServiceUnavailable",
    "ExpiredToken",
    "RequestExpired",
)


class _Entry(msgspec.Struct):
    Data: bytes  # msgspec writes it as Base64, as the API wants it
    PartitionKey: str


class _Put(msgspec.Struct):
    StreamName: str
    Records: list[_Entry]


class _Result(msgspec.Struct):
    ErrorCode: str | None = None
    ErrorMessage: str | None = None


class _PutAnswer(msgspec.Struct):
    FailedRecordCount: int
    Records: list[_Result]


class _HashKeyRange(msgspec.Struct):
    StartingHashKey: str


class _SequenceNumberRange(msgspec.Struct):
    EndingSequenceNumber: str | None = None


class _Shard(msgspec.Struct):
    HashKeyRange: _HashKeyRange
    SequenceNumberRange: _SequenceNumberRange


class _ShardsAnswer(msgspec.Struct):
    Shards: list[_Shard]
    NextToken: str | None = None


class _Problem(msgspec.Struct):
    type: str = msgspec.field(name="__type", default="")
    message: str = ""
    Message: str = ""


class KinesisSink:
    """One stream. `write` sends one or several requests, since a shard that is at its quota has to wait."""

    max_records = 500
    max_bytes = 1 << 20

    def __init__(self, client: AwsClient, stream: str, stats: Stats, shards: int = 0) -> None:
        self._client = client
        self._stream = stream
        self._stats = stats
        self._fixed = shards > 0
        self._pacer = ShardPacer(even_shards(shards or _UNKNOWN_SHARDS))
        self._listed_at = 0.0
        self._proven = False

    async def open(self) -> None:
        try:
            await self._list_shards()
        except HttpError as error:
            raise SinkRefused(f"Kinesis cannot be reached: {error}") from None
        except SinkUnavailable as error:
            log.warning("pacing for %d shards until Kinesis tells: %s", len(self._pacer), error)

    async def write(self, records: Sequence[Record]) -> Sequence[Record]:
        if not self._fixed and monotonic() - self._listed_at > _SHARDS_AGE:
            await self._refresh_shards()
        failed: list[Record] = []
        waiting = list(records)
        while waiting:
            now, waiting, pause = self._admit(waiting)
            if now:
                try:
                    failed += await self._put(now)
                except SinkUnavailable as error:
                    if len(now) + len(waiting) == len(records):
                        raise
                    log.warning("Kinesis took part of a batch, then failed: %s", error)
                    return [*failed, *now, *waiting]
            elif pause:
                await asyncio.sleep(pause)
        return failed

    async def close(self) -> None:
        await self._client.close()

    def _admit(self, records: Sequence[Record]) -> tuple[list[Record], list[Record], float]:
        """(those that may go now, the others, seconds until the first of the others may)."""
        now: list[Record] = []
        later: list[Record] = []
        pause = 1.0
        for record in records:
            wait = self._pacer.take(record.key, len(record.data) + len(record.key))
            if wait:
                pause = min(pause, wait)
                later.append(record)
            else:
                now.append(record)
        return now, later, pause

    async def _put(self, records: list[Record]) -> list[Record]:
        entries = [_Entry(record.data, record.key) for record in records]
        try:
            response = await self._call("PutRecords", msgspec.json.encode(_Put(self._stream, entries)))
        except HttpError as error:
            raise SinkUnavailable(str(error)) from None
        if response.status != 200:
            self._fail(response)
        try:
            answer = msgspec.json.decode(response.body, type=_PutAnswer)
        except msgspec.MsgspecError as error:
            raise SinkUnavailable(f"Kinesis' answer cannot be read: {error}") from None
        if len(answer.Records) != len(records):
            raise SinkUnavailable(f"Kinesis answered {len(answer.Records)} results to {len(records)} records")
        self._proven = True
        failed = []
        for record, result in zip(records, answer.Records, strict=True):
            if result.ErrorCode is not None:
                failed.append(record)
                if result.ErrorCode.startswith(_THROTTLES):
                    self._stats.throttled += 1
                    record.key = other_key(record.key)
        if len(failed) != answer.FailedRecordCount:
            # Nobody can tell which of them are there: all again, which the queries see as copies.
            raise SinkUnavailable(
                f"Kinesis names {len(failed)} failures and counts {answer.FailedRecordCount}"
            )
        return failed

    async def _call(self, operation: str, body: bytes) -> Response:
        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": _TARGET + operation}
        return await self._client.request("POST", self._client.endpoint + "/", headers, body)

    def _fail(self, response: Response) -> None:
        """Raise for a refused request: for good only if nothing was ever accepted, so that no data is given up."""
        try:
            problem = msgspec.json.decode(response.body, type=_Problem)
        except msgspec.MsgspecError:
            problem = _Problem()
        code = problem.type.rpartition("#")[2]
        text = f"{code or f'HTTP {response.status}'}: {problem.message or problem.Message}".rstrip(": ")
        if code.startswith(_THROTTLES):
            self._stats.throttled += 1
        passing = response.status >= 500 or response.status == 429 or code.startswith(_PASSING)
        if passing or self._proven:
            raise SinkUnavailable(f"Kinesis: {text}")
        raise SinkRefused(f"Kinesis stream {self._stream} in {self._client.region}: {text}")

    async def _refresh_shards(self) -> None:
        try:
            await self._list_shards()
        except (HttpError, SinkUnavailable, SinkRefused) as error:
            log.warning("the stream's shards could not be listed, pacing stays as it is: %s", error)
        finally:
            self._listed_at = monotonic()

    async def _list_shards(self) -> None:
        starts: list[int] = []
        request: dict[str, str] = {"StreamName": self._stream}
        while True:
            response = await self._call("ListShards", msgspec.json.encode(request))
            if response.status != 200:
                self._fail(response)
            try:
                answer = msgspec.json.decode(response.body, type=_ShardsAnswer)
            except msgspec.MsgspecError as error:
                raise SinkUnavailable(f"ListShards' answer cannot be read: {error}") from None
            starts += [
                int(shard.HashKeyRange.StartingHashKey)
                for shard in answer.Shards
                if shard.SequenceNumberRange.EndingSequenceNumber is None
            ]
            if not answer.NextToken:
                break
            request = {"NextToken": answer.NextToken}
        self._listed_at = monotonic()
        if not self._fixed:
            self._pacer.reshard(starts)


def other_key(key: str) -> str:
    """The partition key with which a record is tried again: on another shard, most likely, than the one that was full.

    Somebody else may fill a shard for hours, and each batch that waits for it holds up what others would take.
    """
    market, _, number = key.rpartition("~")
    return f"{market}~{int(number) + 1}" if market else f"{key}~1"


def kinesis_sink(config: Config, stats: Stats) -> KinesisSink:
    """By configuration and environment.

    Raises:
        ConfigError: there is no region, or there are no credentials.
    """
    if not config.kinesis_stream:
        raise ConfigError("kinesis_stream", "is empty")
    return KinesisSink(
        aws_client("kinesis", _REQUEST_TIMEOUT), config.kinesis_stream, stats, config.kinesis_shards
    )
