"""The refined table of what was traded, as ``glue/jobs/negociacao.json`` catalogues it in Glue."""

from __future__ import annotations

from typing import Final

TABLE: Final = "negociacao"

# Name and Hive type, in the table's order.
COLUMNS: Final = (
    ("codigo", "string"),
    ("isin", "string"),
    ("nome_resumido", "string"),
    ("especificacao", "string"),
    ("valor_total", "decimal(18,2)"),
    ("quantidade", "bigint"),
    ("qtd_titulos", "bigint"),
    ("preco_abertura", "decimal(18,8)"),
    ("preco_maximo", "decimal(18,8)"),
    ("preco_minimo", "decimal(18,8)"),
    ("preco_fechamento", "decimal(18,8)"),
    ("preco_medio", "decimal(18,8)"),
    ("data_liquidacao", "date"),
    ("dias_ate_liquidacao", "int"),
)
PARTITION_KEYS: Final = (("data_pregao", "date"), ("inicial", "string"))
