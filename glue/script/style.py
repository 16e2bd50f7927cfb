"""How the generated script is written out; Glue Studio's habits changed over the years."""

from __future__ import annotations

from enum import Enum


class Style(Enum):
    """A generation of Glue Studio's code generator.

    CURRENT: one call a line, single-quoted `['JOB_NAME']` (seen since early 2024).
    """

    CURRENT = "current"
