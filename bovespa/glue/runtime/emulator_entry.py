"""The script of a `pythonshell` job in the emulator, which starts it with its own environment plus the run's arguments.

What it does is in :mod:`.emulator_job`: a fork of the server that the environment names does it, else this process.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

# The project, and not this folder, whose modules have everyday names.
if __name__ == "__main__":
    sys.path[:1] = [str(Path(__file__).resolve().parents[3])]

from bovespa.glue.runtime import forks


def main() -> int:
    """Carry out the run; returns the exit status."""
    if server := os.environ.get(forks.SERVER):
        try:
            done = forks.fork(server, "emulator_job", environment=os.environ, cwd=Path.cwd(), files=(0, 1, 2))
        except OSError:
            pass  # it ended with its owner: only slower without it
        else:
            return abs(done.wait())
    from bovespa.glue.runtime import emulator_job

    return emulator_job.main()


if __name__ == "__main__":
    sys.exit(main())
