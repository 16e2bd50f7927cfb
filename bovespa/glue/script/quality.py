"""The automatic check that Glue Studio puts before every new target: ``ColumnCount > 0``, published only."""

from __future__ import annotations

from dataclasses import replace

from bovespa.glue.script.context import DATA_QUALITY, Context, Fragment
from bovespa.glue.script.literals import text
from glue.model import Node

DEFAULT_RULESET = '''\
# Default ruleset used by all target nodes with data quality enabled
DEFAULT_DATA_QUALITY_RULESET = """
    Rules = [
        ColumnCount > 0
    ]
"""
'''


def before_target(context: Context, node: Node, target: Fragment) -> Fragment:
    """A target's own lines, preceded by the check if ``AutoDataQuality`` is on."""
    quality = node.get("AutoDataQuality", {})
    if not quality.get("IsEnabled"):
        return target
    evaluation = text(quality.get("EvaluationContext") or f"EvaluateDataQuality_{context.variable(node)}")
    check = (
        f"EvaluateDataQuality().process_rows(frame={context.input(node)}, "
        f"ruleset=DEFAULT_DATA_QUALITY_RULESET, "
        f'publishing_options={{"dataQualityEvaluationContext": {evaluation}, '
        f'"enableDataQualityResultsPublishing": True}}, '
        f'additional_options={{"dataQualityResultsPublishing.strategy": "BEST_EFFORT", '
        f'"observations.scope": "ALL"}})'
    )
    return replace(
        target, code=f"{check}\n{target.code}", imports=(DATA_QUALITY, *target.imports), default_ruleset=True
    )
