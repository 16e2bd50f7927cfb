"""How Glue Studio writes a script out; its habits changed over the years."""

from __future__ import annotations

import re
from enum import Enum

from glue.model import JobDefinition

# Node ids carry the millisecond of their creation. The newest nodes seen in each style: early March 2024 for
# the wrapped one, August 2024 for JSON sources with "multiline" as a Python boolean.
WRAPPED_UNTIL = 1_710_000_000_000
BOOLEAN_OPTIONS_UNTIL = 1_726_000_000_000


class Style(Enum):
    """A generation of Glue Studio's code generator."""

    CURRENT = "current"
    """One call a line (since about October 2024)."""
    MID_2024 = "2024"
    """One call a line, JSON sources with `{"multiline": False}`."""
    WRAPPED = "2023"
    """Calls wrapped at 88 columns as the formatter black does (until March 2024)."""


def detect(definition: JobDefinition) -> Style:
    """The style that Glue Studio had when the job's newest node was added.

    A job that was saved again later was written in a later style: nothing in an export tells that.
    """
    stamps = [
        int(match.group(1))
        for node_id in definition.nodes
        if (match := re.fullmatch(r"node-(\d{13})", node_id))
    ]
    if not stamps:
        return Style.CURRENT
    newest = max(stamps)
    if newest < WRAPPED_UNTIL:
        return Style.WRAPPED
    return Style.MID_2024 if newest < BOOLEAN_OPTIONS_UNTIL else Style.CURRENT
