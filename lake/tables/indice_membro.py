"""The gold table of members: what each did to its index on each session."""

from __future__ import annotations

from typing import Final

from lake.tables.carteira import REFINED as CARTEIRA
from lake.tables.column import Table, column

ANO: Final = column("ano", "int", "Year of the session", "Ano do pregão")
PREGAO_ANTERIOR: Final = column(
    "pregao_anterior",
    "date",
    "The market's session before, which returns are since; null without its prices",
    "Pregão anterior do mercado, desde o qual são os retornos; nulo sem os preços dele",
    null=True,
)

REFINED: Final = Table(
    name="indice_membro",
    prefix="REFINED/indice_membro/",
    description="One row per index, session and member: weight, closes, return, contribution. A file a year.",
    description_pt="Uma linha por índice, pregão e membro: peso, fechamentos, retorno, contribuição. Um arquivo por ano.",
    columns=(
        CARTEIRA.column("data_pregao"),
        CARTEIRA.column("indice"),
        CARTEIRA.column("codigo"),
        column(
            "codigo_atual",
            "string",
            "The ticker that the share goes by today, so that a renamed share is one series",
            "Código pelo qual o papel atende hoje, para que um papel renomeado seja uma só série",
        ),
        CARTEIRA.column("nome_empresa"),
        CARTEIRA.column("classe"),
        CARTEIRA.column("evento"),
        CARTEIRA.column("listagem"),
        CARTEIRA.column("setor"),
        CARTEIRA.column("quantidade_teorica"),
        column(
            "participacao",
            "decimal(9,3)",
            "Weight in percent, which the session's portfolio states at the close before",
            "Peso em porcento, que a carteira do pregão informa no fechamento anterior",
        ),
        CARTEIRA.column("inicio_vigencia"),
        CARTEIRA.column("dias_desde_rebalanceamento"),
        PREGAO_ANTERIOR,
        column(
            "preco_anterior",
            "decimal(18,8)",
            "The share's last close in the ten days before, under the ticker that it had then, in R$",
            "Último fechamento do papel nos dez dias anteriores, sob o código que tinha, em R$",
            null=True,
        ),
        column(
            "preco_fechamento",
            "decimal(18,8)",
            "Close of the session in R$; null without a trade",
            "Fechamento do pregão em R$; nulo sem negócio",
            null=True,
        ),
        column(
            "retorno",
            "decimal(18,6)",
            "Change from preco_anterior to preco_fechamento, in percent, rounded to 6 decimals",
            "Variação de preco_anterior a preco_fechamento, em porcento, arredondada a 6 casas",
            null=True,
        ),
        column(
            "contribuicao",
            "decimal(18,6)",
            "Weight times return: percentage points of the index's move, rounded to 6 decimals",
            "Peso vezes retorno: pontos percentuais da variação do índice, arredondados a 6 casas",
            null=True,
        ),
        column(
            "valor_total",
            "decimal(18,2)",
            "Traded value in R$, round and odd lots; null without a trade",
            "Valor negociado em R$, lote padrão e fracionário; nulo sem negócio",
            null=True,
        ),
        column(
            "quantidade",
            "bigint",
            "Trades as B3 states them; see negociacao.quantidade",
            "Negócios como a B3 informa; ver negociacao.quantidade",
            null=True,
        ),
        column(
            "quantidade_provavel",
            "bigint",
            "The most likely number of trades; see negociacao.quantidade_provavel",
            "Número mais provável de negócios; ver negociacao.quantidade_provavel",
            null=True,
        ),
        column(
            "qtd_titulos",
            "bigint",
            "Shares traded; null without a trade",
            "Títulos negociados; nulo sem negócio",
            null=True,
        ),
    ),
    keys=(ANO,),
)
