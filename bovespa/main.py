"""The `bovespa` command; each group of commands is in a file of its own, imported when it is called."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from bovespa.terminal import prepare, writing

# Where each command is: a module of `bovespa.commands` and the click object in it.
_COMMANDS = {
    "demo": "demo:demo",
    "up": "stack:up",
    "down": "stack:down",
    "status": "status:status",
    "doctor": "doctor:doctor",
    "query": "query:query",
    "report": "report:report",
    "parse": "parse:parse",
    "ingest": "ingest:ingest",
    "refine": "refine:refine",
    "preview": "preview:preview",
    "job": "job:job",
    "backfill": "backfill:backfill",
    "stream": "stream:stream",
}


class _Commands(click.Group):
    """Imports a command's module only when the command is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        if name not in _COMMANDS:
            return None
        module, attribute = _COMMANDS[name].split(":")
        command: click.Command = getattr(importlib.import_module(f"bovespa.commands.{module}"), attribute)
        return command


@click.group(
    cls=_Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="bovespa-pipeline", message="%(version)s")
def cli() -> None:
    """B3's daily Ibovespa portfolio: S3 lake, visual Glue job, Athena.

    Start with `bovespa demo`: the whole pipeline on this machine, with no AWS account.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a user's mistake ends it with one line and status 1 or 2."""
    prepare()
    try:
        with writing():
            cli.main(args=list(arguments) if arguments is not None else None, standalone_mode=False)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
