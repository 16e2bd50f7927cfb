"""Carries out a run of the emulator's as AWS Glue would a visual job's.

Its environment is the emulator's plus the run's arguments as variables (:mod:`.emulator_entry`). Of these it needs
`JOB_NAME`, `script-s3` (where the generated script is) and `job-role-arn`; all but the last two reach the
script. The script runs with the role's rights only, one run at a time, and what it prints goes to the log
groups `<prefix>/output` and `<prefix>/error` (prefix: `custom-logGroup-prefix`, default `/aws-glue/jobs`),
stream = the run's id. On failure the first line on standard error, which the emulator makes the run's
ErrorMessage, says what failed.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bovespa.glue.local_run import JobProcess, job_process
from bovespa.glue.runtime import emulator_run
from bovespa.glue.runtime.errors import JobFailedError, RuntimeFailure
from bovespa.glue.runtime.gateway import LOCK
from bovespa.glue.runtime.location import parse
from bovespa.glue.runtime.s3_store import S3Store

_OWN = ("script-s3", "job-role-arn")
_MESSAGE_LIMIT = 2000
_TIMEOUT = 590.0  # the emulator kills after 600 s, without a word


def main() -> int:
    """Carry out the run that the environment describes; returns the exit status."""
    try:
        _carry_out(os.environ)
    except RuntimeFailure as error:
        print(str(error)[:_MESSAGE_LIMIT], file=sys.stderr)  # noqa: T201 (the emulator reads it)
        return 1
    return 0


def _carry_out(environment: Mapping[str, str]) -> None:
    job, script_url, role = (_required(environment, name) for name in ("JOB_NAME", *_OWN))
    where = emulator_run.emulator(environment)
    claims = _claims_folder(environment, where.endpoint)
    with job_process(environment={}) as process:  # it imports Spark while this one talks to the emulator
        run = emulator_run.claim(where, job, environment, claims)
        role_credentials = emulator_run.credentials(where, role, f"glue-{job}-{run['Id']}")
        s3 = S3Store(where.client("s3", role_credentials))
        arguments = {name.lstrip("-"): str(value) for name, value in run.get("Arguments", {}).items()}
        arguments = {name: value for name, value in arguments.items() if name not in (*_OWN, "JOB_NAME")}
        problem: JobFailedError | None = None
        with process.turn(_TIMEOUT):
            body = s3.read(parse(script_url))
            if body is None:
                raise RuntimeFailure(f"there is no script at {script_url}")
            try:
                process.run(
                    body.decode("utf-8"),
                    job=job,
                    arguments={**arguments, "JOB_RUN_ID": run["Id"]},
                    environment=where.environment(role_credentials),
                    timeout=_TIMEOUT,
                )
            except JobFailedError as error:
                problem = error
            _keep_logs(where, role_credentials, arguments, run["Id"], process, problem)  # while Spark stops
    if problem is not None:
        raise problem


def _keep_logs(
    where: emulator_run.Emulator,
    role_credentials: Mapping[str, str],
    arguments: Mapping[str, str],
    run_id: str,
    process: JobProcess,
    problem: JobFailedError | None,
) -> None:
    prefix = arguments.get("custom-logGroup-prefix") or emulator_run.DEFAULT_LOG_PREFIX
    logs = where.client("logs", role_credentials)
    try:
        emulator_run.put_logs(logs, f"{prefix}/output", run_id, process.output())
        emulator_run.put_logs(logs, f"{prefix}/error", run_id, process.log())
    except RuntimeFailure:
        if problem is None:
            raise  # a role that may not write its logs is a fault worth a failed run


def _required(environment: Mapping[str, str], name: str) -> str:
    value = environment.get(name)
    if not value:
        raise RuntimeFailure(f"the job's argument --{name} is missing")
    return value


def _claims_folder(environment: Mapping[str, str], endpoint: str) -> Path:
    lock = Path(environment.get(LOCK, ""))
    if LOCK in environment and lock.parent.is_dir():
        return lock.parent / "claims"
    return Path(tempfile.gettempdir()) / f"glue-claims-{re.sub(r'[^0-9A-Za-z]', '-', endpoint)}-{os.getuid()}"
