"""Makes the sample's quotes: COTAHIST files in B3's format, of shares that exist at prices that were made up.

    python -m bovespa.demo.sample_quotes      write bovespa/demo/sample/COTAHIST_*.ZIP again

The members' closes on the sample's sessions are those that its portfolios imply: a portfolio's weights are
at the close of the session before. Every other number is drawn from a seed. Every name begins with a mark
that goes with the record to REFINED, so that whoever reads the prices there can tell what they are.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from bovespa.demo.captures import SAMPLE, read_sample
from functions.b3.cotahist.layout import NUMBERS, RECORD_BYTES, TEXTS
from functions.b3.cotahist.period import Period, of_day, of_year
from functions.b3.documents import read_document
from functions.b3.portfolio import Portfolio
from lake.calendar import is_session

FIRST, LAST = date(2025, 7, 1), date(2025, 9, 3)
# The level at each close that a portfolio's weights are at: members' value over the redutor.
LEVELS = {
    date(2025, 8, 28): Decimal("99357.9"),
    date(2025, 8, 29): Decimal("99616.2"),
    date(2025, 9, 1): Decimal("99516.6"),
    date(2025, 9, 2): Decimal("98849.8"),
}
_CASH, _ODD, _FORWARD, _CALL, _PUT = "010", "020", "030", "070", "080"
_FIELDS = {field.column: (field.start, field.end) for field in (*TEXTS, *NUMBERS)}
_WORDS = frozenset(text.column for text in TEXTS)
_NO_EXPIRY = "99991231"
_MARK, _NAME = "FICT ", 12  # the saved query precos_ficticios looks for it; a name has so many characters
_SEPTEMBER_EXPIRY = "20250919"  # the third Friday


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one line of the cash market says of a share every day; ``millions`` of reais trade on most days."""

    codigo: str
    nome: str
    especificacao: str
    isin: str
    millions: float
    codbdi: str = "02"


# Not in the sample's portfolios: code, name, class, ISIN without its check digit, a close in reais, turnover.
_OTHERS = (
    ("AAPL34", "APPLE", "DRN", "BRAAPLBDR00", "62.10", 11, "02"),
    ("BOVA11", "ISHARES BOVA", "CI", "BRBOVACTF00", "137.40", 480, "14"),
    ("BRFS3", "BRF SA", "ON      NM", "BRBRFSACNOR", "20.05", 130, "02"),
    ("HGLG11", "FII CSHG LOG", "CI", "BRHGLGCTF00", "157.20", 9, "12"),
    ("JHSF3", "JHSF PART", "ON      NM", "BRJHSFACNOR", "5.62", 14, "02"),
    ("MRFG3", "MARFRIG", "ON      NM", "BRMRFGACNOR", "23.90", 170, "02"),
    ("NATU3", "NATURA", "ON      NM", "BRNATUACNOR", "8.95", 96, "02"),
    ("TAEE11", "TAESA", "UNT     N2", "BRTAEECDAM1", "34.60", 74, "02"),
    ("USIM5", "USIMINAS", "PNA     N1", "BRUSIMACNPA", "4.21", 52, "02"),
    ("YDUQ3", "YDUQS PART", "ON      NM", "BRYDUQACNOR", "13.35", 60, "02"),
)  # fmt: skip
# Natura &Co was merged into Natura Cosméticos, one share for one (lake/renames.py).
_BEFORE_RENAME = {"NATU3": ("NTCO3", "GRUPO NATURA", "BRNTCOACNOR", date(2025, 7, 2))}


def files() -> dict[str, bytes]:
    """The sample's files by name: the year's up to the session before the last, and the last session's."""
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    days = [day for day in days if is_session(day)]
    sessions = _sessions(days)
    made = {}
    for period, part in ((of_year(LAST.year), days[:-1]), (of_day(days[-1]), days[-1:])):
        records = [record for day in part for record in sorted(sessions[day])]
        made[period.zip_name] = _zipped(period, records, generated_on=part[-1])
    return made


