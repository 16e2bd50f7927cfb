"""What there is to say: one field for each text, one instance for each language.

``{…}`` is filled by the modules that use the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Empty:
    """Why an answer has no rows."""

    nothing: str
    no_portfolio: str
    no_index: str
    before_first: str
    after_last: str
    no_quotes: str
    no_quotes_until: str
    session_without_quotes: str
    no_ticker: str
    near: str
    renamed: str
    nobody_moved: str
    one_session: str
    few_returns: str
    no_theoretical: str
    no_trades: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a stack is: `bovespa status`. ``names`` are the headings of lines, ``states`` those of runs and services."""

    names: Mapping[str, str]
    states: Mapping[str, str]
    embedded: str
    located: str
    nothing_yet: str
    never_ran: str
    objects: str
    objects_or_more: str
    the_last: str
    none_rings: str
    tasks: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What `bovespa doctor` sees, and what to do about it."""

    names: Mapping[str, str]
    cli_missing: str
    cli_install: str
    cli_broken: str
    cli_anew: str
    region_missing: str
    region_set: str
    sign_in: str
    account: str
    root: str
    allowed: str
    denied: str
    rights_ask: str
    roles_ready: str
    rights_show: str
    layer_other: str
    concurrency: str
    concurrency_ask: str
    database_will_be: str
    database_missing: str
    database_there: str
    database_twice: str
    hidden: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language."""

    one_row: str
    rows: str
    scanned: str
    written: str
    page: str
    of_the_stream: str
    traded_by_session: str
    demonstrated: str
    empty: Empty
    standing: Standing
    examined: Examined
