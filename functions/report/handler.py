"""The daily report's Lambda entry: called once the indices are computed, it reports on each one's newest session."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from functions.report.pages import Pages
from functions.report.publish import Desk, Outcome, Topic
from functions.report.session import ReportError
from lake.athena import Athena, QueryFailed

logger = Logger(service="report")

# So links name the region's own endpoint, and open objects under a key of KMS.
_S3 = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})


class ReportsFailed(Exception):
    """Some indices could not be reported on; the message names them and the reasons."""


@logger.inject_lambda_context
def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Report on the newest session of each configured index, or write the pages of the day that is asked for.

    Args:
        event: EventBridge's "Glue Job State Change", or anything else with ``date`` (``YYYY-MM-DD``; then nobody is
            mailed) and ``indices``, both optional.
        context: Lambda's.

    Returns:
        ``{"reports": [{"indice": "IBOV", "status": "mailed", "date": "2025-09-03", "page": "s3://…", "link": "https://…"}]}``

    Raises:
        ReportError: the event asks for something that is no day or no index.
        ReportsFailed: after every index was tried.
    """
    day, indices = _day(event.get("date")), _indices(event.get("indices"))
    desk = _desk()
    outcomes, failed = [], []
    for indice in indices:
        try:
            outcome = desk.of_day(indice, day) if day else desk.newest(indice, datetime.now(UTC))
        except (ReportError, QueryFailed, ClientError, BotoCoreError) as error:
            logger.exception("no report", indice=indice)
            failed.append(f"{indice}: {error}")
            continue
        # Without the link: whoever has it may open the page.
        logger.info("report", indice=indice, status=outcome.status, page=outcome.page)
        outcomes.append(_answer(outcome))
    if failed:
        raise ReportsFailed("; ".join(failed))
    return {"reports": outcomes}


def _desk() -> Desk:
    athena = boto3.client("athena")
    return Desk(
        # What was read is not told: the page of the same numbers has the same bytes.
        athena=Athena(
            client=athena,
            workgroup=os.environ["WORKGROUP"],
            database=os.environ["DATABASE"],
            counts_scans=False,
        ),
        pages=Pages(client=boto3.client("s3", config=_S3), bucket=os.environ["REPORTS_BUCKET"]),
        topic=Topic(client=boto3.client("sns"), arn=os.environ["TOPIC_ARN"]),
        region=athena.meta.region_name,
        stack=os.environ["STACK"],
    )


def _day(given: object) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise ReportError(f"date: expected YYYY-MM-DD, found {given!r:.40}") from None


def _indices(given: object) -> list[str]:
    if given is None:
        return os.environ["INDICES"].split(",")
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise ReportError(f"indices: expected a list such as ['IBOV'], found {given!r:.40}")
    return given


def _answer(outcome: Outcome) -> dict[str, Any]:
    return {
        "indice": outcome.indice,
        "status": outcome.status.value,
        "date": outcome.day.isoformat() if outcome.day else None,
        "page": outcome.page,
        "link": outcome.link,
    }
