"""Every word of the report that is not B3's, in both languages; B3's names of sectors and companies stay as B3 has them."""

from __future__ import annotations

from dataclasses import dataclass

from reports.notation import Language, Notation
from reports.spoken import Both, Spoken


@dataclass(frozen=True, slots=True)
class Counted:
    """A noun with its number: ``1 dia``, ``2 dias``."""

    one: str
    many: str

    def of(self, count: int, notation: Notation) -> str:
        return f"{notation.number(count)} {self.one if count == 1 else self.many}"


def counted(one: str, many: str, um: str, muitos: str) -> Both[Counted]:
    """A noun in both languages."""
    return Both(Counted(one, many), Counted(um, muitos))


class Texts(Spoken):
    """The words of one language, by where they stand."""

    # the page's frame
    language_name = Both("English", "Português")
    session_of = Both("Session of {date}", "Pregão de {date}")
    contents = Both("On this page", "Nesta página")
    bitcoin = Both("Bitcoin: the stream's last minutes", "Bitcoin: os últimos minutos do stream")
    source = Both("Source: B3 ({used}).", "Fonte: B3 ({used}).")
    scanned = Both("Queried in Athena: {bytes} bytes scanned.", "Consultado no Athena: {bytes} bytes lidos.")
    made_without_scripts = Both(
        "A page without scripts that loads nothing from the network.",
        "Página sem scripts, que nada carrega da rede.",
    )
    source_portfolio = Both("portfolio of the day", "carteira do dia")
    source_quotes = Both("historical quotes of COTAHIST", "séries históricas COTAHIST")
    source_preview = Both("preview of the theoretical portfolio", "prévia da carteira teórica")
    sample = Both("Sample", "Amostra")
    made_up_title = Both("The prices on this page are made up", "Os preços desta página são fictícios")
    made_up = Both(
        "The quotes of {sessions}, from {first} to {last}, are this project's sample. Its prices were made "
        "up: the returns, contributions, volumes and levels that follow from them say nothing of the market.",
        "As cotações de {sessions}, de {first} a {last}, são a amostra deste projeto. Seus preços foram "
        "inventados: variações, contribuições, volumes e pontos que deles decorrem nada dizem do mercado.",
    )
    sessions = counted("session", "sessions", "pregão", "pregões")

    # the lead
    rose = Both("The index rose {change}", "O índice subiu {change}")
    fell = Both("The index fell {change}", "O índice caiu {change}")
    flat = Both("The index closed unchanged", "O índice ficou estável")
    too_little = Both(
        "Only {coverage} of the index's weight has a return, too little to tell the index's change",
        "Só {coverage} do peso do índice tem variação, pouco para dizer quanto o índice variou",
    )
    breadth = Both("{up} up, {down} down", "{up} em alta, {down} em queda")
    stable = counted("unchanged", "unchanged", "estável", "estáveis")
    untraded = counted("without a return", "without a return", "sem variação", "sem variação")
    best_and_worst = Both(
        "{best} helped most ({best_points} pp); {worst} hurt most ({worst_points} pp).",
        "{best} foi quem mais ajudou ({best_points} p.p.); {worst}, quem mais pesou ({worst_points} p.p.).",
    )
    no_returns_lead = Both(
        "The portfolio of the day: weights, sectors, and what changed.",
        "A carteira do dia: pesos, setores e o que mudou.",
    )
    index_return = Both("change of the index", "variação do índice")
    approximate_return = Both("approximate change", "variação aproximada")
    coverage = Both("{coverage} of the weight has a return", "{coverage} do peso com variação")

    # figures
    level_points = Both("points at the close", "pontos no fechamento")
    members = Both("members of the index", "papéis na carteira")
    ten_largest = Both("in the ten largest weights", "nos dez maiores pesos")
    hhi = Both("concentration (HHI)", "concentração (HHI)")
    hhi_note = Both("as much as {members}", "equivale a {members}")
    equal_members = counted(
        "member of equal weight", "members of equal weight", "papel de peso igual", "papéis de peso igual"
    )
    traded_in_members = Both("traded in the index's members", "negociados nos papéis do índice")
    settlement = Both("settlement", "liquidação financeira")
    settlement_note = Both("{days} after the session", "{days} depois do pregão")
    in_force_since = Both("portfolio in force since {date}", "carteira em vigor desde {date}")
    days = counted("day", "days", "dia", "dias")

    # what is missing
    missing_title = Both("What this report lacks", "O que falta neste relatório")
    no_table_quotes = Both(
        "No quotes: table {table} is not in the catalogue yet; it appears with the first run of the quotes' "
        "job.",
        "Sem cotações: a tabela {table} ainda não existe no catálogo; ela aparece com a primeira execução do "
        "job de negociação.",
    )
    no_rows_quotes = Both(
        "No quotes: none up to {date} has been collected.",
        "Sem cotações: nenhuma até {date} foi coletada.",
    )
    older_quotes = Both(
        "No quotes of {date}: the latest up to that day are of {latest}.",
        "Sem cotações de {date}: as mais recentes até esse dia são de {latest}.",
    )
    no_returns = Both(
        "No returns: the close of the session before {date} is missing.",
        "Sem variações: falta o fechamento do pregão anterior a {date}.",
    )
    older_returns = Both(
        "No returns of {date}: the latest that can be computed are of {latest}.",
        "Sem variações de {date}: as mais recentes que se podem calcular são de {latest}.",
    )
    no_table_theoretical = Both(
        "No preview of the rebalancing: table {table} is not in the catalogue yet.",
        "Sem prévia do rebalanceamento: a tabela {table} ainda não existe no catálogo.",
    )
    no_rows_theoretical = Both(
        "No preview of the rebalancing: none of the portfolio to come was collected up to {date}.",
        "Sem prévia do rebalanceamento: nenhuma da próxima carteira foi coletada até {date}.",
    )
    no_sectors = Both(
        "No sectors: B3 gave none in this session's file.",
        "Sem setores: a B3 não os informou no arquivo deste pregão.",
    )
    no_sector = Both("Not given", "Não informado")

    # sections: title and a line that says how to read it
    map_title = Both("The index at a glance", "O mapa do índice")
    map_note = Both(
        "Each rectangle is a member: its area is the weight, its colour the day's return. Small ones without "
        "a label are in the full portfolio.",
        "Cada retângulo é um papel: a área é o peso, a cor é a variação no dia. Os pequenos, sem rótulo, "
        "estão na carteira completa.",
    )
    map_note_plain = Both(
        "Each rectangle is a member: its area is the weight. Small ones without a label are in the full "
        "portfolio.",
        "Cada retângulo é um papel: a área é o peso. Os pequenos, sem rótulo, estão na carteira completa.",
    )
    map_alt = Both(
        "Map of the index by sector: area is weight, colour is return; the values are in the tables.",
        "Mapa do índice por setor: área é peso, cor é variação; os valores estão nas tabelas.",
    )
    map_untraded = Both("no return", "sem variação")
    level_title = Both("The index's points", "O índice em pontos")
    level_note = Both(
        "{level} points at the close of {date}. Sessions on which a member has no price have no level.",
        "{level} pontos no fechamento de {date}. Pregões em que falta preço de algum papel não têm nível.",
    )
    level_label = Both(
        "The index's level from {first} to {last}: between {low} and {high} points.",
        "Nível do índice de {first} a {last}: entre {low} e {high} pontos.",
    )
    breadth_title = Both("Rises and falls", "Altas e quedas por pregão")
    breadth_note = Both(
        "How many members rose (above the line) and fell (below it), session by session.",
        "Quantos papéis subiram (acima da linha) e caíram (abaixo dela) em cada pregão.",
    )
    breadth_label = Both(
        "Members that rose and fell on each session from {first} to {last}.",
        "Papéis que subiram e que caíram em cada pregão, de {first} a {last}.",
    )
    weights_title = Both("The ten largest weights over time", "Os dez maiores pesos no tempo")
    weights_note = Both(
        "From {first} to {last}, in percent. Every chart's height is {span} percentage points, so that slopes"
        " compare; each prints its own ends.",
        "De {first} a {last}, em porcento. A altura de todos os gráficos vale {span} pontos percentuais, para"
        " que as inclinações se comparem; cada um traz seus próprios extremos.",
    )
    sector_paths_title = Both("Sectors over time", "Setores no tempo")
    sector_paths_note = Both(
        "From {first} to {last}, in percent, subsectors together. Every chart's height is {span} percentage "
        "points.",
        "De {first} a {last}, em porcento, com os subsetores somados. A altura de todos os gráficos vale "
        "{span} pontos percentuais.",
    )
    panel_label = Both(
        "{name}: {first} on {since}, {last} on {until}.",
        "{name}: {first} em {since}, {last} em {until}.",
    )
    calendar_title = Both("What comes", "O que vem por aí")
    calendar_note = Both(
        "By B3's calendar, up to the next rebalancing; weekends are left out.",
        "Pelo calendário da B3, até o próximo rebalanceamento; sem os fins de semana.",
    )
    sectors_title = Both("Sectors", "Setores")
    sectors_note = Both(
        "Each sector's weight, and its weighted return on the day. The sectors' names are B3's.",
        "Peso de cada setor e sua variação média ponderada no dia.",
    )
    sectors_note_plain = Both("Each sector's weight. The sectors' names are B3's.", "Peso de cada setor.")
    paths_note = Both(
        "Over time, all lines are of one scale: a row's height is {span} percentage points.",
        "No tempo, todas as linhas têm a mesma escala: a altura da célula vale {span} pontos percentuais.",
    )
    contribution_title = Both("What moved the index", "Quem moveu o índice")
    contribution_note = Both(
        "Contribution = weight × return, in percentage points. They sum to the approximate change; the "
        "residual is what that does not explain: dividends (they lower the price, not the index), members "
        "without a return, rounding.",
        "Contribuição = peso × variação, em pontos percentuais. A soma é a variação aproximada; o resíduo é o"
        " que ela não explica: proventos (que baixam o preço, não o índice), papéis sem variação, "
        "arredondamento.",
    )
    moves_title = Both("Largest moves", "Maiores variações")
    moves_note = Both(
        "Close against the previous close, among the index's members.",
        "Fechamento contra fechamento anterior, entre os papéis do índice.",
    )
    traded_title = Both("Most traded", "Mais negociados")
    traded_note = Both(
        "The whole cash market, by value traded. No weight: not a member of the index.",
        "Todo o mercado à vista, por volume financeiro. Sem peso: papel fora do índice.",
    )
    concentration_title = Both("Ten largest weights", "Dez maiores pesos")
    concentration_note = Both(
        "How much of the index fits into ten members.",
        "Quanto do índice cabe em dez papéis.",
    )
    changes_title = Both("Weights that changed most", "Pesos que mais mudaram")
    changes_note = Both(
        "From {previous} to {current}, in percentage points.",
        "De {previous} a {current}, em pontos percentuais.",
    )
    entries_title = Both("Who entered and who left", "Quem entrou e quem saiu")
    entries_note = Both(
        "Between consecutive sessions of the lake, latest first.",
        "Entre pregões seguidos do lake, do mais recente ao mais antigo.",
    )
    next_title = Both("Next rebalancing", "Próximo rebalanceamento")
    next_note = Both(
        "In force from {start}. The session's weights against the preview captured on {date}.",
        "Em vigor a partir de {start}. Pesos do pregão contra a prévia coletada em {date}.",
    )
    next_nobody = Both("Nobody enters or leaves.", "Ninguém entra nem sai.")
    settlement_title = Both("Days to settlement", "Dias até a liquidação")
    settlement_section_note = Both(
        "When the latest sessions' money changes hands, in calendar days.",
        "Quando o dinheiro dos últimos pregões troca de mãos, em dias corridos.",
    )
    portfolio_title = Both("The full portfolio", "A carteira completa")
    portfolio_note = Both(
        "Every member, the heaviest first: {quantity} shares in the theoretical portfolio, divisor {divisor}.",
        "Todos os papéis, do maior ao menor peso: {quantity} ações na carteira teórica, redutor {divisor}.",
    )

    # rows and states
    next_session = Both("next session", "próximo pregão")
    session_settles = Both("this session settles", "liquidação deste pregão")
    preview_shown = Both("preview {number} of the next portfolio", "{number}ª prévia da próxima carteira")
    portfolio_starts = Both("next portfolio takes effect", "próxima carteira entra em vigor")
    closed = Both("no session", "sem pregão")
    sessions_before = counted("session before", "sessions before", "pregão antes", "pregões antes")
    ups = Both("Up", "Altas")
    downs = Both("Down", "Quedas")
    nobody_up = Both("No member rose.", "Nenhum papel subiu.")
    nobody_down = Both("No member fell.", "Nenhum papel caiu.")
    no_changes = Both(
        "No weight changed from {previous} to {current}.",
        "Nenhum peso mudou de {previous} a {current}.",
    )
    no_entries = Both(
        "Nobody entered or left in the lake's sessions.",
        "Ninguém entrou nem saiu nos pregões do lake.",
    )
    other_shares = counted("other member", "other members", "outro papel", "outros papéis")
    sum_of_contributions = Both("Sum (approximate change)", "Soma (variação aproximada)")
    sum_of_known = Both("Sum of those with a return", "Soma dos que têm variação")
    residual = Both("Residual", "Resíduo")
    entered = Both("entered", "entrou")
    left = Both("left", "saiu")
    enters = Both("enters", "entra")
    leaves = Both("leaves", "sai")
    stays = Both("stays", "fica")

    # columns
    day = Both("Day", "Dia")
    what_comes = Both("What comes", "O que vem")
    days_ahead = Both("In days", "Em dias")
    against = Both("Against", "Comparado a")
    change = Both("Change (%)", "Mudança (%)")
    unchanged_members = Both("Unchanged", "Estáveis")
    without_return = Both("No return", "Sem variação")
    points_unit = Both("pp", "p.p.")
    position = Both("#", "#")
    code = Both("Ticker", "Código")
    kind = Both("Type", "Tipo")
    sector = Both("Sector", "Setor")
    members_column = Both("Members", "Papéis")
    quantity = Both("Theoretical quantity", "Quantidade teórica")
    weight = Both("Weight (%)", "Peso (%)")
    cumulative = Both("Total (%)", "Soma (%)")
    previous_weight = Both("Before (%)", "Antes (%)")
    current_weight = Both("Session (%)", "Pregão (%)")
    weight_change = Both("Change (pp)", "Mudança (p.p.)")
    expected_weight = Both("Expected (%)", "Previsto (%)")
    over_time = Both("Over time", "No tempo")
    close = Both("Close (R$)", "Fechamento (R$)")
    daily_return = Both("Return (%)", "Variação (%)")
    contribution = Both("Contribution (pp)", "Contribuição (p.p.)")
    traded_value = Both("Value", "Volume")
    trades = Both("Trades", "Negócios")
    average_price = Both("Average price (R$)", "Preço médio (R$)")
    market_share = Both("Of the market (%)", "Do mercado (%)")
    session = Both("Session", "Pregão")
    settles_on = Both("Settles on", "Liquidação")
    days_to_settle = Both("Days", "Dias")
    movement = Both("Move", "Movimento")


EN, PT_BR = Texts(Language.EN), Texts(Language.PT_BR)


def texts(language: Language) -> Texts:
    """The words of a language."""
    return PT_BR if language is Language.PT_BR else EN
