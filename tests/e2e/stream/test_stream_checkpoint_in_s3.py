"""The checkpoint in S3 with two tasks at once, and with an S3 that refuses: every trade is in Kinesis."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
from kinesis_lines import Taken  # type: ignore[import-not-found]
from stream_scenario import FAST, until  # type: ignore[import-not-found]

from bovespa.stand_ins.exchanges import serve
from bovespa.stand_ins.kinesis import FakeKinesis, serve_kinesis
from stream.config import Config
from stream.producer import Producer, running


class Bucket:
    """One S3 object with conditional writes; `status` answers everything else instead."""

    def __init__(self) -> None:
        self.body: bytes | None = None
        self.version = 0
        self.status = 0
        self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
            content = await reader.readexactly(int(fields.get("content-length", 0)))
            status, body = self.answer(head.split(" ")[0], fields, content)
            tag = f'ETag: "{self.version}"\r\n' if status == 200 else ""
            told = f"HTTP/1.1 {status} X\r\n{tag}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            writer.write(told.encode() + body)
            await writer.drain()
        writer.close()

    def answer(self, method: str, fields: dict[str, str], content: bytes) -> tuple[int, bytes]:
        if self.status:
            self.refused += 1
            return self.status, b""
        if method == "GET":
            return (404, b"") if self.body is None else (200, self.body)
        expected = fields.get("if-match")
        if (fields.get("if-none-match") == "*" and self.body is not None) or expected not in (
            None,
            f'"{self.version}"',
        ):
            return 412, b""
        self.body, self.version = content, self.version + 1
        return 200, b""


@pytest.mark.parametrize("trouble", ["two tasks", "s3 fails"])
def test_the_checkpoint_under_trouble_costs_no_trade(
    trouble: str, tmp_path: Path, aws_variables: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Two tasks at once, as in a deploy that overlaps; or S3 refusing for a while. Then a third task goes on alone."""
    taken = Taken()
    kinesis = FakeKinesis("trades", shards=2, on_data=taken)
    bucket = Bucket()

    async def run() -> list[int]:
        server = await asyncio.start_server(bucket.serve, "127.0.0.1", 0)
        aws_variables.setenv("AWS_ENDPOINT_URL_S3", f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        async with serve_kinesis(kinesis) as url, serve(markets=[("binance", "BTC-USDT")]) as simulator:
            aws_variables.setenv("AWS_ENDPOINT_URL_KINESIS", url)
            config = Config(
                exchanges=("binance",),
                symbols=("BTC-USDT",),
                sink="kinesis",
                kinesis_stream="trades",
                checkpoint="s3://state/producer.json",
                endpoints=simulator.endpoints,
                **FAST,
            )

            def trade() -> None:
                simulator.trade("binance", "BTC-USDT", 40)

            async with running(Producer(config)) as first:
                await until(lambda: simulator.clients("binance") == 1)
                trade()
                await until(lambda: first.stats.acknowledged == 40)
                await until(lambda: bucket.version)
                if trouble == "two tasks":
                    async with running(Producer(config)):
                        await until(lambda: simulator.clients("binance") == 2)
                        for _ in range(20):
                            trade()
                            await asyncio.sleep(0.05)
                else:
                    bucket.status = 503
                    for _ in range(20):
                        trade()
                        await asyncio.sleep(0.05)
                    await until(lambda: bucket.refused > 1)
                    bucket.status = 0
                trade()
                await until(lambda: first.stats.acknowledged == len(simulator.ids("binance", "BTC-USDT")))
            simulator.trade("binance", "BTC-USDT", 500)
            async with running(Producer(config)) as third:
                await until(lambda: simulator.clients("binance") == 1)
                trade()
                await until(lambda: third.stats.acknowledged >= 540)
            server.close()
            return simulator.ids("binance", "BTC-USDT")

    published = asyncio.run(run())
    assert sorted(set(taken.ids)) == published
    # While two ran, each trade may be there twice; before and after, once.
    assert len(taken.ids) - len(published) <= (21 * 40 if trouble == "two tasks" else 0)
