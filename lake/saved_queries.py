"""The saved queries: Athena SQL, one statement a file, with a title and a description on top."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

from lake.indices import INDEX

FOLDER = Path(__file__).resolve().parent / "sql"
STREAM_FOLDER = FOLDER / "bitcoin"  # saved only where the stream is enabled
_NOW = "current_timestamp"
_MINUTES = re.compile(r"INTERVAL '\d+' MINUTE")
_ANY_EXCHANGE, _ANY_SYMBOL = "exchange LIKE '%'", "symbol LIKE '%'"
_EXCHANGE = re.compile(r"[a-z][a-z0-9_]{1,31}")
_SYMBOL = re.compile(r"[A-Z0-9]{2,12}-[A-Z0-9]{2,8}")
_NO_BOUND = "DATE '9999-12-31'"
_NO_START = "DATE '1900-01-01'"
_DEFAULT_INDEX = "'IBOV'"
_DEFAULT_TICKER = "'PETR4'"
_TICKER = re.compile(r"[A-Z0-9]{4}[0-9]{1,2}[A-Z]?")
_HEADER = re.compile(r"-- title: (?P<title>.+)\n(?P<description>(?:-- .+\n)+)(?P<sql>[^;]+);?\s*")


class UnknownQuery(LookupError):
    """No saved query has that name; the message lists those there are."""


class NoSuchMarket(ValueError):
    """A text that can't be the name of an exchange or of a market."""


class NoSuchTicker(ValueError):
    """A text that can't be the ticker of a share."""


class NoSuchIndex(ValueError):
    """A text that can't be the code of one of B3's indices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedQuery:
    """A file of this folder: ``name`` is the file's, ``sql`` is in Athena's dialect (Trino)."""

    name: str
    title: str
    description: str
    sql: str

    def until(self, day: date) -> SavedQuery:
        """The query as it would have answered on ``day``: later sessions don't count."""
        return replace(self, sql=self.sql.replace(_NO_BOUND, f"DATE '{day.isoformat()}'"))

    def since(self, day: date) -> SavedQuery:
        """The same rows without those before ``day``, for less reading; of a query that gives a history."""
        return replace(self, sql=self.sql.replace(_NO_START, f"DATE '{day.isoformat()}'"))

    @property
    def has_start(self) -> bool:
        """Whether :meth:`since` makes a difference."""
        return _NO_START in self.sql

    @property
    def has_bound(self) -> bool:
        """Whether :meth:`until` makes a difference."""
        return _NO_BOUND in self.sql

    @property
    def has_index(self) -> bool:
        """Whether :meth:`of_index` makes a difference."""
        return _DEFAULT_INDEX in self.sql

    def of_index(self, code: str) -> SavedQuery:
        """The query about another index than the Ibovespa; of one that the lake doesn't have, no rows.

        Raises:
            NoSuchIndex: ``code`` is not like B3's codes.
        """
        if not INDEX.fullmatch(code.upper()):
            raise NoSuchIndex(f"not a code of one of B3's indices, such as IBOV or SMLL: {code!r}")
        return replace(self, sql=self.sql.replace(_DEFAULT_INDEX, f"'{code.upper()}'"))

    @property
    def has_ticker(self) -> bool:
        """Whether :meth:`of_ticker` makes a difference."""
        return _DEFAULT_TICKER in self.sql

    def of_ticker(self, code: str) -> SavedQuery:
        """The query about another share than Petrobras's; of one that the index doesn't have, no rows.

        Raises:
            NoSuchTicker: ``code`` is not like B3's tickers.
        """
        if not _TICKER.fullmatch(code.upper()):
            raise NoSuchTicker(f"not the ticker of a share, such as PETR4 or KLBN11: {code!r}")
        return replace(self, sql=self.sql.replace(_DEFAULT_TICKER, f"'{code.upper()}'"))

    @property
    def has_window(self) -> bool:
        """Whether :meth:`window` and :meth:`of_market` make a difference."""
        return _MINUTES.search(self.sql) is not None

    def of_market(self, exchange: str | None = None, symbol: str | None = None) -> SavedQuery:
        """The query about one exchange, one market, or one market of one exchange.

        Raises:
            NoSuchMarket: not of the form ``binance``, ``BTC-USDT``.
        """
        sql = self.sql
        if exchange is not None:
            if not _EXCHANGE.fullmatch(exchange):
                raise NoSuchMarket(f"not the name of an exchange, such as binance: {exchange!r}")
            sql = sql.replace(_ANY_EXCHANGE, f"exchange = '{exchange}'")
        if symbol is not None:
            if not _SYMBOL.fullmatch(symbol):
                raise NoSuchMarket(f"not a market, such as BTC-USDT: {symbol!r}")
            sql = sql.replace(_ANY_SYMBOL, f"symbol = '{symbol}'")
        return replace(self, sql=sql)

    def ending(self, until: datetime) -> SavedQuery:
        """The query over its own length of time, before ``until`` instead of before now."""
        moment = until.astimezone(UTC).strftime("TIMESTAMP '%Y-%m-%d %H:%M:%S.%f UTC'")
        return replace(self, sql=self.sql.replace(_NOW, moment))

    def between(self, since: datetime, until: datetime) -> SavedQuery:
        """The query over the trade times from ``since`` to before ``until``, to the second.

        Raises:
            ValueError: nothing lies between them.
        """
        seconds = int((until - since).total_seconds())
        if seconds < 1:
            raise ValueError(f"nothing lies between {since:%Y-%m-%d %H:%M:%S} and {until:%Y-%m-%d %H:%M:%S}")
        found = self.window(until, 1)
        return replace(found, sql=found.sql.replace("INTERVAL '1' MINUTE", f"INTERVAL '{seconds}' SECOND"))

    def window(self, end: datetime, minutes: int) -> SavedQuery:
        """The query over the ``minutes`` (of trade time) before ``end`` instead of those before now."""
        if minutes < 1:
            raise ValueError(f"a window of {minutes} minutes holds nothing")
        found = self.ending(end)
        return replace(found, sql=_MINUTES.sub(f"INTERVAL '{minutes}' MINUTE", found.sql))


def saved_queries() -> list[SavedQuery]:
    """Every query of the batch, by name."""
    return [read_query(path) for path in sorted(FOLDER.glob("*.sql"))]


def stream_queries() -> list[SavedQuery]:
    """Every query of the stream, by name."""
    return [read_query(path) for path in sorted(STREAM_FOLDER.glob("*.sql"))]


def saved_query(name: str) -> SavedQuery:
    """One query by its name, of the batch or of the stream.

    Raises:
        UnknownQuery: there is none of that name.
    """
    queries = [*saved_queries(), *stream_queries()]
    for query in queries:
        if query.name == name:
            return query
    known = ", ".join(query.name for query in queries)
    raise UnknownQuery(f"no saved query named {name!r}; there are {known}")


def read_query(path: Path) -> SavedQuery:
    """The query of one file.

    Raises:
        ValueError: the file has no title and description on top, or not one statement.
    """
    match = _HEADER.fullmatch(path.read_text(encoding="utf-8"))
    if match is None:
        raise ValueError(f"{path.name}: expected '-- title: …', description lines, and one statement")
    description = " ".join(line.removeprefix("-- ") for line in match["description"].strip().splitlines())
    return SavedQuery(
        name=path.stem, title=match["title"].strip(), description=description, sql=match["sql"].strip()
    )
