"""Every word of the report that is not B3's, in both languages.

One frozen dataclass, so that a text that one language lacks is an error of type, not a gap on the page.
``{…}`` is filled by :mod:`reports.sentences`.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.notation import Language, Notation


@dataclass(frozen=True, slots=True)
class Counted:
    """A noun with its number: ``1 dia``, ``2 dias``."""

    one: str
    many: str

    def of(self, count: int, notation: Notation) -> str:
        return f"{notation.number(count)} {self.one if count == 1 else self.many}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """The words of one language, by where they stand."""

    # the page's frame
    language_name: str
    session_of: str
    back_to_top: str
    contents: str
    source: str
    scanned: str
    made_without_scripts: str

    # the lead
    rose: str
    fell: str
    flat: str
    breadth: str
    stable: Counted
    untraded: Counted
    best_and_worst: str
    no_returns_lead: str
    index_return: str
    approximate_return: str

    # figures
    members: str
    ten_largest: str
    hhi: str
    hhi_note: str
    traded_in_members: str
    settlement: str
    settlement_note: str
    in_force_since: str
    days: Counted

    # what is missing
    missing_title: str
    no_table_quotes: str
    no_rows_quotes: str
    older_quotes: str
    no_returns: str
    older_returns: str
    no_table_theoretical: str
    no_rows_theoretical: str
    no_sectors: str
    no_sector: str

    # sections: title and a line that says how to read it
    map_title: str
    map_note: str
    map_note_plain: str
    map_alt: str
    map_untraded: str
    sectors_title: str
    sectors_note: str
    sectors_note_plain: str
    contribution_title: str
    contribution_note: str
    moves_title: str
    moves_note: str
    traded_title: str
    traded_note: str
    concentration_title: str
    concentration_note: str
    changes_title: str
    changes_note: str
    entries_title: str
    entries_note: str
    next_title: str
    next_note: str
    preview: str
    theoretical: str
    settlement_title: str
    settlement_section_note: str
    portfolio_title: str
    portfolio_note: str

    # rows and states
    ups: str
    downs: str
    nobody_up: str
    nobody_down: str
    no_changes: str
    no_entries: str
    other_shares: Counted
    sum_of_contributions: str
    residual: str
    all_members: str
    entered: str
    left: str
    enters: str
    leaves: str
    stays: str

    # columns
    position: str
    code: str
    company: str
    share_class: str
    event: str
    listing: str
    sector: str
    members_column: str
    quantity: str
    weight: str
    cumulative: str
    previous_weight: str
    current_weight: str
    weight_change: str
    expected_weight: str
    over_time: str
    close: str
    daily_return: str
    contribution: str
    traded_value: str
    trades: str
    average_price: str
    market_share: str
    session: str
    settles_on: str
    days_to_settle: str
    movement: str


PT_BR = Texts(
    language_name="Português",
    session_of="Pregão de {date}",
    back_to_top="Voltar ao início",
    contents="Nesta página",
    source="Fonte: B3 (carteira do dia, COTAHIST, carteira teórica).",
    scanned="Consultado no Athena: {bytes} bytes lidos.",
    made_without_scripts="Página sem scripts, que nada carrega da rede.",
    rose="O índice subiu {change}",
    fell="O índice caiu {change}",
    flat="O índice ficou estável",
    breadth="{up} em alta, {down} em queda",
    stable=Counted("estável", "estáveis"),
    untraded=Counted("sem negócio", "sem negócio"),
    best_and_worst="{best} foi quem mais ajudou ({best_points} p.p.); {worst}, quem mais pesou ({worst_points} p.p.).",
    no_returns_lead="A carteira do dia: pesos, setores e o que mudou.",
    index_return="variação do índice",
    approximate_return="variação aproximada",
    members="papéis na carteira",
    ten_largest="nos dez maiores pesos",
    hhi="concentração (HHI)",
    hhi_note="equivale a {count} papéis de peso igual",
    traded_in_members="negociados nos papéis do índice",
    settlement="liquidação financeira",
    settlement_note="{days} depois do pregão",
    in_force_since="carteira em vigor desde {date}",
    days=Counted("dia", "dias"),
    missing_title="O que falta neste relatório",
    no_table_quotes=(
        "Sem cotações: a tabela {table} ainda não existe no catálogo; "
        "ela aparece com a primeira execução do job de negociação."
    ),
    no_rows_quotes="Sem cotações: nenhuma até {date} foi coletada.",
    older_quotes="Sem cotações de {date}: as mais recentes até esse dia são de {latest}.",
    no_returns="Sem variações: falta o fechamento do pregão anterior a {date}.",
    older_returns="Sem variações de {date}: as mais recentes que se podem calcular são de {latest}.",
    no_table_theoretical="Sem prévia do rebalanceamento: a tabela {table} ainda não existe no catálogo.",
    no_rows_theoretical="Sem prévia do rebalanceamento: nenhuma carteira teórica ou prévia foi coletada até {date}.",
    no_sectors="A B3 não informou os setores no arquivo deste pregão.",
    no_sector="Não informado",
    map_title="O mapa do índice",
    map_note=(
        "Cada retângulo é um papel: a área é o peso, a cor é a variação no dia. "
        "Os pequenos, sem rótulo, estão na carteira completa."
    ),
    map_note_plain="Cada retângulo é um papel: a área é o peso. Os pequenos, sem rótulo, estão na carteira completa.",
    map_alt="Mapa do índice por setor: área é peso, cor é variação; os valores estão nas tabelas.",
    map_untraded="sem negócio",
    sectors_title="Setores",
    sectors_note="Peso de cada setor, o caminho do peso nos pregões do lake e a variação média ponderada no dia.",
    sectors_note_plain="Peso de cada setor e o caminho do peso nos pregões do lake.",
    contribution_title="Quem moveu o índice",
    contribution_note=(
        "Contribuição = peso × variação, em pontos percentuais. A soma é a variação aproximada; o resíduo é o que "
        "ela não explica: proventos (que baixam o preço, não o índice), papéis sem negócio, arredondamento."
    ),
    moves_title="Maiores variações",
    moves_note="Fechamento contra fechamento anterior, entre os papéis do índice.",
    traded_title="Mais negociados",
    traded_note="Todo o mercado à vista, por volume financeiro. Sem peso: papel fora do índice.",
    concentration_title="Dez maiores pesos",
    concentration_note="Quanto do índice cabe em dez papéis.",
    changes_title="Pesos que mais mudaram",
    changes_note="De {previous} a {current}, em pontos percentuais.",
    entries_title="Quem entrou e quem saiu",
    entries_note="Entre pregões seguidos do lake, do mais recente ao mais antigo.",
    next_title="Próximo rebalanceamento",
    next_note="Pesos de hoje contra {source} coletada em {date}.",
    preview="a prévia",
    theoretical="a carteira teórica",
    settlement_title="Dias até a liquidação",
    settlement_section_note="Quando o dinheiro dos últimos pregões troca de mãos, em dias corridos.",
    portfolio_title="A carteira completa",
    portfolio_note="Todos os papéis, do maior ao menor peso: {quantity} ações na carteira teórica, redutor {divisor}.",
    ups="Altas",
    downs="Quedas",
    nobody_up="Nenhum papel subiu.",
    nobody_down="Nenhum papel caiu.",
    no_changes="Nenhum peso mudou de {previous} a {current}.",
    no_entries="Ninguém entrou nem saiu nos pregões do lake.",
    other_shares=Counted("outro papel", "outros papéis"),
    sum_of_contributions="Soma (variação aproximada)",
    residual="Resíduo",
    all_members="Todos",
    entered="entrou",
    left="saiu",
    enters="entra",
    leaves="sai",
    stays="fica",
    position="#",
    code="Código",
    company="Empresa",
    share_class="Classe",
    event="Evento",
    listing="Listagem",
    sector="Setor",
    members_column="Papéis",
    quantity="Quantidade teórica",
    weight="Peso (%)",
    cumulative="Acumulado (%)",
    previous_weight="Antes (%)",
    current_weight="Hoje (%)",
    weight_change="Mudança (p.p.)",
    expected_weight="Previsto (%)",
    over_time="No tempo",
    close="Fechamento (R$)",
    daily_return="Variação (%)",
    contribution="Contribuição (p.p.)",
    traded_value="Volume",
    trades="Negócios",
    average_price="Preço médio (R$)",
    market_share="Do mercado (%)",
    session="Pregão",
    settles_on="Liquidação",
    days_to_settle="Dias",
    movement="Movimento",
)

EN = Texts(
    language_name="English",
    session_of="Session of {date}",
    back_to_top="Back to top",
    contents="On this page",
    source="Source: B3 (portfolio of the day, COTAHIST, theoretical portfolio).",
    scanned="Queried in Athena: {bytes} bytes scanned.",
    made_without_scripts="A page without scripts that loads nothing from the network.",
    rose="The index rose {change}",
    fell="The index fell {change}",
    flat="The index closed unchanged",
    breadth="{up} up, {down} down",
    stable=Counted("unchanged", "unchanged"),
    untraded=Counted("not traded", "not traded"),
    best_and_worst="{best} helped most ({best_points} pp); {worst} weighed most ({worst_points} pp).",
    no_returns_lead="The portfolio of the day: weights, sectors, and what changed.",
    index_return="change of the index",
    approximate_return="approximate change",
    members="members of the index",
    ten_largest="in the ten largest weights",
    hhi="concentration (HHI)",
    hhi_note="as much as {count} members of equal weight",
    traded_in_members="traded in the index's members",
    settlement="settlement",
    settlement_note="{days} after the session",
    in_force_since="portfolio in force since {date}",
    days=Counted("day", "days"),
    missing_title="What this report lacks",
    no_table_quotes=(
        "No quotes: table {table} is not in the catalogue yet; it appears with the first run of the quotes' job."
    ),
    no_rows_quotes="No quotes: none up to {date} has been collected.",
    older_quotes="No quotes of {date}: the latest up to that day are of {latest}.",
    no_returns="No returns: the close of the session before {date} is missing.",
    older_returns="No returns of {date}: the latest that can be computed are of {latest}.",
    no_table_theoretical="No preview of the rebalancing: table {table} is not in the catalogue yet.",
    no_rows_theoretical="No preview of the rebalancing: no theoretical portfolio or preview was collected up to {date}.",
    no_sectors="B3 gave no sectors in this session's file.",
    no_sector="Not given",
    map_title="The index at a glance",
    map_note=(
        "Each rectangle is a member: its area is the weight, its colour the day's return. "
        "Small ones without a label are in the full portfolio."
    ),
    map_note_plain=(
        "Each rectangle is a member: its area is the weight. "
        "Small ones without a label are in the full portfolio."
    ),
    map_alt="Map of the index by sector: area is weight, colour is return; the values are in the tables.",
    map_untraded="not traded",
    sectors_title="Sectors",
    sectors_note=(
        "Each sector's weight, its path over the lake's sessions, and its weighted return on the day. "
        "The sectors' names are B3's."
    ),
    sectors_note_plain="Each sector's weight and its path over the lake's sessions. The sectors' names are B3's.",
    contribution_title="What moved the index",
    contribution_note=(
        "Contribution = weight × return, in percentage points. They sum to the approximate change; the residual is "
        "what that does not explain: dividends (they lower the price, not the index), members not traded, rounding."
    ),
    moves_title="Largest moves",
    moves_note="Close against the previous close, among the index's members.",
    traded_title="Most traded",
    traded_note="The whole cash market, by value traded. No weight: not a member of the index.",
    concentration_title="Ten largest weights",
    concentration_note="How much of the index fits into ten members.",
    changes_title="Weights that changed most",
    changes_note="From {previous} to {current}, in percentage points.",
    entries_title="Who entered and who left",
    entries_note="Between consecutive sessions of the lake, latest first.",
    next_title="Next rebalancing",
    next_note="Today's weights against {source} captured on {date}.",
    preview="the preview",
    theoretical="the theoretical portfolio",
    settlement_title="Days to settlement",
    settlement_section_note="When the latest sessions' money changes hands, in calendar days.",
    portfolio_title="The full portfolio",
    portfolio_note="Every member, the heaviest first: {quantity} shares in the theoretical portfolio, divisor {divisor}.",
    ups="Up",
    downs="Down",
    nobody_up="No member rose.",
    nobody_down="No member fell.",
    no_changes="No weight changed from {previous} to {current}.",
    no_entries="Nobody entered or left in the lake's sessions.",
    other_shares=Counted("other member", "other members"),
    sum_of_contributions="Sum (approximate change)",
    residual="Residual",
    all_members="All",
    entered="entered",
    left="left",
    enters="enters",
    leaves="leaves",
    stays="stays",
    position="#",
    code="Ticker",
    company="Company",
    share_class="Class",
    event="Event",
    listing="Listing",
    sector="Sector",
    members_column="Members",
    quantity="Theoretical quantity",
    weight="Weight (%)",
    cumulative="Cumulative (%)",
    previous_weight="Before (%)",
    current_weight="Today (%)",
    weight_change="Change (pp)",
    expected_weight="Expected (%)",
    over_time="Over time",
    close="Close (R$)",
    daily_return="Return (%)",
    contribution="Contribution (pp)",
    traded_value="Value",
    trades="Trades",
    average_price="Average price (R$)",
    market_share="Of the market (%)",
    session="Session",
    settles_on="Settles on",
    days_to_settle="Days",
    movement="Move",
)


def texts(language: Language) -> Texts:
    """The words of a language."""
    return PT_BR if language is Language.PT_BR else EN
