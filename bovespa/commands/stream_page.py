"""`bovespa stream page`: the last minutes as an HTML page that opens offline."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from botocore.exceptions import BotoCoreError, ClientError

from bovespa.commands.span import MOMENTS, Span
from bovespa.errors import UserError
from bovespa.target import Where, athena_options, find_athena
from bovespa.unanswered import failure, unasked
from lake.athena import QueryFailed
from lake.saved_queries import NoSuchMarket, saved_query
from reports.bitcoin import render

_QUERIES = ("bitcoin_ohlcv", "bitcoin_agressor", "bitcoin_lacunas")


@click.command("page")
@click.option("--last", metavar="15m|2h|7d", help="So long before the end. [default: 60m]")
@click.option("--since", type=click.DateTime(MOMENTS), help="The first moment (UTC).")
@click.option("--until", type=click.DateTime(MOMENTS), help="The end (UTC). [default: now]")
@click.option("--exchange", help="Only this exchange.")
@click.option("--symbol", help="Only this market.")
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("out/bitcoin.html"),
    show_default=True,
    help="Where the page goes.",
)
@athena_options
def page_command(
    last: str | None,
    since: datetime | None,
    until: datetime | None,
    exchange: str | None,
    symbol: str | None,
    page: Path,
    where: Where,
) -> None:
    """Draw candles and volume by taker side from the saved queries."""
    span = Span(
        since=since, until=until, last=None if since or last else "60m", exchange=exchange, symbol=symbol
    )
    if last is not None:
        span = Span(since=since, until=until, last=last, exchange=exchange, symbol=symbol)
    now = datetime.now(UTC)
    athena = find_athena(where).athena
    try:
        found = [list(athena.run(span.of(saved_query(name), now).sql).records()) for name in _QUERIES]
        scratch = page.with_suffix(".part")
        page.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_text(render(*found, span=_words(span, now)), encoding="utf-8")
        scratch.replace(page)
    except (NoSuchMarket, QueryFailed) as error:
        raise UserError(failure(error)) from error
    except (ClientError, BotoCoreError) as error:
        raise UserError(unasked(error, athena)) from error
    except OSError as error:
        raise UserError(f"the page can't be made: {error}") from error
    click.echo(f"The page is {page}")


def _words(span: Span, now: datetime) -> str:
    end = span.until.replace(tzinfo=UTC) if span.until else now
    start = f"{span.since:%Y-%m-%d %H:%M}" if span.since else f"{span.last} before"
    return f"{start} – {end:%Y-%m-%d %H:%M} UTC"
