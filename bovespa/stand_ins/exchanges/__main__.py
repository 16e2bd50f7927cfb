"""`python -m bovespa.stand_ins.exchanges`: the exchanges on a loopback port, until interrupted.

Prints one JSON line with the port and the value for STREAM_ENDPOINTS. Faults are ordered by HTTP:
`curl 'http://127.0.0.1:PORT/control/binance?drop=5&rest_delay=2'`, `…/control/binance/disconnect`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import msgspec

from bovespa.stand_ins.exchanges import MARKETS, serve
from stream.errors import RecordingError


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bovespa.stand_ins.exchanges",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one")
    parser.add_argument("--rate", type=float, default=20.0, help="trades per second of each market")
    parser.add_argument("--total", type=int, default=None, help="stop trading after so many of each market")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--recording", type=Path, default=None, help="a recorded session instead")
    parser.add_argument("--speed", type=float, default=1.0, help="times as fast as recorded; 0: at once")
    arguments = parser.parse_args()
    try:
        asyncio.run(_serve(arguments))
    except RecordingError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


async def _serve(arguments: argparse.Namespace) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    recorded = arguments.recording is not None
    async with serve(
        markets=() if recorded else MARKETS,
        rate=0.0 if recorded else arguments.rate,
        total=arguments.total,
        seed=arguments.seed,
        recording=arguments.recording,
        speed=arguments.speed,
        port=arguments.port,
    ) as simulator:
        line = msgspec.json.encode({"port": simulator.port, "endpoints": simulator.endpoints}).decode()
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        await stopped.wait()


if __name__ == "__main__":
    sys.exit(main())
