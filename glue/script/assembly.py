"""The whole script: preamble, helper functions, one part per node, commit."""

from __future__ import annotations

from collections.abc import Callable

from glue.model import JobDefinition, Node
from glue.script import code, sources, targets, transforms
from glue.script.context import Context, Fragment, unsupported, variable_name
from glue.script.literals import one_line
from glue.script.order import in_order
from glue.script.style import Style

GENERATORS: dict[str, Callable[[Context, Node], Fragment]] = {
    **sources.GENERATORS,
    **transforms.GENERATORS,
    **code.GENERATORS,
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
job.init(args['JOB_NAME'], args)"""


def generate(definition: JobDefinition, style: Style = Style.CURRENT) -> str:
    """The script for a job; raises UnsupportedNodeError for a node it cannot write, DefinitionError for a cycle."""
    nodes = in_order(definition)
    context = Context(
        definition=definition,
        style=style,
        variables={node.id: variable_name(node) for node in nodes},
        queries={node.id: index for index, node in enumerate(n for n in nodes if n.kind == "SparkSQL")},
    )
    fragments = [(node, _fragment(context, node)) for node in nodes]
    imports = _unique(IMPORTS, *(fragment.imports for _, fragment in fragments))
    functions = _unique(*(fragment.functions for _, fragment in fragments))
    parts = ["\n".join(imports) + "\n", *functions, PREAMBLE + "\n"]
    for node, fragment in fragments:
        parts.append(f"# Script generated for node {one_line(node.name)}\n{fragment.code}\n")
    parts.append("job.commit()\n")
    return "\n".join(parts)


def _fragment(context: Context, node: Node) -> Fragment:
    generator = GENERATORS.get(node.kind)
    if generator is None:
        raise unsupported(node, "no script can be generated for this kind of node")
    return generator(context, node)


def _unique(*groups: tuple[str, ...]) -> list[str]:
    return list(dict.fromkeys(item for group in groups for item in group))
