"""Which sessions of raw a run refines: those whose object is new or changed, and sound.

What is not sound is moved to ``quarantine/`` beside its reason, and said in one line.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import boto3
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from glue.code.state import certain, keep, lines_of, this_run

LARGEST_BYTES = 256 * 1024 * 1024  # of one session's file; a real one has less than 2 MB
READERS = 8
PRIMITIVE = {"string": "string", "bigint": "int64", "int": "int32", "date": "date32[day]"}
TIMESTAMPS = ("timestamp[us, tz=UTC]", "timestamp[ms, tz=UTC]")


def columns_of(declared: str) -> list[tuple[str, str, bool]]:
    """Name, Hive type and whether it may be null, of each column of a DDL: ``a string not null, b date``."""
    found = re.findall(r"(\w+) ([a-z]+(?:\(\d+, ?\d+\))?)( not null)?", declared)
    return [(name, kind, not required) for name, kind, required in found]


def kind_of(field: Any) -> str:
    """An Arrow type as Hive calls it; whatever no table of the lake has keeps Arrow's name."""
    kind = field.value_type if pa.types.is_dictionary(field) else field
    if pa.types.is_large_string(kind):
        return "string"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if str(kind) in TIMESTAMPS:
        return "timestamp"
    return next((hive for hive, arrow in PRIMITIVE.items() if str(kind) == arrow), str(kind))


def schema_faults(rows: Any, declared: str) -> list[str]:
    """How a file's columns differ from the declared ones; a missing or void one that may be null doesn't."""
    faults = []
    for name, kind, nullable in columns_of(declared):
        places = rows.schema.get_all_field_indices(name)
        void = not places or pa.types.is_null(rows.schema.field(places[0]).type)
        found = "nothing" if void else kind_of(rows.schema.field(places[0]).type)
        if len(places) > 1:
            faults.append(f"{name}: there are {len(places)} columns of this name")
        elif void and not nullable:
            faults.append(f"{name}: expected {kind}, found nothing")
        elif not void and found != kind:
            faults.append(f"{name}: expected {kind}, found {found}")
        elif not nullable and rows.column(name).null_count:
            faults.append(f"{name}: {rows.column(name).null_count} of {rows.num_rows} are null")
    return faults


def session_faults(rows: Any, day: str, unique: list[str], portfolio: bool) -> list[str]:
    """How a session's rows contradict its folder, each other, and the totals that B3 states with them."""
    others = pc.unique(rows.column("data_pregao")).to_pylist()
    if others != [date.fromisoformat(day)]:
        named = ", ".join(str(other) for other in others[:3])
        return [f"the folder is of {day}, the rows are of {named or 'no session'}"]
    groups = rows.group_by(unique).aggregate([([], "count_all")])
    faults = [
        f"{group['count_all']} rows of {', '.join(str(group[name]) for name in unique)}"
        for group in groups.filter(pc.greater(groups.column("count_all"), 1)).slice(0, 3).to_pylist()
    ]
    if not portfolio:
        return faults
    members = rows.select(["indice", "qtde_teorica", "qtde_teorica_total", "participacao"]).to_pylist()
    for indice in sorted({member["indice"] for member in members}):
        mine = [member for member in members if member["indice"] == indice]
        stated = {member["qtde_teorica_total"] for member in mine}
        quantity = sum(member["qtde_teorica"] for member in mine)
        weight = sum(member["participacao"] for member in mine)
        if stated != {quantity}:
            said = ", ".join(str(total) for total in sorted(stated))
            faults.append(f"{indice}: the quantities sum to {quantity}, stated are {said}")
        if abs(weight - 100) > Decimal("0.01"):
            faults.append(f"{indice}: the weights sum to {weight}")
    return faults


def examine(body: bytes, day: str, declared: str, unique: list[str], portfolio: bool) -> tuple[str, str]:
    """A session's file: how its columns are stored, and why it can't be refined (empty for a sound one)."""
    try:
        rows = pq.read_table(io.BytesIO(body))
        faults = schema_faults(rows, declared) or (
            session_faults(rows, day, unique, portfolio) if rows.num_rows else ["there are no rows"]
        )
        return str(rows.schema.remove_metadata()), "; ".join(faults)
    except Exception as error:  # damaged bytes make pyarrow raise almost anything
        said = str(error).strip().splitlines() or [type(error).__name__]
        return "", f"not readable as parquet ({len(body)} bytes): {said[0][:200]}"


def objects(s3: Any, bucket: str, prefix: str) -> Iterator[dict[str, Any]]:
    """Everything under a prefix but the empty objects that stand for folders."""
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            if not item["Key"].endswith(("/", "_$folder$")):
                yield item