def _sessions(days: Sequence[date]) -> dict[date, list[bytes]]:
    portfolios = {
        portfolio.data_pregao: portfolio
        for portfolio in (read_document(c.body, name=c.name, indice="IBOV") for c in read_sample())
    }
    closes = _member_closes(portfolios, days)
    shares = _members(portfolios)
    for codigo, nome, kind, isin, close, millions, codbdi in _OTHERS:
        shares[codigo] = Share(
            codigo=codigo, nome=nome, especificacao=kind, isin=_isin(isin), millions=millions, codbdi=codbdi
        )
        closes[codigo] = {days[-1]: _cents(Decimal(close))}
    rng = random.Random(20250903)  # noqa: S311 - made-up prices, nothing secret
    market = {day: rng.gauss(0, 0.008) for day in days}
    made: dict[date, list[bytes]] = {day: [] for day in days}
    for codigo, share in sorted(shares.items()):
        walked = _walk(closes[codigo], days, market, random.Random(f"{codigo} closes"))  # noqa: S311
        rng = random.Random(f"{codigo} trades")  # noqa: S311
        before = walked[days[0]]
        for day in days:
            made[day] += _lines(_known_as(share, day), day, walked[day], before, rng)
            before = walked[day]
    return made


def _member_closes(
    portfolios: Mapping[date | None, Portfolio], days: Sequence[date]
) -> dict[str, dict[date, int]]:
    """Each member's closes, in cents, that a portfolio implies: weight × level × redutor / quantity."""
    closes: dict[str, dict[date, int]] = {}
    for before, day in pairwise(days):
        portfolio = portfolios.get(day)
        if portfolio is None or portfolio.redutor is None:
            continue
        value = LEVELS[before] * portfolio.redutor
        for member in portfolio.members:
            price = value * member.participacao / 100 / member.qtde_teorica
            closes.setdefault(member.codigo, {})[before] = _cents(price)
    return closes


def _members(portfolios: Mapping[date | None, Portfolio]) -> dict[str, Share]:
    found = {}
    for portfolio in portfolios.values():
        for member in portfolio.members:
            kind = member.tipo.split()[0]
            security = {"UNT": "CDAM1", "PN": "ACNPR"}.get(kind, "ACNOR")
            found[member.codigo] = Share(
                codigo=member.codigo,
                nome=member.acao[:12],
                especificacao=member.tipo,
                isin=_isin(f"BR{member.codigo[:4]}{security}"),
                millions=float(member.participacao) * 90 + 15,
            )
    return found


def _walk(
    known: Mapping[date, int], days: Sequence[date], market: Mapping[date, float], rng: random.Random
) -> dict[date, int]:
    """A close for every day, in cents: the known ones, and from them back and on by made-up returns."""
    beta = rng.uniform(0.6, 1.5)
    returns = {day: beta * market[day] + rng.gauss(0, 0.012) for day in days}
    closes = dict(known)
    for day, before in zip(reversed(days), reversed(days[:-1]), strict=False):
        if before not in closes and day in closes:
            closes[before] = max(2, round(closes[day] / (1 + returns[day])))
    for before, day in pairwise(days):
        closes.setdefault(day, max(2, round(closes[before] * (1 + returns[day]))))
    return closes


