"""The faults that the simulator commits on command, for one exchange."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stream.ledger import Run


@dataclass(slots=True)
class Faults:
    """Counts run down as they are used. Times in seconds."""

    drop: int = 0
    """Next trades not sent, though they are in the REST history: a gap."""
    duplicate: int = 0
    """Next frames sent twice."""
    reorder: int = 0
    """Next frames sent after their successor."""
    corrupt: int = 0
    """Next frames cut in the middle of their JSON."""
    malformed: int = 0
    """Frames of rubbish sent before the next trades."""
    fragment: int = 0
    """Next frames sent as several websocket fragments."""
    rest_delay: float = 0.0
    """How long REST takes to answer."""
    rest_status: int = 0
    """Status that REST answers `rest_failures` times instead of data."""
    rest_failures: int = 0
    rest_retry_after: int = 0
    """Seconds in the Retry-After header of those; 0 for none."""
    rest_rubbish: int = 0
    """Next REST answers that are no JSON."""
    clock_skew: float = 0.0
    """Added to the exchange's clock."""
    connect_delay: float = 0.0
    """How long the answer to a websocket handshake takes."""
    refuse: bool = False
    """New connections are refused, with `refuse_status`."""
    refuse_status: int = 503
    forgotten: list[Run] = field(default_factory=list)
    """Ids that REST doesn't have."""

    def set(self, name: str, value: str) -> None:
        """From a control request.

        Raises:
            ValueError: an unknown name, or a value of the wrong kind.
        """
        kind: object = type(getattr(self, name, None))
        if kind is bool:
            setattr(self, name, value.lower() in ("1", "true", "yes"))
        elif kind is int:
            setattr(self, name, int(value))
        elif kind is float:
            setattr(self, name, float(value))
        elif kind is list and (match := re.fullmatch(r"(\d+)-(\d+)", value)):
            self.forgotten.append((int(match[1]), int(match[2])))
        else:
            raise ValueError(f"no fault {name}={value}")

    def forgets(self, trade_id: int) -> bool:
        return any(first <= trade_id <= last for first, last in self.forgotten)
