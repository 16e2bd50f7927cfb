"""In which database a job's tables are: a deployment's business, as the bucket's name is.

The files in ``glue/jobs/`` say ``default``. A name, unlike a bucket's, is an everyday word, so it is changed in the
nodes' own fields and not by a placeholder in any text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from glue.model import JobDefinition


def catalogued_in(definition: JobDefinition, database: str) -> JobDefinition:
    """The same job with the tables of its nodes in another database."""
    nodes = {
        node_id: replace(node, properties=_renamed(node.properties, database))
        for node_id, node in definition.nodes.items()
    }
    return JobDefinition(name=definition.name, properties=definition.properties, nodes=nodes)


def _renamed(properties: Mapping[str, Any], database: str) -> dict[str, Any]:
    found = dict(properties)
    if found.get("Database"):
        found["Database"] = database
    if found.get("Code"):
        found["Code"] = str(found["Code"]).replace('database="default"', f'database="{database}"')
    policy = found.get("SchemaChangePolicy")
    if isinstance(policy, Mapping) and policy.get("Database"):
        found["SchemaChangePolicy"] = {**policy, "Database": database}
    return found
