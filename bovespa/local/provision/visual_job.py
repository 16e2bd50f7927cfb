"""Visual Glue jobs, which the emulator stores without their nodes and does not run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from bovespa.glue.script import generate
from bovespa.local.aws import Clients
from bovespa.local.configuration import PROJECT
from bovespa.local.errors import LocalError
from bovespa.local.program import Answer, Registration
from components.visual_job_provider import VisualJobProvider
from glue.definition import parse

RUN_SECONDS = 600
_ENTRY = PROJECT / "bovespa" / "glue" / "runtime" / "emulator_entry.py"


def visual_job(aws: Clients, wanted: Registration) -> Answer:
    """Create the job as `pulumi up` does, then do what Glue itself does with it.

    The resource's own provider checks the definition and calls CreateJob. Glue then generates the
    script at ``Command.ScriptLocation`` and runs it on Spark; here the generated script is put there,
    and the emulator's job becomes a ``pythonshell`` one whose script runs it on the local engine.
    """
    provider = VisualJobProvider()
    inputs = dict(wanted.inputs)
    checked = provider.check({}, inputs)
    if checked.failures:
        raise LocalError("; ".join(failure.reason for failure in checked.failures))
    made = provider.create(inputs)
    definition = json.loads(inputs["definition"])
    script = definition["Command"]["ScriptLocation"]
    place = urlsplit(script)
    aws["s3"].put_object(
        Bucket=place.netloc, Key=place.path.lstrip("/"), Body=generate(parse(definition)).encode()
    )
    aws["glue"].update_job(JobName=made.id, JobUpdate=_on_this_machine(definition, script))
    return Answer(id=made.id, outputs=dict(made.outs or {}))


def _on_this_machine(definition: Mapping[str, Any], script: str) -> dict[str, Any]:
    return {
        "Role": definition["Role"],
        "Command": {"Name": "pythonshell", "ScriptLocation": str(_ENTRY)},
        "DefaultArguments": {
            **definition["DefaultArguments"],
            "--JOB_NAME": definition["Name"],
            "--script-s3": script,
            "--job-role-arn": definition["Role"],
        },
        "Timeout": RUN_SECONDS,  # the emulator takes Glue's minutes for seconds
    }
