"""`Job`: what marks the begin of a run and, by `commit`, its success."""

# Names are Glue's.
# ruff: noqa: N802

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bovespa.glue.runtime.engine import current


class Job:
    """Bookmarks are read after `init` and written by `commit` only."""

    def __init__(self, glue_context: Any) -> None:
        self._glue_context = glue_context

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """`args` are what getResolvedOptions returned."""
        current().begin_job(job_name, args or {})

    def isInitialized(self) -> bool:
        return current().bookmark is not None

    def commit(self) -> None:
        current().commit_job()
