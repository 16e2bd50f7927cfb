"""The emulator's process: ministack behind a door, with an Athena that is asked and authorised as AWS's is.

python -m bovespa.local.ministack
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bovespa.athena.engine import install
from bovespa.local.doorkeeper import serve


def authorise_by_workgroup() -> None:
    """Let IAM judge a call about one query by the workgroup that the query runs in.

    That is the resource of those actions (Service Authorization Reference, "Actions defined by Amazon Athena");
    ministack takes it from a call that names a workgroup only, and asks for a right on ``*`` else.
    """
    from ministack.core import iam_actions
    from ministack.services import athena

    resource_of = iam_actions.extract_resource_arn

    def resource(service: str, method: str, path: str, headers: Any, body: bytes, *rest: Any) -> str:
        if service == "athena" and b"QueryExecutionId" in body:
            execution = athena._executions.get(json.loads(body).get("QueryExecutionId"))
            if execution is not None:
                arn: str = athena._arn_workgroup(execution["WorkGroup"])
                return arn
        found: str = resource_of(service, method, path, headers, body, *rest)
        return found

    iam_actions.extract_resource_arn = resource


def tell_of_job_runs() -> None:
    """Publish "Glue Job State Change" when a run ends (AWS Glue Developer Guide, "Automating with EventBridge").

    Of a burst only the last is told: Glue queues its runs, and here each would have a process that waits.
    """
    from ministack.services import eventbridge, glue

    execute: Callable[..., None] = glue._execute_subprocess

    def executed(run: dict[str, Any], *rest: Any) -> None:
        execute(run, *rest)
        runs = glue._job_runs[run["JobName"]]
        if any(other["JobRunState"] in ("STARTING", "RUNNING") for other in runs if other is not run):
            return
        detail = {
            "jobName": run["JobName"],
            "jobRunId": run["Id"],
            "state": run["JobRunState"],
            "message": "",
        }
        entry = {"Source": "aws.glue", "DetailType": "Glue Job State Change", "Detail": json.dumps(detail)}
        eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)

    glue._execute_subprocess = executed


if __name__ == "__main__":
    install()
    authorise_by_workgroup()
    tell_of_job_runs()
    serve()
