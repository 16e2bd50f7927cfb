"""The Glue Data Catalog: the database ``default``, in which the jobs catalogue their tables."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

DATABASE = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogueArgs:
    """``create_default`` is false where the account has the database already."""

    create_default: bool


class Catalogue(pulumi.ComponentResource):
    """``default`` may be missing in a new account, and others may use it: made once, never removed."""

    database: pulumi.Output[str]

    def __init__(self, name: str, args: CatalogueArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("bovespa:index:Catalogue", name, None, opts)
        self.database = pulumi.Output.from_input(DATABASE)
        if args.create_default:
            self.database = aws.glue.CatalogDatabase(
                f"{name}-default",
                name=DATABASE,
                description="Tables that Glue jobs catalogue; shared by the account.",
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            ).name
        self.register_outputs({"database": self.database})
