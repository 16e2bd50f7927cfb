"""Which sessions of the indices a run computes, and the refined rows that they are made of.

A session is computed again whenever one of the things that it is made of was refined again: its portfolio, the
portfolios before it, the quotes of the ten days up to it. Nothing later is looked at. A year is one file, so the
year's other sessions are carried over; they count as this run's too, and are computed again if it dies.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_left, bisect_right
from datetime import date, timedelta
from typing import Any

import boto3

from glue.code.state import certain, keep, lines_of, this_run

QUOTE_DAYS = 10  # in which a share's last close is looked for
PORTFOLIOS = 7  # sessions before, among which an index's portfolio before is looked for
PREVIEWED = 3  # sessions that a data preview shows


def marks(s3: Any, bucket: str, table: str) -> dict[str, str]:
    """What a table's job took for each session, and in which run; empty before its first."""
    try:
        body = s3.get_object(Bucket=bucket, Key=f"glue/estado/{table}/sessoes.json")["Body"].read()
    except s3.exceptions.NoSuchKey:
        return {}
    lines = [json.loads(line) for line in body.decode().splitlines()]
    return {line["dt"]: f"{line['marca']} {line['execucao']}" for line in lines}


def days_before(day: str, count: int) -> str:
    """The day ``count`` days before."""
    return (date.fromisoformat(day) - timedelta(days=count)).isoformat()


def made_of(portfolios: dict[str, str], quotes: dict[str, str]) -> dict[str, tuple[list[str], list[str]]]:
    """The sessions of portfolios and of quotes that each session with a portfolio is made of."""
    held, traded = sorted(portfolios), sorted(quotes)
    return {
        day: (
            held[max(0, place - PORTFOLIOS) : place + 1],
            traded[bisect_left(traded, days_before(day, QUOTE_DAYS)) : bisect_right(traded, day)],
        )
        for place, day in enumerate(held)
    }


def mark_of(parts: tuple[list[str], list[str]], portfolios: dict[str, str], quotes: dict[str, str]) -> str:
    """A digest of everything that a session is made of."""
    text = [f"c {day} {portfolios[day]}" for day in parts[0]] + [f"n {day} {quotes[day]}" for day in parts[1]]
    return hashlib.sha256("\n".join(text).encode()).hexdigest()


def spans(days: set[str]) -> list[tuple[str, str]]:
    """The days as few spans; days less than a fortnight apart are in one."""
    found: list[tuple[str, str]] = []
    for day in sorted(days):
        if found and days_before(day, 14) <= found[-1][1]:
            found[-1] = (found[-1][0], day)
        else:
            found.append((day, day))
    return found


def read(context: Any, database: str, table: str, declared: str, predicate: str) -> Any:
    """The partitions of a table that a predicate over its keys names, as the declared columns.

    A column that was declared after all of them were written is null.
    """
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import _parse_datatype_string

    rows = context.create_dynamic_frame.from_catalog(
        database=database, table_name=table, push_down_predicate=predicate
    ).toDF()
    if not rows.columns:
        return context.spark_session.createDataFrame([], _parse_datatype_string(declared))
    columns = [part.split(" ") for part in declared.split(", ")]
    there = {name: F.col(name) for name in rows.columns}
    return rows.select([there.get(name, F.lit(None)).cast(kind).alias(name) for name, kind in columns])


def sessions_to_compute(
    context: Any, known: Any, *, lake: str, database: str, schemas: dict[str, str]
) -> dict[str, Any]:
    """Frames: the sessions, the rows they are made of, and the rows of their years that stay as they are."""
    from pyspark.sql.types import _parse_datatype_string

    arguments, s3 = this_run(), boto3.client("s3")
    portfolios, quotes = marks(s3, lake, "carteira"), marks(s3, lake, "negociacao")
    parts = made_of(portfolios, quotes)
    wanted = {day: mark_of(found, portfolios, quotes) for day, found in parts.items()}
    lines = lines_of(known) if arguments.job else []
    done = certain(lines, s3, lake, arguments.job)
    new = [
        day
        for day, mark in wanted.items()
        if day not in done or done[day]["marca"] != mark or arguments.asks_for(day)
    ]
    if not arguments.job:
        new = new[-PREVIEWED:]
    years = {day[:4] for day in new}
    stay = sorted(day for day in wanted if day[:4] in years and day not in new)
    print(f"indice: {len(new)} sessions to compute, {len(stay)} of their years stay as they are")  # noqa: T201

    before = {day: [other for other in parts[day][1] if other < day][-1:] for day in new}
    members = {*new, *(other for found in before.values() for other in found if other in portfolios)}

    def within(days: set[str]) -> str:
        found = [f"(data_pregao >= '{first}' AND data_pregao <= '{last}')" for first, last in spans(days)]
        return " OR ".join(found) or "data_pregao < '1900-01-01'"

    def of_years(table: str) -> Any:
        named = ", ".join(sorted(years)) or "0"
        rows = read(context, database, table, schemas[table], f"ano IN ({named})")
        # Collected, for their files are about to be purged.
        kept = [row for row in rows.collect() if row["data_pregao"].isoformat() in stay] if stay else []
        return context.spark_session.createDataFrame(kept, _parse_datatype_string(schemas[table]))

    sessions = [
        (date.fromisoformat(day), date.fromisoformat(before[day][0]) if before[day] else None) for day in new
    ]
    frames = {
        "sessoes": context.spark_session.createDataFrame(
            sessions, _parse_datatype_string("data_pregao date, mercado_anterior date")
        ),
        "setores": read(
            context, database, "carteira_setor", schemas["carteira_setor"],
            within({other for day in new for other in parts[day][0]}),
        ),
        "carteira": read(context, database, "carteira", schemas["carteira"], within(members)),
        "negociacao": read(
            context, database, "negociacao", schemas["negociacao"],
            within({other for day in new for other in parts[day][1]}),
        ),
        "membros_de_antes": of_years("indice_membro"),
        "indices_de_antes": of_years("indice_diario"),
    }  # fmt: skip
    if arguments.job:
        touched = {*new, *stay}
        mine = [
            {"dt": day, "marca": wanted[day], "execucao": arguments.run, "certo": ""}
            for day in sorted(touched)
        ]
        keep(s3, lake, "indice", [line for day, line in done.items() if day not in touched] + mine)
    return frames
