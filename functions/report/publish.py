"""One index's report: the session is chosen, its page written, and the mail sent unless it would say nothing new.

The page is written first, the mail sent after it, and noted last: a run that dies in between sends the mail again, and
no run sends a link to a page that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from functions.report.mail import Mail, Place, compose
from functions.report.numbers import numbers_of
from functions.report.pages import Mailed, Pages
from functions.report.session import ReportError, newest_session, require_coverage
from lake.athena import Athena
from reports import IndexReport, NoSession, read_report
from reports.page import render
from reports.stored import dump

# How long a link is asked to open: from the late evening, when quotes come, to the next morning.
LINK_SECONDS = 12 * 3600


class Status(StrEnum):
    """What became of a report."""

    MAILED = "mailed"  # for the first time
    CORRECTED = "corrected"  # mailed again: the session's numbers are others now
    UNCHANGED = "unchanged"  # the page was written again, nobody was told
    RENDERED = "rendered"  # asked for by its day: nobody is told
    WAITING = "waiting"  # no session has the prices of two days yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one index's report; ``page`` is its address, ``link`` opens it for a while."""

    indice: str
    status: Status
    day: date | None = None
    page: str | None = None
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """``client`` is boto3's SNS client."""

    client: Any
    arn: str

    def publish(self, mail: Mail, *, indice: str, status: Status) -> None:
        """Tell every subscriber; they may filter by index and status."""
        attributes = {"indice": indice, "status": status.value}
        self.client.publish(
            TopicArn=self.arn,
            Subject=mail.subject,
            Message=mail.body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What a report is made with; ``region`` and ``stack`` are shown to its readers."""

    athena: Athena
    pages: Pages
    topic: Topic
    region: str
    stack: str

    def newest(self, indice: str, now: datetime) -> Outcome:
        """Report on the newest session that has prices.

        Raises:
            ReportError: too little of the session is known, or its tables contradict each other.
            QueryFailed: Athena gave up on a query.
        """
        session = newest_session(self.athena, indice)
        if session is None or session.previous is None:
            return Outcome(indice=indice, status=Status.WAITING, day=session.day if session else None)
        require_coverage(session, indice)
        report = self._read(indice, session.day)
        if report.performance is None or report.performance.headline is None:
            raise ReportError(
                f"{indice} {session.day}: a return in indice_diario, and none in the report's queries"
            )
        key = self._write(report)
        before, numbers = self.pages.mailed(key), numbers_of(report)
        if before and before.numbers == numbers:
            return self._outcome(report, Status.UNCHANGED, key)
        outcome = self._outcome(report, Status.CORRECTED if before else Status.MAILED, key)
        mail = compose(report, self._place(outcome, key, now), coverage=session.coverage, before=before)
        self.topic.publish(mail, indice=indice, status=outcome.status)
        self.pages.note(key, Mailed(numbers=numbers, headline=mail.headline, at=now.isoformat()))
        return outcome

    def of_day(self, indice: str, day: date) -> Outcome:
        """Write the page of one session and send no mail.

        Raises:
            ReportError: the lake has no such session.
            QueryFailed: Athena gave up on a query.
        """
        report = self._read(indice, day)
        return self._outcome(report, Status.RENDERED, self._write(report))

    def _read(self, indice: str, day: date) -> IndexReport:
        try:
            report = read_report(self.athena, until=day, indice=indice)
        except NoSession as error:
            raise ReportError(str(error)) from error
        if report.session != day:
            raise ReportError(
                f"{indice} {day}: not in table carteira, whose last session up to that day is {report.session}"
            )
        return report

    def _write(self, report: IndexReport) -> str:
        key = self.pages.key(report.index, report.session)
        self.pages.put(key, render(report), dump(report))
        return key

    def _outcome(self, report: IndexReport, status: Status, key: str) -> Outcome:
        return Outcome(
            indice=report.index,
            status=status,
            day=report.session,
            page=self.pages.address(key),
            link=self.pages.link(key, seconds=LINK_SECONDS),
        )

    def _place(self, outcome: Outcome, key: str, now: datetime) -> Place:
        return Place(
            link=outcome.link or "",
            until=now + timedelta(seconds=LINK_SECONDS),
            bucket=self.pages.bucket,
            key=key,
            region=self.region,
            stack=self.stack,
        )
