"""Recorded sessions from the command line to the saved queries, beside a second opinion from the raw frames.

The captured sessions take part where this machine has them; generated ones always.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import generated_sessions  # type: ignore[import-not-found]
import pytest
import raw_frames  # type: ignore[import-not-found]

from bovespa.local.aws import Clients, local_athena
from bovespa.local.configuration import load_configuration
from bovespa.local.deployment import deploy
from bovespa.local.emulator import emulator
from lake.athena import Athena
from lake.saved_queries import saved_query

ROOT = Path(__file__).parents[3]
RECORDED = ROOT.parent / "shared/data/stream"
CAPTURED = (
    "binance_spot_ethusdt_2024-08-08.gz",
    "coinbase_advanced_2026-08-09.jsonl.zst",
    "bitstamp_2022.jsonl.zst",
    "kraken_rest_trades_2025-11-10.json",
)
# Damaged frames in the generated sessions, and the Binance trades that were in them alone.
DAMAGED_BINANCE, LOST = 5, 3
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 as Athena's timestamps: UTC without saying so
Minute = tuple[str, str, datetime]
Row = dict[str, Any]


def replay(to: str, files: Sequence[Path], *options: str, **variables: str) -> dict[str, Any]:
    """`bovespa stream replay` as a user types it; its JSON document."""
    command = [
        sys.executable,
        "-m",
        "bovespa.main",
        "stream",
        "replay",
        *map(str, files),
        "--to",
        to,
        "--json",
    ]
    ended = subprocess.run(
        [*command, *options], cwd=ROOT, env=variables, capture_output=True, timeout=600, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()[-2000:]
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


@dataclass(frozen=True)
class Session:
    """Files that were replayed, what their raw frames say, and what the command said."""

    files: tuple[Path, ...]
    document: dict[str, Any]

    @cached_property
    def trades(self) -> dict[raw_frames.Key, raw_frames.Seen]:
        found: dict[raw_frames.Key, raw_frames.Seen] = raw_frames.trades(*self.files)
        return found

    def between(self, start: datetime, end: datetime) -> dict[Minute, list[tuple[int, raw_frames.Seen]]]:
        """Trades by market and minute of [start, end), each list by (time, id)."""
        grouped: dict[Minute, list[tuple[int, raw_frames.Seen]]] = defaultdict(list)
        for (exchange, symbol, number), seen in self.trades.items():
            at = EPOCH + timedelta(microseconds=seen.at)
            if start <= at < end:
                minute = at.replace(second=0, microsecond=0)
                grouped[exchange, symbol, minute].append((number, seen))
        for found in grouped.values():
            found.sort(key=lambda entry: (entry[1].at, entry[0]))
        ordered: dict[Minute, list[tuple[int, raw_frames.Seen]]] = dict(sorted(grouped.items()))
        return ordered


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return tuple(generated_sessions.write_all(tmp_path_factory.mktemp("sessions")))


@dataclass(frozen=True, slots=True)
class Lake:
    """The embedded AWS after the replay."""

    athena: Athena
    session: Session

    def ask(self, name: str, start: datetime, minutes: int) -> list[Row]:
        end = (start + timedelta(minutes=minutes)).replace(tzinfo=UTC)
        rows: list[Row] = list(self.athena.run(saved_query(name).window(end, minutes).sql).records())
        return rows

    def minutes(self, start: datetime, minutes: int) -> dict[Minute, list[tuple[int, raw_frames.Seen]]]:
        return self.session.between(start, start + timedelta(minutes=minutes))


@pytest.fixture(scope="session")
def lake(tmp_path_factory: pytest.TempPathFactory, generated: tuple[Path, ...]) -> Iterator[Lake]:
    """Everything replayed once: Kinesis, Firehose, parquet, Athena, as the program declares them."""
    captured = tuple(path for name in CAPTURED if (path := RECORDED / name).exists())
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        made = deploy(running, load_configuration("local", {"stream": {"enabled": True}}))
        clients = Clients(running.environment)
        stream = made.exports["tradesStream"]
        files = (*generated, *captured)
        # One request at a time: the embedded Kinesis converts what it is given before it answers.
        variables = {**running.environment, "STREAM_SENDERS": "1"}
        document = replay("kinesis", files, "--kinesis-stream", stream, **variables)
        found = Lake(local_athena(clients, made.exports), Session(files, document))
        deadline = time.monotonic() + 300
        while (arrived := count(found.athena)) < document["acknowledged"]:
            assert time.monotonic() < deadline, f"{arrived} of {document['acknowledged']} trades arrived"
            time.sleep(1)
        yield found


def count(athena: Athena) -> int:
    """Different trades that have arrived."""
    sql = (
        "SELECT count(*) AS n FROM (SELECT DISTINCT exchange, symbol, trade_id FROM bitcoin_trades"
        " WHERE via <> 'gap') AS t"
    )
    (row,) = athena.run(sql).records()
    assert isinstance(row["n"], int)
    return row["n"]


@pytest.mark.slow
def test_every_trade_id_is_there_exactly_once(lake: Lake) -> None:
    rows = lake.athena.run(
        "SELECT exchange, symbol, trade_id, count(*) AS copies FROM bitcoin_trades WHERE via <> 'gap'"
        " GROUP BY exchange, symbol, trade_id"
    ).records()

    assert {(row["exchange"], row["symbol"], row["trade_id"]) for row in rows} == set(lake.session.trades)
    if not lake.session.document["retries"]:  # an answer that came too late means that records went twice
        assert {row["copies"] for row in rows} == {1}
    assert lake.session.document["bad_frames"] > DAMAGED_BINANCE


@pytest.mark.slow
def test_ohlcv_and_vwap_of_every_minute_to_the_last_digit(lake: Lake) -> None:
    start = EPOCH + timedelta(microseconds=generated_sessions.START)
    captured_kraken = datetime(2025, 11, 10, 17)  # noqa: DTZ001
    seen = 0
    for begin, minutes in ((start, 30), (captured_kraken, 480)):
        expected = []
        for (exchange, symbol, minute), trades in lake.minutes(begin, minutes).items():
            prices = [trade.price for _, trade in trades]
            volume = sum((trade.quantity for _, trade in trades), Decimal(0))
            turnover = sum((trade.price * trade.quantity for _, trade in trades), Decimal(0))
            expected.append(
                {
                    "exchange": exchange,
                    "symbol": symbol,
                    "minute": str(minute),
                    "open": prices[0],
                    "high": max(prices),
                    "low": min(prices),
                    "close": prices[-1],
                    "volume": volume,
                    "turnover": turnover,
                    "trades": len(trades),
                    "vwap": (turnover / volume).quantize(Decimal("1e-8"), ROUND_HALF_UP),
                }
            )
        found = [{**row, "minute": row["minute"][:19]} for row in lake.ask("bitcoin_ohlcv", begin, minutes)]
        assert found == expected
        seen += len(expected)
    assert seen > 200


@pytest.mark.slow
def test_volume_by_the_takers_side(lake: Lake) -> None:
    start = EPOCH + timedelta(microseconds=generated_sessions.START)
    expected = {}
    for key, trades in lake.minutes(start, 30).items():
        sums = {"buy": Decimal(0), "sell": Decimal(0)}
        for _, trade in trades:
            sums[trade.side] += trade.quantity
        sides = Counter(trade.side for _, trade in trades)
        expected[(*key[:2], str(key[2]))] = (sums["buy"], sums["sell"], sides["buy"], sides["sell"])

    found = {
        (row["exchange"], row["symbol"], row["minute"][:19]): tuple(
            row[name] for name in ("bought", "sold", "buys", "sells")
        )
        for row in lake.ask("bitcoin_agressor", start, 30)
    }

    assert found == expected


@pytest.mark.slow
def test_gaps_are_what_the_damaged_frames_took_away(lake: Lake) -> None:
    start = EPOCH + timedelta(microseconds=generated_sessions.START)
    found = {(row["exchange"], row["symbol"]): row for row in lake.ask("bitcoin_lacunas", start, 30)}

    counted: Counter[tuple[str, str]] = Counter()
    for (exchange, symbol, _), trades in lake.minutes(start, 30).items():
        counted[exchange, symbol] += len(trades)
    assert {market: row["trades"] for market, row in found.items()} == counted
    missing = {market: row["missing"] for market, row in found.items() if row["missing"]}
    assert missing == {("binance", "BTC-USDT"): LOST}


@pytest.mark.slow
def test_the_last_minutes_before_and_after_midnight(lake: Lake) -> None:
    midnight = EPOCH + timedelta(microseconds=generated_sessions.MIDNIGHT)
    for start in (midnight - timedelta(minutes=1), midnight):
        expected = {
            (exchange, symbol, number)
            for (exchange, symbol, _), trades in lake.minutes(start, 1).items()
            for number, _seen in trades
        }
        found = [
            (row["exchange"], row["symbol"], row["trade_id"])
            for row in lake.ask("bitcoin_negocios", start, 1)
        ]
        assert len(found) == len(set(found))
        assert set(found) == expected
        assert len(expected) > 500


def test_a_directory_gets_every_trade_with_every_digit(tmp_path: Path, generated: tuple[Path, ...]) -> None:
    replay(str(tmp_path), generated)
    expected = raw_frames.trades(*generated)

    found = {}
    for file in tmp_path.glob("dt=*/hour=*/*.jsonl"):
        for line in file.read_text().splitlines():
            row = json.loads(line, parse_float=Decimal, parse_int=lambda text: int(text))
            if row["via"] != "gap":
                key = row["exchange"], row["symbol"], row["trade_id"]
                assert key not in found
                at = datetime.fromisoformat(row["traded_at"]).replace(tzinfo=None) - EPOCH
                found[key] = (row["price"], row["quantity"], row["side"], at // timedelta(microseconds=1))

    wanted = {key: (t.price, t.quantity, t.side, t.at) for key, t in expected.items()}
    assert set(found.items()) ^ set(wanted.items()) == set()
