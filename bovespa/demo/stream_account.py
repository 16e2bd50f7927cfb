"""What became of every trade: sent by the exchanges, accepted and acknowledged by the producer, found in Athena."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from botocore.exceptions import ClientError

from bovespa.demo.stream_session import Market, Session, TradesMissing
from bovespa.local.stack import Stack
from lake.tables.bitcoin_trades import ERRORS_PREFIX

# Firehose delivers here within seconds, a record an object.
DELIVERY_SECONDS = 40.0
_POLL_SECONDS = 0.5
_COUNT = (
    "SELECT count(*) AS lines, count(DISTINCT concat(exchange, ' ', symbol, ' ', CAST(trade_id AS varchar))) AS trades "
    "FROM bitcoin_trades WHERE via <> 'gap'"
)
_IDS = "SELECT exchange, symbol, trade_id FROM bitcoin_trades WHERE via <> 'gap'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Numbers of trades along the way; from ``stored`` on None where nobody asked Athena.

    ``stored`` counts lines in parquet and ``distinct`` different trades among them: more lines than trades are
    what delivery at least once allows, and what the saved queries drop. ``lost`` were sent and are not there,
    ``unknown`` are there and were never sent, ``duplicated`` are counted more than once by a saved query.
    """

    sent: int
    accepted: int
    acknowledged: int
    stored: int | None = None
    distinct: int | None = None
    lost: int | None = None
    unknown: int | None = None
    duplicated: int | None = None

    @property
    def balanced(self) -> bool:
        """Whether every trade arrived, once, and no other."""
        return self.distinct == self.sent and not (self.lost or self.unknown or self.duplicated)


def opening(session: Session) -> Account:
    """The account as far as the producer knows."""
    return Account(
        sent=sum(map(len, session.sent.values())),
        accepted=session.totals.accepted,
        acknowledged=session.totals.acknowledged,
    )


def await_delivery(
    stack: Stack, session: Session, *, told: Callable[[int, int], None] = lambda found, wanted: None
) -> Account:
    """Wait until Athena finds every trade that was sent, and compare the ids.

    ``told`` hears how many of how many are there. ``duplicated`` stays None: it is for the answers to tell.

    Raises:
        TradesMissing: Firehose didn't deliver everything.
    """
    account = opening(session)
    deadline = time.monotonic() + DELIVERY_SECONDS
    while True:
        found = int(str(stack.athena.run(_COUNT).records()[0]["trades"]))
        told(found, account.sent)
        if found >= account.sent:
            break
        if time.monotonic() > deadline:
            raise TradesMissing(_undelivered(stack, account, found))
        time.sleep(_POLL_SECONDS)
    stored, ids = _as_athena_sees(stack)
    sent = {market: set(numbers) for market, numbers in session.sent.items()}
    return Account(
        sent=account.sent,
        accepted=account.accepted,
        acknowledged=account.acknowledged,
        stored=stored,
        distinct=sum(map(len, ids.values())),
        lost=sum(len(numbers - ids.get(market, set())) for market, numbers in sent.items()),
        unknown=sum(len(numbers - sent.get(market, set())) for market, numbers in ids.items()),
    )


def _undelivered(stack: Stack, account: Account, found: int) -> str:
    bucket, delivery = stack.exports["tradesBucket"], stack.exports["tradesDelivery"]
    try:
        refused = stack.aws["s3"].list_objects_v2(Bucket=bucket, Prefix=ERRORS_PREFIX)["KeyCount"]
    except ClientError:
        refused = 0
    return (
        f"Kinesis → Firehose → S3: {account.sent - found} of {account.sent} trades are not in Athena after "
        f"{DELIVERY_SECONDS:.0f} s, {refused} objects are under s3://{bucket}/{ERRORS_PREFIX}; look at Firehose "
        f"stream {delivery} in {stack.emulator.log}"
    )


def _as_athena_sees(stack: Stack) -> tuple[int, Mapping[Market, set[int]]]:
    ids: dict[Market, set[int]] = defaultdict(set)
    rows = stack.athena.run(_IDS).rows
    for exchange, symbol, trade_id in rows:
        ids[str(exchange), str(symbol)].add(int(str(trade_id)))
    return len(rows), ids
