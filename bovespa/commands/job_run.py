"""`bovespa job run`: a visual Glue job executed on files, with the script that Glue Studio would generate."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from bovespa.errors import UserError
from bovespa.glue.folder_run import DEFAULT_TIMEOUT, default_arguments, run_in_folder
from bovespa.glue.local_run import RunResult
from bovespa.glue.runtime.errors import JobFailedError, RuntimeFailure
from bovespa.glue.script import generate, until
from bovespa.local.errors import LocalError
from glue.definition import decoded, fill, load, node_body, placeholders
from glue.errors import DefinitionError, UnsupportedNodeError
from glue.model import JobDefinition
from glue.placeholders import names_in
from glue.validation import errors, validate

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _pairs(_context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name.lstrip("-"):
            raise click.BadParameter(f"{value!r} is not KEY=VALUE", param=parameter)
        pairs[name.lstrip("-")] = text
    return pairs


@click.command("run")
@click.argument("path", metavar="JOB.json|SCRIPT.py", type=_FILE)
@click.option("--s3", "root", type=_FOLDER, required=True, help="s3://bucket/key is the file DIR/bucket/key.")
@click.option("--until", "node", metavar="NODE",
              help="Run what comes before this node (id or name), and show what it would read.")  # fmt: skip
@click.option("--argument", "arguments", metavar="KEY=VALUE", multiple=True, callback=_pairs,
              help="A job argument, with or without dashes. May be repeated.")  # fmt: skip
@click.option("--placeholder", "values", metavar="KEY=VALUE", multiple=True, callback=_pairs,
              help="A placeholder ${KEY} of the definition. May be repeated.")  # fmt: skip
@click.option("--table", "tables", metavar="DB.NAME=s3://…", multiple=True, callback=_pairs,
              help="Declare a catalogue table that the job reads, if DIR/catalog.json has none.")  # fmt: skip
@click.option(
    "--timeout", default=DEFAULT_TIMEOUT, show_default=True, help="Seconds after which the run is ended."
)
@click.option("--verbose", is_flag=True, help="Also show what the script prints.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def run_command(
    path: Path,
    root: Path,
    node: str | None,
    arguments: dict[str, str],
    values: dict[str, str],
    tables: dict[str, str],
    timeout: float,
    verbose: bool,
    as_json: bool,
) -> None:
    """Run a visual job, or a script that Glue Studio generated, on files under a folder.

    S3 and the catalogue are the embedded AWS's for the time of the run; what the job changed is then in the
    folder, and the catalogue in DIR/catalog.json. Bookmarks are off unless asked for with
    --argument job-bookmark-option=job-bookmark-enable; they are then kept in DIR/bookmarks.
    """
    started = time.monotonic()
    name, script, defaults = _script(path, values, node)
    try:
        result = run_in_folder(
            script, root, job=name, arguments={**defaults, **arguments}, tables=tables, timeout=timeout
        )
    except JobFailedError as error:
        if verbose:
            click.echo(error.output + error.log, err=True)
        raise UserError(f"{path}: {error.summary}") from error
    except (RuntimeFailure, LocalError) as error:
        raise UserError(f"{path}: {error}") from error
    if as_json:
        click.echo(json.dumps(_document(result, time.monotonic() - started), ensure_ascii=False))
        return
    if verbose:
        click.echo(result.output + result.log, err=True)
    elif node is not None:
        click.echo(result.output, nl=False)
    _show(result)


def _script(path: Path, values: dict[str, str], node: str | None) -> tuple[str, str, dict[str, str]]:
    """The job's name, its script, and the arguments that its definition gives it."""
    if path.suffix == ".py":
        if node is not None:
            raise UserError(f"{path}: --until needs the job's definition, a script has no nodes")
        try:
            return path.stem, decoded(path.read_bytes()), {}
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path}: cannot be read as text: {error}") from error
    definition = _read(path, values)
    try:
        script = generate(definition) if node is None else until(definition, node)
    except UnsupportedNodeError as error:
        raise UserError(f"{path}: {error}: {hint(path, error)}") from error
    except DefinitionError as error:
        raise UserError(f"{path}: {error}") from error
    return definition.name, script, default_arguments(definition)


def hint(path: Path, error: UnsupportedNodeError) -> str:
    """What to do about a node that only AWS runs."""
    return f"`bovespa job run {path} --until {error.node_id}` runs what comes before it"


def _read(path: Path, values: dict[str, str]) -> JobDefinition:
    """The definition with its placeholders filled. What Glue would refuse is said, and tried all the same."""
    try:
        definition = load(path)
        if wanted := placeholders(definition):
            needed = set(names_in([node_body(node) for node in definition.nodes.values()]))
            unused = {name: name for name in wanted - needed}  # in the role or the script's place, say
            definition = fill(
                definition, {**unused, **{name: values[name] for name in wanted & values.keys()}}
            )
    except DefinitionError as error:
        raise UserError(str(error)) from error
    for problem in errors(validate(definition)):
        click.echo(f"warning: Glue would refuse this job: {problem}", err=True)
    return definition


def _document(result: RunResult, seconds: float) -> dict[str, Any]:
    report = result.report.as_dict()
    return {"job": result.job, "status": "succeeded", "seconds": round(seconds, 3), **report}


def _show(result: RunResult) -> None:
    report = result.report
    for source in report.sources:
        left_out = f" ({source.skipped} left out by the bookmark)" if source.skipped else ""
        click.echo(f"read       {_count(source.files, 'file')} from {', '.join(source.places)}{left_out}")
    for purged in report.purged:
        click.echo(f"deleted    {_count(purged.files, 'file')} under {purged.path}")
    for target in report.targets:
        spread = f" and {_count(target.partitions, 'partition')}" if target.partitions else ""
        rows = _count(target.rows, "row")
        click.echo(f"wrote      {rows} in {_count(target.files, 'file')}{spread} to {target.path}")
    for touched in report.tables:
        new = _count(touched.partitions, "new partition")
        click.echo(f"catalogued {touched.table}: {touched.change}, {new}")
    for note in report.notes:
        click.echo(f"note       {note}")
    click.echo(f"job {result.job} succeeded in {result.seconds:.1f} s")


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
