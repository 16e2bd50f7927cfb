"""What is read quickly is what is read plainly: frames at once or channel by channel, trades in bulk or one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bovespa.stand_ins.exchanges.wire import WIRES
from stream.errors import FrameError
from stream.exchanges import exchange_named
from stream.exchanges.base import Gap
from stream.intake import Intake, Market
from stream.record import Record
from stream.stats import Stats
from stream.trade import LIVE, REPAIR, SNAPSHOT, Side, Trade, Via, iso

NOW = 1_786_309_548_000_000
QUICK = ("coinbase", "kraken", "bitstamp", "mercado_bitcoin")
SYMBOLS = {"binance": "BTC-USDT", "mercado_bitcoin": "BTC-BRL"}
PRICES = st.sampled_from(
    ("65086.18", "0.00000001", "1", "0", "64000.10", "1e5", "00.1", "1.123456789", "12345678901")
)
SIDES: tuple[Side, ...] = ("buy", "sell")


@st.composite
def frames(draw: st.DrawFn) -> tuple[str, bytes]:
    """A frame as an exchange sends it, sometimes with a few bytes of it changed."""
    name = draw(st.sampled_from(QUICK))
    wire = WIRES[name]()
    trades = [
        Trade(
            name,
            SYMBOLS.get(name, "BTC-USD"),
            number,
            draw(PRICES),
            draw(PRICES),
            draw(st.sampled_from(SIDES)),
            NOW - draw(st.integers(0, 10**7)),
            0,
        )
        for number in draw(
            st.lists(st.integers(0, 1 << 70), min_size=1, max_size=min(4, wire.trades_per_frame))
        )
    ]
    frame = bytearray(wire.trades(trades, snapshot=draw(st.booleans())).encode())
    for at, byte in draw(
        st.lists(st.tuples(st.integers(0, len(frame) - 1), st.integers(0, 255)), max_size=2)
    ):
        frame[at] = byte
    return name, bytes(frame)


def read(decode: Any, frame: bytes) -> tuple[Sequence[Trade], bool]:
    """(trades, whether the frame is bad)."""
    try:
        return list(decode(frame, NOW)), False
    except FrameError as error:
        return list(error.trades), True
    except (msgspec.MsgspecError, ValueError, ArithmeticError):
        return [], True


@settings(deadline=None, max_examples=50)
@given(frames())
def test_a_frame_read_at_once_is_the_frame_read_by_parts(found: tuple[str, bytes]) -> None:
    name, frame = found
    quick: Any = exchange_named(name).session()
    plain: Any = exchange_named(name).session()
    assert read(quick.decode, frame) == read(plain.decode_any, frame)
    assert quick.messages == plain.messages
    after = (
        WIRES[name]().trades([Trade(name, SYMBOLS.get(name, "BTC-USD"), 9, "1", "1", "buy", NOW, 0)]).encode()
    )
    assert read(quick.decode, after) == read(plain.decode_any, after)
    assert quick.messages == plain.messages  # the sequence of messages was followed alike


@st.composite
def arrivals(draw: st.DrawFn) -> list[list[Trade]]:
    """Portions of trades, each ascending, with repeats, holes, jumps, absurd ids and times, and two markets."""
    portions = []
    base = 1000
    for _ in range(draw(st.integers(1, 8))):
        steps = draw(st.lists(st.sampled_from((0, 1, 1, 1, 1, 2, 5, -4, 2_000_000)), min_size=1, max_size=12))
        ids = []
        for step in steps:
            base = max(0, base + step)
            ids.append(base)
        via: Via = draw(st.sampled_from((LIVE, LIVE, SNAPSHOT, REPAIR)))
        portions.append(
            [
                Trade(
                    "x",
                    draw(st.sampled_from(("BTC-USD", "BTC-USD", "BTC-USD", "ETH-USD", "ADA-USD"))),
                    number,
                    "1",
                    "2",
                    "buy",
                    NOW + draw(st.sampled_from((0, 0, 1, 250_000, -3 * 86_400_000_000, 1 << 60))),
                    NOW,
                    via,
                )
                for number in sorted(ids)
            ]
        )
    return portions


def run(portions: list[list[Trade]], contiguous: bool) -> tuple[list[tuple[Any, ...]], list[Gap], Stats]:
    records: list[Record] = []
    gaps: list[Gap] = []
    stats = Stats(clock=lambda: 0.0)
    intake = Intake("x", contiguous, stats, records.append, gaps.append, record_trades=5, flush_interval=1)
    for symbol in ("BTC-USD", "ETH-USD"):
        intake.open_market(symbol)
    heard: set[str] = set()
    for trades in portions:
        intake.accept(trades, iso(NOW), heard)
        assert {trade.symbol for trade in trades} <= heard
    intake.flush()
    return [(r.symbol, r.data, r.count, r.runs, r.traded_at, r.received_at) for r in records], gaps, stats


@pytest.mark.parametrize("contiguous", [True, False])
@settings(deadline=None, max_examples=50)
@given(portions=arrivals())
def test_trades_taken_in_bulk_are_the_trades_taken_one_by_one(
    contiguous: bool, portions: list[list[Trade]]
) -> None:
    bulk = run(portions, contiguous)
    with pytest.MonkeyPatch.context() as patch:

        def nothing(market: Market, trades: Sequence[Trade], start: int) -> int:
            return start

        patch.setattr(Intake, "_expected", staticmethod(nothing))
        single = run(portions, contiguous)
    assert bulk[0] == single[0]
    assert bulk[1] == single[1]
    assert (bulk[2].trades, bulk[2].duplicates, bulk[2].bad_frames, bulk[2].unwanted) == (
        single[2].trades,
        single[2].duplicates,
        single[2].bad_frames,
        single[2].unwanted,
    )


@pytest.mark.parametrize(
    "number", [10**4400, -(10**4400), 1 << 63, -1], ids=["huge", "huge and negative", "bigint", "negative"]
)
def test_a_number_that_python_does_not_even_write_is_a_bad_frame(number: int) -> None:
    records: list[Record] = []
    stats = Stats()
    intake = Intake("x", True, stats, records.append, lambda gap: None, record_trades=5, flush_interval=1)
    intake.open_market("BTC-USD")
    for trade_id, traded_at in ((number, NOW), (5, number)):
        trade = Trade("x", "BTC-USD", trade_id, "1", "2", "buy", traded_at, NOW)
        assert intake.accept([trade], iso(NOW)) == 0
    assert stats.bad_frames == 2
