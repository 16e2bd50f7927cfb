"""`bovespa refine`: a run of the deployed Glue jobs, by hand."""

from __future__ import annotations

from datetime import datetime

import click

from bovespa.errors import UserError
from bovespa.indices import await_indices
from bovespa.output import json_option, print_json, say
from bovespa.refinement import JOBS, PORTFOLIO, Refinement
from bovespa.target import find_target, stack_option


@click.command()
@click.option(
    "--date",
    "dates",
    multiple=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="Refine this session again, whatever the jobs took before. May be repeated.",
)
@click.option(
    "--job", "names", multiple=True, type=click.Choice(sorted(JOBS)), help="One job. [default: all]"
)
@stack_option
@json_option
def refine(dates: tuple[datetime, ...], names: tuple[str, ...], stack: str | None, as_json: bool) -> None:
    """Start the stack's Glue jobs, and wait until they have refined what is in raw.

    Without --date a run takes what no run has taken yet. With it, raw of those sessions is written
    anew as it is, and so taken again.
    """
    target = find_target(stack)
    days = sorted({moment.date() for moment in dates})
    done, left = [], set(days)
    for name in names or sorted(JOBS):
        job = JOBS[name]
        refinement = Refinement(target, job, tell=lambda line: say(line, err=True))
        mine = sorted(set(days) & set(refinement.sessions())) if days else []
        left -= set(mine)
        if days and not mine:
            continue
        if mine:
            refinement.touch(mine)
            refinement.await_refined(mine, event=job is PORTFOLIO)
        else:
            refinement.run()
        done.append({"job": refinement.name, "sessions": mine})
        if not as_json:
            say(f"{refinement.name}: " + (", ".join(map(str, mine)) or "what was new in raw") + " refined")
    if done:
        await_indices(target, tell=lambda line: say(line, err=True))
    if left:
        raise UserError(
            f"{', '.join(map(str, sorted(left)))}: not in raw: `bovespa ingest` or `backfill` first"
        )
    if as_json:
        print_json(done)
