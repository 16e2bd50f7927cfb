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
    if done.headline is None:
        told = texts.too_little.format(coverage=notation.percent(done.coverage, 1))
    else:
        rounded = round(done.headline, 2)
        verb = texts.flat if rounded == 0 else texts.rose if rounded > 0 else texts.fell
        told = verb.format(change=notation.percent(abs(rounded)))
    parts = [texts.breadth.format(up=notation.number(done.up), down=notation.number(done.down))]
    parts += [
        counted.of(count, notation)
        for counted, count in ((texts.stable, done.unchanged), (texts.untraded, done.untraded))
        if count
    ]
    sentence = f"{told}: {', '.join(parts)}."
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
    lines = [_lack(missing, report, texts, notation) for missing in report.missing]
    return lines if report.has_sectors else [*lines, texts.no_sectors]


def sector(name: str, texts: Texts) -> str:
    """B3's name of a sector; where B3 gave none, the reader's word for that."""
    return texts.no_sector if name == NO_SECTOR else name


def made_up(report: IndexReport, texts: Texts, notation: Notation) -> str:
    """That prices are the sample's, and of which sessions; nothing where all are the market's."""
    if not report.made_up:
        return ""
    return texts.made_up.format(
        sessions=texts.sessions.of(len(report.made_up), notation),
        first=notation.short_date(report.made_up[-1]),
        last=notation.short_date(report.made_up[0]),
    )


def source(report: IndexReport, texts: Texts) -> str:
    """Which of B3's publications the report was made from; nothing where some of it is made up."""
    if report.made_up:
        return ""
    used = [texts.source_portfolio]
    used += [texts.source_quotes] if report.records("mais_negociados") else []
    used += [texts.source_preview] if report.upcoming else []
    return texts.source.format(used=", ".join(used))


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
