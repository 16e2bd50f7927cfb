"""The demo's time by step: the median of several whole runs, each a process of its own.

python bench/demo_steps.py [ROUNDS]
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


def main(rounds: int) -> None:
    """Print the seconds of each step."""
    runs = []
    for _ in range(rounds):
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-m", "bovespa.main", "demo", "--json"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            timeout=600,
            check=True,
        )
        runs.append({**json.loads(done.stdout)["seconds"], "whole process": time.monotonic() - started})
    print(f"bovespa demo, seconds by step, median of {rounds} runs")
    for step in runs[0]:
        print(f"  {statistics.median(run[step] for run in runs):6.1f}  {step}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
