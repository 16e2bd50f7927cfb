"""The COTAHIST record: where each field is, and the columns that raw makes of it.

Source: B3, "Layout do arquivo – Cotações Históricas". Positions here are 0-based and half-open; B3's
are 1-based and inclusive. Every record has 245 bytes, latin-1, and ends with CRLF or LF.
"""

from __future__ import annotations

from dataclasses import dataclass

from lake.arrow import schema_of
from lake.tables.negociacao import RECORD

RECORD_BYTES = 245
HEADER, QUOTE, TRAILER = b"00", b"01", b"99"
SESSION = slice(2, 10)
TICKER = slice(12, 24)
MARKET = slice(24, 27)
CASH_MARKETS = (b"010", b"020")  # round lot and odd lot
# What tells two quotes of a session apart on the cash market: on the day of an event a ticker may have
# a line for each ISIN and distribution.
KEY = (slice(10, 27), slice(49, 52), slice(230, 245))

HEADER_NAME = slice(2, 15)
HEADER_ORIGIN = slice(15, 23)
HEADER_DATE = slice(23, 31)
TRAILER_COUNT = slice(31, 42)

PRICE_DECIMALS = 8  # two of the file and six of the largest quotation factor in use, 1,000,000
MAX_FACTOR = 10**6
NO_EXPIRY = (99991231, 0)  # what B3 writes where there is no date


@dataclass(frozen=True, slots=True)
class Text:
    """Text, padded with spaces on the right.

    An ``optional`` one is null where it is blank; a ``distinct`` one hardly repeats within a session.
    """

    column: str
    start: int
    end: int
    optional: bool = False
    distinct: bool = False


@dataclass(frozen=True, slots=True)
class Number:
    """Digits only, padded with zeros: a whole number, or a decimal with ``decimals`` implied places.

    ``quoted`` numbers are prices of as many shares as the record's quotation factor says.
    """

    column: str
    start: int
    end: int
    decimals: int | None = None
    quoted: bool = False

    @property
    def digits(self) -> int:
        """How many digits the field has."""
        return self.end - self.start


TEXTS = (
    Text("codbdi", 10, 12),
    Text("codigo", 12, 24, distinct=True),
    Text("tipo_mercado", 24, 27),
    Text("nome_resumido", 27, 39),
    Text("especificacao", 39, 49),
    Text("prazo", 49, 52, optional=True),
    Text("moeda", 52, 56),
    Text("indicador_correcao", 201, 202),
    Text("isin", 230, 242),
)
DATA_PREGAO = Number("data_pregao", 2, 10)
DATA_VENCIMENTO = Number("data_vencimento", 202, 210)
FATOR_COTACAO = Number("fator_cotacao", 210, 217)
NUMBERS = (
    DATA_PREGAO,
    Number("preco_abertura", 56, 69, 2, quoted=True),
    Number("preco_maximo", 69, 82, 2, quoted=True),
    Number("preco_minimo", 82, 95, 2, quoted=True),
    Number("preco_medio", 95, 108, 2, quoted=True),
    Number("preco_fechamento", 108, 121, 2, quoted=True),
    Number("melhor_oferta_compra", 121, 134, 2, quoted=True),
    Number("melhor_oferta_venda", 134, 147, 2, quoted=True),
    Number("qtd_negocios", 147, 152),
    Number("qtd_titulos", 152, 170),
    Number("vl_negociado", 170, 188, 2),
    Number("preco_exercicio", 188, 201, 2),
    DATA_VENCIMENTO,
    FATOR_COTACAO,
    Number("preco_exercicio_pontos", 217, 230, 6),
    Number("numero_distribuicao", 242, 245),
)

QUOTE_SCHEMA = schema_of(RECORD)
"""What the quotes of a file are as columns, in B3's words.

Prices (``preco_abertura`` to ``melhor_oferta_venda``) are in ``moeda`` per single share: the quotation
factor is applied. ``preco_exercicio`` is as B3 states it. ``qtd_negocios`` has five digits in the file,
so B3 can't state more than 99,999. ``prazo`` (days to a forward's expiry) and ``data_vencimento`` are
null where B3 gives none.
"""
