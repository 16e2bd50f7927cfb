"""The conditional router: rows go to the groups whose conditions they meet."""

from __future__ import annotations

from typing import Any

from bovespa.glue.script.context import COLLECTION, Context, Fragment, Generator, unsupported
from bovespa.glue.script.filters import condition
from bovespa.glue.script.literals import text
from glue.model import Node

DEFAULT_GROUP = "default_group"

THREADED_ROUTE = """\
class GroupFilter:
      def __init__(self, name, filters):
        self.name = name
        self.filters = filters

def apply_group_filter(source_DyF, group):
    return(Filter.apply(frame = source_DyF, f = group.filters))

def threadedRoute(glue_ctx, source_DyF, group_filters) -> DynamicFrameCollection:
    dynamic_frames = {}
    with concurrent.futures.ThreadPoolExecutor(max_workers=5) as executor:
        future_to_filter = {executor.submit(apply_group_filter, source_DyF, gf): gf for gf in group_filters}
        for future in concurrent.futures.as_completed(future_to_filter):
            gf = future_to_filter[future]
            if future.exception() is not None:
                print('%r generated an exception: %s' % (gf, future.exception()))
            else:
                dynamic_frames[gf.name] = future.result()
    return DynamicFrameCollection(dynamic_frames, glue_ctx)
"""


def route(context: Context, node: Node) -> Fragment:
    """One filter per group, and the default group for the rows that meet none of them."""
    groups = node.get("GroupFiltersList", [])
    if not groups:
        raise unsupported(node, "GroupFiltersList is empty")
    conditions = {str(group.get("GroupName", "")): _conditions(node, group) for group in groups}
    filters = [_filter(name, expression) for name, expression in conditions.items()]
    if DEFAULT_GROUP not in conditions:
        rest = " and ".join(f"not({expression})" for expression in conditions.values())
        filters.append(_filter(DEFAULT_GROUP, rest))
    return Fragment(
        code=f"{context.variable(node)} = threadedRoute(glueContext,\n"
        f"  source_DyF = {context.input(node)},\n"
        f"  group_filters = [{', '.join(filters)}])",
        imports=(COLLECTION, "import concurrent.futures", "import re"),
        functions=(THREADED_ROUTE,),
    )


def _conditions(node: Node, group: dict[str, Any]) -> str:
    glue = " or " if str(group.get("LogicalOperator", "AND")).upper() == "OR" else " and "
    expression = glue.join(condition(node, item) for item in group.get("Filters", []))
    if not expression:
        raise unsupported(node, f"GroupFiltersList: group {group.get('GroupName')} has no filter")
    return expression


def _filter(name: str, expression: str) -> str:
    return f"GroupFilter(name = {text(name)}, filters = lambda row: ({expression}))"


GENERATORS: dict[str, Generator] = {"Route": route}
