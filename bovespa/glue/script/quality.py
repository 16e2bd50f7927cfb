"""Data quality: the check nodes, and the automatic check that Glue Studio puts before a target."""

from __future__ import annotations

from dataclasses import replace

from bovespa.glue.script.context import DATA_QUALITY, Context, Fragment, Generator
from bovespa.glue.script.literals import block, boolean, mapping, text
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
    """A target's own lines, preceded by the default check if `AutoDataQuality` is on."""
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


def multi_frame(context: Context, node: Node) -> Fragment:
    """EvaluateDataQualityMultiFrame: a collection of the rows, the outcomes of rules and of rows."""
    variable, frame = context.variable(node), context.input(node)
    aliases = node.get("AdditionalDataSources", {})
    more = {
        str(alias): context.frame(node, source)
        for source, alias in aliases.items()
        if source != node.inputs[0]
    }
    additional = f"additional_data_sources={mapping(more)}, " if more else ""
    options = node.get("AdditionalOptions", {})
    # Without the space after colon and comma: Glue Studio's spelling.
    extra = ",".join(f"{text(key)}:{text(options[key])}" for key in sorted(options))
    arguments = (
        f"frame={frame}, {additional}ruleset={variable}_ruleset, "
        f"publishing_options={_publishing(variable, node)}, additional_options={{{extra}}}"
    )
    lines = [_ruleset(variable, node), f"{variable} = EvaluateDataQuality().process_rows({arguments})\n"]
    if _stops(node):
        outcomes = f"{variable}[EvaluateDataQuality.DATA_QUALITY_RULE_OUTCOMES_KEY]"
        lines.append(_assertion(outcomes, frame))
    return Fragment(code="\n".join(lines), imports=(DATA_QUALITY,))


def single_frame(context: Context, node: Node) -> Fragment:
    """EvaluateDataQuality, the older node: one frame, either the rows or the outcomes."""
    variable, frame = context.variable(node), context.input(node)
    lines = [
        _ruleset(variable, node),
        f"{variable} = EvaluateDataQuality.apply(frame={frame}, ruleset={variable}_ruleset, "
        f"publishing_options={_publishing(variable, node)})\n",
    ]
    if _stops(node):
        lines.append(_assertion(variable, frame))
    return Fragment(code="\n".join(lines), imports=(DATA_QUALITY,))


def _ruleset(variable: str, node: Node) -> str:
    return f"{variable}_ruleset = {block(str(node.get('Ruleset', '')), quote=chr(34))}\n"


def _publishing(variable: str, node: Node) -> str:
    options = node.get("PublishingOptions", {})
    published = {"dataQualityEvaluationContext": text(options.get("EvaluationContext") or variable)}
    if options.get("CloudWatchMetricsEnabled") is not None:
        published["enableDataQualityCloudWatchMetrics"] = boolean(options["CloudWatchMetricsEnabled"])
    if options.get("ResultsPublishingEnabled") is not None:
        published["enableDataQualityResultsPublishing"] = boolean(options["ResultsPublishingEnabled"])
    if options.get("ResultsS3Prefix"):
        published["resultsS3Prefix"] = text(options["ResultsS3Prefix"])
    return mapping(published)


def _stops(node: Node) -> bool:
    return bool(node.get("StopJobOnFailureOptions", {}).get("StopJobOnFailureTiming"))


def _assertion(outcomes: str, frame: str) -> str:
    message = f'"The job failed due to failing DQ rules for node: {frame}"'
    return f'assert {outcomes}.filter(lambda x: x["Outcome"] == "Failed").count() == 0, {message}'


GENERATORS: dict[str, Generator] = {
    "EvaluateDataQualityMultiFrame": multi_frame,
    "EvaluateDataQuality": single_frame,
}
