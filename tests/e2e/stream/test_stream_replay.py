"""Recorded sessions through the producer's code: real ones where they are at hand, and ones made here."""

from __future__ import annotations

import asyncio
import bz2
import gzip
import json
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from stream_scenario import EXCHANGES, FAST, MARKET, rows, trade_ids, until  # type: ignore[import-not-found]

from bovespa.commands.stream import stream
from bovespa.recordings.replay import Replay
from bovespa.stand_ins.exchanges import serve
from bovespa.stand_ins.exchanges.walk import Walk
from bovespa.stand_ins.exchanges.wire import WIRES
from bovespa.stand_ins.exchanges.wire.binance import BinanceWire
from stream.config import Config
from stream.errors import RecordingError
from stream.producer import Producer, running
from stream.stats import Snapshot

RECORDED = Path(__file__).parents[4] / "shared/data/stream"


def replay(directory: Path, *files: Path, **options: Any) -> Snapshot:
    config = Config(sink=str(directory), flush_interval=0.05)
    return asyncio.run(Replay(files, config, **options).run())


def recorded(name: str) -> Path:
    path = RECORDED / name
    if not path.exists():
        pytest.skip(f"the recorded session {name} is not on this machine")
    return path


def lines_of(path: Path) -> Iterator[bytes]:
    if path.suffix == ".gz":
        with gzip.open(path) as file:
            yield from file
    else:
        zstandard = pytest.importorskip("zstandard")
        with path.open("rb") as file:
            text = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True).read()
        yield from text.splitlines()


def test_a_real_binance_session_across_midnight(tmp_path: Path) -> None:
    path = recorded("binance_spot_ethusdt_2024-08-08.gz")
    expected = {}
    for line in lines_of(path):
        if b"@trade" in line:
            event = json.loads(line.partition(b" ")[2])["data"]
            side = "sell" if event["m"] else "buy"
            expected[event["t"]] = (Decimal(event["p"]), Decimal(event["q"]), side, event["T"])
    replay(tmp_path, path)
    texts = [
        json.loads(line, parse_float=Decimal)
        for file in tmp_path.glob("dt=*/hour=*/*.jsonl")
        for line in file.read_text().splitlines()
    ]
    assert len(texts) == len(expected) == 6106
    for row in texts:
        price, quantity, side, moment = expected[row["trade_id"]]
        assert (row["price"], row["quantity"], row["side"]) == (price, quantity, side)
        assert row["traded_at"].endswith(f".{moment % 1000:03d}000Z")
        assert row["symbol"] == "ETH-USDT"


def test_a_real_coinbase_session_has_the_takers_side(tmp_path: Path) -> None:
    path = recorded("coinbase_advanced_2026-08-09.jsonl.zst")
    makers: dict[tuple[str, int], str] = {}
    for line in lines_of(path):
        entry = json.loads(line)
        if entry["t"] == "recv" and (frame := json.loads(entry["data"]))["channel"] == "market_trades":
            for event in frame["events"]:
                makers |= {(t["product_id"], int(t["trade_id"])): t["side"].lower() for t in event["trades"]}
    shown = replay(tmp_path, path)
    found = rows(tmp_path)
    assert (shown.trades, shown.gaps, shown.bad_frames, shown.unrepaired) == (279, 0, 0, 0)
    assert {(row["symbol"], row["trade_id"]) for row in found} == set(makers)
    assert all(row["side"] != makers[row["symbol"], row["trade_id"]] for row in found)
    assert {row["via"] for row in found} == {"snapshot", "live"}


@pytest.mark.parametrize(
    ("name", "count", "symbol"),
    [
        ("bitstamp_2022.jsonl.zst", 10, "ETH-USD"),
        ("kraken_rest_trades_2025-11-10.json", 1000, "BTC-USDT"),
    ],
)
def test_other_real_sessions(name: str, count: int, symbol: str, tmp_path: Path) -> None:
    shown = replay(tmp_path, recorded(name))
    assert shown.trades == shown.acknowledged == len(set(trade_ids(rows(tmp_path)))) == count
    assert {row["symbol"] for row in rows(tmp_path)} == {symbol}


def session(path: Path, count: int, leave_out: range = range(0), *, step: int = 1_000_000) -> list[int]:
    """A recording as hftbacktest's collector writes it. Returns the ids in it."""
    moment = 1_723_161_255_611_000
    walk = Walk("binance", "BTC-USDT", 1, lambda: moment)
    wire = BinanceWire()
    ids = []
    with path.open("wb") as file:
        for number in range(count):
            moment += step
            trade = walk.next()
            if number not in leave_out:
                ids.append(trade.trade_id)
                file.write(f"{moment * 1000 + 500_000} {wire.trades([trade])}\n".encode())
    return ids


