"""`bovespa status`: how a stack is doing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from bovespa.errors import UserError
from bovespa.output import console, json_option, print_json
from bovespa.status import Status, read_status
from bovespa.target import find_target, stack_option

_GOOD, _BAD = "", "dark_orange3"


@click.command()
@stack_option
@json_option
def status(stack: str | None, as_json: bool) -> None:
    """How a stack is doing: last captures and runs, quarantine, alarms, the stream, schedules.

    Ends with status 1 where something needs a person: an alarm rings, a job's last run did not succeed,
    something is in quarantine.
    """
    target = find_target(stack)
    try:
        found = read_status(target.aws, target.exports)
    except (ClientError, BotoCoreError) as error:
        raise UserError(f"the stack can't be asked: {error}") from error
    lines = list(_lines(found))
    if as_json:
        print_json({**asdict(found), "needs_attention": any(bad for _, _, bad in lines)})
    else:
        output = console()
        output.print(f"{'stack':11}{'embedded' if target.embedded else stack} in {found.region}")
        for name, text, bad in lines:
            output.print(Text.assemble(f"{name:11}", (text, _BAD if bad else _GOOD)), soft_wrap=True)
    if any(bad for _, _, bad in lines):
        raise click.exceptions.Exit(1)


def _lines(found: Status) -> Iterator[tuple[str, str, bool]]:
    for capture in found.captures:
        yield "raw", f"{capture.table}: {capture.last or 'nothing yet'}", False
    for run in found.runs:
        if run.state is None:
            yield "job", f"{run.job}: never ran", False
            continue
        when = f"{run.started:%Y-%m-%d %H:%M} UTC" if run.started else ""
        took = f", {run.seconds} s" if run.seconds is not None else ""
        why = f": {run.message.splitlines()[0]}" if run.message else ""
        going = run.state in ("SUCCEEDED", "RUNNING", "STARTING", "WAITING")
        yield "job", f"{run.job}: {run.state} {when}{took}{why}", not going
    kept = found.quarantine
    count = f"{kept.objects:,}{' or more' if kept.more else ''}"
    yield (
        "quarantine",
        f"{count} objects" + (f", the last is {kept.latest}" if kept.latest else ""),
        bool(kept.objects),
    )
    yield "alarms", ", ".join(found.alarms) or "none rings", bool(found.alarms)
    if found.stream is not None:
        stream = found.stream
        yield (
            "stream",
            f"{stream.running} of {stream.desired} tasks run, Firehose is {stream.delivery}",
            False,
        )
    for schedule in found.schedules:
        off = "" if schedule.state == "ENABLED" else f" ({schedule.state.lower()})"
        yield "schedule", f"{schedule.function}: {schedule.expression} {schedule.timezone}{off}", False
