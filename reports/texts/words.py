"""What there is to say: one field for each text of the report, one instance for each language.

``{…}`` is filled by the modules that use the text.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.notation import Notation


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
    contents: str
    bitcoin: str
    source: str
    scanned: str
    made_without_scripts: str
    source_portfolio: str
    source_quotes: str
    source_preview: str
    sample: str
    made_up_title: str
    made_up: str
    sessions: Counted

    # the lead
    rose: str
    fell: str
    flat: str
    too_little: str
    breadth: str
    stable: Counted
    untraded: Counted
    best_and_worst: str
    no_returns_lead: str
    index_return: str
    approximate_return: str
    coverage: str

    # figures
    level_points: str
    members: str
    ten_largest: str
    hhi: str
    hhi_note: str
    equal_members: Counted
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
    level_title: str
    level_note: str
    level_label: str
    breadth_title: str
    breadth_note: str
    breadth_label: str
    weights_title: str
    weights_note: str
    sector_paths_title: str
    sector_paths_note: str
    panel_label: str
    calendar_title: str
    calendar_note: str
    sectors_title: str
    sectors_note: str
    sectors_note_plain: str
    paths_note: str
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
    next_nobody: str
    settlement_title: str
    settlement_section_note: str
    portfolio_title: str
    portfolio_note: str

    # rows and states
    next_session: str
    session_settles: str
    preview_shown: str
    portfolio_starts: str
    closed: str
    sessions_before: Counted
    ups: str
    downs: str
    nobody_up: str
    nobody_down: str
    no_changes: str
    no_entries: str
    other_shares: Counted
    sum_of_contributions: str
    sum_of_known: str
    residual: str
    entered: str
    left: str
    enters: str
    leaves: str
    stays: str

    # columns
    day: str
    what_comes: str
    days_ahead: str
    against: str
    change: str
    unchanged_members: str
    without_return: str
    points_unit: str
    position: str
    code: str
    kind: str
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
