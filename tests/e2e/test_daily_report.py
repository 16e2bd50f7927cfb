"""From raw to the reader's mail, by the stack's own wiring: two jobs, the indices, the report's function."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from bovespa.local.pipeline import PORTFOLIO, QUOTES, await_indices, await_report
from bovespa.local.stack import Stack, embedded_stack
from functions.scraper.raw import to_parquet
from lake.tables import carteira
from reports import read_report
from tests.e2e.test_gold import CLOSES, DAYS, HELD, expected, portfolio, put_quotes, quotes, run
from tests.e2e.test_set_aside import in_silence, put
from tests.inbox import link_in, opened, subscribed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
FRIDAY = DAYS[3]  # every member has a close on it, and on the session before


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    """A stack of its own: the newest session of a shared one is another test's."""
    with embedded_stack() as running:
        yield running


def test_a_session_that_is_refined_comes_as_a_mail_whose_link_opens_its_page(stack: Stack) -> None:
    inbox = subscribed(stack.aws, stack.exports["reportTopic"])
    with in_silence(stack):
        for day in DAYS[:4]:
            put_quotes(stack, day, quotes(day, CLOSES))
        for day in HELD[:2]:
            put(stack, carteira.day_key(day), to_parquet(portfolio(day)))
    run(stack, QUOTES)
    run(stack, PORTFOLIO)
    await_indices(stack)

    reported = await_report(stack)

    assert reported is not None
    report, told = reported
    assert report == read_report(stack.athena)
    mail = inbox.mails(within=10)[-1]
    by_level: Decimal = expected(CLOSES)[1][FRIDAY][1]
    assert mail["Subject"] == f"Ibovespa 31/10/2025: {by_level:+.2f}%".replace(".", ",")
    assert told.headline in mail["Message"]
    kind, html = opened(link_in(mail))
    assert kind == "text/html; charset=utf-8"
    assert "31 de outubro de 2025" in html
    assert inbox.mails() == []
