"""The whole script: preamble, helper functions, one part per node, commit."""

from __future__ import annotations

from collections.abc import Iterable

from bovespa.glue.script import code, dynamic, filters, quality, routes, sources, targets, transforms
from bovespa.glue.script.context import Context, Fragment, Generator, unsupported, variable_name
from bovespa.glue.script.literals import one_line
from bovespa.glue.script.style import Style, detect
from bovespa.glue.script.wrapping import wrap
from glue.model import JobDefinition, Node
from glue.order import hash_order, in_order

GENERATORS: dict[str, Generator] = {
    **sources.GENERATORS,
    **transforms.GENERATORS,
    **filters.GENERATORS,
    **code.GENERATORS,
    **routes.GENERATORS,
    **dynamic.GENERATORS,
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


COMMIT = "job.commit()\n"


def generate(definition: JobDefinition, style: Style | None = None, *, first_query: int = 0) -> str:
    """The script that Glue Studio writes for a job.

    Args:
        definition: the job.
        style: by default that of the time when the job's newest node was added (`style.detect`).
        first_query: the number of the first `SqlQuery…` constant. Glue takes it from a counter of its own
            service, so no export says it.

    Raises:
        UnsupportedNodeError: a node cannot be written.
        DefinitionError: the nodes form a cycle.
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
    imports = _unique([IMPORTS, *(fragment.imports for _, fragment in fragments)])
    parts = ["\n".join(imports) + "\n", *functions, PREAMBLE]
    if any(fragment.default_ruleset for _, fragment in fragments):
        parts.append(quality.DEFAULT_RULESET)
    for node, fragment in fragments:
        gap = "" if fragment.sink else "\n"
        parts.append(f"# Script generated for node {one_line(node.name)}\n{fragment.code}{gap}")
    parts.append(COMMIT)
    script = "\n".join(parts)
    return wrap(script) if context.style is Style.WRAPPED else script


def _fragment(context: Context, node: Node) -> Fragment:
    generator = GENERATORS.get(node.kind)
    if generator is None:
        raise unsupported(node, "only AWS runs this kind of node")
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
