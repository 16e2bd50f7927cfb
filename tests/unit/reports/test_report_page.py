from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from lake.athena import Value
from reports.charts import common_span, sparkline
from reports.notation import Language
from reports.page import render, write
from reports.report import IndexReport, Missing, Part
from reports.spoken import texts_of
from reports.texts import EN, PT_BR, Counted, Texts
from tests.session_answers import BEFORE, DAY, MARKET, a_session, result

HOSTILE = "<script>alert(1)</script> & Cia"
_VOID = {"meta", "link", "input", "rect", "line", "polyline"}


class Elements(HTMLParser):
    """What is in a page: its elements, and the text of each language's edition."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.language: str | None = None
        self.text: dict[str, list[str]] = {"pt-BR": [], "en": []}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.seen.append((tag, found))
        if tag == "main":
            self.language = found["lang"]
        if self.language:
            self.text[self.language] += [
                found[name] or "" for name in ("aria-label", "title") if name in found
            ]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        if tag == "main":
            self.language = None

    def handle_data(self, data: str) -> None:
        if self.language and data.strip():
            self.text[self.language].append(data.strip())


elements = cache(Elements)


@cache
def whole() -> str:
    """The page of a whole session."""
    return render(a_session())


def words_of(html: str, language: Language) -> str:
    """What a reader of one language sees and hears."""
    return "\n".join(elements(html).text[language.tag])


def test_the_page_loads_nothing_and_runs_nothing() -> None:
    page = elements(whole())
    tags = {tag for tag, _ in page.seen}
    assert not tags & {"script", "iframe", "object", "embed", "img", "form"}
    for tag, attributes in page.seen:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], (
            tag,
            attributes,
        )
        for name in ("src", "href", "xlink:href"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:", "#")), (tag, value)


def test_every_element_is_closed_and_every_address_within_the_page_is_there() -> None:
    page = elements(whole())
    assert page.open == []
    names = [attributes["id"] for _, attributes in page.seen if "id" in attributes]
    assert len(names) == len(set(names))
    for _, attributes in page.seen:
        address = attributes.get("href") or ""
        assert not address.startswith("#") or address[1:] in names
        assert attributes.get("for") is None or attributes["for"] in names


def test_the_policy_allows_this_style_and_nothing_else() -> None:
    html = whole()
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in html
    assert "unsafe" not in html


def test_names_from_outside_are_text() -> None:
    report = a_session()
    shares = report.results["composicao"]
    hostile = replace(shares, rows=((*shares.rows[0][:2], HOSTILE, *shares.rows[0][3:]), *shares.rows[1:]))
    html = render(replace(report, results={**report.results, "composicao": hostile}))
    assert HOSTILE not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; Cia" in html


@pytest.mark.parametrize("market", [True, False])
def test_neither_language_has_words_of_the_other(market: bool) -> None:
    lacks = (Missing(part=Part.QUOTES, table="negociacao"), Missing(part=Part.THEORETICAL))
    report = replace(a_session(market=market), missing=() if market else lacks)
    html = render(report)
    portuguese, english = phrases(PT_BR), phrases(EN)
    assert len(portuguese - english) > 60
    for language, foreign in ((Language.EN, portuguese - english), (Language.PT_BR, english - portuguese)):
        seen = words_of(html, language)
        found = [phrase for phrase in foreign if re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", seen)]
        assert found == [], language


def test_every_text_is_translated() -> None:
    same = {name for name in texts_of(Texts) if getattr(EN, name) == getattr(PT_BR, name)}
    assert same == {"position"}
    for name in texts_of(Texts):
        assert not re.search("[ãõçáéíóúâêô]", str(getattr(EN, name))), name
        gaps = [re.findall(r"\{\w+\}", str(getattr(words, name))) for words in (EN, PT_BR)]
        assert sorted(gaps[0]) == sorted(gaps[1]), name


def phrases(words: Texts) -> set[str]:
    """Every fixed piece of a language's texts: templates are cut at their gaps."""
    pieces: set[str] = set()
    for name in texts_of(Texts):
        value = getattr(words, name)
        for text in (value.one, value.many) if isinstance(value, Counted) else (value,):
            pieces |= {piece.strip(" ,;:.()%") for piece in re.split(r"\{\w+\}", text)}
    # B3's own names of sectors have these words; the language switch names both languages.
    return {piece for piece in pieces if len(piece) > 3 and piece not in ("Português", "English")}


