"""The portfolio of the day: raw as captured, and refined by session and ticker."""

from __future__ import annotations

from datetime import date
from typing import Final

from lake.tables.column import Table, column

_CODIGO = column("codigo", "string", "Ticker", "Código de negociação")
_INDICE = column(
    "indice", "string", "B3's code of the index, such as IBOV", "Código do índice na B3, como IBOV"
)
_TIPO = column(
    "tipo",
    "string",
    "Class, event and listing as B3 writes them, fixed width: ON  ED  NM",
    "Classe, evento e listagem como a B3 escreve, em largura fixa: ON  ED  NM",
)
_DATA_PREGAO = column(
    "data_pregao", "date", "The session that the portfolio is for", "Pregão a que a carteira se refere"
)
_COLETADO_EM = column("coletado_em", "timestamp", "Moment of the capture, UTC", "Momento da captura, UTC")
_SHA256 = column(
    "payload_sha256",
    "string",
    "SHA-256 of the answer as received, all pages in order",
    "SHA-256 da resposta como recebida, todas as páginas em ordem",
)
_PARTICIPACAO = column(
    "participacao", "decimal(9,3)", "Weight in the index, in percent", "Peso no índice, em porcento"
)
_PARTICIPACAO_SETOR = column(
    "participacao_setor",
    "decimal(9,3)",
    "Weight of the sector as B3 states it, in percent; null where only the CSV could be had",
    "Peso do setor como a B3 informa, em porcento; nulo onde só havia o CSV",
    null=True,
)
_REDUTOR = column("redutor", "decimal(24,8)", "The index's divisor", "Redutor do índice")
_TOTAL = column(
    "qtde_teorica_total",
    "bigint",
    "Sum of the index's theoretical quantities, as B3 states it",
    "Soma das quantidades teóricas do índice, como a B3 informa",
)

RAW: Final = Table(
    name="carteira",
    prefix="raw/carteira/",
    description="B3's portfolio of the day as captured, one row per index and ticker.",
    description_pt="Carteira do dia da B3 como capturada, uma linha por índice e papel.",
    columns=(
        _INDICE,
        _CODIGO,
        column("acao", "string", "Company, as B3 abbreviates it", "Empresa, como a B3 abrevia"),
        _TIPO,
        column(
            "setor",
            "string",
            "Sector; null where only the CSV could be had",
            "Setor; nulo onde só havia o CSV",
            null=True,
        ),
        column("qtde_teorica", "bigint", "Theoretical quantity, in shares", "Quantidade teórica, em ações"),
        _PARTICIPACAO,
        _PARTICIPACAO_SETOR,
        _REDUTOR,
        _TOTAL,
        _DATA_PREGAO,
        _COLETADO_EM,
        _SHA256,
    ),
    # Unlike any column: Spark adds the folder's key to the rows, as text.
    keys=(column("dt", "string", "The session, as the folder names it", "O pregão, como a pasta o nomeia"),),
)

REFINED: Final = Table(
    name="carteira",
    prefix="REFINED/carteira/",
    description="B3's portfolio of the day, one row per index, session and ticker, with totals by sector and class.",
    description_pt="Carteira do dia da B3, uma linha por índice, pregão e papel, com totais por setor e classe.",
    columns=(
        _INDICE,
        column("nome_empresa", "string", "Company, as B3 abbreviates it", "Empresa, como a B3 abrevia"),
        _TIPO,
        column(
            "classe",
            "string",
            "Share class out of tipo: ON, PN, PNA, UNT",
            "Classe, extraída de tipo: ON, PN, PNA, UNT",
        ),
        column(
            "evento",
            "string",
            "Event flag out of tipo, such as ED (ex dividend) or EB (ex bonus); null on most sessions",
            "Evento, extraído de tipo, como ED (ex-dividendo) ou EB (ex-bonificação); nulo na maioria dos pregões",
            null=True,
        ),
        column(
            "listagem",
            "string",
            "Listing segment out of tipo: NM, N1, N2, M2, MB, MA; null without one",
            "Segmento de listagem, extraído de tipo: NM, N1, N2, M2, MB, MA; nulo quando não há",
            null=True,
        ),
        column(
            "setor",
            "string",
            "Sector; 'Não informado' where B3 did not state it",
            "Setor; 'Não informado' onde a B3 não informou",
        ),
        column(
            "quantidade_teorica", "bigint", "Theoretical quantity, in shares", "Quantidade teórica, em ações"
        ),
        _PARTICIPACAO,
        _PARTICIPACAO_SETOR,
        column(
            "participacao_setor_classe",
            "decimal(9,3)",
            "Weight of the row's sector and class together, in percent",
            "Peso do setor e da classe da linha juntos, em porcento",
        ),
        column(
            "quantidade_setor_classe",
            "bigint",
            "Theoretical quantity of the row's sector and class, in shares",
            "Quantidade teórica do setor e da classe da linha, em ações",
        ),
        column(
            "papeis_setor_classe",
            "int",
            "Number of tickers of the row's sector and class",
            "Número de papéis do setor e da classe da linha",
        ),
        _TOTAL,
        _REDUTOR,
        column(
            "inicio_vigencia",
            "date",
            "The session on which the portfolio in force took effect",
            "Pregão em que a carteira vigente entrou em vigor",
        ),
        column(
            "dias_desde_rebalanceamento",
            "int",
            "Calendar days since inicio_vigencia",
            "Dias corridos desde inicio_vigencia",
        ),
        column(
            "dias_entre_coleta_e_pregao",
            "int",
            "Calendar days from the capture (São Paulo's date) to the session",
            "Dias corridos da captura (data de São Paulo) ao pregão",
        ),
        _COLETADO_EM,
        _SHA256,
    ),
    keys=(_DATA_PREGAO, _CODIGO),
)


def day_key(day: date) -> str:
    """The raw object of a session: a function of the day alone."""
    return f"{RAW.prefix}dt={day.isoformat()}/carteira.parquet"
