"""What `bovespa query --explain` prints: a query's bytes and price, what it reads, its plan."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bovespa.athena.explain import Explanation, Measure, TableRead, explain_embedded, explain_on_aws
from bovespa.output import console, print_json
from bovespa.target import Target

_COUNTED = {
    Measure.ATHENA: "as Athena counted them",
    Measure.FILES: "estimated from the files: the embedded Athena counts none",
}


def explain_statement(target: Target, sql: str) -> Explanation:
    """Run ``sql`` once on ``target`` and measure it.

    Raises:
        QueryFailed: it can't be run.
    """
    if target.embedded:
        return explain_embedded(target.athena, sql, glue=target.aws["glue"], s3=target.aws["s3"])
    return explain_on_aws(target.athena, sql)


def print_explanation(explanation: Explanation, *, as_json: bool) -> None:
    """For people a few lines and the plan; for machines one document."""
    if as_json:
        print_json(document(explanation))
        return
    _print(explanation, console())


def document(explanation: Explanation) -> dict[str, object]:
    """The explanation with its prices, in US dollars."""
    from bovespa.costs.model import athena_billed, athena_query, s3_gets
    from bovespa.costs.prices import AS_OF, REGION

    files = explanation.files
    return {
        "scanned_bytes": explanation.scanned_bytes,
        "measure": str(explanation.measure),
        "billed_bytes": athena_billed(explanation.scanned_bytes),
        "usd": athena_query(explanation.scanned_bytes),
        "s3_requests_usd": None if files is None else s3_gets(files),
        "prices": {"region": REGION, "as_of": AS_OF},
        "tables": [asdict(read) for read in explanation.tables],
        "plan": explanation.plan,
    }


def _print(explanation: Explanation, output: Console) -> None:
    from bovespa.costs.model import athena_billed, athena_query, s3_gets
    from bovespa.costs.prices import AS_OF, REGION, usd

    scanned = explanation.scanned_bytes
    output.print(f"[bold]{scanned:,} bytes scanned[/], {_COUNTED[explanation.measure]}")
    output.print(
        f"USD {_usd(athena_query(scanned))} for {athena_billed(scanned) // 1_000_000:,} MB, at {usd('athena_tb')} "
        f"a TB and at least 10 MB ({REGION}, {AS_OF.isoformat()})"
    )
    if explanation.files is not None:
        output.print(
            f"USD {_usd(s3_gets(explanation.files))} of S3 requests, one GET for each of {explanation.files:,} files"
        )
    output.print()
    output.print(_reads(explanation.tables))
    output.print()
    output.print(Text(explanation.plan))


def _reads(reads: tuple[TableRead, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("table")
    known = any(read.files is not None for read in reads)
    for name in ("partitions", "files", "at most", "bytes", "at most") if known else ("partitions",):
        table.add_column(name, justify="right" if known else "left")
    table.add_column("columns" if known else "")
    for read in reads:
        if known:
            table.add_row(
                read.table,
                _of(read.partitions, read.partitions_total),
                _of(read.files, read.files_total),
                _count(read.files_planned),
                _count(read.bytes),
                _count(read.bytes_planned),
                ", ".join(read.columns) or "(no column's data)",
            )
        else:
            table.add_row(read.table, "; ".join(read.conditions) or "all", "")
    return table


def _of(part: int | None, whole: int | None) -> str:
    return "–" if part is None or whole is None else f"{part:,} of {whole:,}"


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number:,}"


def _usd(amount: Decimal) -> str:
    return f"{amount:.6f}"
