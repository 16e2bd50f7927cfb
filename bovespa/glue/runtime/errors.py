"""What goes wrong while a job runs, as exceptions whose text is meant for the person who started it."""

from __future__ import annotations


class RuntimeFailure(RuntimeError):
    """A job run cannot go on; the text says what, where, and what to do."""


class NotSupportedError(RuntimeFailure):
    """The script asks for something that AWS Glue does and this runtime does not."""

    def __init__(self, what: str, *, ctx: str = "") -> None:
        where = f" (node {ctx})" if ctx else ""
        super().__init__(f"awsglue on this machine does not do {what}{where}")


class StorageError(RuntimeFailure):
    """An object could not be listed, read, written or deleted."""


class CatalogError(RuntimeFailure):
    """A table or partition could not be read from or written to the catalogue."""


class JobFailedError(RuntimeFailure):
    """The job's script failed.

    `summary` is one line (at most 2000 characters): the failing node, the script's line, the cause.
    `output` and `log` are what the script printed on stdout and stderr.
    """

    def __init__(self, summary: str, *, output: str = "", log: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.output = output
        self.log = log


class GatewayError(RuntimeFailure):
    """Spark's JVM could not be started or reached."""


class RunLockedError(RuntimeFailure):
    """Another run held Spark for longer than this one was allowed to wait."""
