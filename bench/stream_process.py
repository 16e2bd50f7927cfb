"""The producer as a process, as the container runs it, against stand-ins on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from bovespa.stand_ins.exchanges import MARKETS, Simulator

STREAM = "bench"
MARKET = dict(MARKETS)
SHARE = {"binance": 0.55, "coinbase": 0.2, "kraken": 0.15, "bitstamp": 0.09, "mercado_bitcoin": 0.01}
_ON_UVLOOP = (
    "-c",
    "import asyncio, sys, uvloop; asyncio.set_event_loop_policy(uvloop.EventLoopPolicy());"
    " from stream.__main__ import main; sys.exit(main())",
)
_START = 180.0  # seconds until it answers; under valgrind everything takes twenty times as long


@contextlib.asynccontextmanager
async def producing(
    simulator: Simulator,
    kinesis_url: str,
    directory: Path,
    *,
    under: Sequence[str] = (),
    uvloop: bool = False,
    certificate: Path | None = None,
    **settings: str,
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Start it; stop it at the end of the block, if it wasn't before. Its log is `producer.log` in `directory`.

    `under`: a command to run it with. `uvloop`: on that event loop. `certificate`: whom to trust besides the usual
    authorities.

    Yields:
        (the process, the address of its health endpoint).

    Raises:
        SystemExit: it ended before it answered.
    """
    environment = {
        "PATH": os.environ["PATH"],
        "AWS_REGION": "sa-east-1",
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "AWS_ENDPOINT_URL_KINESIS": kinesis_url,
        "STREAM_EXCHANGES": ",".join(MARKET),
        "STREAM_SYMBOLS": ",".join(f"{name}:{market}" for name, market in MARKETS),
        "STREAM_ENDPOINTS": msgspec.json.encode(simulator.endpoints).decode(),
        "STREAM_KINESIS_STREAM": STREAM,
        "STREAM_CHECKPOINT": str(directory / "checkpoint.json"),
        "STREAM_SPILL_DIRECTORY": str(directory / "spill"),
        "STREAM_HEALTH_PORT": "0",
        **settings,
    }
    if certificate is not None:
        environment |= {"AWS_CA_BUNDLE": str(certificate), "SSL_CERT_FILE": str(certificate)}
    log = directory / "producer.log"
    with log.open("wb") as written:
        child = await asyncio.create_subprocess_exec(
            *under,
            sys.executable,
            *(_ON_UVLOOP if uvloop else ("-m", "stream")),
            env=environment,
            stderr=written,
        )
    try:
        async with asyncio.timeout(_START):
            while "health at " not in (text := log.read_text()):
                if child.returncode is not None:
                    raise SystemExit(f"error: the producer ended: {text[-500:]}")
                await asyncio.sleep(0.1)
        yield child, text.partition("health at ")[2].split()[0]
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()
