"""What the generators of single nodes share: names, inputs, and the fragments they return."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bovespa.glue.script.style import Style
from glue.errors import UnsupportedNodeError
from glue.model import JobDefinition, Node

DYNAMIC_FRAME = "from awsglue.dynamicframe import DynamicFrame"
COLLECTION = "from awsglue.dynamicframe import DynamicFrameCollection"
SPARK_DYNAMIC_FRAME = "from awsglue import DynamicFrame"
SQL_FUNCTIONS = "from pyspark.sql import functions as SqlFuncs"
DATA_QUALITY = "from awsgluedq.transforms import EvaluateDataQuality"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A node's part of the script: its own lines, and what it needs at the top.

    `functions` are Glue's helpers, shared by nodes; `transform` is the function of the node's own code.
    `default_ruleset` asks for the constant that automatic data quality checks of targets refer to. After a `sink`
    Glue Studio leaves no empty line.
    """

    code: str
    imports: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    transform: str = ""
    default_ruleset: bool = False
    sink: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The job that a node belongs to, the Python names given to all nodes, the numbers of the SQL queries."""

    definition: JobDefinition
    style: Style
    variables: Mapping[str, str]
    queries: Mapping[str, int] = field(default_factory=dict)

    def variable(self, node: Node) -> str:
        """The Python name of a node's frame."""
        return self.variables[node.id]

    def input(self, node: Node, index: int = 0) -> str:
        """The Python name of the frame that a node reads."""
        if index >= len(node.inputs):
            raise unsupported(node, f"has no input {index + 1}")
        return self.frame(node, node.inputs[index])

    def frame(self, node: Node, source: object) -> str:
        """The Python name of one of a node's inputs, given its id."""
        if source not in node.inputs or source not in self.variables:
            raise unsupported(node, f"{source} is not an input of it")
        return self.variables[str(source)]


Generator = Callable[[Context, Node], Fragment]


def unsupported(node: Node, reason: str) -> UnsupportedNodeError:
    """The error for a node that no script can be written for."""
    return UnsupportedNodeError(node.id, node.name, node.kind, reason)


def variable_name(node: Node) -> str:
    """Glue Studio's name for a node's frame: its title without anything but word characters, then its id."""
    if node.variable and node.variable.isidentifier():
        return node.variable
    stem = re.sub(r"[^A-Za-z0-9_]", "", node.name)
    suffix = re.sub(r"[^A-Za-z0-9_]", "", node.id)
    name = f"{stem}_{suffix}"
    return name if name.isidentifier() else f"_{name}"
