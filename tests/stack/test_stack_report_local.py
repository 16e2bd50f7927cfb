"""The daily report in the embedded AWS: its own function, role, topic and workgroup, on sessions as the jobs leave them."""

from __future__ import annotations

import json
import re
import urllib.error
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.lake import without
from tests.inbox import Inbox, link_in, opened, subscribed
from tests.index_sessions import Member, Sessions, Trade
from tests.stack.deployed import Deployed

pytestmark = pytest.mark.slow
THURSDAY, FRIDAY, MONDAY, TUESDAY = (
    date(2025, 10, 30),
    date(2025, 10, 31),
    date(2025, 11, 3),
    date(2025, 11, 4),
)
MEMBERS = [
    Member(codigo="VALE3", weight="60.000", setor="Mineração"),
    Member(codigo="PETR4", weight="40.000", setor="Petróleo"),
]
KEY = f"reports/IBOV/{MONDAY}.html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """The deployed stack, a market that can change, and a queue that hears the topic."""

    deployed: Deployed
    sessions: Sessions
    inbox: Inbox

    @property
    def pages(self) -> str:
        bucket: str = self.deployed.exports["resultsBucket"]
        return bucket

    def portfolio(self, *days: date) -> None:
        for day in days:
            self.sessions.portfolio(day, MEMBERS)

    def trade(self, day: date, **closes: str) -> None:
        """What was traded on a session, in place of what was."""
        self.sessions.negociacao[:] = [row for row in self.sessions.negociacao if row["data_pregao"] != day]
        self.sessions.market(day, [Trade(codigo=codigo, close=close) for codigo, close in closes.items()])

    def refine(self) -> None:
        lake = self.deployed.exports["lakeBucket"]
        empty(self.deployed, lake, "REFINED/")
        for key, body in self.sessions.objects():
            self.deployed.aws["s3"].put_object(Bucket=lake, Key=key, Body=body)

    def invoke(self, **event: Any) -> Any:
        """Run the deployed function, with its role's rights."""
        answer = self.deployed.aws["lambda"].invoke(
            FunctionName=self.deployed.exports["reportFunction"], Payload=json.dumps(event).encode()
        )
        return json.loads(answer["Payload"].read())

    def report(self, **event: Any) -> dict[str, Any]:
        """The one report that was made."""
        answer = self.invoke(**event)
        assert "errorMessage" not in answer, answer["errorMessage"]
        (made,) = answer["reports"]
        return dict(made)

    def mails(self) -> list[dict[str, Any]]:
        return self.inbox.mails()


def empty(deployed: Deployed, bucket: str, prefix: str) -> None:
    pages = deployed.aws["s3"].get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    for entry in [entry for page in pages for entry in page.get("Contents", [])]:
        deployed.aws["s3"].delete_object(Bucket=bucket, Key=entry["Key"])


@pytest.fixture(scope="module")
def inbox(deployed: Deployed) -> Inbox:
    return subscribed(deployed.aws, deployed.exports["reportTopic"])


@pytest.fixture
def reporting(deployed: Deployed, inbox: Inbox, tmp_path: Path) -> Iterator[Reporting]:
    """Nothing was reported, and nothing is refined."""
    made = Reporting(deployed=deployed, sessions=Sessions(folder=tmp_path), inbox=inbox)
    yield made
    made.mails()
    empty(deployed, made.pages, "reports/")
    empty(deployed, deployed.exports["lakeBucket"], "REFINED/")


@pytest.fixture
def monday(reporting: Reporting) -> Reporting:
    """Friday and Monday, with prices; Tuesday's portfolio is there already."""
    reporting.portfolio(FRIDAY, MONDAY, TUESDAY)
    reporting.trade(FRIDAY, VALE3="50.00", PETR4="40.00")
    reporting.trade(MONDAY, VALE3="51.00", PETR4="39.50")  # from 90.00 to 90.50, a share of each
    reporting.refine()
    return reporting


