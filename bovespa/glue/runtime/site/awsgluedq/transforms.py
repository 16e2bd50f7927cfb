"""`EvaluateDataQuality`, as far as the automatic check of a target needs it.

That check (`ColumnCount > 0`) is published and changes no data. Rules of a job's own would: they are AWS's.
"""

from __future__ import annotations

import re
from typing import Any

from awsglue.dynamicframe import DynamicFrame

from bovespa.glue.runtime.engine import current
from bovespa.glue.runtime.errors import NotSupportedError

_AUTOMATIC = re.compile(r"\s*Rules\s*=\s*\[\s*ColumnCount\s*>\s*0\s*\]\s*")


class EvaluateDataQuality:
    """A check that changes no data; any other ruleset is refused."""

    def process_rows(self, frame: DynamicFrame, ruleset: str, **_: Any) -> None:
        if not _AUTOMATIC.fullmatch(ruleset):
            raise NotSupportedError("data quality rules", ctx=frame.name)
        current().report.notes.append(f"{frame.name}: its automatic data quality check is AWS's to publish")

    @classmethod
    def apply(cls, frame: DynamicFrame, ruleset: str, **_: Any) -> None:
        cls().process_rows(frame, ruleset)