def test_numbers_follow_the_language() -> None:
    html = whole()
    assert "15.398.120,41170025" in words_of(html, Language.PT_BR)
    assert "15,398,120.41170025" in words_of(html, Language.EN)
    assert "27 de agosto de 2025" in words_of(html, Language.PT_BR)
    assert "27 August 2025" in words_of(html, Language.EN)


@pytest.mark.parametrize("language", Language)
def test_the_page_opens_in_the_language_asked_for(language: Language) -> None:
    page = Elements(render(a_session(), language))
    radios = {attributes["id"]: "checked" in attributes for tag, attributes in page.seen if tag == "input"}
    assert radios == {each.value: each is language for each in Language}
    assert page.seen[0] == ("html", {"lang": language.tag})


def test_without_quotes_the_portfolio_stands_and_one_line_says_what_is_missing() -> None:
    report = replace(a_session(market=False), missing=(Missing(part=Part.QUOTES, latest=BEFORE),))
    html = render(report)
    seen = words_of(html, Language.EN)
    assert "No quotes of 27 Aug 2025: the latest up to that day are of 26 Aug 2025." in seen
    assert EN.contribution_title not in seen
    assert EN.portfolio_title in seen
    assert html.count('class="map ') == 8


def test_a_session_without_sectors_says_so() -> None:
    report = a_session(without=("mapa_setorial",))
    shares = report.results["composicao"]
    place = shares.columns.index("setor")
    nameless = replace(
        shares, rows=tuple((*row[:place], "Não informado", *row[place + 1 :]) for row in shares.rows)
    )
    html = render(replace(report, results={**report.results, "composicao": nameless}))
    assert 'id="en-sectors"' not in html
    assert PT_BR.no_sectors in words_of(html, Language.PT_BR)
    assert EN.no_sectors in words_of(html, Language.EN)
    assert PT_BR.no_sector not in words_of(html, Language.EN)


def answering(report: IndexReport, name: str, **values: Value) -> IndexReport:
    """The report with other values in every row of a query's answer."""
    old = report.results[name]
    rows = tuple(
        tuple(values.get(column, value) for column, value in zip(old.columns, row, strict=True))
        for row in old.rows
    )
    return replace(report, results={**report.results, name: replace(old, rows=rows)})


@pytest.mark.parametrize(
    "of_the_portfolio_in_force",
    [
        {"fonte": "carteira teórica"},
        {"dia_da_captura": date(2025, 7, 31)},
        {"variacao": Decimal(0)},
    ],
)
def test_only_a_preview_of_the_season_is_announced_as_the_next(
    of_the_portfolio_in_force: dict[str, Value],
) -> None:
    report = a_session()
    assert EN.next_title in words_of(whole(), Language.EN)
    html = render(answering(report, "proximo_rebalanceamento", **of_the_portfolio_in_force))
    assert EN.next_title not in words_of(html, Language.EN)
    assert EN.source_preview not in words_of(html, Language.EN)


def test_made_up_prices_are_told_and_nothing_is_said_to_be_b3s() -> None:
    report = a_session()
    days = result("data_pregao", (DAY,), (BEFORE,))
    made_up = render(replace(report, results={**report.results, "precos_ficticios": days}))
    for language, words, told in (
        (Language.PT_BR, PT_BR, "As cotações de 2 pregões, de 26/08/2025 a 27/08/2025, são a amostra"),
        (
            Language.EN,
            EN,
            "The quotes of 2 sessions, from 26 Aug 2025 to 27 Aug 2025, are this project's sample.",
        ),
    ):
        market, sample = words_of(whole(), language), words_of(made_up, language)
        source = words.source.split("{")[0]
        assert (words.made_up_title in market, source in market) == (False, True)
        assert (words.made_up_title in sample, source in sample) == (True, False)
        assert told in sample


