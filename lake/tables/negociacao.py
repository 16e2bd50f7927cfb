"""What was traded: COTAHIST as raw holds it, and refined by session and ticker."""

from __future__ import annotations

from datetime import date
from typing import Final

from lake.tables.column import Column, Table, column

_PRICE: Final = "decimal(18,8)"
_PRICE_NOTE = ("in moeda, for one share", "em moeda, por ação")


def _price(name: str, what: str, what_pt: str, *, null: bool = False) -> Column:
    note, note_pt = _PRICE_NOTE
    return column(name, _PRICE, f"{what}, {note}", f"{what_pt}, {note_pt}", null=null)


_DATA_PREGAO = column("data_pregao", "date", "The session", "Pregão")
_MOEDA = column(
    "moeda",
    "string",
    "Currency as B3 writes it: R$ since July 1994, before it CR$, CR, NCZ$, CZ$",
    "Moeda como a B3 escreve: R$ desde julho de 1994; antes CR$, CR, NCZ$, CZ$",
)
_TITULOS = column("qtd_titulos", "bigint", "Shares traded", "Títulos negociados")

# A record of B3's file, in B3's order and words.
RECORD: Final = (
    _DATA_PREGAO,
    column(
        "codbdi",
        "string",
        "B3's BDI code: 02 round lot, 96 odd lot, 12 real-estate fund, …",
        "Código BDI da B3: 02 lote padrão, 96 fracionário, 12 fundo imobiliário, …",
    ),
    column(
        "codigo", "string", "Ticker; of the odd lot with F at its end", "Código; do fracionário com F no fim"
    ),
    column(
        "tipo_mercado",
        "string",
        "Market: 010 cash, 020 odd lot, 030 forward, 070 calls, 080 puts, …",
        "Mercado: 010 à vista, 020 fracionário, 030 termo, 070 e 080 opções, …",
    ),
    column("nome_resumido", "string", "Company, abbreviated", "Empresa, abreviada"),
    column(
        "especificacao",
        "string",
        "Kind of security, event and listing, fixed width: PN  ED N2",
        "Espécie do papel, evento e listagem, em largura fixa: PN  ED N2",
    ),
    column("prazo", "string", "Days to a forward's expiry", "Prazo do termo, em dias", null=True),
    _MOEDA,
    _price("preco_abertura", "First price", "Preço de abertura"),
    _price("preco_maximo", "Highest price", "Preço máximo"),
    _price("preco_minimo", "Lowest price", "Preço mínimo"),
    _price("preco_medio", "Average price", "Preço médio"),
    _price("preco_fechamento", "Last price", "Último preço"),
    _price("melhor_oferta_compra", "Best bid", "Melhor oferta de compra"),
    _price("melhor_oferta_venda", "Best ask", "Melhor oferta de venda"),
    column(
        "qtd_negocios",
        "bigint",
        "Trades, in five digits: B3's field starts again at 0 after 99,999",
        "Negócios, em cinco dígitos: o campo da B3 recomeça em 0 depois de 99.999",
    ),
    _TITULOS,
    column("vl_negociado", "decimal(18,2)", "Traded value, in moeda", "Valor negociado, em moeda"),
    column(
        "preco_exercicio",
        "decimal(13,2)",
        "Strike as B3 states it, for fator_cotacao shares",
        "Preço de exercício como a B3 informa, por fator_cotacao ações",
    ),
    column("indicador_correcao", "string", "How the strike is corrected", "Correção do preço de exercício"),
    column("data_vencimento", "date", "Expiry", "Vencimento", null=True),
    column(
        "fator_cotacao",
        "int",
        "How many shares B3's price was for; the price columns are for one",
        "A quantas ações o preço da B3 se refere; as colunas de preço são por uma",
    ),
    column("preco_exercicio_pontos", "decimal(13,6)", "Strike in points", "Preço de exercício em pontos"),
    column("isin", "string", "ISIN, without its check of the issue", "ISIN do papel"),
    column("numero_distribuicao", "int", "Number of the distribution", "Número da distribuição"),
)
_PROVENANCE: Final = (
    column("coletado_em", "timestamp", "Moment of the capture, UTC", "Momento da captura, UTC"),
    column(
        "payload_sha256",
        "string",
        "SHA-256 of the file as received",
        "SHA-256 do arquivo como recebido",
    ),
)

RAW: Final = Table(
    name="negociacao",
    prefix="raw/negociacao/",
    description="B3's COTAHIST, one row per record, all markets.",
    description_pt="COTAHIST da B3, uma linha por registro, todos os mercados.",
    columns=(*RECORD, *_PROVENANCE),
    keys=(column("dt", "string", "The session, as the folder names it", "O pregão, como a pasta o nomeia"),),
)

REFINED: Final = Table(
    name="negociacao",
    prefix="REFINED/negociacao/",
    description="What was traded on the cash market, round and odd lots together, one row per session and ticker.",
    description_pt="O que se negociou à vista, lote padrão e fracionário juntos, uma linha por pregão e papel.",
    columns=(
        column("codigo", "string", "Ticker", "Código de negociação"),
        column(
            "isin",
            "string",
            "ISIN, of the latest distribution",
            "ISIN, da última distribuição",
        ),
        column("nome_resumido", "string", "Company, abbreviated", "Empresa, abreviada"),
        column(
            "especificacao",
            "string",
            "Kind of security, event and listing, fixed width: PN  ED N2",
            "Espécie do papel, evento e listagem, em largura fixa: PN  ED N2",
        ),
        _MOEDA,
        column("valor_total", "decimal(18,2)", "Traded value, in moeda", "Valor negociado, em moeda"),
        column(
            "quantidade",
            "bigint",
            "Trades as B3 states them: a lot's field starts again at 0 after 99,999, no fact for the busiest",
            "Negócios como a B3 informa: o campo de cada lote recomeça em 0 após 99.999; não é fato nos mais negociados",
        ),
        column(
            "quantidade_duvidosa",
            "boolean",
            "Whether the value of a trade says that the field went round: at least twice that of the sessions before",
            "Se o valor por negócio diz que o campo recomeçou: ao menos o dobro do valor dos pregões anteriores",
        ),
        column(
            "quantidade_provavel",
            "bigint",
            "The most likely number of trades: quantidade, and 100,000 for each time that the field went round",
            "Número mais provável de negócios: quantidade e 100.000 a cada vez que o campo recomeçou",
        ),
        _TITULOS,
        _price(
            "preco_abertura", "First price of the round lot", "Preço de abertura do lote padrão", null=True
        ),
        _price("preco_maximo", "Highest price of the round lot", "Preço máximo do lote padrão", null=True),
        _price("preco_minimo", "Lowest price of the round lot", "Preço mínimo do lote padrão", null=True),
        _price("preco_fechamento", "Last price of the round lot", "Último preço do lote padrão", null=True),
        _price("preco_medio", "valor_total by qtd_titulos", "valor_total por qtd_titulos", null=True),
        column(
            "data_liquidacao",
            "date",
            "Day of settlement; null where no rule is known",
            "Dia da liquidação; nulo onde não se conhece a regra",
            null=True,
        ),
        column(
            "dias_ate_liquidacao",
            "int",
            "Calendar days from the session to the settlement",
            "Dias corridos do pregão à liquidação",
            null=True,
        ),
    ),
    keys=(
        _DATA_PREGAO,
        column("inicial", "string", "First character of the ticker", "Primeiro caractere do código"),
    ),
)


def day_key(day: date) -> str:
    """The raw object of a session: a function of the day alone."""
    return f"{RAW.prefix}dt={day.isoformat()}/negociacao.parquet"