def test_the_newest_session_with_prices_is_mailed_once_with_a_link_that_opens_its_page(
    monday: Reporting,
) -> None:
    first = monday.report()

    assert (first["status"], first["date"]) == ("mailed", str(MONDAY))
    assert first["page"] == f"s3://{monday.pages}/{KEY}"
    (mail,) = monday.mails()
    assert mail["Subject"] == "Ibovespa 03/11/2025: +0,56%"
    assert "O índice subiu 0,56%" in mail["Message"]
    assert "The index rose 0.56%" in mail["Message"]
    assert "3 de novembro de 2025" in mail["Message"]
    assert first["page"] in mail["Message"]
    assert mail["MessageAttributes"]["status"]["Value"] == "mailed"
    link = link_in(mail)
    kind, html = opened(link)
    assert kind == "text/html; charset=utf-8"
    assert "3 de novembro de 2025" in html
    assert "VALE3" in html
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opened(link.replace(str(MONDAY), str(FRIDAY)))
    with pytest.raises(urllib.error.HTTPError, match="403"):
        opened(link.partition("?")[0])

    assert monday.report()["status"] == "unchanged"
    assert monday.mails() == []


def test_a_correction_is_mailed_as_one_and_says_what_was_told_before(monday: Reporting) -> None:
    monday.report()
    (first,) = monday.mails()
    monday.trade(MONDAY, VALE3="49.00", PETR4="39.50")
    monday.refine()

    assert monday.report()["status"] == "corrected"
    (mail,) = monday.mails()
    assert mail["Subject"] == "Ibovespa 03/11/2025: -1,67% (corrigido)"
    (headline,) = [line for line in first["Message"].splitlines() if line.startswith("O índice")]
    assert headline in mail["Message"]
    assert "O índice caiu 1,67%" in opened(monday.report()["link"])[1]
    assert monday.mails() == []


def test_a_session_without_prices_yet_is_waited_for(reporting: Reporting) -> None:
    """Its portfolio comes in the morning, its quotes in the night: the run in between tells nobody anything."""
    assert reporting.report() == {
        "indice": "IBOV", "status": "waiting", "date": None, "page": None, "link": None,
    }  # fmt: skip
    reporting.portfolio(FRIDAY)
    reporting.refine()
    assert (reporting.report()["status"], reporting.report()["date"]) == ("waiting", None)
    reporting.trade(FRIDAY, VALE3="50.00", PETR4="40.00")
    reporting.refine()
    first = reporting.report()  # no close before it: no return
    assert (first["status"], first["date"]) == ("waiting", str(FRIDAY))
    assert reporting.mails() == []


def test_a_session_of_which_too_little_is_known_fails_and_is_not_mailed(monday: Reporting) -> None:
    monday.trade(MONDAY, VALE3="51.00")
    monday.refine()

    message = monday.invoke()["errorMessage"]

    assert "IBOV 2025-11-03: only 60.000 % of the weight has a return, 95 % are needed" in message
    assert monday.mails() == []
    found = monday.deployed.aws["s3"].list_objects_v2(Bucket=monday.pages, Prefix="reports/")
    assert found["KeyCount"] == 0


def test_one_index_that_fails_leaves_the_others_alone(monday: Reporting) -> None:
    message = monday.invoke(indices=["ibov", "IBOV"])["errorMessage"]

    assert message == "ibov: not a code of one of B3's indices, such as IBOV: 'ibov'"
    (mail,) = monday.mails()
    assert mail["MessageAttributes"]["indice"]["Value"] == "IBOV"


def test_a_page_that_is_asked_for_by_its_day_is_written_and_nobody_is_told(monday: Reporting) -> None:
    made = monday.report(date=str(FRIDAY))

    assert (made["status"], made["date"]) == ("rendered", str(FRIDAY))
    assert "31 de outubro de 2025" in opened(made["link"])[1]
    assert "no session of IBOV on or before 2025-10-29" in monday.invoke(date="2025-10-29")["errorMessage"]
    assert "is 2025-10-31" in monday.invoke(date="2025-11-02")["errorMessage"]
    assert "date: expected YYYY-MM-DD" in monday.invoke(date="yesterday")["errorMessage"]
    assert "indices: expected a list" in monday.invoke(indices="IBOV")["errorMessage"]
    assert monday.mails() == []


def test_the_function_needs_its_statements_and_mails_once_it_has_them(monday: Reporting) -> None:
    """Two are not here: Athena's reading, which on AWS has the caller's rights, and listing.

    Without the latter AWS says of an absent object that it may not be read.
    """
    for sid in ("RunQueries", "KeepPages", "Mail"):
        with without(monday.deployed, "report", sid):
            refused = monday.invoke()["errorMessage"]
        assert re.search("not authorized|AccessDenied|Access Denied", refused), sid
    assert monday.mails() == []

    assert monday.report()["status"] == "mailed"
    assert len(monday.mails()) == 1