@pytest.mark.parametrize(("coverage", "told"), [("94.999", False), ("95.000", True)])
def test_no_change_of_the_index_is_told_from_returns_of_too_little_weight(coverage: str, told: bool) -> None:
    report = answering(a_session(), "resumo_do_indice", cobertura=Decimal(coverage))
    html = render(report)
    seen = words_of(html, Language.EN)
    assert ('class="headline' in html) is told
    assert ("The index rose" in seen) is told
    assert (EN.residual in seen) is told
    assert (
        "Only 95.0% of the index's weight has a return, too little to tell the index's change: " in seen
    ) is (not told)
    assert ("95.0% of the weight has a return" in seen) is told


def test_the_lines_over_time_are_of_one_scale_and_it_is_printed() -> None:
    flat, steep = [Decimal(10), Decimal("10.1"), Decimal(10)], [Decimal(5), Decimal(7), Decimal(6)]
    span = common_span([flat, steep])
    assert span == 2
    heights = [
        [Decimal(point.split(",")[1]) for point in re.findall(r"[\d.]+,[\d.]+", sparkline(path, span))]
        for path in (flat, steep)
    ]
    assert [max(found) - min(found) for found in heights] == [Decimal("1.0"), Decimal("20.0")]
    assert re.search(r"a row's height is \d\.\d\d percentage points", words_of(whole(), Language.EN))


def test_a_single_session_has_no_paths_and_no_changes() -> None:
    report = a_session(sessions=1)
    results = {**report.results, "variacao_de_pesos": result("codigo")}
    seen = words_of(render(replace(report, results=results)), Language.EN)
    assert EN.over_time not in seen
    assert EN.changes_title not in seen


def test_the_contributions_shown_sum_to_the_approximate_return() -> None:
    report = a_session()
    assert report.performance
    section = re.search(r'id="en-contribution">(.*?)</section>', whole(), re.DOTALL)
    assert section
    body, foot = section[1].split("<tfoot>")

    def points(part: str) -> list[Decimal]:
        rows = re.findall(r"<tr>(.*?)</tr>", part)
        first = [re.findall(r'<td class="number[^"]*">([^<]+)</td>', row)[:1] for row in rows]
        return [Decimal(found[0].replace("\u2212", "-")) for found in first if found]

    shown, (total, index, residual) = points(body), points(foot)
    assert len(shown) == 17
    assert abs(sum(shown) - total) <= Decimal("0.0005") * 17
    assert abs(index - total - residual) <= Decimal("0.0015")
    assert total == round(report.performance.approximate, 3)


def test_a_whole_index_in_both_languages_is_a_small_file() -> None:
    assert len(render(a_session(sessions=260)).encode()) < 450_000


def test_the_page_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "out" / "report.html"
    report = a_session(without=MARKET)
    assert write(report, target) == target
    before = target.read_bytes()

    def fail(*_: object, **__: object) -> str:
        raise RuntimeError("no charts today")

    monkeypatch.setattr("reports.page.render", fail)
    with pytest.raises(RuntimeError):
        write(report, target)
    assert target.read_bytes() == before
    assert [path.name for path in target.parent.iterdir()] == ["report.html"]


def test_the_streams_page_is_linked_where_it_lies_beside(tmp_path: Path) -> None:
    alone = write(a_session(without=MARKET), tmp_path / "report.html").read_text(encoding="utf-8")
    assert "bitcoin.html" not in alone
    (tmp_path / "bitcoin.html").write_text("the stream's", encoding="utf-8")
    beside = write(a_session(without=MARKET), tmp_path / "report.html").read_text(encoding="utf-8")
    links = [found.get("href") for tag, found in Elements(beside).seen if tag == "a"]
    assert links.count("bitcoin.html") == len(Language)


def test_the_title_names_index_and_day() -> None:
    assert f"<title>Small Cap · {DAY}</title>" in render(a_session(index="SMLL"))
