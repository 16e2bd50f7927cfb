"""The program with the stream, made in an embedded AWS of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bovespa.local.aws import Clients
from bovespa.local.deployment import Deployment
from lake.athena import Athena
from lake.saved_queries import saved_query


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    aws: Clients
    deployment: Deployment

    @property
    def exports(self) -> Mapping[str, Any]:
        return self.deployment.exports

    @property
    def athena(self) -> Athena:
        return Athena(client=self.aws["athena"], workgroup=self.exports["workgroup"], database="default")

    def answer(self, name: str) -> list[dict[str, Any]]:
        """A saved query's rows."""
        return list(self.athena.run(saved_query(name).sql).records())
