"""The page `docs/costs.md`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bovespa.costs.model import (
    Batch,
    Traffic,
    batch_month,
    naive,
    provisioned_day,
    standing_day,
    total,
    transport_day,
)
from bovespa.costs.prices import AS_OF, PRICES, REGION

RATES = (20, 200, 2000)
_NOT_FOUND = "not found again: list price as noted"


def page() -> str:
    """The whole page as Markdown."""
    return "\n\n".join([_head(), _batch(), _stream(), _parts(), _provisioned(), _prices()]) + "\n"


def _head() -> str:
    return f"""# Costs

Computed by `python -m bovespa.costs` from `bovespa/costs/prices.py`; a test fails when this page is not what it prints.
Dollars, list prices of {REGION} as of {AS_OF.isoformat()}, without free tiers, taxes or support."""


def _batch() -> str:
    batch, parts = Batch(), batch_month()
    return f"""## The batch, per month

{batch.sessions} sessions, {batch.captures_a_session} captures each (portfolio, quotes, next rebalancing);
{batch.job_runs_a_session} job runs a session (two jobs refine, a third follows each), {batch.glue_dpus} DPU for
{batch.glue_seconds} s each;
{batch.queries} queries of {batch.files_a_query:,} files each, as after ten years;
{batch.reports_a_session} daily reports a session, {batch.queries_a_report} queries each (their mails round to nothing).
These are assumptions with room, not measurements.

{_table(parts, "USD a month")}"""


def _stream() -> str:
    fixed = total(standing_day())
    rows = []
    for rate in RATES:
        ours, theirs = total(transport_day(Traffic(rate=rate))), total(transport_day(naive(rate)))
        cells = (_usd(theirs), _usd(ours), f"{theirs / ours:.1f}", _usd(theirs + fixed), _usd(ours + fixed))
        rows.append(f"| {rate:,} | {' | '.join(cells)} |")
    traffic = Traffic(rate=RATES[0])
    return f"""## The stream, per day

Kinesis on-demand and Firehose with conversion to parquet; {traffic.markets} markets, {traffic.trade_bytes} bytes a trade.
*Naive* is one trade a record: Kinesis bills it as 1 KiB and Firehose as 5 KiB. *Ours* is up to
{traffic.record_trades} trades or {traffic.flush_seconds} s a record. The last two columns add what
does not depend on the traffic.

| trades/s | transport, naive | transport, ours | times | in all, naive | in all, ours |
|---:|---:|---:|---:|---:|---:|
""" + "\n".join(rows)


def _parts() -> str:
    header = "| | " + " | ".join(f"{rate:,}/s" for rate in RATES) + " |\n|---|" + "---:|" * len(RATES)
    days = [{**transport_day(Traffic(rate=rate)), **standing_day()} for rate in RATES]
    rows = [f"| {name} | " + " | ".join(_usd(day[name]) for day in days) + " |" for name in days[0]]
    sums = "| **in all** | " + " | ".join(f"**{_usd(total(day))}**" for day in days) + " |"
    return (
        "### Ours by part, USD a day\n\n"
        + "\n".join([header, *rows, sums])
        + (
            "\n\nNot in it: storage of the trades, the nightly compaction's queries (Athena reads a day twice and the\n"
            "result once), logs, and data transfer out. A NAT gateway would add about a dollar a day; there is none."
        )
    )


def _provisioned() -> str:
    rows = []
    for rate in RATES:
        traffic = Traffic(rate=rate)
        on_demand = total({k: v for k, v in transport_day(traffic).items() if k.startswith("Kinesis")})
        rows.append(f"| {rate:,} | {_usd(on_demand)} | {_usd(provisioned_day(traffic))} |")
    return """### Provisioned shards instead

Kinesis alone, USD a day, with shards for twice the mean load (`stream.shards`). Cheaper at a steady rate, and it
throttles in a burst that on-demand takes, which the producer then spools.

| trades/s | on-demand | provisioned |
|---:|---:|---:|
""" + "\n".join(rows)


def _prices() -> str:
    rows = [
        f"| {price.usd.normalize():f} | {price.unit} | {price.source} | {price.evidence or _NOT_FOUND} |"
        for price in PRICES.values()
    ]
    return """## Prices

| USD | per | page | found again in |
|---:|---|---|---|
""" + "\n".join(rows)


def _table(parts: Mapping[str, Decimal], unit: str) -> str:
    rows = [f"| {name} | {_usd(value)} |" for name, value in parts.items()]
    return "\n".join([f"| | {unit} |", "|---|---:|", *rows, f"| **in all** | **{_usd(total(parts))}** |"])


def _usd(value: Decimal) -> str:
    return f"{value:,.2f}"
