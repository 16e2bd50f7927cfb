"""The container's entry: `python -m stream`, configured by environment variables (see `stream/config.py`).

Ends with status 0 after SIGTERM or SIGINT when everything accepted was delivered, or kept on a disk that
outlives the process (STREAM_SPILL_KEPT), else with 1.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys

from stream.config import Config, describe, from_environment
from stream.errors import StreamError
from stream.producer import Outcome, Producer


def main() -> int:
    if len(sys.argv) > 1:
        sys.stdout.write(f"{__doc__}\n")
        for name, default, meaning in describe():
            sys.stdout.write(f"{name:<32} {default or '-':<24} {meaning}\n")
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("websockets").setLevel(logging.WARNING)
    try:
        outcome = asyncio.run(_record(from_environment()))
    except StreamError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 1 if outcome.lost else 0


async def _record(config: Config) -> Outcome:
    producer = Producer(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, producer.stop)
    return await producer.run()


if __name__ == "__main__":
    sys.exit(main())
