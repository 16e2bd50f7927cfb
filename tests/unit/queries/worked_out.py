"""The numbers of an index's session worked out in Python from the rows, beside which the queries' answers are held."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal, localcontext

from lake.renames import today_codigo
from tests.index_sessions import Sessions


def rounded(number: Decimal, scale: int = 6) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP)


@dataclass(frozen=True)
class Worked:
    """The numbers of one member on one session."""

    codigo: str
    setor: str
    weight: Decimal
    quantity: int
    before: Decimal | None
    close: Decimal | None

    @property
    def retorno(self) -> Decimal | None:
        if self.before is None or self.close is None:
            return None
        with localcontext(prec=100):
            return rounded((self.close - self.before) * 100 / self.before)

    @property
    def contribuicao(self) -> Decimal | None:
        return None if self.retorno is None else rounded(self.weight * self.retorno / 100)


def work_out(lake: Sessions, day: date, *, of: date | None = None) -> list[Worked]:
    """The members of the Ibovespa's portfolio of ``of``, with their closes on ``day`` and before it."""
    window = [
        (row["data_pregao"], row["codigo"], today_codigo(row["codigo"], row["isin"]), row["preco_fechamento"])
        for row in sorted(lake.negociacao, key=lambda row: row["data_pregao"])
        if day - timedelta(days=10) <= row["data_pregao"] <= day
    ]
    found = []
    for member in lake.carteira:
        if member["indice"] != "IBOV" or member["data_pregao"] != (of or day):
            continue
        share = {today for _, codigo, today, _ in window if codigo == member["codigo"]} or {member["codigo"]}
        closes = {session: close for session, _, today, close in window if today in share and close}
        before = [close for session, close in closes.items() if session < day]
        found.append(
            Worked(
                codigo=member["codigo"],
                setor=member["setor"],
                weight=member["participacao"],
                quantity=member["quantidade_teorica"],
                before=before[-1] if before else None,
                close=closes.get(day),
            )
        )
    return found


def level(quantities: list[tuple[int, Decimal | None]], redutor: Decimal) -> Decimal | None:
    with localcontext(prec=100):
        total = Decimal(0)
        for quantity, price in quantities:
            if price is None:
                return None
            total += quantity * price
        return rounded(total / redutor, 8)


def redutor_of(lake: Sessions, day: date) -> Decimal:
    (found,) = {
        row["redutor"] for row in lake.carteira if (row["indice"], row["data_pregao"]) == ("IBOV", day)
    }
    assert isinstance(found, Decimal)
    return found


def check_against_python(lake: Sessions, day: date, before: date) -> None:
    """Every number of the four queries about the index's session ``day``, after ``before``."""
    worked = {member.codigo: member for member in work_out(lake, day)}
    traded = {row["codigo"]: row["valor_total"] for row in lake.negociacao if row["data_pregao"] == day}

    contributions = {row["codigo"]: row for row in lake.ask("contribuicao", until=day)}
    assert set(contributions) == set(worked)
    for codigo, member in worked.items():
        assert contributions[codigo]["retorno"] == member.retorno, codigo
        assert contributions[codigo]["contribuicao"] == member.contribuicao, codigo

    moves = lake.ask("maiores_variacoes", until=day)
    assert {
        row["codigo"]: (row["retorno"], row["preco_anterior"], row["preco_fechamento"]) for row in moves
    } == {codigo: (m.retorno, m.before, m.close) for codigo, m in worked.items() if m.close is not None}
    sizes = [abs(row["retorno"]) for row in moves if row["retorno"] is not None]
    assert sizes == sorted(sizes, reverse=True)
    assert [row["posicao"] for row in moves] == list(range(1, len(moves) + 1))

    known = [m for m in worked.values() if m.retorno is not None and m.contribuicao is not None]
    approximate = sum((m.contribuicao for m in known if m.contribuicao is not None), Decimal(0))
    traded_at_all = any(m.close for m in worked.values())  # or the session's quotes are not there
    closes = [(m.quantity, m.close or m.before) for m in worked.values()]
    now = level(closes, redutor_of(lake, day)) if traded_at_all else None
    past = level([(m.quantity, m.before) for m in work_out(lake, day, of=before)], redutor_of(lake, before))
    with localcontext(prec=100):
        actual = rounded((now - past) * 100 / past) if now is not None and past is not None else None
    weights = sorted((m.weight for m in worked.values()), reverse=True)
    summary = lake.one("resumo_do_indice", until=day)
    assert summary == {
        "data_pregao": day,
        "pregao_anterior": before,
        "papeis": len(worked),
        "sem_negocio": len(worked) - len(known),
        "retorno_aproximado": approximate if known else None,
        "retorno_indice": actual,
        "residuo": actual - approximate if actual is not None and known else None,
        "hhi": sum(weight * weight for weight in weights),
        "dez_maiores": sum(weights[:10]),
        "valor_total": sum((traded[c] for c in worked if c in traded), Decimal(0))
        if set(worked) & set(traded)
        else None,
        "subiram": sum(m.retorno > 0 for m in known if m.retorno is not None),
        "cairam": sum(m.retorno < 0 for m in known if m.retorno is not None),
        "estaveis": sum(m.retorno == 0 for m in known),
        "nivel": None if now is None else rounded(now, 8),
        "cobertura": sum((m.weight for m in known), Decimal("0.000")),
    }

    for row in lake.ask("mapa_setorial", until=day):
        mine = [m for m in worked.values() if m.setor == row["setor"]]
        moved = [m for m in mine if m in known]
        total = sum((m.contribuicao for m in moved if m.contribuicao is not None), Decimal(0))
        weight = sum((m.weight for m in moved), Decimal(0))
        assert (row["papeis"], row["participacao"]) == (len(mine), sum(m.weight for m in mine))
        assert row["contribuicao"] == (total if moved else None)
        with localcontext(prec=100):
            assert row["retorno"] == (rounded(total * 100 / weight) if weight else None)
        assert row["subiram"] + row["cairam"] <= len(moved)
