"""The report's page in a real browser, from a file, as its readers open it.

Screenshots of every size, scheme and language, and the printed page, are left in ``out/screenshots/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reports.notation import Language
from reports.page import write
from reports.report import Missing, Part
from reports.texts import EN, PT_BR
from tests.browser import NAMES, Page, browser_page, executable
from tests.session_answers import BEFORE, DAY, MARKET, a_session, result

SCREENSHOTS = Path(__file__).resolve().parents[2] / "out" / "screenshots"
PHONE, TABLET, DESK = (360, 740), (768, 1024), (1280, 900)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        executable() is None, reason=f"no browser on PATH ({', '.join(NAMES)}): apt-get install chromium"
    ),
]

# Elements that show some text of their own, in the edition that is shown.
_SHOWN_TEXT = """[...document.querySelectorAll('main *, .switch *')].filter(e =>
  e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))"""


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    program = executable()
    assert program
    with browser_page(program, tmp_path_factory.mktemp("browser") / "profile") as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(a_session(sessions=260), tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def sample_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the warning that its prices are made up, and one that it has no sectors: the tallest header."""
    made = a_session(sessions=4)
    results = {**made.results, "precos_ficticios": result("data_pregao", (DAY,), (BEFORE,))}
    lacks = (Missing(part=Part.THEORETICAL, table="carteira_teorica"),)
    path = tmp_path_factory.mktemp("report") / "sample.html"
    return write(replace(made, results=results, missing=lacks), path)


