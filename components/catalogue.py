"""The Glue Data Catalog: the database in which the jobs catalogue their tables."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueArgs:
    """``database`` is ``default``, or one of the stack's own.

    ``create_default`` is false where the account has ``default`` already.
    """

    database: str
    create_default: bool


class Catalogue(pulumi.ComponentResource):
    """``default`` may be missing in a new account, and others may use it: made once, never removed.

    A database of the stack's own comes and goes with it, its tables too.
    """

    database: pulumi.Output[str]

    def __init__(self, name: str, args: CatalogueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Catalogue", name, None, opts)
        shared = args.database == DEFAULT
        self.database = pulumi.Output.from_input(args.database)
        if args.create_default or not shared:
            self.database = aws.glue.CatalogDatabase(
                f"{name}-database",
                name=args.database,
                description=(
                    "Tables that Glue jobs catalogue; shared by the account."
                    if shared
                    else "Tables of one stack of the Bovespa lake."
                ),
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=shared),
            ).name
        self.register_outputs({"database": self.database})
