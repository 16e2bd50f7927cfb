"""The simulated exchanges over TLS: websockets and repairs go through it, and an unknown certificate is refused."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from stream_scenario import FAST, rows, trade_ids, until  # type: ignore[import-not-found]

from bovespa.stand_ins.exchanges import Simulator, serve
from bovespa.stand_ins.tls import self_signed
from stream.config import Config
from stream.producer import Producer, running


def config(simulator: Simulator, target: Path) -> Config:
    settings = {"exchanges": ("binance",), "sink": str(target), "endpoints": simulator.endpoints}
    return Config(**{**settings, **FAST})


def test_trades_and_repairs_arrive_over_tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate, tls = self_signed(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    target = tmp_path / "trades"

    async def record() -> list[int]:
        async with serve(markets=[("binance", "BTC-USDT")], tls=tls) as simulator:
            assert simulator.endpoints["binance"].websocket.startswith("wss://localhost:")
            assert simulator.endpoints["binance"].history.startswith("https://localhost:")
            async with running(Producer(config(simulator, target))) as producer:
                await until(lambda: simulator.clients("binance"))
                simulator.trade("binance", "BTC-USDT", 20)
                simulator.faults["binance"].drop = 5
                simulator.trade("binance", "BTC-USDT", 20)
                await until(lambda: producer.stats.acknowledged == 40)
                assert producer.stats.repaired == 5
            return simulator.ids("binance", "BTC-USDT")

    assert asyncio.run(record()) == trade_ids(rows(target))


def test_a_certificate_of_nobody_known_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _, tls = self_signed(tmp_path)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    async def record() -> int:
        async with serve(markets=[("binance", "BTC-USDT")], tls=tls) as simulator:
            async with running(Producer(config(simulator, tmp_path / "trades"))):
                await until(lambda: "CERTIFICATE_VERIFY_FAILED" in caplog.text)
            return simulator.connections

    assert asyncio.run(record()) == 0
