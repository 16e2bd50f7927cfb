"""The mail: what happened, where the page is, and how long the link opens it. Plain text, as SNS sends it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from functions.report.pages import Mailed
from reports import IndexReport
from reports.notation import Language, Notation
from reports.sentences import lead, made_up
from reports.texts import texts

_SAO_PAULO = ZoneInfo("America/Sao_Paulo")
# SNS: "less than 100 characters long", without line breaks or control characters; ASCII is what every age of it took.
_SUBJECT = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the page is, and until when its link opens at the most.

    ``stack`` is what ``bovespa report --stack`` is given.
    """

    link: str
    until: datetime
    bucket: str
    key: str
    region: str
    stack: str

    @property
    def console(self) -> str:
        """The object in AWS's console, for whoever can sign in to the account."""
        host = f"https://{self.region}.console.aws.amazon.com"
        return f"{host}/s3/object/{self.bucket}?region={self.region}&prefix={self.key}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """``headline`` is the sentence of its body that the next mail about the session would correct."""

    subject: str
    body: str
    headline: str


def compose(report: IndexReport, place: Place, *, coverage: Decimal, before: Mailed | None) -> Mail:
    """The mail about a session, Portuguese first.

    Args:
        report: the session; its performance has a headline.
        place: of the page.
        coverage: the share of the weight that has a return, in percent.
        before: what was mailed about the session, which this one corrects; None for the first mail.

    Raises:
        ValueError: the report has no return to tell of.
    """
    change = report.performance.headline if report.performance else None
    if change is None:
        raise ValueError(f"{report.index} {report.session}: no return to tell of")
    pt, en = (Notation(language=language) for language in (Language.PT_BR, Language.EN))
    headline = lead(report, texts(Language.PT_BR), pt)
    rounded = pt.percent(round(change, 2), sign=True)
    subject = f"{report.name} {pt.short_date(report.session)}: {rounded}" + (" (corrigido)" if before else "")
    portuguese = [
        f"{report.name}, pregão de {pt.long_date(report.session)}",
        headline,
        *([made_up(report, texts(Language.PT_BR), pt)] if report.made_up else []),
        *([f"Corrigido: a mensagem anterior sobre este pregão dizia: {before.headline}"] if before else []),
        f"{pt.percent(coverage, 1)} do peso do índice tem variação.",
        f"A página:\n{place.link}",
        f"O link abre no máximo até {_moment(place.until, pt)}, para quem o tiver. Pode acabar antes: vale só enquanto "
        "valem as credenciais temporárias da função que o assinou. A página fica, e se abre também\n"
        f"- no console, com acesso à conta: {place.console}\n"
        f"- no S3: s3://{place.bucket}/{place.key}\n"
        f"- refeita na sua máquina: {_command(report, place.stack)}",
    ]
    english = [
        f"{report.name}, session of {en.long_date(report.session)}",
        lead(report, texts(Language.EN), en),
        *([made_up(report, texts(Language.EN), en)] if report.made_up else []),
        *(["Corrected: an earlier mail about this session had other numbers."] if before else []),
        f"{en.percent(coverage, 1)} of the index's weight has a return.",
        f"The link above opens until {_moment(place.until, en)} at the latest, for whoever has it. It may end earlier: it "
        "lasts as long as the temporary credentials of the function that signed it. The page has both languages.",
    ]
    return Mail(
        subject=subject.encode("ascii", "replace").decode()[:_SUBJECT],
        body="\n\n".join([*portuguese, "--", *english]) + "\n",
        headline=headline,
    )


def _moment(moment: datetime, notation: Notation) -> str:
    local = moment.astimezone(_SAO_PAULO)
    day: date = local.date()
    if notation.language is Language.PT_BR:
        return f"{notation.short_date(day)} às {local:%H:%M} (São Paulo)"
    return f"{notation.short_date(day)}, {local:%H:%M} (São Paulo)"


def _command(report: IndexReport, stack: str) -> str:
    index = "" if report.index == "IBOV" else f" --index {report.index}"
    return f"bovespa report --stack {stack} --date {report.session.isoformat()}{index}"
