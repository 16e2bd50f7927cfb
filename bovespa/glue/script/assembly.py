"""The whole script: preamble, helper functions, one part per node, commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from bovespa.glue.script import (
    code,
    databases,
    dynamic,
    filters,
    lakehouse,
    quality,
    routes,
    sensitive,
    sources,
    targets,
    transforms,
)
from bovespa.glue.script.context import Context, Fragment, Generator, unsupported, variable_name
from bovespa.glue.script.literals import one_line
from bovespa.glue.script.style import Style, detect
from bovespa.glue.script.wrapped import WRAPPED
from bovespa.glue.script.wrapping import wrap
from glue.model import JobDefinition, Node
from glue.order import hash_order, in_order

GENERATORS: dict[str, Generator] = {
    **sources.GENERATORS,
    **databases.GENERATORS,
    **lakehouse.GENERATORS,
    **transforms.GENERATORS,
    **filters.GENERATORS,
    **code.GENERATORS,
    **routes.GENERATORS,
    **dynamic.GENERATORS,
    **sensitive.GENERATORS,
    **quality.GENERATORS,
    **targets.GENERATORS,
}

# Glue's own functions by their place in a script; those not named here come in the middle.
FUNCTION_RANKS = {
    code.SPARK_SQL_QUERY: 0,
    filters.FIND_NULL_FIELDS: 0,
    code.SPARK_UNION: 2,
    code.SPARK_AGGREGATE: 3,
}

IMPORTS = (
    "import sys",
    "from awsglue.transforms import *",
    "from awsglue.utils import getResolvedOptions",
    "from pyspark.context import SparkContext",
    "from awsglue.context import GlueContext",
    "from awsglue.job import Job",
)

PREAMBLE = """\
args = getResolvedOptions(sys.argv, ['JOB_NAME'])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args['JOB_NAME'], args)
"""


def generate(definition: JobDefinition, style: Style | None = None, *, first_query: int = 0) -> str:
    """The script that Glue Studio writes for a job.

    `style` is by default that of the time when the job's newest node was added (`style.detect`).
    `first_query` numbers the first `SqlQuery…` constant: Glue takes that number from a counter of its own
    service, so no export tells it. Raises UnsupportedNodeError for a node that cannot be written,
    DefinitionError for a cycle.
    """
    nodes = in_order(definition)
    by_hash = [definition.nodes[node_id] for node_id in hash_order(definition.nodes)]
    # Glue numbers the queries in the order of its map, not of their lines.
    queries = [node.id for node in by_hash if node.kind == "SparkSQL"]
    context = Context(
        definition=definition,
        style=style or detect(definition),
        variables={node.id: variable_name(node) for node in nodes},
        queries={node_id: number for number, node_id in enumerate(queries, start=first_query)},
    )
    fragments = [(node, _fragment(context, node)) for node in nodes]
    of_node = {node.id: fragment for node, fragment in fragments}
    functions = _functions([of_node[node.id] for node in by_hash])
    preamble = PREAMBLE
    if context.style is Style.WRAPPED:
        fragments = [(node, replace(fragment, code=wrap(fragment.code))) for node, fragment in fragments]
        functions = [WRAPPED.get(function, function) for function in functions]
        preamble = PREAMBLE.replace("'", '"')
    imports = _unique([IMPORTS, *(fragment.imports for _, fragment in fragments)])
    parts = ["\n".join(imports) + "\n", *functions, preamble]
    if any(fragment.default_ruleset for _, fragment in fragments):
        parts.append(quality.DEFAULT_RULESET)
    for node, fragment in fragments:
        parts.append(f"# Script generated for node {one_line(node.name)}\n{fragment.code}\n")
    parts.append("job.commit()\n")
    return "\n".join(parts)


def _fragment(context: Context, node: Node) -> Fragment:
    generator = GENERATORS.get(node.kind)
    if generator is None:
        raise unsupported(node, "no script can be generated for this kind of node")
    return generator(context, node)


def _functions(fragments: list[Fragment]) -> list[str]:
    """The functions that the nodes (in the order of Glue's map) need: custom code first, then Glue's own.

    Glue's own follow one another in a fixed order in all published scripts, whatever the nodes' order;
    only SQL and "drop null fields" come in the order of the nodes.
    """
    transforms = [fragment.transform for fragment in fragments if fragment.transform]
    helpers = _unique(fragment.functions for fragment in fragments)
    return transforms + sorted(helpers, key=lambda function: FUNCTION_RANKS.get(function, 1))


def _unique(groups: Iterable[tuple[str, ...]]) -> list[str]:
    return list(dict.fromkeys(item for group in groups for item in group))
