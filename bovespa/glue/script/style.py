"""How Glue Studio writes a script out: its habits changed over the years."""

from __future__ import annotations

import re
from enum import Enum

from glue.model import JobDefinition

# Node ids carry the millisecond of their creation. The newest nodes seen in each style: early March 2024 for the
# wrapped one, August 2024 for the older options.
WRAPPED_UNTIL = 1_710_000_000_000
BOOLEAN_OPTIONS_UNTIL = 1_726_000_000_000


class Style(Enum):
    """A generation of Glue Studio's code generator."""

    CURRENT = "current"
    """JSON sources with ``{"multiLine": "false"}`` (since about October 2024)."""
    MID_2024 = "2024"
    """JSON sources with ``{"multiline": False}``."""
    WRAPPED = "2023"
    """The same, in the lines of the formatter black (until March 2024)."""


def detect(definition: JobDefinition) -> Style:
    """The style that Glue Studio had when the job's newest node was added.

    A job that was saved again later was written in a later style: nothing in an export says so.
    """
    stamps = [
        int(match.group(1))
        for node_id in definition.nodes
        if (match := re.fullmatch(r"node-(\d{13})", node_id))
    ]
    if not stamps or max(stamps) >= BOOLEAN_OPTIONS_UNTIL:
        return Style.CURRENT
    return Style.MID_2024 if max(stamps) >= WRAPPED_UNTIL else Style.WRAPPED