def test_a_hole_in_a_recording_becomes_a_gap_event(tmp_path: Path) -> None:
    ids = session(tmp_path / "a.txt", 100, range(40, 45))
    replay(tmp_path / "out", tmp_path / "a.txt")
    found = rows(tmp_path / "out")
    assert trade_ids(found) == ids
    (gap,) = [row for row in found if row["via"] == "gap"]
    assert (gap["gap_first_id"], gap["gap_last_id"]) == (ids[39] + 1, ids[40] - 1)
    assert gap["gap_reason"] == "not in the recording"


def test_overlapping_files_are_one_session(tmp_path: Path) -> None:
    ids = session(tmp_path / "a.txt", 100)
    first, second = tmp_path / "first.gz", tmp_path / "second.txt"
    lines = (tmp_path / "a.txt").read_bytes().splitlines(keepends=True)
    first.write_bytes(gzip.compress(b"".join(lines[:60])))
    second.write_bytes(b"".join(lines[50:]))
    shown = replay(tmp_path / "out", first, second)
    assert trade_ids(rows(tmp_path / "out")) == ids
    assert shown.duplicates == 10


def test_recorded_speed_keeps_the_recordings_time(tmp_path: Path) -> None:
    session(tmp_path / "a.txt", 6, step=100_000)
    shown = replay(tmp_path / "out", tmp_path / "a.txt", recorded_speed=True)
    assert 0.5 <= shown.uptime < 3


def test_bad_frames_in_a_recording_are_counted(tmp_path: Path) -> None:
    ids = session(tmp_path / "a.txt", 10)
    with (tmp_path / "a.txt").open("ab") as file:
        file.write(b'1723161255612000000 {"stream":"btcusdt@trade","data":{"e":"tr\n')
    shown = replay(tmp_path / "out", tmp_path / "a.txt")
    assert shown.bad_frames == 1
    assert trade_ids(rows(tmp_path / "out")) == ids


def test_a_recording_feeds_the_simulator(tmp_path: Path) -> None:
    """The same session over real websockets, with a loss that REST repairs: the same ids."""
    ids = session(tmp_path / "a.txt", 3000, step=100)

    async def run() -> None:
        async with serve(markets=(), recording=tmp_path / "a.txt", speed=1.0) as simulator:
            simulator.faults["binance"].drop = 3
            config = Config(
                exchanges=("binance",),
                symbols=("BTC-USDT",),
                endpoints=simulator.endpoints,
                **{**FAST, "sink": str(tmp_path / "out")},
            )
            async with running(Producer(config)) as producer:
                await until(lambda: producer.stats.acknowledged >= 2997)
                await asyncio.sleep(0.3)

    asyncio.run(run())
    written = trade_ids(rows(tmp_path / "out"))
    assert written == ids[-len(written) :]
    assert len(written) >= 2997


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"time,price\n1,2\n", "holds no frame of binance, coinbase"),
        ("a.txt", b"", "holds no frame of binance, coinbase"),
        ("a.gz", b"\x1f\x8b\x08\x00truncated", "(damaged|unknown|Compressed|Error|deflate|invalid|end)"),
        ("a.jsonl", b'{"t":"header","exchange":"MTGOX"}\n', "'MTGOX' is none of"),
        ("a.txt", b"1723161255612000000 {\nno stamp\n", "holds no frame of"),
        ("a.jsonl", b'{"t":"header","exchange":"KRAKEN"}\n{"t":"re\n', "none of its 1 frames can be read"),
    ],
)
def test_what_is_no_recording_is_named(name: str, content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=message) as caught:
        replay(tmp_path / "out", path)
    assert str(path) in str(caught.value)


def test_a_recording_cut_short_keeps_what_came_before(tmp_path: Path) -> None:
    ids = session(tmp_path / "a.txt", 5000)
    whole = gzip.compress((tmp_path / "a.txt").read_bytes())
    (tmp_path / "a.gz").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordingError, match="ends in mid-stream or is damaged"):
        replay(tmp_path / "out", tmp_path / "a.gz")
    written = trade_ids(rows(tmp_path / "out"))
    assert 0 < len(written) < 5000
    assert written == ids[: len(written)]


