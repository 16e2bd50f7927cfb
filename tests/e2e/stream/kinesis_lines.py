"""What a Kinesis of the tests has accepted."""

from __future__ import annotations

import json
from typing import Any


class Taken:
    """Every line that Kinesis accepted."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []

    def __call__(self, data: bytes) -> None:
        self.rows += [json.loads(line) for line in data.splitlines()]

    @property
    def ids(self) -> list[int]:
        return sorted(row["trade_id"] for row in self.rows if row["via"] != "gap")
