"""`bovespa demo --stream` as a user runs it: every trade accounted for, and nothing left however it ends."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_demo import _linux_only, all_gone, await_line, demo, descendants

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
MARKETS = {
    ("binance", "BTC-USDT"),
    ("bitstamp", "BTC-USD"),
    ("coinbase", "BTC-USD"),
    ("kraken", "BTC-USD"),
    ("mercado_bitcoin", "BTC-BRL"),
}
DELIVERY_GRACE = 20  # seconds that a producer may take to end once its Kinesis is gone


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """What one run of ten seconds of trading said."""
    with demo("--stream", "--for", "10", "--json") as process:
        output, progress = process.communicate()
    assert process.returncode == 0, progress
    found: dict[str, Any] = json.loads(output)
    return found


def records(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    answer = document["answers"][name]
    return [dict(zip(answer["columns"], row, strict=True)) for row in answer["rows"]]


def test_every_trade_is_in_athena_once(document: dict[str, Any]) -> None:
    account = document["account"]

    assert account["sent"] > 1000 + 10 * 60  # a burst, and ten seconds of five markets
    assert {account[name] for name in ("accepted", "acknowledged", "distinct")} == {account["sent"]}
    assert (account["lost"], account["unknown"], account["duplicated"]) == (0, 0, 0)
    assert document["interrupted"] is None


def test_faults_were_committed_and_repaired(document: dict[str, Any]) -> None:
    producer = document["producer"]

    assert len(document["faults"]) == 6
    assert producer["gaps"] >= 2
    assert producer["missing"] == producer["repaired"] == document["repaired"] >= 41
    assert producer["unrepaired"] == 0
    assert producer["bad_frames"] >= 1
    assert producer["reconnects"] >= 1
    assert document["duplicates_dropped"] >= 10


def test_the_saved_queries_answer_for_every_market(document: dict[str, Any]) -> None:
    names = {"bitcoin_ultimo_preco", "bitcoin_ohlcv", "bitcoin_spread", "bitcoin_agressor", "bitcoin_lacunas"}
    assert set(document["answers"]) == names | {"bitcoin_negocios", "bitcoin_lacunas_abertas"}
    assert records(document, "bitcoin_lacunas_abertas") == []
    last = {(row["exchange"], row["symbol"]): row for row in records(document, "bitcoin_ultimo_preco")}
    lacunas = records(document, "bitcoin_lacunas")
    trades: Counter[tuple[str, str]] = Counter()
    for row in records(document, "bitcoin_ohlcv"):
        trades[row["exchange"], row["symbol"]] += row["trades"]
        assert Decimal(row["low"]) <= Decimal(row["vwap"]) <= Decimal(row["high"])

    assert set(last) == set(trades) == MARKETS
    assert trades.total() == document["account"]["sent"]
    assert {(row["exchange"], row["symbol"]): row["trades"] for row in lacunas} == trades
    assert sum(row["repaired"] for row in lacunas) == document["repaired"]
    assert sum(row["missing"] for row in lacunas) == 0
    shown = {(market["exchange"], market["symbol"]): market for market in document["producer"]["markets"]}
    for market, row in last.items():
        # The terminal's last price is as of its last look at the producer, at most a moment earlier.
        assert abs(Decimal(row["price"]) - Decimal(shown[market]["last_price"])) < 100


@_linux_only
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_delivers_what_was_accepted_and_leaves_nothing(how: signal.Signals) -> None:
    with demo("--stream", "--for", "60", "--json") as process:
        await_line(process, "fault: binance")
        children = descendants(process.pid)
        assert len(children) >= 4  # two guards, the emulator, the producer
        process.send_signal(how)
        output, errors = process.communicate(timeout=60)

    assert process.returncode == (130 if how is signal.SIGINT else -how)
    assert "Traceback" not in errors
    document = json.loads(output)
    assert document["interrupted"] == how.name
    account = document["account"]
    assert 0 < account["accepted"] <= account["sent"]
    assert account["acknowledged"] == account["accepted"]
    assert document["answers"] == {}
    assert all_gone(children, within=15)


@_linux_only
def test_killed_it_leaves_nothing() -> None:
    with demo("--stream", "--json") as process:
        await_line(process, "fault: binance")
        children = descendants(process.pid)
        folders = {folder for child in children if (folder := _folder(child)) is not None}
        process.kill()
        process.communicate(timeout=60)

    assert all_gone(children, within=DELIVERY_GRACE)
    assert folders
    assert not [folder for folder in folders if folder.exists()]


def _folder(process_id: int) -> Path | None:
    """The folder that a guard removes."""
    command = Path(f"/proc/{process_id}/cmdline").read_text().split("\0")
    if not any(part.endswith(("bovespa.local.guard", "guard.py")) for part in command):
        return None
    return next(Path(part) for part in command if part.startswith("/") and "/stack-" in part)


@_linux_only
def test_a_producer_that_dies_is_named() -> None:
    with demo("--stream", "--json") as process:
        await_line(process, "fault: binance")
        children = descendants(process.pid)
        (producer,) = (pid for pid in children if _command(pid)[1:] == ["-m", "stream"])
        os.kill(producer, signal.SIGKILL)
        _, errors = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "Traceback" not in errors
    last = errors.strip().splitlines()[-1]
    assert last.startswith("error: the producer ended (status 137)")
    log = Path(last.rpartition(" ")[2])
    assert log.exists()  # kept, since the message names it
    log.unlink()
    log.with_name(log.name.replace(".producer.log", ".log")).unlink()
    assert all_gone(children, within=15)


def _command(process_id: int) -> list[str]:
    return [part for part in Path(f"/proc/{process_id}/cmdline").read_text().split("\0") if part]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--stream", "--live"], "--stream excludes --payloads, --live and --page"),
        (["--stream", "--page", "report.html"], "--stream excludes"),
        (["--for", "10"], "--for is for --stream"),
        (["--stream", "--for", "1"], "is not in the range"),
    ],
)
def test_options_that_exclude_each_other(arguments: list[str], message: str) -> None:
    with demo(*arguments) as process:
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert message in errors
