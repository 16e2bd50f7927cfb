"""`bovespa job`: visual Glue jobs as files — check, draw, generate, fetch, compare."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from bovespa.commands.job_run import hint, run_command
from bovespa.errors import UserError
from bovespa.glue.script import Style, generate
from bovespa.target import find_target
from glue import comparison, diagram, files, pull
from glue.definition import fill, load, node_body, placeholders
from glue.errors import DefinitionError, PullError, UnsupportedNodeError
from glue.model import JobDefinition
from glue.nodes import role_of
from glue.problems import Problem
from glue.validation import errors, validate

STYLES = {"auto": None, **{style.value: style for style in Style}}

EXISTING_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
WIDE = 400
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
REGION = click.option("--region", help="AWS region; by default the environment's. Not with --stack.")
STACK = click.option(
    "--stack", metavar="NAME", help="A stack: its credentials, region and lake. [default: the environment's]"
)
WHOLE = click.option("--whole", is_flag=True, help="With the name and every job-level property that AWS has.")
PLACEHOLDER = click.option(
    "--placeholder",
    "pairs",
    metavar="KEY=VALUE",
    multiple=True,
    callback=lambda _context, _parameter, values: _pairs(values),
    help="A placeholder ${KEY} and its value. May be repeated.",
)


@click.group()
def job() -> None:
    """Visual Glue jobs as files.

    Reads what `aws glue get-job` prints (in PowerShell too), what Glue's Git integration commits, and what
    Glue Studio's "Download" gives.
    """


@job.command("validate")
@click.argument("paths", metavar="FILE...", nargs=-1, required=True, type=EXISTING_FILE)
@AS_JSON
def validate_command(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check definitions offline: the API's types, the graph, each node.

    Ends with status 1 if any has an error; warnings alone don't.
    """
    found = {path: _check(path) for path in paths}
    if as_json:
        report = [
            {
                "file": str(path),
                "valid": not errors(problems),
                "problems": [_as_json(item) for item in problems],
            }
            for path, problems in found.items()
        ]
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        for path, problems in found.items():
            _report(path, problems)
    if any(errors(problems) for problems in found.values()):
        raise SystemExit(1)


@job.command("show")
@click.argument("path", metavar="FILE", type=EXISTING_FILE)
@click.option("--mermaid", is_flag=True, help="Print a Mermaid flowchart, for documents.")
@AS_JSON
def show_command(path: Path, mermaid: bool, as_json: bool) -> None:
    """Draw a job's graph."""
    with _user_errors():
        definition = load(path)
    if as_json:
        click.echo(json.dumps(_graph(definition), indent=2, ensure_ascii=False))
    elif mermaid:
        click.echo(diagram.mermaid(definition), nl=False)
    else:
        # Redirected output has no width of its own: leave the lines whole.
        Console(width=None if sys.stdout.isatty() else WIDE).print(diagram.tree(definition))


@job.command("script")
@click.argument("path", metavar="FILE", type=EXISTING_FILE)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to stdout."
)
@click.option(
    "--style",
    type=click.Choice(list(STYLES)),
    default="auto",
    show_default=True,
    help="Glue Studio's habits of today, of 2024 or 2023; auto: of when the newest node was added.",
)
@click.option(
    "--first-query",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="The number in the first SqlQuery… name; Glue takes it from a counter of its own.",
)
@PLACEHOLDER
def script_command(
    path: Path, output: Path | None, style: str, first_query: int, pairs: dict[str, str]
) -> None:
    """Print the PySpark script that Glue Studio generates from a job."""
    with _user_errors():
        definition = load(path)
        if pairs:
            definition = fill(definition, pairs)
        try:
            text = generate(definition, STYLES[style], first_query=first_query)
        except UnsupportedNodeError as error:
            raise UserError(f"{path}: {error}: {hint(path, error)}") from error
    _deliver(text, output)


@job.command("pull")
@click.argument("name")
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Write here, not to stdout."
)
@REGION
@STACK
@WHOLE
@PLACEHOLDER
def pull_command(
    name: str,
    output: Path | None,
    region: str | None,
    stack: str | None,
    whole: bool,
    pairs: dict[str, str],
) -> None:
    """Fetch a job from AWS into this repository's format.

    With --stack, it is the stack's credentials and region that ask, and the lake's bucket is written as
    ${lake_bucket}. Values given as placeholders (the lake's bucket) are written as ${KEY}. Where the output file is
    there already, its name and its job-level properties stay the only ones: role, workers and arguments
    are the deployment's.
    """
    with _user_errors():
        glue, pairs = _glue(stack, region, pairs)
        definition = pull.pull(glue, name, pairs)
        if output is not None and output.exists() and not whole:
            definition = comparison.owned_by(definition, load(output))
    _deliver(files.dump(definition), output)


