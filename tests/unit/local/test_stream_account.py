"""The account of the stream's demo: what is lost, made up or stored twice is told, with its hop."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bovespa.demo.stream_account import await_delivery
from bovespa.demo.stream_session import Market, Session, TradesMissing
from bovespa.local.producer_task import Totals
from bovespa.local.stack import Stack
from lake.athena import Result

BINANCE, KRAKEN = ("binance", "BTC-USDT"), ("kraken", "BTC-USD")
SENT = {BINANCE: frozenset(range(1, 101)), KRAKEN: frozenset(range(1, 51))}
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def session(sent: dict[Market, frozenset[int]]) -> Session:
    number = sum(map(len, sent.values()))
    return Session(
        sent=sent,
        began=NOW,
        ended=NOW,
        totals=Totals(accepted=number, acknowledged=number),
        shown=None,
        faults=(),
        interrupted=None,
    )


class Table:
    """An Athena that holds these trades."""

    def __init__(self, rows: Iterable[tuple[Market, int]]) -> None:
        self.rows = [(*market, trade_id) for market, trade_id in rows]

    def run(self, sql: str) -> Result:
        if "count(*)" in sql:
            return Result(
                columns=("lines", "trades"), rows=((len(self.rows), len(set(self.rows))),), scanned_bytes=0
            )
        return Result(columns=("exchange", "symbol", "trade_id"), rows=tuple(self.rows), scanned_bytes=0)


def stack(rows: Iterable[tuple[Market, int]]) -> Stack:
    made: Any = SimpleNamespace(
        athena=Table(rows),
        aws={"s3": SimpleNamespace(list_objects_v2=lambda **_: {"KeyCount": 3})},
        exports={"tradesBucket": "trades", "tradesDelivery": "delivery"},
        emulator=SimpleNamespace(log=Path("stack.log")),
    )
    return cast(Stack, made)


def all_rows() -> list[tuple[Market, int]]:
    return [(market, trade_id) for market, ids in SENT.items() for trade_id in ids]


def test_everything_once_balances() -> None:
    account = await_delivery(stack(all_rows()), session(SENT))

    assert (account.sent, account.stored, account.distinct) == (150, 150, 150)
    assert (account.lost, account.unknown) == (0, 0)
    assert account.balanced


def test_a_second_copy_is_stored_and_is_no_second_trade() -> None:
    account = await_delivery(stack([*all_rows(), (BINANCE, 7), (KRAKEN, 7)]), session(SENT))

    assert (account.stored, account.distinct, account.lost) == (152, 150, 0)
    assert account.balanced


def test_a_trade_of_another_market_does_not_stand_in_for_a_lost_one() -> None:
    rows = [row for row in all_rows() if row != (BINANCE, 60)] + [(KRAKEN, 60)]

    account = await_delivery(stack(rows), session(SENT))

    assert (account.distinct, account.lost, account.unknown) == (150, 1, 1)
    assert not account.balanced


def test_what_firehose_keeps_is_named_with_its_hop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bovespa.demo.stream_account.DELIVERY_SECONDS", 0.0)
    told: list[tuple[int, int]] = []

    with pytest.raises(TradesMissing) as failure:
        await_delivery(
            stack(all_rows()[:-4]), session(SENT), told=lambda found, wanted: told.append((found, wanted))
        )

    assert str(failure.value) == (
        "Kinesis → Firehose → S3: 4 of 150 trades are not in Athena after 0 s, 3 objects are under "
        "s3://trades/bitcoin/errors/; look at Firehose stream delivery in stack.log"
    )
    assert told[0] == (146, 150)
