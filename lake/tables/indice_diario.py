"""The gold table of indices: each session in one row."""

from __future__ import annotations

from typing import Final

from lake.tables.carteira import REFINED as CARTEIRA
from lake.tables.column import Column, Table, column
from lake.tables.indice_membro import ANO, PREGAO_ANTERIOR


def _count(name: str, what: str, what_pt: str) -> Column:
    return column(name, "int", f"Number of members {what}", f"Número de membros {what_pt}")


REFINED: Final = Table(
    name="indice_diario",
    prefix="REFINED/indice_diario/",
    description="One row per index and session: level, return, residual, coverage, concentration. A file a year.",
    description_pt="Uma linha por índice e pregão: nível, retorno, resíduo, cobertura, concentração. Um arquivo por ano.",
    columns=(
        CARTEIRA.column("data_pregao"),
        CARTEIRA.column("indice"),
        PREGAO_ANTERIOR,
        column(
            "nivel",
            "decimal(18,8)",
            "Level in points: quantities times closes, by the divisor; null unless every member has a price",
            "Nível em pontos: quantidades vezes fechamentos, pelo redutor; nulo se falta preço de um membro",
            null=True,
        ),
        column(
            "retorno_indice",
            "decimal(18,6)",
            "Return by level, each session with its own portfolio, in percent, rounded to 6 decimals",
            "Retorno pelo nível, cada pregão com sua carteira, em porcento, arredondado a 6 casas",
            null=True,
        ),
        column(
            "retorno_aproximado",
            "decimal(18,6)",
            "Return by contribution: the sum of the members', in percent",
            "Retorno por contribuição: a soma das contribuições dos membros, em porcento",
            null=True,
        ),
        column(
            "residuo",
            "decimal(18,6)",
            "retorno_indice less retorno_aproximado: dividends and other events that the divisor absorbs",
            "retorno_indice menos retorno_aproximado: proventos e outros eventos que o redutor absorve",
            null=True,
        ),
        column(
            "cobertura",
            "decimal(9,3)",
            "Share of the weight that has a return, in percent",
            "Parcela do peso que tem retorno, em porcento",
        ),
        column(
            "hhi",
            "decimal(12,6)",
            "Sum of the squared weights, 0 to 10,000",
            "Soma dos pesos ao quadrado, 0 a 10.000",
        ),
        column(
            "dez_maiores",
            "decimal(9,3)",
            "Weight of the ten largest members, in percent",
            "Peso dos dez maiores membros, em porcento",
        ),
        column(
            "valor_total",
            "decimal(18,2)",
            "Traded value of the members in R$",
            "Valor negociado dos membros em R$",
            null=True,
        ),
        column("papeis", "int", "Number of members", "Número de membros"),
        _count("sem_negocio", "without a return", "sem retorno"),
        _count("subiram", "that rose", "que subiram"),
        _count("cairam", "that fell", "que caíram"),
        _count("estaveis", "that did not move", "que não variaram"),
        CARTEIRA.column("redutor"),
        CARTEIRA.column("inicio_vigencia"),
        CARTEIRA.column("dias_desde_rebalanceamento"),
    ),
    keys=(ANO,),
)