def _lines(share: Share, day: date, close: int, before: int, rng: random.Random) -> list[bytes]:
    """The share's lines of one session: round lot, odd lot, and of some a forward and options."""
    value = share.millions * 1e8 * rng.lognormvariate(0, 0.35)  # cents
    opening = max(1, round(before * (1 + rng.gauss(0, 0.004))))
    low = max(1, round(min(opening, close) * (1 - abs(rng.gauss(0, 0.006)))))
    high = round(max(opening, close) * (1 + abs(rng.gauss(0, 0.006))))
    prices = (opening, high, low, close)
    common = {
        "data_pregao": f"{day:%Y%m%d}",
        "nome_resumido": f"{_MARK}{share.nome}"[:_NAME],
        "especificacao": share.especificacao,
        "isin": share.isin,
    }
    lot = {**common, "codbdi": share.codbdi, "codigo": share.codigo, "tipo_mercado": _CASH}
    lines = [_traded(lot, prices, round(value / close / 100) * 100, rng)]
    if share.codbdi == "02":
        odd = {**common, "codbdi": "96", "codigo": f"{share.codigo}F", "tipo_mercado": _ODD}
        lines.append(_traded(odd, prices, max(1, round(value / close / 400)), rng))
    if share.millions > 800:
        forward = {**common, "codbdi": "62", "codigo": f"{share.codigo}T", "tipo_mercado": _FORWARD}
        lines.append(_traded({**forward, "prazo": "030"}, (round(close * 1.011),) * 4, 4_000, rng))
        for codbdi, market, month, side in (("78", _CALL, "I", 1), ("82", _PUT, "U", -1)):
            strike = max(100, round(close * (1 + side * 0.03) / 50) * 50)
            option: dict[str, str | int] = {
                **common,
                "codbdi": codbdi,
                "codigo": f"{share.codigo[:4]}{month}{strike // 10}",
                "tipo_mercado": market,
                "prazo": "000",
                "preco_exercicio": strike,
                "data_vencimento": _SEPTEMBER_EXPIRY,
            }
            lines.append(_traded(option, (max(1, close // 40),) * 4, 150_000, rng))
    return lines


def _traded(
    fields: Mapping[str, str | int], prices: tuple[int, int, int, int], quantity: int, rng: random.Random
) -> bytes:
    """One record; its value is exact, its average the value by the quantity in whole cents, as B3's is."""
    opening, high, low, close = prices
    value = quantity * (low + high) // 2 + rng.randrange(quantity // 3 + 1)
    trades = min(99_999, max(1, quantity // rng.randint(180, 700))) if quantity > 1_000 else quantity
    return _record(
        {
            **fields,
            "moeda": "R$",
            "preco_abertura": opening,
            "preco_maximo": high,
            "preco_minimo": low,
            "preco_medio": min(high, value // quantity),
            "preco_fechamento": close,
            "melhor_oferta_compra": max(1, close - 1),
            "melhor_oferta_venda": close,
            "qtd_negocios": trades,
            "qtd_titulos": quantity,
            "vl_negociado": value,
            "data_vencimento": fields.get("data_vencimento", _NO_EXPIRY),
            "fator_cotacao": 1,
            "numero_distribuicao": 100 + sum(map(ord, str(fields["isin"]))) % 150,
        }
    )


def _record(fields: Mapping[str, str | int]) -> bytes:
    """A quote in B3's layout: texts on the left, numbers zero-filled; what isn't given is blank or zero."""
    record = bytearray(b"01".ljust(RECORD_BYTES))
    for name, (start, end) in _FIELDS.items():
        width = end - start
        if name in _WORDS:
            text = str(fields.get(name, "0" if name == "indicador_correcao" else "")).ljust(width)
        else:
            text = str(fields.get(name, 0)).rjust(width, "0")
        if len(text) != width:
            raise ValueError(f"{name}: {text!r} is wider than {width}")
        record[start:end] = text.encode("latin-1")
    return bytes(record)


def _known_as(share: Share, day: date) -> Share:
    """The share under the ticker and ISIN that it had that day."""
    if share.codigo not in _BEFORE_RENAME or day >= _BEFORE_RENAME[share.codigo][3]:
        return share
    codigo, nome, isin, _ = _BEFORE_RENAME[share.codigo]
    return Share(
        codigo=codigo,
        nome=nome,
        especificacao=share.especificacao,
        isin=_isin(isin),
        millions=share.millions,
    )


def _isin(eleven: str) -> str:
    """With its check digit: Luhn's over the digits that letters stand for (ISO 6166)."""
    digits = "".join(str(int(character, 36)) for character in eleven)
    doubled = [int(digit) * (2 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(digits))]
    return f"{eleven}{-sum(number // 10 + number % 10 for number in doubled) % 10}"


def _cents(price: Decimal) -> int:
    return int((price * 100).to_integral_value())


def _zipped(period: Period, records: Sequence[bytes], *, generated_on: date) -> bytes:
    stamp = f"COTAHIST.{generated_on.year}BOVESPA {generated_on:%Y%m%d}"
    lines = [
        f"00{stamp}".encode().ljust(RECORD_BYTES),
        *records,
        f"99{stamp}{len(records) + 2:011d}".encode().ljust(RECORD_BYTES),
    ]
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        entry = zipfile.ZipInfo(f"{period.stem}.TXT", (*generated_on.timetuple()[:3], 21, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, b"".join(line + b"\r\n" for line in lines), compresslevel=9)
    return sink.getvalue()


if __name__ == "__main__":
    for name, body in files().items():
        (SAMPLE / name).write_bytes(body)
