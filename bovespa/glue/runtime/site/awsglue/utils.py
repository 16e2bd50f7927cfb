"""Arguments of a job, as `getResolvedOptions` gives them to the script."""

# Names are Glue's.
# ruff: noqa: N802

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import NoReturn

BOOKMARK_OPTIONS = ("job-bookmark-enable", "job-bookmark-pause", "job-bookmark-disable")
_OWN = (
    "job-bookmark-option",
    "job-bookmark-from",
    "job-bookmark-to",
    "JOB_ID",
    "JOB_RUN_ID",
    "SECURITY_CONFIGURATION",
    "encryption-type",
    "enable-data-lineage",
    "RedshiftTempDir",
    "TempDir",
    "local-bookmarks",
)
_RESERVED = frozenset({"job-bookmark-option", "job-bookmark-from", "job-bookmark-to", "continuation-option"})


class GlueArgumentError(Exception):
    """An argument that the script asks for was not given, or has a value that is not allowed."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: Sequence[str], options: Iterable[str]) -> dict[str, str]:
    """The values of `options` (names without dashes) in `args`, a whole `sys.argv`; all are required.

    Glue's own arguments (bookmark option, TempDir, …) come with them where given; names have `_` for `-`.

    Raises:
        GlueArgumentError: one is missing.
    """
    wanted = list(options)
    for name in wanted:
        if name in _RESERVED:
            raise RuntimeError(f"Using reserved arguments {name}")
    parser = _Parser(add_help=False, allow_abbrev=False)
    for name in dict.fromkeys([*_OWN, *wanted]):
        required = name in wanted and name not in ("TempDir", "RedshiftTempDir")
        choices = BOOKMARK_OPTIONS if name == "job-bookmark-option" else None
        parser.add_argument(f"--{name}", required=required, choices=choices)
    known, _ = parser.parse_known_args(_joined(args[1:]))
    resolved = {name: value for name, value in vars(known).items() if value is not None}
    resolved.setdefault("job_bookmark_option", "job-bookmark-disable")
    if "TempDir" in resolved:
        resolved.setdefault("RedshiftTempDir", resolved["TempDir"])
    elif "RedshiftTempDir" in resolved:
        resolved["TempDir"] = resolved["RedshiftTempDir"]
    return resolved


def _joined(args: Sequence[str]) -> list[str]:
    """`--name value` as `--name=value`, so that a value may begin with a dash."""
    joined: list[str] = []
    index = 0
    while index < len(args):
        word = args[index]
        if (
            word.startswith("--")
            and "=" not in word
            and index + 1 < len(args)
            and not args[index + 1].startswith("--")
        ):
            joined.append(f"{word}={args[index + 1]}")
            index += 1
        else:
            joined.append(word)
        index += 1
    return joined
