"""A capture over real HTTP into a real S3: what is asked, what is kept, and what is news."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow.parquet as pq
import pytest

from functions.rebalancing.raw import SCHEMA, to_parquet
from lake.tables.carteira_teorica import RAW, day_key
from tests.portfolios import ibov, large
from tests.rebalancing import Rebalancing, undated, undated_page
from tests.wire import Row, Wire

AUGUST = datetime(2025, 8, 28, 23, 45, tzinfo=UTC)  # 20:45 in São Paulo, in the season of previews
DAY = date(2025, 8, 28)
OCTOBER = datetime(2025, 10, 8, 23, 45, tzinfo=UTC)
SEPTEMBER = datetime(2025, 9, 1, 23, 45, tzinfo=UTC)  # the rebalancing


def preview(**changes: Any) -> Wire:
    """ALOS3 leaves, WEGE3 enters."""
    rows = [row for row in ibov().rows if row.codigo != "ALOS3"]
    entering = Row("WEGE3", "WEG", "ON      NM", "Bens Industriais", 1_243_177_587, Decimal("0.545"))
    return ibov(rows=[*rows, entering]).but(**changes)


def statuses(answer: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(p["index"], p["kind"]): p["status"] for p in answer["portfolios"]}


def test_both_portfolios_are_asked_for_as_b3s_own_page_asks(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())

    b3.capture(AUGUST)

    query = {"pageNumber": 1, "pageSize": 120, "language": "pt-br", "index": "IBOV"}
    assert b3.site.asked == [("GetTheoricalPortfolio", query), ("GetQuartelyPreview", query)]


def test_both_are_stored_under_the_day_of_the_capture_in_sao_paulo(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())

    answer = b3.capture(datetime(2025, 8, 29, 1, 0, tzinfo=UTC))  # still the 28th there

    assert answer == {
        "status": "stored",
        "date": "2025-08-28",
        "key": day_key(DAY),
        "portfolios": [
            {"kind": "teorica", "index": "IBOV", "status": "stored", "members": 6},
            {"kind": "previa", "index": "IBOV", "status": "stored", "members": 6},
        ],
    }
    assert b3.keys("raw/") == ["raw/carteira_teorica/dt=2025-08-28/carteira_teorica.parquet"]


def test_the_rows_say_everything_exactly(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())

    b3.capture(AUGUST)

    rows = b3.rows(DAY)
    assert [(row["tipo_carteira"], row["codigo"]) for row in rows][:6] == [
        ("previa", code) for code in ("B3SA3", "ITUB4", "PETR4", "SANB11", "VALE3", "WEGE3")
    ]
    (wege,) = [row for row in rows if row["codigo"] == "WEGE3"]
    assert wege == {
        "tipo_carteira": "previa",
        "indice": "IBOV",
        "codigo": "WEGE3",
        "acao": "WEG",
        "tipo": "ON      NM",
        "setor": None,
        "qtde_teorica": 1_243_177_587,
        "participacao": Decimal("0.545"),
        "redutor": Decimal("15433595.60223638"),
        "qtde_teorica_total": sum(row.quantidade for row in preview().rows),
        "data_informada": None,
        "coletado_em": AUGUST,
        "payload_sha256": hashlib.sha256(undated(preview())).hexdigest(),
    }


def test_the_file_has_the_types_that_the_catalogue_declares(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())
    b3.capture(AUGUST)
    glue = {
        "string": "string",
        "int64": "bigint",
        "date32[day]": "date",
        "timestamp[us, tz=UTC]": "timestamp",
        "decimal128(9, 3)": "decimal(9,3)",
        "decimal128(24, 8)": "decimal(24,8)",
    }

    stored = pq.read_schema(io.BytesIO(b3.body(day_key(DAY))))

    assert stored.equals(SCHEMA)
    assert [(field.name, glue[str(field.type)]) for field in stored] == list(RAW.types())


def test_the_bytes_are_archived_as_received(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())

    b3.capture(AUGUST)

    assert sorted(b3.archived().values()) == sorted([undated(ibov()), undated(preview())])
    for key, body in b3.archived().items():
        assert key.startswith("payloads/carteira_teorica/2025/08/28/IBOV-")
        assert hashlib.sha256(body).hexdigest() in key


def test_english_is_read_when_asked_for(b3: Rebalancing) -> None:
    b3.show(ibov(language="en-us"), preview(language="en-us"))

    b3.capture(AUGUST, language="en-us")

    assert {row["redutor"] for row in b3.rows(DAY)} == {Decimal("15433595.60223638")}


def test_every_page_is_read(b3: Rebalancing) -> None:
    wire = large(250)
    for number in (1, 2, 3):
        b3.site.show_theoretical("IBOV", undated(wire, number), number=number)
        b3.site.show_preview("IBOV", undated(wire, number), number=number)

    answer = b3.capture(AUGUST)

    assert [p["members"] for p in answer["portfolios"]] == [250, 250]
    assert len(b3.archived()) == 6
    assert len(b3.rows(DAY)) == 500


# --- what is news ---


def etags(b3: Rebalancing) -> dict[str, str]:
    listed = b3.s3.list_objects_v2(Bucket=b3.bucket, Prefix="raw/")
    return {entry["Key"]: str(entry["LastModified"]) + entry["ETag"] for entry in listed.get("Contents", [])}


def test_the_same_portfolio_another_day_is_no_news(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())
    b3.capture(AUGUST.replace(day=27))
    before = etags(b3)

    answer = b3.capture(AUGUST)

    assert answer["status"] == "unchanged"
    assert set(statuses(answer).values()) == {"unchanged"}
    assert etags(b3) == before


def test_only_what_changed_is_written(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())
    b3.capture(AUGUST.replace(day=18))
    first, second = preview().rows[0], preview().rows[1]
    moved = [
        Row(*first_fields(first), first.peso + Decimal("0.001")),
        Row(*first_fields(second), second.peso - Decimal("0.001")),
    ]
    b3.show(ibov(), preview(rows=[*moved, *preview().rows[2:]]))

    answer = b3.capture(AUGUST)

    assert statuses(answer) == {("IBOV", "teorica"): "unchanged", ("IBOV", "previa"): "stored"}
    assert {row["tipo_carteira"] for row in b3.rows(DAY)} == {"previa"}


def first_fields(row: Row) -> tuple[str, str, str, str, int]:
    return row.codigo, row.acao, row.tipo, row.setor, row.quantidade


def test_a_second_capture_of_the_day_replaces_only_what_it_corrects(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())
    b3.capture(AUGUST.replace(hour=13))
    b3.show(None, ibov())

    answer = b3.capture(AUGUST)

    assert statuses(answer) == {("IBOV", "teorica"): "unchanged", ("IBOV", "previa"): "stored"}
    rows = b3.rows(DAY)
    assert {row["codigo"] for row in rows if row["tipo_carteira"] == "previa"} == {
        row.codigo for row in ibov().rows
    }
    assert {row["coletado_em"] for row in rows if row["tipo_carteira"] == "teorica"} == {
        AUGUST.replace(hour=13)
    }
    assert len(b3.keys("raw/")) == 1


def test_other_indices_are_kept_apart(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())
    b3.show(preview(), ibov(), indice="SMLL")
    b3.capture(AUGUST.replace(hour=13), "IBOV", "SMLL")
    b3.show(preview(), None, indice="SMLL")
    b3.show(preview(), None)

    answer = b3.capture(AUGUST, "IBOV", "SMLL")

    assert statuses(answer)["IBOV", "teorica"] == "stored"
    assert statuses(answer)["SMLL", "teorica"] == "unchanged"
    assert {(row["indice"], row["tipo_carteira"]) for row in b3.rows(DAY)} == {
        (indice, kind) for indice in ("IBOV", "SMLL") for kind in ("teorica", "previa")
    }
    assert len(b3.rows(DAY)) == 4 * 6


def test_the_first_capture_after_a_rebalancing_is_always_written(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())
    b3.capture(AUGUST)

    answer = b3.capture(SEPTEMBER)

    assert statuses(answer)["IBOV", "teorica"] == "stored"
    assert {row["tipo_carteira"] for row in b3.rows(SEPTEMBER.date())} == {"teorica"}


def test_what_comes_back_is_news_again(b3: Rebalancing) -> None:
    for day, shown in ((18, ibov()), (19, preview()), (20, ibov())):
        b3.show(shown, preview())
        assert statuses(b3.capture(AUGUST.replace(day=day)))["IBOV", "teorica"] == "stored"


def test_a_capture_of_an_earlier_day_is_compared_with_what_was_known_then(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())
    b3.capture(AUGUST)

    answer = b3.capture(AUGUST.replace(day=18))

    assert set(statuses(answer).values()) == {"stored"}
    assert [key.split("dt=")[1][:10] for key in b3.keys("raw/")] == ["2025-08-18", "2025-08-28"]


def test_a_capture_that_was_faster_is_kept(b3: Rebalancing, monkeypatch: pytest.MonkeyPatch) -> None:
    b3.show(ibov(), preview())
    b3.capture(AUGUST)
    rows = b3.rows(DAY)
    b3.show(preview(), ibov())
    faster = to_parquet([*rows, *({**row, "indice": "SMLL"} for row in rows)])
    put, overtaken = b3.s3.put_object, list[str]()

    def late(**options: Any) -> Any:
        if options["Key"].startswith("raw/") and not overtaken:
            overtaken.append(options["Key"])
            put(Bucket=options["Bucket"], Key=options["Key"], Body=faster)
        return put(**options)

    monkeypatch.setattr(b3.s3, "put_object", late)
    answer = b3.capture(AUGUST)

    assert overtaken == [day_key(DAY)]
    assert set(statuses(answer).values()) == {"stored"}
    assert {row["indice"] for row in b3.rows(DAY)} == {"IBOV", "SMLL"}
    assert len(b3.rows(DAY)) == 2 * len(rows)


def test_damaged_raw_counts_as_not_there_and_is_said(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())
    b3.capture(AUGUST)
    whole = b3.rows(DAY)
    b3.s3.put_object(Bucket=b3.bucket, Key=day_key(DAY), Body=b"no parquet")

    answer = b3.capture(AUGUST)

    assert set(statuses(answer).values()) == {"stored"}
    assert answer["healed"].startswith(f"{day_key(DAY)}: ")
    assert b3.rows(DAY) == whole
    assert "healed" not in b3.capture(AUGUST)


# --- when there is no preview ---

NOTHING = {
    "page": {"pageNumber": 1, "pageSize": 120, "totalRecords": 0, "totalPages": 0},
    "header": {"part": None, "theoricalQty": None, "reductor": None},
    "results": [],
}


@pytest.mark.parametrize(
    "body",
    [NOTHING, {**NOTHING, "header": None}, {**NOTHING, "results": None}, {"results": None}],
    ids=["no members", "no header", "null", "null alone"],
)
def test_no_preview_at_the_moment_is_a_normal_answer(b3: Rebalancing, body: dict[str, Any]) -> None:
    b3.show(ibov(), json.dumps(body).encode())

    answer = b3.capture(AUGUST)

    assert statuses(answer) == {("IBOV", "teorica"): "stored", ("IBOV", "previa"): "not_published"}
    assert b3.quarantined() == []
    assert len(b3.archived()) == 2


def test_last_seasons_preview_is_archived_and_not_taken_for_the_next(b3: Rebalancing) -> None:
    b3.show(ibov(), preview())

    answer = b3.capture(OCTOBER)

    assert statuses(answer) == {("IBOV", "teorica"): "stored", ("IBOV", "previa"): "out_of_season"}
    assert {row["tipo_carteira"] for row in b3.rows(OCTOBER.date())} == {"teorica"}
    assert len(b3.archived()) == 2


def test_a_preview_may_state_its_date(b3: Rebalancing) -> None:
    page = undated_page(preview())
    page["header"] |= {"date": "01/09/25", "text": "Quantidade Teórica Total"}
    b3.show(ibov(), json.dumps(page).encode())

    b3.capture(AUGUST)

    assert {row["data_informada"] for row in b3.rows(DAY) if row["tipo_carteira"] == "previa"} == {
        date(2025, 9, 1)
    }


@pytest.mark.parametrize("stated", [{}, {"reductor": None}], ids=["missing", "null"])
def test_a_preview_without_redutor_is_stored_without_one(b3: Rebalancing, stated: dict[str, None]) -> None:
    page = undated_page(preview())
    del page["header"]["reductor"]
    page["header"] |= stated
    b3.show(ibov(), json.dumps(page).encode())

    assert statuses(b3.capture(AUGUST))["IBOV", "previa"] == "stored"
    assert {row["redutor"] for row in b3.rows(DAY) if row["tipo_carteira"] == "previa"} == {None}
