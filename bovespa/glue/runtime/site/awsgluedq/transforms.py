"""`EvaluateDataQuality` as a visible no-op: data passes through, and every rule is reported as not
evaluated."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from awsglue.dynamicframe import DynamicFrame, DynamicFrameCollection
from pyspark.sql import functions as F  # noqa: N812

from bovespa.glue.runtime.engine import current

_OUTCOME = "NotEvaluated"
_OUTCOMES = (
    "Rule string, Outcome string, FailureReason string, "
    "EvaluatedMetrics map<string,double>, EvaluatedRule string"
)


class EvaluateDataQuality:
    """The shapes of the results are Glue's; the outcome of every rule is `NotEvaluated`."""

    @classmethod
    def apply(
        cls, frame: DynamicFrame, ruleset: str, publishing_options: Mapping[str, Any] | None = None, **_: Any
    ) -> DynamicFrame:
        """The outcomes, one row per rule."""
        _announce(ruleset, publishing_options)
        return _outcomes(frame, ruleset)

    def process_rows(
        self,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Mapping[str, Any] | None = None,
        additional_options: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> DynamicFrameCollection:
        """`originalData`, `rowLevelOutcomes` (the data and four result columns) and `ruleOutcomes`."""
        _announce(ruleset, publishing_options)
        data = frame.toDF()
        none = F.array().cast("array<string>")
        marked = data.withColumns(
            {
                "DataQualityRulesPass": none,
                "DataQualityRulesFail": none,
                "DataQualityRulesSkip": F.array(*[F.lit(rule) for rule in rules(ruleset)]).cast(
                    "array<string>"
                ),
                "DataQualityEvaluationResult": F.lit(_OUTCOME),
            }
        )
        frames = {
            "originalData": frame,
            "rowLevelOutcomes": DynamicFrame.fromDF(
                marked if data.columns else data, frame.glue_ctx, frame.name
            ),
            "ruleOutcomes": _outcomes(frame, ruleset),
        }
        return DynamicFrameCollection(frames, frame.glue_ctx)


def rules(ruleset: str) -> list[str]:
    """The single rules in a DQDL ruleset, comments left out."""
    text = re.sub(r"(?m)^\s*#.*$", "", ruleset)
    inside = re.search(r"Rules\s*=\s*\[(.*)\]", text, re.DOTALL)
    parts = re.split(r",(?![^\[(]*[\])])", inside[1] if inside else "")
    return [" ".join(part.split()) for part in parts if part.strip()]


def _outcomes(frame: DynamicFrame, ruleset: str) -> DynamicFrame:
    session = frame.glue_ctx.spark_session
    rows = [(rule, _OUTCOME, None, None, rule) for rule in rules(ruleset)]
    return DynamicFrame.fromDF(session.createDataFrame(rows, _OUTCOMES), frame.glue_ctx, "ruleOutcomes")


def _announce(ruleset: str, publishing_options: Mapping[str, Any] | None) -> None:
    ctx = (publishing_options or {}).get("dataQualityEvaluationContext", "EvaluateDataQuality")
    note = f"{ctx}: {len(rules(ruleset))} data quality rules were NOT evaluated (only AWS Glue does that)"
    print(note, flush=True)  # noqa: T201 (the job's log is the script's output)
    current().report.notes.append(note)