def test_the_command_replays_and_sums_up(tmp_path: Path) -> None:
    ids = session(tmp_path / "a.txt", 50)
    command = ["replay", str(tmp_path / "a.txt"), "--to", str(tmp_path / "out"), "--json"]
    result = CliRunner().invoke(stream, command)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (document["trades"], document["acknowledged"]) == (50, 50)
    assert document["markets"][0]["symbol"] == "BTC-USDT"
    assert trade_ids(rows(tmp_path / "out")) == ids
    result = CliRunner().invoke(stream, ["replay", str(tmp_path / "a.txt"), "--to", "stdout"])
    assert [json.loads(line)["trade_id"] for line in result.stdout.splitlines()] == ids


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--exchange", "mtgox", "--to", "stdout"], "exchange: 'mtgox' is none of binance"),
        (["run", "--exchange", "mercado_bitcoin", "--symbol", "BTC-USD", "--to", "stdout"], "BTC-BRL"),
        (["run", "--endpoints", "{", "--to", "stdout"], "--endpoints"),
        (["replay", __file__, "--to", "stdout"], "holds no frame of binance, coinbase"),
        (["run", "--to", "/proc/nowhere"], "/proc/nowhere: cannot be written"),
    ],
)
def test_a_users_mistake_is_one_line(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(stream, arguments)
    assert result.exit_code == 1
    assert re.search(message, result.stderr)
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.output


def test_files_in_any_order_are_replayed_oldest_first_and_late_first_trades_count(tmp_path: Path) -> None:
    """Bitstamp's ids have holes, so what is old can only be told by the window: 25,000 ids in two files."""
    paths = [tmp_path / "1.jsonl", tmp_path / "2.jsonl"]
    for number, path in enumerate(paths):
        ids = list(range(1 + number * 50_000, number * 50_000 + 25_001, 2))
        ids[:2] = ids[1::-1]
        path.write_text("\n".join([HEADER.replace("KRAKEN", "BITSTAMP"), *map(bitstamp_line, ids)]))
    shown = replay(tmp_path / "out", *reversed(paths))
    assert (shown.trades, shown.duplicates, shown.gaps) == (25_000, 0, 0)
    found = [row["trade_id"] for row in rows(tmp_path / "out")]
    assert len(found) == len(set(found)) == 25_000
    assert found[:2] == [3, 1]


def test_sessions_years_apart_do_not_wait_for_each_other(tmp_path: Path) -> None:
    session(tmp_path / "a.txt", 3, step=100_000)
    frame = (tmp_path / "a.txt").read_text().splitlines()[0].partition(" ")[2]
    later = re.sub(r'"T":[0-9]+', '"T":1823161255611', frame)
    (tmp_path / "b.txt").write_text(f"1823161255712000000 {later}\n")
    shown = replay(tmp_path / "out", tmp_path / "b.txt", tmp_path / "a.txt", recorded_speed=True)
    assert (shown.trades, shown.duplicates) == (3, 1)
    assert shown.uptime < 3


def test_frames_of_other_kinds_are_counted_and_passed_over(tmp_path: Path) -> None:
    ids = session(tmp_path / "a.txt", 20)
    stamp = b"1723161255612000000 "
    others = (
        b'{"lastUpdateId":1,"bids":[["1.0","2.0"]],"asks":[]}',
        b'{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","s":"BTCUSDT","a":9,"p":"1.0","q":"1.0","T":1}}',
        b'{"stream":"!miniTicker@arr","data":[{"e":"24hrMiniTicker","s":"BTCUSDT"}]}',
        b'{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":1}}}',
        b'{"e":"somethingNew","s":5,"t":"text"}',
    )
    with (tmp_path / "a.txt").open("ab") as file:
        file.writelines(stamp + frame + b"\n" for frame in others)
        file.write(stamp + b"[1,2]\n" + stamp + b"\n")
    shown = replay(tmp_path / "out", tmp_path / "a.txt")
    assert (shown.trades, shown.other_frames, shown.bad_frames) == (20, len(others), 2)
    assert trade_ids(rows(tmp_path / "out")) == ids


HEADER = '{"t":"header","format":2,"exchange":"KRAKEN"}'


def bitstamp_line(number: int) -> str:
    data = {"id": number, "type": 0, "microtimestamp": "1723161255612000", "price": 1.5, "amount": 1}
    frame = {"event": "trade", "channel": "live_trades_btcusd", "data": data}
    return json.dumps({"t": "recv", "conn": "1", "ts": 1723161255 + number, "data": json.dumps(frame)})


@pytest.mark.parametrize("quantity", ["1e-09", "12345678901.5", "-1", "1e400"])
def test_a_number_that_does_not_fit_costs_no_other_trade_of_its_frame(quantity: str, tmp_path: Path) -> None:
    def trade(number: int, amount: str) -> str:
        return (
            f'{{"symbol":"BTC/USD","side":"buy","price":65000.1,"qty":{amount},"ord_type":"limit",'
            f'"trade_id":{number},"timestamp":"2023-09-25T07:48:36.925533Z"}}'
        )

    frame = (
        f'{{"channel":"trade","type":"update","data":[{trade(1, "1")},{trade(2, quantity)},{trade(3, "2")}]}}'
    )
    line = json.dumps({"t": "recv", "conn": "1", "ts": 1695628116.0, "data": frame})
    (tmp_path / "a.jsonl").write_text(f"{HEADER}\n{line}\n")
    shown = replay(tmp_path / "out", tmp_path / "a.jsonl")
    found = rows(tmp_path / "out")
    assert (shown.trades, shown.bad_frames, trade_ids(found)) == (2, 1, [1, 3])
    (gap,) = [row for row in found if row["via"] == "gap"]
    assert (gap["gap_first_id"], gap["gap_last_id"]) == (2, 2)


def test_torn_lines_and_a_torn_file_cost_nothing_else(tmp_path: Path) -> None:
    """What a killed recorder leaves: a half line within an appended file, a compressed file without its end."""
    ids = session(tmp_path / "whole.txt", 300)
    lines = (tmp_path / "whole.txt").read_bytes().splitlines(keepends=True)
    (tmp_path / "a.txt").write_bytes(b"".join([*lines[:50], b'"p":"6500', b"\n", *lines[50:100]]))
    packed = gzip.compress(b"".join(lines[100:200]))
    (tmp_path / "b.gz").write_bytes(packed[:-20])
    recv = [
        json.dumps({"t": "recv", "conn": "1", "ts": 1823161255.0, "data": line.partition(b" ")[2].decode()})
        for line in lines[200:]
    ]
    header = HEADER.replace("KRAKEN", "BINANCE")
    (tmp_path / "c.jsonl").write_text("\n".join([header, *recv, recv[0][:40]]))
    with pytest.raises(RecordingError, match=r"b\.gz.*ends in mid-stream or is damaged"):
        replay(tmp_path / "out", *(tmp_path / name for name in ("a.txt", "b.gz", "c.jsonl")))
    written = trade_ids(rows(tmp_path / "out"))
    assert len(written) == len(set(written))
    assert {*ids[:100], *ids[200:]} <= set(written) <= set(ids)


FORMS: dict[str, Callable[[int, str], str]] = {
    "cryptofeed's raw file": lambda at, frame: f"{at / 1e6}: {frame}",
    "nanoseconds": lambda at, frame: f"{at * 1000} {frame}",
    "milliseconds": lambda at, frame: f"{at // 1000} {frame}",
    "plain frames": lambda at, frame: frame,
}
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": lambda data: data,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".zst": lambda data: zstd(data),
}


