"""Puts the code of this folder, and the tables' columns, into the jobs' definitions: ``python -m glue.code.nodes``."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from glue.code.columns import WRITTEN, columns_sql
from glue.code.settlement import settlement_sql
from lake.renames import RENAMES, today_codigo
from lake.tables import carteira, carteira_setor, indice_diario, indice_membro, negociacao
from lake.tables.column import Table

JOBS = Path(__file__).resolve().parents[1] / "jobs"
GUARD = "Schema guard"
_HOUSE = re.compile(r"\nfrom (__future__|glue\.code\.\w+) import [^\n]+\n")  # nothing of the house is on Glue
_WIDTH = 96


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSource:
    """What a job reads of raw: no two rows of a session have the same ``unique``.

    ``portfolio``: B3 states totals that the rows must have. ``neighbours``: of how many sessions before each
    the rows are wanted too.
    """

    table: Table
    unique: tuple[str, ...]
    portfolio: bool = False
    neighbours: int = 0


SOURCES = {
    "carteira.json": RawSource(table=carteira.RAW, unique=("indice", "codigo"), portfolio=True),
    "negociacao.json": RawSource(
        table=negociacao.RAW,
        unique=("codbdi", "codigo", "tipo_mercado", "prazo", "isin", "numero_distribuicao"),
        neighbours=10,
    ),
}


def guard_code(source: RawSource) -> str:
    """The guard node's code for one table."""
    module = "\n\n".join(_standalone(name) for name in ("state", "raw_guard"))
    declared = [
        f"{column.name} {column.type}{'' if column.nullable else ' not null'}"
        for column in source.table.columns
    ]
    text = _wrapped(declared, 4)
    return f"""{module}

declared = (
{text}
)
rows, around = take(
    glueContext,
    dfc.select(list(dfc.keys())[0]).toDF(),
    lake="${{lake_bucket}}",
    table="{source.table.name}",
    declared=declared,
    unique={json.dumps(list(source.unique))},
    portfolio={source.portfolio},
    neighbours={source.neighbours},
)
frames = {{"raw": rows, "neighbours": around}}
return DynamicFrameCollection(
    {{name: DynamicFrame.fromDF(frame, glueContext, name) for name, frame in frames.items()}}, glueContext
)"""


def _standalone(name: str) -> str:
    """A module of this folder without what only the house has."""
    return _HOUSE.sub("\n", Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8"))


def output_schema(table: Table) -> list[dict[str, Any]]:
    """A table's columns as a node shows them in Glue Studio."""
    return [{"Columns": [{"Name": column.name, "Type": column.type} for column in table.columns]}]


def index_code() -> str:
    """The code of the gold job's first node."""
    module = "\n\n".join(_standalone(name) for name in ("state", "index_sessions"))
    tables = (
        carteira_setor.REFINED,
        carteira.REFINED,
        negociacao.REFINED,
        indice_membro.REFINED,
        indice_diario.REFINED,
    )
    schemas = "\n".join(
        f"    {json.dumps(table.name)}: (\n{_wrapped([f'{c.name} {c.type}' for c in table.all_columns], 8)}\n    ),"
        for table in tables
    )
    return f"""{module}

schemas = {{
{schemas}
}}
frames = sessions_to_compute(
    glueContext,
    dfc.select(list(dfc.keys())[0]).toDF(),
    lake="${{lake_bucket}}",
    database="default",
    schemas=schemas,
)
return DynamicFrameCollection(
    {{name: DynamicFrame.fromDF(frame, glueContext, name) for name, frame in frames.items()}}, glueContext
)"""


def continuity_sql() -> str:
    """Quotes in R$ by the share's ticker of today, in Spark's dialect."""
    rows = [(r.codigo, r.isin, today_codigo(r.codigo, r.isin)) for r in RENAMES if r.tipo == "renomeado"]
    values = ",\n".join(f"    ('{codigo}', '{isin}', '{today}')" for codigo, isin, today in rows)
    return f"""SELECT
  n.data_pregao,
  n.codigo,
  COALESCE(r.codigo_atual, n.codigo) AS codigo_atual,
  n.preco_fechamento,
  n.valor_total,
  n.quantidade,
  n.quantidade_provavel,
  n.qtd_titulos
FROM negociacao n
LEFT JOIN (
  SELECT * FROM VALUES
{values}
  AS nomes (codigo, isin, codigo_atual)
) r ON n.codigo = r.codigo AND SUBSTR(n.isin, 1, 6) = SUBSTR(r.isin, 1, 6)
WHERE n.moeda = 'R$'"""  # noqa: S608 - from constants


def _wrapped(parts: list[str], indent: int) -> str:
    """Comma-separated parts as string literals that Python joins, a line each."""
    lines = [""]
    for part in parts:
        if len(lines[-1]) + len(part) > _WIDTH:
            lines.append("")
        lines[-1] += f"{part}, "
    lines[-1] = lines[-1].removesuffix(", ")
    return "\n".join(" " * indent + json.dumps(line) for line in lines)


def current(path: Path) -> str:
    """A definition's text with today's code in it.

    Raises:
        LookupError: the definition lacks one of the nodes.
    """
    definition = json.loads(path.read_text(encoding="utf-8"))
    nodes = [next(iter(node.values())) for node in definition["CodeGenConfigurationNodes"].values()]
    made: dict[str, dict[str, Any]]
    if path.name in SOURCES:
        source = SOURCES[path.name]
        made = {GUARD: {"Code": guard_code(source), "OutputSchemas": output_schema(source.table)}}
        if source.table is negociacao.RAW:
            made["Days to settlement"] = {"SqlQuery": settlement_sql()}
    else:
        made = {
            "Sessions to compute": {"Code": index_code()},
            "Quotes by today's ticker": {"SqlQuery": continuity_sql()},
        }
    made |= {
        f"Columns of {written.table.name}": {"SqlQuery": columns_sql(written)}
        for written in WRITTEN[path.name]
    }
    for name, fields in made.items():
        found = [body for body in nodes if body["Name"] == name]
        if not found:
            raise LookupError(f"{path}: no node named {name!r}")
        found[0].update(fields)
    return json.dumps(definition, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for path in sorted(JOBS.glob("*.json")):
        path.write_text(current(path), encoding="utf-8")