def sessions_in(items: Iterator[dict[str, Any]], table: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Raw's objects by session, and the keys (with the reason) of what no session is."""
    found, strays = {}, []
    for item in items:
        match = re.fullmatch(rf"raw/{table}/dt=(\d{{4}}-\d{{2}}-\d{{2}})/{table}\.parquet", item["Key"])
        try:
            found[date.fromisoformat(match[1] if match else "").isoformat()] = item
        except ValueError:
            strays.append((item["Key"], f"not a session's object, raw/{table}/dt=YYYY-MM-DD/{table}.parquet"))
    return found, strays


def mark_of(item: dict[str, Any]) -> str:
    """What tells an object from the one before under its key, and from the same bytes written again."""
    return f"{item['ETag'].strip(chr(34))} {item['LastModified']:%Y-%m-%dT%H:%M:%S}"


def set_aside(s3: Any, bucket: str, key: str, reason: str) -> None:
    """Move an object to quarantine beside its reason, and say so in one line (an alarm listens for it)."""
    target = f"quarantine/{key}"
    note = {"reason": reason, "key": key}
    s3.copy_object(Bucket=bucket, Key=target, CopySource={"Bucket": bucket, "Key": key})
    s3.put_object(
        Bucket=bucket, Key=f"{target}.reason.json", Body=json.dumps(note, ensure_ascii=False).encode()
    )
    s3.delete_object(Bucket=bucket, Key=key)
    print(f"set aside: s3://{bucket}/{key} is now s3://{bucket}/{target}: {reason}")  # noqa: T201


def rows_of(context: Any, groups: dict[str, list[str]], declared: str) -> Any:
    """The files' rows as the declared columns. Files are read with those of the same schema: Spark would take one
    schema for all."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import NullType, _parse_datatype_string

    wanted = [(name, kind) for name, kind, _ in columns_of(declared)]
    rows = context.spark_session.createDataFrame(
        [], _parse_datatype_string(", ".join(f"{name} {kind}" for name, kind in wanted))
    )
    for paths in groups.values():
        read = context.create_dynamic_frame.from_options(
            connection_type="s3", connection_options={"paths": paths}, format="parquet"
        ).toDF()
        there = {field.name for field in read.schema if not isinstance(field.dataType, NullType)}
        chosen = [
            (F.col(name) if name in there else F.lit(None)).cast(kind).alias(name) for name, kind in wanted
        ]
        rows = rows.unionByName(read.select(chosen))
    return rows


def take(
    context: Any, known: Any, *, lake: str, table: str, declared: str, unique: list[str], portfolio: bool,
    neighbours: int = 0,
) -> tuple[Any, Any]:  # fmt: skip
    """The rows to refine, and the rows of the ``neighbours`` sessions before each of them (empty for 0).

    A data preview moves nothing and keeps nothing.
    """
    arguments = this_run()
    s3 = boto3.client("s3")
    lines = lines_of(known) if arguments.job else []
    done = certain(lines, s3, lake, arguments.job)
    found, bad = sessions_in(objects(s3, lake, f"raw/{table}/"), table)
    new = [
        day
        for day, item in sorted(found.items())
        if day not in done or done[day]["marca"] != mark_of(item) or arguments.asks_for(day)
    ]

    def look(day: str) -> tuple[str, str]:
        if found[day]["Size"] > LARGEST_BYTES:
            return "", f"{found[day]['Size']} bytes are more than a session has"
        body = s3.get_object(Bucket=lake, Key=found[day]["Key"])["Body"].read()
        return examine(body, day, declared, unique, portfolio)

    groups: dict[str, list[str]] = {}
    sound: dict[str, str] = {}
    with ThreadPoolExecutor(READERS) as readers:
        for day, (schema, fault) in zip(new, readers.map(look, new), strict=True):
            if fault:
                bad.append((found[day]["Key"], fault))
            else:
                sound[day] = schema
                groups.setdefault(schema, []).append(f"s3://{lake}/{found[day]['Key']}")
    print(  # noqa: T201
        f"raw/{table}: {len(sound)} sessions to refine, {len(bad)} objects to set aside, "
        f"{len(found) - len(new)} sessions as they were"
    )
    before = earlier(sorted(found), sound, done, neighbours)
    rows = rows_of(context, groups, declared)
    around = rows_of(context, {day: [f"s3://{lake}/{found[day]['Key']}"] for day in before}, declared)
    if arguments.job:
        for key, reason in bad:
            set_aside(s3, lake, key, reason)
        taken = [
            {"dt": day, "marca": mark_of(found[day]), "execucao": arguments.run, "certo": ""} for day in sound
        ]
        keep(s3, lake, table, [line for day, line in done.items() if day not in sound] + taken)
    return rows, around


def earlier(found: list[str], sound: dict[str, str], done: dict[str, Any], count: int) -> list[str]:
    """The refined sessions among the ``count`` before each of the sound ones."""
    near: set[str] = set()
    for place, day in enumerate(found):
        if day in sound:
            near.update(found[max(0, place - count) : place])
    return sorted(day for day in near if day not in sound and day in done)
