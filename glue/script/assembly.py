"""The whole script: preamble, helper functions, one part per node, commit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from glue.model import JobDefinition, Node
from glue.script import (
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
from glue.script.context import Context, Fragment, Generator, unsupported, variable_name
from glue.script.literals import one_line
from glue.script.order import hash_order, in_order
from glue.script.style import Style, detect
from glue.script.wrapped import WRAPPED
from glue.script.wrapping import wrap

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
    queries = [node.id for node in nodes if node.kind == "SparkSQL"]
    context = Context(
        definition=definition,
        style=style or detect(definition),
        variables={node.id: variable_name(node) for node in nodes},
        queries={node_id: number for number, node_id in enumerate(queries, start=first_query)},
    )
    fragments = [(node, _fragment(context, node)) for node in nodes]
    preamble = PREAMBLE
    if context.style is Style.WRAPPED:
        fragments = [(node, _wrapped(fragment)) for node, fragment in fragments]
        preamble = PREAMBLE.replace("'", '"')
    imports = _unique([IMPORTS, *(fragment.imports for _, fragment in fragments)])
    functions = _unique(fragment.functions for _, fragment in fragments)
    parts = ["\n".join(imports) + "\n", *_transforms(definition, fragments), *functions, preamble]
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


def _transforms(definition: JobDefinition, fragments: list[tuple[Node, Fragment]]) -> list[str]:
    """The functions of custom code: before Glue's own, in the order of Glue's map, not of the nodes' lines."""
    found = {node.id: fragment.transform for node, fragment in fragments if fragment.transform}
    return [found[node_id] for node_id in hash_order(definition.nodes) if node_id in found]


def _wrapped(fragment: Fragment) -> Fragment:
    functions = tuple(WRAPPED.get(function, function) for function in fragment.functions)
    return replace(fragment, code=wrap(fragment.code), functions=functions)


def _unique(groups: Iterable[tuple[str, ...]]) -> list[str]:
    return list(dict.fromkeys(item for group in groups for item in group))
