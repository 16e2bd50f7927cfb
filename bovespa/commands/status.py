"""`bovespa status`: how a stack is doing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict

import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.text import Text

from bovespa.errors import UserError
from bovespa.language import language_option
from bovespa.output import console, json_option, print_json
from bovespa.status import Status, read_status
from bovespa.target import find_target, stack_option
from bovespa.words import Standing, words
from reports.notation import Language, Notation

_GOOD, _BAD = "", "dark_orange3"


@click.command()
@stack_option
@language_option
@json_option
def status(stack: str | None, language: Language, as_json: bool) -> None:
    """How a stack is doing: last captures and runs, quarantine, alarms, the stream, schedules.

    Ends with status 1 where something needs a person: an alarm rings, a job's last run did not succeed,
    something is in quarantine.
    """
    target = find_target(stack)
    try:
        found = read_status(target.aws, target.exports)
    except (ClientError, BotoCoreError) as error:
        raise UserError(f"the stack can't be asked: {error}") from error
    said, notation = words(language).standing, Notation(language=language)
    lines = list(_lines(found, said, notation))
    if as_json:
        print_json({**asdict(found), "needs_attention": any(bad for _, _, bad in lines)})
    else:
        output = console()
        name = said.embedded if target.embedded else str(stack)
        lines.insert(0, ("stack", said.located.format(stack=name, region=found.region), False))
        for name, text, bad in lines:
            heading = said.names.get(name, name)
            output.print(Text.assemble(f"{heading:11}", (text, _BAD if bad else _GOOD)), soft_wrap=True)
    if any(bad for _, _, bad in lines):
        raise click.exceptions.Exit(1)


def _lines(found: Status, said: Standing, notation: Notation) -> Iterator[tuple[str, str, bool]]:
    for capture in found.captures:
        yield "raw", f"{capture.table}: {capture.last or said.nothing_yet}", False
    for run in found.runs:
        if run.state is None:
            yield "job", f"{run.job}: {said.never_ran}", False
            continue
        when = f" {run.started:%Y-%m-%d %H:%M} UTC" if run.started else ""
        took = f", {run.seconds} s" if run.seconds is not None else ""
        why = f": {run.message.splitlines()[0]}" if run.message else ""
        going = run.state in ("SUCCEEDED", "RUNNING", "STARTING", "WAITING")
        yield "job", f"{run.job}: {_state(run.state, said)}{when}{took}{why}", not going
    kept = found.quarantine
    objects = said.objects_or_more if kept.more else said.objects
    last = said.the_last.format(key=kept.latest) if kept.latest else ""
    yield "quarantine", objects.format(count=notation.number(kept.objects)) + last, bool(kept.objects)
    yield "alarms", ", ".join(found.alarms) or said.none_rings, bool(found.alarms)
    if found.stream is not None:
        stream = found.stream
        tasks = said.tasks.format(
            running=stream.running, desired=stream.desired, delivery=_state(stream.delivery, said)
        )
        yield "stream", tasks, False
    for schedule in found.schedules:
        off = "" if schedule.state == "ENABLED" else f" ({_state(schedule.state, said).lower()})"
        yield "schedule", f"{schedule.function}: {schedule.expression} {schedule.timezone}{off}", False


def _state(name: str, said: Standing) -> str:
    """A state of AWS's; in English its own name."""
    return said.states.get(name, name)
