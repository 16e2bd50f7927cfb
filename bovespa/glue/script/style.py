"""How Glue Studio writes a script out: its habits since 2024."""

from __future__ import annotations

import re
from enum import Enum

from glue.model import JobDefinition

# Node ids carry the millisecond of their creation; August 2024 is the last seen with the older options.
BOOLEAN_OPTIONS_UNTIL = 1_726_000_000_000


class Style(Enum):
    """A generation of Glue Studio's code generator."""

    CURRENT = "current"
    """JSON sources with ``{"multiLine": "false"}`` (since about October 2024)."""
    MID_2024 = "2024"
    """JSON sources with ``{"multiline": False}``."""


def detect(definition: JobDefinition) -> Style:
    """The style that Glue Studio had when the job's newest node was added.

    A job that was saved again later was written in a later style: nothing in an export says so.
    """
    stamps = [
        int(match.group(1))
        for node_id in definition.nodes
        if (match := re.fullmatch(r"node-(\d{13})", node_id))
    ]
    return Style.MID_2024 if stamps and max(stamps) < BOOLEAN_OPTIONS_UNTIL else Style.CURRENT
