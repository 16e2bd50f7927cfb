"""The CLI as it is after its plugins were installed: a home with ours in place of Amazon's."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

_SECONDS = 120
# Of a person's own AWS and Pulumi nothing may be reached; a virtual environment is the program's to choose.
_NOT_KEPT = ("AWS_", "PULUMI_", "VIRTUAL_ENV", "PYTHON")


def install(home: Path, cli: Path) -> dict[str, str]:
    """Install the ``aws`` plugin of :mod:`tests.engine.aws_provider` and return the CLI's environment.

    The engine starts plugins in the project's folder, so the plugin's code is that of the project's copy.

    Args:
        home: empty; what the CLI keeps beside its state.
        cli: the folder with ``pulumi``.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_KEPT)}
    variables = {
        **kept,
        "PATH": os.pathsep.join([str(cli), os.environ.get("PATH", os.defpath)]),
        "PULUMI_HOME": str(home),
        "PULUMI_CONFIG_PASSPHRASE": "a test's",
        "PULUMI_DEBUG_COMMANDS": "true",  # gives --event-log, as the Automation API does
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
    }
    launcher = home / "pulumi-resource-aws"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m tests.engine.aws_provider "$@"\n')
    launcher.chmod(0o755)
    command = [
        "pulumi",
        "plugin",
        "install",
        "resource",
        "aws",
        version("pulumi-aws"),
        "--file",
        str(launcher),
    ]
    subprocess.run(command, env=variables, check=True, capture_output=True, timeout=_SECONDS)
    return variables
