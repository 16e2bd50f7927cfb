"""The Lambda entry: which days it takes, and that a failed day fails the invocation after the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.compaction import handler as entry
from tests.trades_bucket import DAY, TradesBucket, trade
from tests.unit.compaction.conftest import DuckAthena


class Context:
    function_name = "compaction"
    memory_limit_in_mb = 256
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:compaction"
    aws_request_id = "1"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


@pytest.fixture
def invoke(trades: TradesBucket, duck: DuckAthena, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {"STREAM_BUCKET": "trades", "DATABASE": "default", "WORKGROUP": "w"}.items():
        monkeypatch.setenv(name, value)
    clients = {"s3": trades.s3, "athena": duck}
    monkeypatch.setattr("functions.compaction.handler.boto3.client", lambda service: clients[service])

    def call(**event: Any) -> dict[str, Any]:
        answer: dict[str, Any] = entry.handler(event, Context())
        return answer

    return call


def test_yesterday_is_compacted_and_today_is_left(trades: TradesBucket, invoke: Any) -> None:
    today = datetime.now(UTC).date()
    yesterday = today - timedelta(days=1)
    trades.deliver(3, [trade(1)], day=yesterday)
    trades.deliver(4, [trade(2)], day=yesterday)
    trades.deliver(0, [trade(3)], day=today)

    answer = invoke()

    assert answer == {"removed": 0, "days": [{"date": yesterday.isoformat(), "sources": 2, "targets": 1}]}
    assert invoke() == {"removed": 0, "days": []}
    assert not trades.listed(f"bitcoin/trades/dt={today}/hour=day/")


def test_a_day_that_failed_is_told_after_the_others_were_done(trades: TradesBucket, invoke: Any) -> None:
    today = datetime.now(UTC).date()
    bad, good = today - timedelta(days=1), today - timedelta(days=2)
    trades.deliver(3, [trade(1, exchange="NOT OURS")], day=bad)
    trades.deliver(3, [trade(1)], day=good)

    with pytest.raises(entry.CompactionFailed, match=f"{bad.isoformat()}: no market of ours"):
        invoke()

    assert trades.listed(f"bitcoin/trades/dt={good}/hour=day/")


def test_a_day_can_be_named(trades: TradesBucket, invoke: Any) -> None:
    trades.deliver(3, [trade(1)])

    assert invoke(date=DAY.isoformat())["days"] == [{"date": DAY.isoformat(), "sources": 1, "targets": 1}]