def zstd(data: bytes) -> bytes:
    packed: bytes = pytest.importorskip("zstandard").compress(data)
    return packed


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("exchange", EXCHANGES)
def test_what_people_have_is_read_whoever_wrote_it(exchange: str, form: str, tmp_path: Path) -> None:
    symbol = MARKET[exchange]
    wire = WIRES[exchange]()
    moments = iter(range(1_795_000_000_000_000, 1 << 62, 40_000))
    walk = Walk(exchange, symbol, 3, lambda: next(moments), wire.id_step)
    lines = []
    ids = []
    if form == "cryptofeed's raw file":
        lines = [
            "configuration: {'trades': ['BTC-USD']}",
            'https://api.example/products -> 1795000000.1: {"products":[{"channel":"x","sequence_num":1}]}',
            "wss://example <-> 1795000000.2",
            'wss://example <- 1795000000.3: {"type":"subscribe"}',
        ]
    for _ in range(120):
        trade = walk.next()
        ids.append(trade.trade_id)
        lines.append(FORMS[form](trade.traded_at + 90_000, wire.trades([trade])))
    beat = wire.heartbeat()
    lines += ["", FORMS[form](1_795_000_009_000_000, beat)] if beat else [""]
    for suffix, pack in PACKED.items():
        directory = tmp_path / f"out{suffix}"
        file = tmp_path / f"recording{suffix}"
        file.write_bytes(pack("\n".join(lines).encode()))
        shown = replay(directory, file)
        found = rows(directory)
        assert trade_ids(found) == ids
        assert (shown.bad_frames, {row["exchange"] for row in found}) == (0, {exchange})
        assert all("2026-11-18" in row["traded_at"] for row in found if row["via"] != "gap")


@pytest.mark.parametrize("content", [b"", b"hello\n", b"{}\n", b"\x00" * 300, b'{"a": [1, 2]}\n' * 500])
def test_a_refusal_names_what_is_read(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(RecordingError, match=r"holds no frame of binance.*one raw JSON frame a line.*bzip2"):
        replay(tmp_path / "out", tmp_path / "file")
    told = CliRunner().invoke(stream, ["replay", "--help"]).output
    assert "one raw JSON frame a line" in " ".join(told.split())
