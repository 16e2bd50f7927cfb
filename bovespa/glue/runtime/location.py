"""Places of objects: `s3://bucket/key`, glob patterns in it, and Hive's `key=value` folders."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from bovespa.glue.runtime.errors import RuntimeFailure

HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"
# What Hive escapes in a partition's folder name (org.apache.hadoop.hive.common.FileUtils; Spark's
# ExternalCatalogUtils.escapePathName uses the same set).
_ESCAPED = frozenset("\"#%'*/:=?\\\x7f{[]^") | frozenset(map(chr, range(1, 32)))
_WILDCARD = re.compile(r"[*?\[{]")
_SCHEME = re.compile(r"^s3[an]?://([^/]+)/?(.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A bucket and a key, or the first characters of keys (`prefix` semantics belong to the caller)."""

    bucket: str
    key: str = ""

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def folder(self) -> Location:
        """The same place with a key that ends with a slash (or is empty: the whole bucket)."""
        return self if not self.key or self.key.endswith("/") else Location(self.bucket, self.key + "/")

    def child(self, relative: str) -> Location:
        return Location(self.bucket, self.folder().key + relative)


def parse(url: str) -> Location:
    """`s3://`, `s3a://` or `s3n://` as a Location.

    Raises:
        RuntimeFailure: it is something else.
    """
    match = _SCHEME.match(url.strip())
    if match is None:
        raise RuntimeFailure(f"{url!r} is not a place in S3: it must look like s3://bucket/key")
    return Location(match[1], re.sub("/{2,}", "/", match[2]).removeprefix("/"))


def literal_prefix(location: Location) -> Location:
    """`location` up to its first wildcard."""
    match = _WILDCARD.search(location.key)
    return location if match is None else Location(location.bucket, location.key[: match.start()])


def glob_pattern(glob: str) -> re.Pattern[str]:
    """A Hadoop-style glob (`*` within a segment, `**`, `?`, `[..]`, `{a,b}`) as a pattern over whole keys."""
    out, index, braces = [], 0, 0
    while index < len(glob):
        char = glob[index]
        if glob.startswith("**", index):
            out.append(".*")
            index += 1
        elif char == "*":
            out.append("[^/]*")
        elif char == "?":
            out.append("[^/]")
        elif char == "[" and "]" in glob[index + 1 :]:
            end = glob.index("]", index + 1)
            body = glob[index + 1 : end].replace("\\", "\\\\")
            out.append(f"[{'^' + body[1:] if body.startswith('!') else body}]")
            index = end
        elif char == "{":
            out.append("(?:")
            braces += 1
        elif char == "}" and braces:
            out.append(")")
            braces -= 1
        elif char == "," and braces:
            out.append("|")
        else:
            out.append(re.escape(char))
        index += 1
    return re.compile("".join(out), re.DOTALL)


def escape_value(value: str) -> str:
    """A partition value as Hive writes it into a folder name."""
    return "".join(f"%{ord(char):02X}" if char in _ESCAPED else char for char in value)


def partition_folder(values: Mapping[str, str | None]) -> str:
    """`{"dt": "2025-07-31", "codigo": None}` as `dt=2025-07-31/codigo=__HIVE_DEFAULT_PARTITION__/`."""
    return "".join(
        f"{escape_value(key)}={HIVE_NULL if value in (None, '') else escape_value(str(value))}/"
        for key, value in values.items()
    )


def partition_values(relative: str) -> dict[str, str | None]:
    """The `key=value` folders in a relative key, decoded, in order; the file's own name is not looked at."""
    values: dict[str, str | None] = {}
    for segment in relative.split("/")[:-1]:
        key, equals, value = segment.partition("=")
        if equals and key:
            decoded = unquote(value)
            values[unquote(key)] = None if decoded == HIVE_NULL else decoded
    return values
