"""What B3's host may do to a capture: refused, quarantined, and the invocation fails after storing the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bovespa.stand_ins.b3_site import Reply
from functions.rebalancing.collect import announces_nothing
from functions.rebalancing.handler import RebalancingRefused
from tests.portfolios import ibov, large
from tests.rebalancing import Rebalancing, undated, undated_page

AUGUST = datetime(2025, 8, 28, 23, 45, tzinfo=UTC)
DAY = date(2025, 8, 28)
ERROR_PAGE = b"<!DOCTYPE html><html><title>520: Web server is returning an unknown error</title></html>"
Change = Callable[[dict[str, Any]], object]


def first(**fields: Any) -> Change:
    return lambda page: page["results"][0].update(fields)


def header(**fields: Any) -> Change:
    return lambda page: page["header"].update(fields)


WRONG: list[tuple[str, Change, str]] = [
    ("a member is missing", lambda page: page["results"].pop(), "check row_count failed: expected 6, found 5"),
    ("a code twice", first(cod="VALE3"), r"check unique_codes \(VALE3\) failed: expected once, found 2 times"),
    ("total quantity", header(theoricalQty="1.000"), "check total_quantity failed: expected 1000"),
    ("stated weight", header(part="99,000"), "check stated_total_weight failed"),
    ("a weight", first(part="1,545"), "check total_weight failed: expected 100 ± 0.001, found 101.000"),
    ("no redutor to divide by", header(reductor="0,00000000"), "check positive_redutor failed"),
    ("English numbers", first(part="0.545"), "expected a number with 3 decimals such as 1,000 in pt-br"),
    ("an English total", header(part="100.000"), "asked for pt-br, B3 answered in en-us"),
    ("no company", first(asset=" "), r"check filled_acao \(ALOS3\) failed"),
    ("no ticker", first(cod="ALOS 3"), "check ticker_form failed"),
    ("a date long ago", header(date="28/08/20", text="Quantidade Teórica Total"), "check plausible_date failed"),
    ("an unknown language", header(text="Cantidad"), "header.text: expected 'Quantidade Teórica Total'"),
    ("no total", lambda page: page["header"].pop("theoricalQty"), "header.theoricalQty: expected text"),
    ("a number as a number", first(part=0.545), "ALOS3.part: expected text, found 0.545"),
    ("members unannounced", lambda page: page["page"].update(totalRecords=0), "check row_count failed"),
    ("too many pages", lambda page: page["page"].update(totalPages=51), "51 pages announced, more than 50"),
    ("a page without a header", lambda page: page.pop("header"), "JSON without page, header and results"),
]  # fmt: skip


@pytest.mark.parametrize("kind", ["teorica", "previa"])
@pytest.mark.parametrize(("change", "reason"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_answer_is_refused_and_the_other_kept(
    b3: Rebalancing, kind: str, change: Change, reason: str
) -> None:
    page = undated_page(ibov())
    change(page)
    wrong, right = json.dumps(page, ensure_ascii=False).encode(), undated(ibov())
    b3.show(*((wrong, right) if kind == "teorica" else (right, wrong)))

    with pytest.raises(RebalancingRefused, match=f"^IBOV {kind}: .*{reason}"):
        b3.capture(AUGUST)

    (refused,) = b3.quarantined()
    assert refused.body == wrong
    assert refused.note["reason"].startswith(f"IBOV {kind}: ")
    assert all(key.startswith("quarantine/carteira_teorica/2025/08/28/") for key in b3.keys("quarantine/"))
    assert len(b3.archived()) == 2
    assert {row["tipo_carteira"] for row in b3.rows(DAY)} == {"teorica", "previa"} - {kind}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=520, body=ERROR_PAGE, content_type="text/html"), "HTTP 520"),
        (Reply(status=302, body=b"moved", location="/error"), "HTTP 302, redirected to /error"),
        (Reply(body=ERROR_PAGE, content_type="text/html"), "expected JSON, found an HTML page"),
        (Reply(body=undated(ibov())[:500]), "expected JSON"),
        (Reply(body=b"[" * 100_000), "expected JSON"),
    ],
    ids=["520", "redirect", "HTML as 200", "cut", "nested"],
)
def test_a_host_that_gives_no_data_fails_the_invocation(b3: Rebalancing, reply: Reply, reason: str) -> None:
    b3.site.show_to_all(reply)

    with pytest.raises(RebalancingRefused) as refusal:
        b3.capture(AUGUST)

    assert str(refusal.value).count(reason) == 2
    assert "IBOV teorica: " in str(refusal.value)
    assert "IBOV previa: " in str(refusal.value)
    assert [refused.body for refused in b3.quarantined()] == [reply.body, reply.body]
    assert b3.keys("raw/") == []


def test_a_lost_page_is_refused(b3: Rebalancing) -> None:
    wire = large(250)
    for number in (1, 2, 2):
        b3.site.show_theoretical("IBOV", undated(wire, number), number=number)
    b3.site.show_theoretical("IBOV", undated(wire, 2), number=3)
    b3.show(None, ibov())

    with pytest.raises(RebalancingRefused, match=r"all_pages_read.*pages \[1, 2, 3\].*\[1, 2, 2\]"):
        b3.capture(AUGUST)

    assert len(b3.quarantined()) == 3


def test_a_theoretical_portfolio_can_not_be_unpublished(b3: Rebalancing) -> None:
    nothing = {"page": {"pageNumber": 1, "totalRecords": 0, "totalPages": 0}, "header": {}, "results": []}
    b3.show(json.dumps(nothing).encode(), ibov())

    with pytest.raises(RebalancingRefused, match=r"^IBOV teorica: "):
        b3.capture(AUGUST)


def test_an_announced_preview_without_members_is_no_absence() -> None:
    def says(**page: Any) -> bool:
        return announces_nothing(json.dumps({"page": page, "header": {}, "results": []}).encode())

    assert says(totalRecords=0)
    assert not says(totalRecords=84)
    assert not says(pageNumber=1)
    assert not announces_nothing(b"[]")
    assert not announces_nothing(b'{"page": null}')
    assert not announces_nothing(b"")


def test_an_index_that_fails_does_not_keep_the_others(b3: Rebalancing) -> None:
    b3.show(ibov(), ibov())
    b3.show(undated(ibov(total=1)), ibov(), indice="SMLL")

    with pytest.raises(RebalancingRefused, match=r"^SMLL teorica: check total_quantity"):
        b3.capture(AUGUST, "SMLL", "IBOV")

    assert {(row["indice"], row["tipo_carteira"]) for row in b3.rows(DAY)} == {
        ("IBOV", "teorica"),
        ("IBOV", "previa"),
        ("SMLL", "previa"),
    }


def test_running_again_after_a_refusal_completes_the_day(b3: Rebalancing) -> None:
    b3.show(undated(ibov(total=1)), ibov())
    with pytest.raises(RebalancingRefused):
        b3.capture(AUGUST)
    b3.show(ibov(), None)

    answer = b3.capture(AUGUST)

    assert [p["status"] for p in answer["portfolios"]] == ["stored", "unchanged"]
    assert len(b3.rows(DAY)) == 12
