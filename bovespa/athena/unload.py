"""Athena's UNLOAD, which writes a SELECT's rows as files (Amazon Athena User Guide, "UNLOAD")."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lake.athena import QueryFailed

_UNLOAD = re.compile(
    r"\s*UNLOAD\s*\((?P<select>.*)\)\s*TO\s*'s3://(?P<bucket>[^/']+)/(?P<prefix>[^']*)'"
    r"\s*WITH\s*\((?P<options>[^()]*)\)\s*;?\s*",
    re.DOTALL | re.IGNORECASE,
)
_OPTION = re.compile(r"\s*(?P<name>\w+)\s*=\s*'(?P<value>[^']*)'\s*")
# Athena's names for parquet and DuckDB's; without one Athena compresses with gzip.
_CODECS = {"GZIP": "gzip", "SNAPPY": "snappy", "ZSTD": "zstd", "NONE": "uncompressed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unload:
    """``select`` is in Athena's dialect, ``codec`` in DuckDB's words; ``prefix`` ends with a slash."""

    select: str
    bucket: str
    prefix: str
    codec: str


def is_unload(sql: str) -> bool:
    """Whether the statement begins as an UNLOAD."""
    return re.match(r"\s*UNLOAD\b", sql, re.IGNORECASE) is not None


def read_unload(sql: str) -> Unload:
    """The parts of an UNLOAD into parquet files.

    Raises:
        QueryFailed: it is not written as Athena wants it, or asks for what the embedded Athena can't do.
    """
    match = _UNLOAD.fullmatch(sql)
    if match is None:
        raise QueryFailed("expected UNLOAD (SELECT …) TO 's3://bucket/prefix/' WITH (format = 'PARQUET', …)")
    options: dict[str, str] = {}
    for text in match["options"].split(","):
        option = _OPTION.fullmatch(text)
        if option is None:
            raise QueryFailed(f"not an option of UNLOAD that the embedded Athena knows: {text.strip()}")
        options[option["name"].lower()] = option["value"].upper()
    kind, codec = options.pop("format", None), options.pop("compression", "GZIP")
    if kind != "PARQUET" or codec not in _CODECS or options:
        raise QueryFailed(
            "the embedded Athena unloads format = 'PARQUET' with compression = "
            f"{', '.join(repr(name) for name in _CODECS)}, and nothing else"
        )
    return Unload(
        select=match["select"].strip(),
        bucket=match["bucket"],
        prefix=match["prefix"].rstrip("/") + "/",
        codec=_CODECS[codec],
    )