@job.command("diff")
@click.argument("path", metavar="FILE", type=EXISTING_FILE)
@click.argument("other", metavar="[NAME|FILE2]", required=False)
@REGION
@STACK
@WHOLE
@PLACEHOLDER
@AS_JSON
def diff_command(
    path: Path,
    other: str | None,
    region: str | None,
    stack: str | None,
    whole: bool,
    pairs: dict[str, str],
    as_json: bool,
) -> None:
    """Compare a job with another file, or with the job of that name in AWS (by default its own name).

    Ignores order, nulls, defaults and how placeholders are spelt; with a job in AWS also its name and the
    job-level properties that FILE doesn't state. Ends with status 1 if anything differs.
    """
    with _user_errors():
        left = load(path)
        if other is not None and Path(other).is_file():
            right = pull.with_placeholders(load(other), pairs)
        else:
            glue, pairs = _glue(stack, region, pairs)
            name = other or left.name
            if placeholders(JobDefinition(name=name)):
                name = fill(JobDefinition(name=name), pairs).name
            right = pull.pull(glue, name, pairs)
            if not whole:
                right = comparison.owned_by(right, left)
        differences = comparison.compare(left, right)
    if as_json:
        rows = [{"path": row.path, "left": row.left, "right": row.right} for row in differences]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False, default=str))
    else:
        for row in differences:
            click.echo(row.path)
            click.echo(f"  - {_shown(row.left)}")
            click.echo(f"  + {_shown(row.right)}")
        click.echo("no difference" if not differences else f"{len(differences)} differences", err=True)
    if differences:
        raise SystemExit(1)


job.add_command(run_command)


def _glue(stack: str | None, region: str | None, pairs: dict[str, str]) -> tuple[Any, dict[str, str]]:
    """A Glue client, and the placeholders with what the stack knows of them."""
    if stack is None:
        return pull.client(region), pairs
    if region is not None:
        raise click.UsageError("--stack has a region of its own: leave --region out")
    target = find_target(stack)
    return target.aws["glue"], {"lake_bucket": target.exports["lakeBucket"], **pairs}


def _check(path: Path) -> list[Problem]:
    """A definition's problems; a file that cannot be read as one is itself the problem."""
    try:
        return validate(load(path))
    except DefinitionError as error:
        return [Problem.job("", str(error).removeprefix(f"{path}: "))]


def _report(path: Path, problems: list[Problem]) -> None:
    failed = errors(problems)
    if not failed:
        click.echo(f"{path}: valid" + (f", {len(problems)} warnings" if problems else ""))
    for problem in problems:
        click.echo(f"{path}: {problem.severity.value}: {problem}", err=problem in failed)


def _as_json(problem: Problem) -> dict[str, Any]:
    return {
        "severity": problem.severity.value,
        "node": problem.node_id,
        "name": problem.node_name,
        "kind": problem.kind,
        "path": problem.path,
        "message": problem.message,
    }


def _graph(definition: JobDefinition) -> dict[str, Any]:
    return {
        "name": definition.name,
        "nodes": [
            {
                "id": node.id,
                "kind": node.kind,
                "role": role_of(node.kind).value,
                "name": node.name,
                "inputs": list(node.inputs),
                "properties": {k: v for k, v in node_body(node).items() if k not in ("Name", "Inputs")},
            }
            for node in definition.nodes.values()
        ],
    }


def _deliver(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        files.write(output, text)
    except OSError as error:
        raise UserError(f"{output}: cannot be written: {error.strerror or error}") from error


def _shown(value: Any) -> str:
    return "(not there)" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _pairs(values: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for value in values:
        key, separator, text = value.partition("=")
        if not separator or not key.isidentifier():
            raise click.BadParameter(f"{value!r} is not KEY=VALUE with a name as KEY")
        found[key] = text
    return found


@contextmanager
def _user_errors() -> Iterator[None]:
    try:
        yield
    except (DefinitionError, PullError) as error:
        raise UserError(str(error)) from error
