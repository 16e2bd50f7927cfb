"""The compaction in the embedded AWS: its own function, role, workgroup and statements, on a day's real files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bovespa.local.errors import LocalError
from bovespa.local.program import Registration
from bovespa.local.provision import identity
from functions.compaction.athena import Athena, QueryFailed
from functions.compaction.compact import GRACE, compact
from functions.compaction.objects import Bucket
from functions.compaction.sql import totals_of_files, unload
from lake.tables.bitcoin_trades import PENDING_PREFIX, STAGING_PREFIX, TRADES_PREFIX, Market, pending_key
from tests.e2e.lake import without
from tests.stack.deployed import Deployed
from tests.trades_bucket import DAY, NOON, TradesBucket, trade

pytestmark = pytest.mark.slow
NOW = NOON + timedelta(days=1)
SIDS = (
    "RunQueries",
    "ReadAndReplaceTrades",
    "ListObjects",
)


@pytest.fixture
def trades(deployed: Deployed) -> Iterator[TradesBucket]:
    bucket = TradesBucket(deployed.aws["s3"], name=deployed.exports["tradesBucket"])
    bucket.a_day()
    yield bucket
    for prefix in (f"{TRADES_PREFIX}dt={DAY}/", "bitcoin/compaction/"):
        Bucket(client=deployed.aws["s3"], name=bucket.name).delete(bucket.listed(prefix))


@pytest.fixture
def athena(deployed: Deployed) -> Athena:
    """As the function has it, with the emulator's own rights."""
    return Athena(
        client=deployed.aws["athena"],
        workgroup=f"{deployed.exports['workgroup']}-bitcoin-compaction",
        database="default",
        seconds_left=lambda: 60.0,
    )


def invoke(deployed: Deployed) -> dict[str, Any]:
    """Run the deployed function for the day, with its role's rights."""
    answer = deployed.aws["lambda"].invoke(
        FunctionName=deployed.exports["compactionFunction"],
        Payload=json.dumps({"date": DAY.isoformat()}).encode(),
    )
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    return found


def let_the_grace_pass(trades: TradesBucket) -> None:
    """Make the note of what was replaced older than any query that could still read it."""
    key = pending_key(DAY)
    note = json.loads(trades.s3.get_object(Bucket=trades.name, Key=key)["Body"].read())
    note["published_at"] = (NOW - GRACE).isoformat()
    trades.s3.put_object(Bucket=trades.name, Key=key, Body=json.dumps(note).encode())


def test_the_deployed_function_compacts_a_day_twice_and_takes_late_trades_in(
    deployed: Deployed, trades: TradesBucket
) -> None:
    before = trades.unique()

    assert invoke(deployed) == {
        "removed": 0,
        "days": [{"date": DAY.isoformat(), "sources": 3, "targets": 2}],
    }
    assert trades.unique() == before
    assert invoke(deployed) == {"removed": 0, "days": []}

    trades.deliver(23, [trade(71, via="repair"), trade(5)])
    with_late = trades.unique()
    let_the_grace_pass(trades)
    assert invoke(deployed) == {
        "removed": 3,
        "days": [{"date": DAY.isoformat(), "sources": 3, "targets": 2}],
    }
    let_the_grace_pass(trades)
    assert invoke(deployed) == {"removed": 3, "days": []}

    assert trades.unique() == with_late > before
    assert len(trades.compacted()) == len(trades.listed(f"{TRADES_PREFIX}dt={DAY}/")) == 2
    assert trades.listed(STAGING_PREFIX) == trades.listed(PENDING_PREFIX) == []
    for key in trades.compacted():
        times = trades.read(key)["traded_at"].to_pylist()
        assert times == sorted(times)


@pytest.mark.parametrize("sid", SIDS)
def test_the_function_needs_its_statement_and_goes_on_once_it_has_it(
    deployed: Deployed, trades: TradesBucket, sid: str
) -> None:
    before = trades.unique()

    with without(deployed, "bitcoin-compaction", sid):
        assert re.search("not authorized|Forbidden", invoke(deployed)["errorMessage"])
    assert trades.unique() == before
    assert invoke(deployed)["days"][0]["targets"] == 2

    assert trades.unique() == before


@pytest.mark.parametrize("step", ["copy", "delete", "note"])
def test_a_run_that_dies_between_two_steps_is_begun_again(
    deployed: Deployed, trades: TradesBucket, athena: Athena, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    before = trades.unique()
    bucket = Bucket(client=deployed.aws["s3"], name=trades.name)

    def dies(self: Bucket, *_: Any) -> None:
        raise ConnectionError("gone")

    with monkeypatch.context() as patch:
        patch.setattr(Bucket, step, dies)
        with pytest.raises(ConnectionError):
            compact(bucket, athena, DAY, NOW)
    assert trades.unique() == before

    assert invoke(deployed)["days"][0]["targets"] == 2
    let_the_grace_pass(trades)
    invoke(deployed)
    assert trades.unique() == before
    assert len(trades.listed(f"{TRADES_PREFIX}dt={DAY}/")) == 2


def test_a_file_is_counted_by_its_address(trades: TradesBucket, athena: Athena) -> None:
    (first, *_) = trades.listed(f"{TRADES_PREFIX}dt={DAY}/")
    table = trades.read(first)
    trades.put(f"{TRADES_PREFIX}dt={DAY}/hour=day/other.parquet", table)
    named = f"{TRADES_PREFIX}dt={DAY}/hour=day/named.parquet"
    trades.put(named, table.slice(0, 7))

    rows = athena.rows(totals_of_files(DAY, [f"s3://{trades.name}/{named}"]))

    assert sum(int(str(row[2])) for row in rows) == 7


def test_an_unload_into_a_place_that_holds_objects_is_refused(trades: TradesBucket, athena: Athena) -> None:
    target = f"s3://{trades.name}/{STAGING_PREFIX}twice/"
    statement = unload(DAY, Market("binance", "BTC-USDT"), target)
    athena.run_all([statement])

    with pytest.raises(QueryFailed, match="HIVE_PATH_ALREADY_EXISTS"):
        athena.run_all([statement])
    with pytest.raises(QueryFailed, match="unloads format = 'PARQUET'"):
        athena.run_all([statement.replace("PARQUET", "ORC")])


def test_a_policy_that_holds_null_is_not_made(deployed: Deployed) -> None:
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "RunQueries", "Effect": "Allow", "Action": ["a:B"], "Resource": [None]}],
    }
    wanted = Registration(
        type="aws:iam/rolePolicy:RolePolicy",
        name="x",
        inputs={"role": "nobody", "name": "x", "policy": json.dumps(document)},
    )

    with pytest.raises(LocalError, match=r"statement RunQueries holds null at Resource\[0\]"):
        identity.role_policy(deployed.aws, wanted)
