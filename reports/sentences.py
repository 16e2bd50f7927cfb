"""The report's sentences: texts with the session's numbers in them."""

from __future__ import annotations

from reports.notation import Notation
from reports.report import NO_SECTOR, IndexReport, Missing, Part
from reports.texts import Texts


def lead(report: IndexReport, texts: Texts, notation: Notation) -> str:
    """The session in two sentences."""
    done = report.performance
    if done is None:
        return texts.no_returns_lead
    rounded = round(done.headline, 2)
    verb = texts.flat if rounded == 0 else texts.rose if rounded > 0 else texts.fell
    parts = [texts.breadth.format(up=notation.number(done.up), down=notation.number(done.down))]
    parts += [
        counted.of(count, notation)
        for counted, count in ((texts.stable, done.unchanged), (texts.untraded, done.untraded))
        if count
    ]
    sentence = f"{verb.format(change=notation.percent(abs(rounded)))}: {', '.join(parts)}."
    moved = sorted(
        (share.contribution, share.code) for share in report.shares if share.contribution is not None
    )
    if len(moved) > 1 and moved[0][0] < 0 < moved[-1][0]:
        worst, best = moved[0], moved[-1]
        sentence += " " + texts.best_and_worst.format(
            best=best[1],
            best_points=notation.number(best[0], 2, sign=True),
            worst=worst[1],
            worst_points=notation.number(worst[0], 2, sign=True),
        )
    return sentence


def lacks(report: IndexReport, texts: Texts, notation: Notation) -> list[str]:
    """One line for each part that is missing: what, and why."""
    return [_lack(missing, report, texts, notation) for missing in report.missing]


def sector(name: str, texts: Texts) -> str:
    """B3's name of a sector; where B3 gave none, the reader's word for that."""
    return texts.no_sector if name == NO_SECTOR else name


def source(name: str, texts: Texts) -> str:
    """What the next rebalancing is told from, ``fonte`` of the saved query."""
    return {"prévia": texts.preview, "carteira teórica": texts.theoretical}.get(name, name)


def _lack(missing: Missing, report: IndexReport, texts: Texts, notation: Notation) -> str:
    if missing.part is Part.THEORETICAL:
        template = texts.no_table_theoretical if missing.table else texts.no_rows_theoretical
    elif missing.table:
        template = texts.no_table_quotes
    elif missing.part is Part.QUOTES:
        template = texts.older_quotes if missing.latest else texts.no_rows_quotes
    else:
        template = texts.older_returns if missing.latest else texts.no_returns
    return template.format(
        table=missing.table,
        date=notation.short_date(report.session),
        latest=notation.short_date(missing.latest) if missing.latest else "",
    )