@pytest.fixture(scope="module")
def bare_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Without quotes, without a preview, and opened in English."""
    lacks = (
        Missing(part=Part.QUOTES, latest=BEFORE),
        Missing(part=Part.THEORETICAL, table="carteira_teorica"),
    )
    bare = a_session(index="SMLL", without=(*MARKET, "proximo_rebalanceamento"))
    path = tmp_path_factory.mktemp("report") / "bare.html"
    return write(replace(bare, missing=lacks), path, Language.EN)


def width_of(page: Page) -> int:
    return int(page.evaluate("document.scrollingElement.scrollWidth"))


def shown(page: Page) -> list[str]:
    """The languages whose edition is shown."""
    return list(
        page.evaluate(
            "[...document.querySelectorAll('main')].filter(e => e.checkVisibility()).map(e => e.lang)"
        )
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE, TABLET, DESK], ids=["phone", "tablet", "desk"])
def test_it_fits_the_screen_and_says_nothing_to_the_console(
    page: Page, report: Path, bare_report: Path, size: tuple[int, int], scheme: str
) -> None:
    for path in (report, bare_report):
        page.requests.clear()
        page.messages.clear()
        page.size(*size, scheme=scheme)
        page.open(path)
        assert width_of(page) == size[0]
        assert page.evaluate("getComputedStyle(document.querySelector('.map.phone')).display") == (
            "block" if size == PHONE else "none"
        )
        if path is report or size == PHONE:
            page.screenshot(SCREENSHOTS / f"{path.stem}-{size[0]}x{size[1]}-{scheme}.png")
        assert page.messages == []
        assert page.requests == [path.resolve().as_uri()]


def test_the_policy_is_in_force(page: Page, report: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.html"
    script = '<script>document.title = "ran"</script><img src="https://example.com/pixel.png"></body>'
    changed.write_text(report.read_text(encoding="utf-8").replace("</body>", script), encoding="utf-8")
    page.open(changed)
    assert page.evaluate("document.title") != "ran"
    assert len([message for message in page.messages if "Content Security Policy" in message]) == 2
    page.messages.clear()


def test_the_language_is_switched_by_mouse_and_by_keyboard(page: Page, report: Path) -> None:
    page.size(*DESK)
    page.open(report)
    assert shown(page) == ["pt-BR"]
    page.click('label[for="en"]')
    assert shown(page) == ["en"]
    assert page.evaluate("document.querySelector('main[lang=en] h2').innerText") == EN.map_title
    assert width_of(page) == DESK[0]
    page.press("ArrowLeft", 37)
    assert shown(page) == ["pt-BR"]
    assert page.evaluate("document.querySelector('main[lang=pt-BR] h2').innerText") == PT_BR.map_title
    page.open(report)
    page.press("Tab", 9)
    assert page.evaluate("document.activeElement.name") == "language"
    outline = "getComputedStyle(document.querySelector('label[for=pt-br]')).outlineStyle"
    assert page.evaluate(outline) == "solid"  # where the keyboard is can be seen
    page.press("ArrowRight", 39)
    assert shown(page) == ["en"]
    page.size(*PHONE)
    page.screenshot(SCREENSHOTS / "report-360x740-en.png")


def test_it_opens_in_the_language_it_was_made_for(page: Page, bare_report: Path) -> None:
    page.size(*PHONE)
    page.open(bare_report)
    assert shown(page) == ["en"]
    lines = page.evaluate("[...document.querySelectorAll('main[lang=en] .lacks p')].map(e => e.innerText)")
    assert lines == [
        "No quotes of 27 Aug 2025: the latest up to that day are of 26 Aug 2025.",
        "No preview of the rebalancing: table carteira_teorica is not in the catalogue yet.",
    ]


def test_no_letter_on_a_phone_is_smaller_than_14_pixels(page: Page, report: Path) -> None:
    page.size(*PHONE)
    page.open(report)
    small = page.evaluate(
        f"""{_SHOWN_TEXT}.map(e => {{
          const svg = e.closest('svg');
          const drawn = svg && svg.viewBox.baseVal ? svg.viewBox.baseVal.width : 0;
          const scale = drawn ? svg.getBoundingClientRect().width / drawn : 1;
          return [e.textContent.trim(), parseFloat(getComputedStyle(e).fontSize) * scale];
        }}).filter(([text, size]) => size < 14)"""
    )
    assert small == []


def test_on_a_desk_nothing_is_cut(page: Page, report: Path, bare_report: Path, sample_report: Path) -> None:
    for path in (report, bare_report, sample_report):
        page.size(*DESK)
        page.open(path)
        for language in Language:
            page.click(f'label[for="{language}"]')
            cut = page.evaluate(
                "[...document.querySelectorAll('.scroll')].filter(e => e.checkVisibility()"
                " && e.scrollWidth > e.clientWidth).map(e => e.ariaLabel)"
            )
            assert cut == [], (path.stem, language)


@pytest.mark.parametrize("size", [PHONE, TABLET, DESK], ids=["phone", "tablet", "desk"])
def test_the_numbers_and_days_of_a_chart_stand_apart(
    page: Page, report: Path, sample_report: Path, size: tuple[int, int]
) -> None:
    for path in (report, sample_report):
        page.size(*size)
        page.open(path)
        for language in Language:
            page.click(f'label[for="{language}"]')
            beside = page.evaluate(
                """[...document.querySelectorAll('.plot .days, .plot .ticks')].filter(e => e.checkVisibility())
                .flatMap(svg => {
                  const texts = [...svg.querySelectorAll('text')].filter(e => e.checkVisibility())
                    .map(e => [e.textContent, e.getBoundingClientRect()]);
                  const section = svg.closest('section').getBoundingClientRect();
                  return texts.filter(([text, a], n) => a.left < section.left || a.right > section.right
                      || texts.some(([, b], m) => m > n && a.left < b.right && b.left < a.right
                         && a.top < b.bottom - 2 && b.top < a.bottom - 2))
                    .map(([text]) => text);
                })"""
            )
            assert beside == [], (path.stem, language)


@pytest.mark.parametrize("size", [PHONE, TABLET, DESK], ids=["phone", "tablet", "desk"])
def test_no_label_of_the_map_is_cut(page: Page, report: Path, size: tuple[int, int]) -> None:
    page.size(*size)
    page.open(report)
    labels = page.evaluate(
        """[...document.querySelectorAll('main[lang=pt-BR] .map text')].filter(e => e.checkVisibility()).map(e => {
          const box = (e.classList.contains('group') ? e.ownerSVGElement : e.parentNode.querySelector('rect'))
            .getBoundingClientRect();
          const text = e.getBoundingClientRect();
          return [e.textContent, text.left >= box.left - 0.5 && text.right <= box.right + 0.5];
        })"""
    )
    assert len(labels) > 40
    assert [text for text, fits in labels if not fits] == []


def test_text_stands_out_from_what_is_behind_it(page: Page, report: Path) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1, in both schemes, on the page and on the map's tiles."""
    for scheme in ("light", "dark"):
        page.size(*DESK, scheme=scheme)
        page.open(report)
        weak = page.evaluate(
            f"""(() => {{
              const channels = c => c.match(/[\\d.]+/g).slice(0, 3).map(v => v / 255)
                .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
              const light = c => {{ const [r, g, b] = channels(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b; }};
              const behind = e => {{
                const tile = e.closest('svg g') && e.parentNode.querySelector('rect');
                if (tile) return getComputedStyle(tile).fill;
                for (; e; e = e.parentElement) {{
                  const c = getComputedStyle(e).backgroundColor;
                  if (c !== 'rgba(0, 0, 0, 0)') return c;
                }}
                return 'rgb(255, 255, 255)';
              }};
              return {_SHOWN_TEXT}.filter(e => e.tagName !== 'title').map(e => {{
                const style = getComputedStyle(e);
                const [a, b] = [light(e.closest('svg') ? style.fill : style.color), light(behind(e))];
                return [e.textContent.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
              }}).filter(([text, ratio]) => ratio < 4.5);
            }})()"""
        )
        assert weak == [], scheme


def test_the_first_sheet_of_paper_holds_the_map(
    page: Page, report: Path, bare_report: Path, sample_report: Path
) -> None:
    for path in (report, bare_report, sample_report):
        page.size(703, 1000)
        page.call("Emulation.setEmulatedMedia", media="print")
        page.open(path)
        (bottom,) = page.evaluate(
            "[...document.querySelectorAll('.map')].filter(e => e.checkVisibility())"
            ".map(e => e.closest('section').getBoundingClientRect().bottom)"
        )
        assert 600 < bottom < 1016, path.stem  # of the 269 mm of A4 that its margins leave
    page.call("Emulation.setEmulatedMedia", media="")


def test_it_can_be_printed(page: Page, report: Path) -> None:
    page.size(703, 1000)  # A4 without its margins
    page.call("Emulation.setEmulatedMedia", media="print")
    page.open(report)
    assert width_of(page) == 703
    cut = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length"
    assert page.evaluate(cut) == 0  # nobody scrolls on paper
    assert page.evaluate("document.querySelector('.switch').checkVisibility()") is False
    page.print(SCREENSHOTS / "report.pdf")
    assert (SCREENSHOTS / "report.pdf").read_bytes().startswith(b"%PDF-")
    page.call("Emulation.setEmulatedMedia", media="")
