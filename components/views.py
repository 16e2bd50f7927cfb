"""Athena's views, as tables of the Glue Data Catalog.

Athena has no API for views but its own DDL. What ``CREATE VIEW`` leaves in the catalogue is a table of type
VIRTUAL_VIEW without files, whose text is a comment: the definition as Trino's Hive connector encodes it
(JSON in base64, columns by their Trino types). The table's own columns have Hive types. Its description
says nothing of the view: Trino reads it in the place of the parameter ``comment``, and a table whose comment is not
``Presto View`` is no view to Trino (its ``GlueConverter`` and ``ViewReaderUtil``; tests/trino has the proof).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import pulumi
import pulumi_aws as aws

from components.catalogue import storage_columns
from lake.views import View

_CATALOG = "awsdatacatalog"
_MARK = "Presto View"
_NONE = "-"  # a view has no files; the provider wants a serialization library all the same


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewsArgs:
    """``views`` are made in ``database``, in which their SQL also looks for its tables."""

    database: pulumi.Input[str]
    views: Sequence[View]


class Views(pulumi.ComponentResource):
    """One table of the catalogue per file of ``lake/sql/views/``."""

    tables: list[aws.glue.CatalogTable]

    def __init__(self, name: str, args: ViewsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Views", name, None, opts)
        self.tables = [
            aws.glue.CatalogTable(
                f"{name}-{view.name}",
                name=view.name,
                database_name=args.database,
                description=_MARK,
                table_type="VIRTUAL_VIEW",
                parameters={"presto_view": "true", "comment": _MARK},
                view_original_text=pulumi.Output.from_input(args.database).apply(partial(presto_view, view)),
                view_expanded_text=f"/* {_MARK} */",
                storage_descriptor={
                    "columns": storage_columns(view.columns),
                    "ser_de_info": {"name": _NONE, "serialization_library": _NONE},
                },
                opts=pulumi.ResourceOptions(parent=self),
            )
            for view in args.views
        ]
        self.register_outputs({"views": [table.name for table in self.tables]})


def presto_view(view: View, database: str) -> str:
    """The view's definition in the form in which Athena reads it from the catalogue."""
    definition = {
        "originalSql": view.sql,
        "catalog": _CATALOG,
        "schema": database,
        "columns": [{"name": column.name, "type": column.trino_type} for column in view.columns],
    }
    return f"/* {_MARK}: {base64.b64encode(json.dumps(definition).encode()).decode()} */"
