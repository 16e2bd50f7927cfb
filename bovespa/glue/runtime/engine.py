"""What one job process works with: its store, catalogue, bookmark folder, scratch folder and report."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bovespa.glue.runtime.bookmark import DISABLE, Bookmark
from bovespa.glue.runtime.errors import RuntimeFailure
from bovespa.glue.runtime.glue_catalog import GlueCatalog
from bovespa.glue.runtime.location import Location, parse
from bovespa.glue.runtime.report import RunReport
from bovespa.glue.runtime.s3_store import S3Store

BOOKMARKS_ARGUMENT = "local-bookmarks"


@dataclass(slots=True, kw_only=True)
class Engine:
    """One per job process; `awsglue` finds it through `current()`.

    S3 and the catalogue are reached as the environment says. `job` and `run_id` are empty before Job.init.
    """

    work: Path
    store: S3Store = field(default_factory=S3Store)
    catalog: GlueCatalog = field(default_factory=GlueCatalog)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    job: str = ""
    run_id: str = ""
    report: RunReport = field(default_factory=RunReport)
    bookmark: Bookmark | None = None
    _count: itertools.count[int] = field(default_factory=itertools.count)

    def scratch(self, what: str) -> Path:
        """A new empty folder; it goes with the process."""
        folder = self.work / f"{next(self._count):03d}-{what}"
        folder.mkdir(parents=True)
        return folder

    def begin_job(self, job: str, arguments: Mapping[str, Any]) -> None:
        """Job.init: from here on sources with a `transformation_ctx` are read through the bookmark."""
        self.job, self.run_id = job, str(arguments.get("JOB_RUN_ID") or "")
        option = str(arguments.get("job_bookmark_option") or DISABLE)
        if option == DISABLE:
            self.bookmark = None
            return
        place = bookmark_place(job, arguments)
        self.bookmark = Bookmark(store=self.store, place=place, job=job, option=option, now=self.now)

    def commit_job(self) -> None:
        if self.bookmark is not None:
            self.bookmark.commit()
        self.report.committed = True


def bookmark_place(job: str, arguments: Mapping[str, Any]) -> Location:
    """Where a job's bookmark is kept: in `--local-bookmarks` if given, else in `bookmarks/` of `--TempDir`."""
    explicit = arguments.get(BOOKMARKS_ARGUMENT.replace("-", "_")) or arguments.get(BOOKMARKS_ARGUMENT)
    name = f"{quote(job, safe=' ')}.json"
    if explicit:
        return parse(str(explicit)).child(name)
    temp = arguments.get("TempDir")
    if not temp:
        raise RuntimeFailure(
            "bookmarks are on, so the job needs --TempDir s3://bucket/… (they are kept there)"
        )
    return parse(str(temp)).child(f"bookmarks/{name}")


_current: Engine | None = None


def install(engine: Engine) -> None:
    global _current
    _current = engine


def current() -> Engine:
    """The process's engine; where none was installed (a notebook, say), a new one."""
    global _current
    if _current is None:
        _current = Engine(work=Path(tempfile.mkdtemp(prefix="glue-")))
    return _current
