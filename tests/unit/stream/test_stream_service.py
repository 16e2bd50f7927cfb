"""Settings, health, metrics, histogram, backoff, HTTP client."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.backoff import Backoff
from stream.config import Config, describe, from_environment
from stream.errors import ConfigError, RestError
from stream.exchanges.base import Endpoints
from stream.health import read_report, report, serve_health
from stream.http import HttpClient, HttpError
from stream.metrics import exchange_line, metric_line
from stream.rest import RestClient
from stream.stats import Histogram, Stats


def test_every_setting_comes_from_the_environment() -> None:
    config = from_environment(
        {
            "STREAM_EXCHANGES": "binance, kraken",
            "STREAM_FLUSH_INTERVAL": "0.5",
            "STREAM_RECORD_TRADES": "100",
            "STREAM_ENDPOINTS": '{"kraken": {"websocket": "ws://x", "rest": "http://x"}}',
            "PATH": "/bin",
        },
        sink="stdout",
    )
    assert config.exchanges == ("binance", "kraken")
    assert (config.flush_interval, config.record_trades, config.sink) == (0.5, 100, "stdout")
    assert config.endpoints_of("kraken") == Endpoints(websocket="ws://x", rest="http://x")
    assert config.endpoints_of("binance").websocket.startswith("wss://data-stream.binance.vision")
    assert config.markets_of("binance") == ("BTC-USDT",)
    assert all(meaning for _, _, meaning in describe())


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("STREAM_RECORD_TRADES", "many", "invalid literal"),
        ("STREAM_RECORD_TRADES", "151", "not between 1 and 150"),
        ("STREAM_EXCHANGES", "mtgox", "none of binance"),
        ("STREAM_EXCHANGES", "", "at least one"),
        ("STREAM_SYMBOLS", "BTC-USD,x", "not of the form"),
        ("STREAM_FLUSH", "1", "no such setting"),
        ("STREAM_ENDPOINTS", "{", "truncated"),
        ("STREAM_KINESIS_STREAM", "a b", "not a stream name"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        from_environment({name: value})


def test_a_market_can_be_one_exchanges_own() -> None:
    config = Config(
        exchanges=("binance", "kraken", "mercado_bitcoin"),
        symbols=("BTC-USD", "mercado_bitcoin:BTC-BRL", "kraken:BTC-USD", "kraken:BTC-EUR"),
    )
    assert [config.markets_of(name) for name in config.exchanges] == [
        ("BTC-USDT",),
        ("BTC-USD", "BTC-EUR"),
        ("BTC-BRL",),
    ]


@pytest.mark.parametrize(
    ("symbols", "message"),
    [
        (("kraken:BTC-USD",), "none is for binance"),
        (("BTC-USD", "bitstamp:BTC-USD"), "bitstamp is not among the exchanges"),
        (("BTC-USD", "kraken:"), "not of the form"),
    ],
)
def test_a_market_of_no_exchange_is_refused(symbols: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Config(exchanges=("binance", "kraken"), symbols=symbols)


@given(st.integers(1, 20), st.floats(0.01, 5), st.floats(5, 60), st.floats(0, 1))
def test_backoff_is_capped_and_jittered(tries: int, first: float, limit: float, chance: float) -> None:
    backoff = Backoff(first, limit, lambda: chance)
    pauses = [backoff.next() for _ in range(tries)]
    for number, pause in enumerate(pauses):
        whole = min(limit, first * 2**number)
        assert whole / 2 <= pause <= whole
    backoff.reset()
    assert backoff.next() <= first


@given(st.lists(st.floats(0.0002, 1000), min_size=1, max_size=200), st.sampled_from([0.5, 0.9, 0.99]))
def test_quantiles_are_within_a_cell(values: list[float], fraction: float) -> None:
    histogram = Histogram()
    for value in values:
        histogram.add(value)
    exact = sorted(values)[max(0, math.ceil(fraction * len(values)) - 1)]
    found = histogram.quantile(fraction)
    assert found is not None
    assert exact * 0.999 <= found <= exact * 1.051


def test_metrics_are_what_cloudwatch_extracts() -> None:
    stats = Stats()
    before = stats.snapshot()
    stats.trades, stats.gaps = 40, 2
    line = json.loads(metric_line("BitcoinStream", 1000.5, stats.snapshot(), before))
    directive = line["_aws"]["CloudWatchMetrics"][0]
    assert line["_aws"]["Timestamp"] == 1_000_500
    assert directive["Namespace"] == "BitcoinStream"
    assert {metric["Name"] for metric in directive["Metrics"]} == set(line) - {"_aws"}
    assert (line["Trades"], line["Gaps"]) == (40, 2)
    assert "LagP99" not in line
    assert line["LastTradeAge"] >= 0
    stats.lag.add(0.2)
    assert json.loads(metric_line("n", 1, stats.snapshot(), None))["LagP99"] == pytest.approx(0.2, rel=0.06)


def test_a_report_is_read_back_as_the_snapshot_that_it_told() -> None:
    stats = Stats(wall=lambda: 1000.0, trades=7, repaired=2, duplicates=1, clock=lambda: 5.0)
    stats.lag.add(0.25, 7)
    market = stats.market("kraken", "BTC-USD")
    market.trades, market.last_price, market.received_at = 7, "65000.10", 990_000_000
    body = msgspec.json.encode(report(Config(exchanges=("binance", "kraken")), stats)[1])

    assert replace(read_report(body), rate=0.0) == replace(stats.snapshot(), rate=0.0)


def test_health_is_delivery_and_no_exchanges_mood() -> None:
    """A silent exchange is told, and restarts nothing; a sink that takes nothing while all is full does."""
    moment = [1000.0]
    config = Config(
        exchanges=("binance", "kraken", "mercado_bitcoin"),
        symbols=("BTC-USD", "mercado_bitcoin:BTC-BRL"),
        health_port=0,
        health_max_age=60,
    )
    stats = Stats(clock=lambda: moment[0], wall=lambda: moment[0])
    for name, symbol in (("binance", "BTC-USDT"), ("kraken", "BTC-USD"), ("mercado_bitcoin", "BTC-BRL")):
        stats.market(name, symbol).received_at = int(moment[0] * 1e6)

    async def ask() -> tuple[int, dict[str, object]]:
        async with serve_health(config, stats) as url:
            assert url.startswith("http://127.0.0.1:")
            answer = await HttpClient(2).request("GET", url)
            return answer.status, json.loads(answer.body)

    moment[0] += 700
    stats.market("binance", "BTC-USDT").received_at = int(moment[0] * 1e6)
    status, body = asyncio.run(ask())
    assert (status, body["quiet"], body["status"]) == (200, ["kraken"], "ok")
    assert body["last_trade_age"] == {"binance": 0.0, "kraken": 700.0, "mercado_bitcoin": 700.0}
    stats.queued_records, stats.paused = 5, True
    stats.delivered()
    moment[0] += 59
    assert asyncio.run(ask())[0] == 200
    moment[0] += 2
    status, body = asyncio.run(ask())
    assert (status, body["status"]) == (503, "nothing delivered for 61 s, and no room left")
    stats.paused = False  # stalled, but within what the buffers can bear
    assert asyncio.run(ask())[0] == 200


def test_each_exchange_has_its_own_age() -> None:
    stats = Stats(clock=lambda: 500.0, wall=lambda: 1000.0)
    stats.market("kraken", "BTC-USD").received_at = 990_000_000
    stats.exchange("kraken").open_trades = 7
    stats.exchange("kraken").refused["api.kraken.com"] = 451
    stats._started = 0.0
    shown = stats.snapshot()
    found = [
        json.loads(exchange_line("n", 1, name, shown, stats.age(name))) for name in ("kraken", "binance")
    ]
    assert [line["LastTradeAge"] for line in found] == [10.0, 500.0]
    assert (found[0]["OpenGapTrades"], found[0]["RefusedHosts"]) == (7, 1)
    assert found[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Exchange"]]


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def against(answers: list[bytes], *, keep: bool = False) -> tuple[list[object], int]:
    """Ask a server that gives these raw answers, one a request; (bodies or errors, connections made)."""
    connections = 0
    left = list(answers)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        try:
            while left:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(left.pop(0))
                await writer.drain()
                if not keep:
                    break
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    async def run() -> list[object]:
        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/path?x=1"
        http = HttpClient(1.0)
        found: list[object] = []
        for _ in answers:
            try:
                found.append((await http.request("GET", url)).body)
            except HttpError as error:
                found.append(error)
        await http.close()
        server.close()
        return found

    return asyncio.run(run()), connections


def test_bodies_by_length_chunks_and_end() -> None:
    found, _ = against(
        [
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nT: 1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n\r\nabc",
        ]
    )
    assert found == [b"abc"] * 3


def test_connections_are_used_again_and_stale_ones_replaced() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
    assert against([answer] * 5, keep=True) == ([b"x"] * 5, 1)
    assert against([answer] * 3, keep=False)[0] == [b"x"] * 3


def test_interim_answers_shift_nothing() -> None:
    """A 100 or 103 before an answer belongs to it: the next request on the connection gets its own."""
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
    answers = [
        b"HTTP/1.1 100 Continue\r\n\r\n" * count
        + hint
        + b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n%d" % count
        for count in range(4)
    ]
    assert against(answers, keep=True) == ([b"0", b"1", b"2", b"3"], 1)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
        b"rubbish\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nA: " + b"x" * 100_000,
        b"",
    ],
)
def test_malformed_answers_are_one_kind_of_error(answer: bytes) -> None:
    (found,), _ = against([answer])
    assert isinstance(found, HttpError)


def test_no_answer_is_a_time_out() -> None:
    async def run() -> None:
        async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read()
            writer.close()

        server = await asyncio.start_server(silent, "127.0.0.1", 0)
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises(HttpError, match=r"no answer within 0\.2 s"):
            await HttpClient(0.2).request("GET", url)
        rest = RestClient(HttpClient(0.05), 0.0, Backoff(0.01, 0.01))
        with pytest.raises(RestError, match="no answer"):
            await rest.get(url)
        server.close()

    asyncio.run(run())
