"""Ticker continuity: a share's ticker of today, for views and queries; raw keeps B3's words.

B3 gives a renamed share a new ISIN together with its new ticker, so neither links the two by itself:
the table does, by ticker and issuer (an ISIN's beginning), with the first session of the new one. Sources: the
companies' notices to shareholders ("aviso aos acionistas", "fato relevante") named beside each row; ISINs as
in COTAHIST.

Not in the table, because the new ISIN or the first session could not be confirmed: BVMF3 to B3SA3, KROT3 to
COGN3, ESTC3 to YDUQ3, BRDT3 to VBBR3, DTEX3 to DXCO3, QGEP3 to ENAT3, GUAR3 to RIAA3, ELET6 to AXIA6. Until
somebody adds them with a source, those series break at the change. Left out on purpose: another class of the same
company, or a ticker that was quoted beside it before (VIVT4 and VIVT3, SUZB5 and SUZB3, LAME4 and AMER3), and
JSLG3, which with its ISIN went to SIMH3 in September 2020 and came back in November for another company.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

from lake.tables.negociacao import REFINED

Kind = Literal["renomeado", "incorporado"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A share that went on under another ticker from the session ``desde``.

    ``renomeado``: the same share, so its series goes on. ``incorporado``: each old share became
    ``razao`` shares of another company, which has a series of its own.
    """

    codigo: str
    isin: str
    codigo_novo: str
    isin_novo: str
    desde: date
    tipo: Kind
    razao: Decimal
    fonte: str


def _renamed(codigo: str, isin: str, codigo_novo: str, isin_novo: str, desde: str, fonte: str) -> Rename:
    return Rename(
        codigo=codigo,
        isin=isin,
        codigo_novo=codigo_novo,
        isin_novo=isin_novo,
        desde=date.fromisoformat(desde),
        tipo="renomeado",
        razao=Decimal(1),
        fonte=fonte,
    )


RENAMES = (
    _renamed("TIMP3", "BRTIMPACNOR1", "TIMS3", "BRTIMSACNOR5", "2020-10-13",
             "TIM Participações: merger into TIM S.A., one share for one"),
    _renamed("BTOW3", "BRBTOWACNOR8", "AMER3", "BRAMERACNOR6", "2021-07-19",
             "B2W: new name Americanas, on taking over the stores of Lojas Americanas"),
    _renamed("VVAR3", "BRVVARACNOR1", "VIIA3", "BRVIIAACNOR7", "2021-08-16",
             "Via Varejo: new name Via"),
    _renamed("BKBR3", "BRBKBRACNOR4", "ZAMP3", "BRZAMPACNOR5", "2022-10-26",
             "BK Brasil: new name Zamp (CVM protocol 1022908)"),
    _renamed("VIIA3", "BRVIIAACNOR7", "BHIA3", "BRBHIAACNOR1", "2023-09-20",
             "Via: new name Grupo Casas Bahia"),
    _renamed("ALSO3", "BRALSOACNOR5", "ALOS3", "BRALOSACNOR5", "2023-10-25",
             "Aliansce Sonae + brMalls: new name Allos, notice of 17 October 2023"),
    _renamed("ARZZ3", "BRARZZACNOR3", "AZZA3", "BRAZZAACNOR9", "2024-08-01",
             "Arezzo: new name Azzas 2154, on taking over Grupo Soma"),
    _renamed("RRRP3", "BRRRRPACNOR5", "BRAV3", "BRBRAVACNOR3", "2024-09-09",
             "3R Petroleum: new name Brava Energia (CVM protocol 1277563)"),
    _renamed("TRPL3", "BRTRPLACNOR4", "ISAE3", "BRISAEACNOR2", "2024-11-18",
             "ISA CTEEP: new name ISA Energia Brasil, notices of 7 and 18 November 2024"),
    _renamed("TRPL4", "BRTRPLACNPR1", "ISAE4", "BRISAEACNPR9", "2024-11-18",
             "ISA CTEEP: new name ISA Energia Brasil, notices of 7 and 18 November 2024"),
    _renamed("CCRO3", "BRCCROACNOR2", "MOTV3", "BRMOTVACNOR7", "2025-05-02",
             "CCR: new name Motiva Infraestrutura de Mobilidade"),
    _renamed("NTCO3", "BRNTCOACNOR5", "NATU3", "BRNATUACNOR6", "2025-07-02",
             "Natura &Co Holding: merger into Natura Cosméticos, one share for one"),
    _renamed("MRFG3", "BRMRFGACNOR0", "MBRF3", "BRMBRFACNOR1", "2025-09-23",
             "Marfrig: new name MBRF Global Foods, on taking over BRF"),
    Rename(codigo="BRFS3", isin="BRBRFSACNOR8", codigo_novo="MBRF3", isin_novo="BRMBRFACNOR1",
           desde=date(2025, 9, 23), tipo="incorporado", razao=Decimal("0.8521"),
           fonte="BRF: all shares taken over by Marfrig, 0.8521 for each"),
    _renamed("EMBR3", "BREMBRACNOR4", "EMBJ3", "BREMBJACNOR1", "2025-11-03",
             "Embraer: new tickers EMBJ3 and EMBJ"),
    _renamed("ELET3", "BRELETACNOR6", "AXIA3", "BRAXIAACNOR0", "2025-11-10",
             "Eletrobras: new name Axia Energia"),
)  # fmt: skip


def today_codigo(codigo: str, isin: str) -> str:
    """The ticker of today of a share's series.

    Only where the ticker and the ISIN's issuer both are the old ones: a ticker that another company took
    over later stays what it is, and a share whose ISIN changed under its old ticker is still that share.
    """
    known = {
        (r.codigo, _issuer(r.isin)): (r.codigo_novo, _issuer(r.isin_novo))
        for r in RENAMES
        if r.tipo == "renomeado"
    }
    share = (codigo, _issuer(isin))
    while share in known:
        share = known[share]
    return share[0]


def _issuer(isin: str) -> str:
    """The country and B3's code of the issuer, which an ISIN of B3's begins with: ``BREMBR``."""
    return isin[:6]


def continuity_sql() -> str:
    """A query (Athena's dialect) over ``negociacao``: its columns, and beside them ``codigo_atual``.

    The body of the view ``negociacao_continua``. Columns are named one by one, so that a column which
    the table gains later doesn't make Athena call the view stale.
    """
    rows = [(r.codigo, r.isin, today_codigo(r.codigo, r.isin)) for r in RENAMES if r.tipo == "renomeado"]
    values = ",\n".join(f"    ('{codigo}', '{isin}', '{today}')" for codigo, isin, today in rows)
    columns = ",\n".join(f"  n.{column.name}" for column in REFINED.all_columns)
    return f"""SELECT
{columns},
  coalesce(r.codigo_atual, n.codigo) AS codigo_atual
FROM {REFINED.name} AS n
LEFT JOIN (
  VALUES
{values}
) AS r (codigo, isin, codigo_atual)
  ON n.codigo = r.codigo AND substr(n.isin, 1, 6) = substr(r.isin, 1, 6)"""  # noqa: S608 - from constants
