"""The Lambda entry that starts a Glue job once one that it builds on has succeeded, and nothing more.

Which sessions are to be computed is the job's own business, so runs may be started in any order and number. A refusal
by Glue is raised: Lambda retries the event and then puts it on the dead-letter queue.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

logger = Logger(service="trigger")


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Start the job if the event says that a run succeeded.

    The event is EventBridge's "Glue Job State Change" (AWS Glue Developer Guide, "Automating with EventBridge").

    Returns:
        ``{"started": run id or None, "after": the run that succeeded or None}``.

    Raises:
        botocore.exceptions.ClientError: Glue refused; the event is to be retried.
    """
    detail = event.get("detail") or {}
    if event.get("detail-type") != "Glue Job State Change" or detail.get("state") != "SUCCEEDED":
        logger.warning("nothing to start", detail_type=event.get("detail-type"), state=detail.get("state"))
        return {"started": None, "after": None}
    # Asked for by each run: a value that is absent means no queueing (AWS Glue's web API reference, "StartJobRun").
    answer = boto3.client("glue").start_job_run(JobName=os.environ["JOB_NAME"], JobRunQueuingEnabled=True)
    run_id = answer["JobRunId"]
    logger.info("started", job=os.environ["JOB_NAME"], run_id=run_id, after=detail.get("jobName"))
    return {"started": run_id, "after": detail.get("jobRunId")}
