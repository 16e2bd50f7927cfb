"""The trigger's Lambda entry: starts the Glue job once per invocation, and nothing more.

Which files are new is the job's own business (its bookmark), so the event's keys are only logged. A
refusal by Glue (``ConcurrentRunsExceededException``, throttling) is raised: Lambda retries the event
and then puts it on the dead-letter queue.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from functions.trigger.events import keys_of

logger = Logger(service="trigger")


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Start the job if the event names raw objects.

    Returns:
        ``{"started": run id or None, "keys": [raw key…]}``.

    Raises:
        UnreadableEvent: the event is of no known form.
        botocore.exceptions.ClientError: Glue refused; the event is to be retried.
    """
    keys = keys_of(event, bucket=os.environ["LAKE_BUCKET"], pattern=os.environ["KEY_PATTERN"])
    if keys.foreign:
        logger.warning("ignored", keys=list(keys.foreign))
    if not keys.raw:
        logger.info("nothing to start", s3_event=event.get("Event", "none of ours"))
        return {"started": None, "keys": []}
    # Said with every run: "not considered for queueing" where the call leaves it out, whatever the job says.
    answer = boto3.client("glue").start_job_run(JobName=os.environ["JOB_NAME"], JobRunQueuingEnabled=True)
    run_id = answer["JobRunId"]
    logger.info("started", job=os.environ["JOB_NAME"], run_id=run_id, keys=list(keys.raw))
    return {"started": run_id, "keys": list(keys.raw)}
